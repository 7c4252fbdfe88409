// sealstream bench: end to end, from the intended send to the receipt, to the alarm on a WebSocket, and to the last row visible in
// ClickHouse, whose distinct rows are counted against the receipts. The generator is this process; the engine is another.

import type { Command } from 'commander'
import { Option } from 'commander'
import { scratchDir, startEngine, type OwnEngine } from '../engine.ts'
import { apiOk, call, clickhouseRows, createAgent } from '../http.ts'
import { watchAlarms } from '../load/alarm-watch.ts'
import type { LatencySummary } from '../load/latency.ts'
import { cpuSeconds, hardware, histogramQuantile } from '../load/machine.ts'
import { alarmLatencies, runLoad } from '../load/run.ts'
import { createTraffic } from '../load/traffic.ts'
import { httpSender, socketSender } from '../sender.ts'
import { CommandError, readEngineFile, type Target } from '../target.ts'
import { finish, positive, print, say, targetOf, whole, withTarget, type CommandContext, type TargetOptions } from './options.ts'

type BenchOptions = TargetOptions & {
  readonly seals: number
  readonly seconds: number
  readonly rate?: number
  readonly batch: number
  readonly inFlight: number
  readonly encoding: 'columns' | 'rows'
  readonly transport: 'http' | 'ws'
  readonly probes: number
  readonly seed: number
  readonly json?: boolean
  readonly keep?: string
}

const IMPORT_LINES = 500
const VISIBLE_MS_MAX = 120_000
const ALARM_GRACE_MS = 2_000

export const registerBench = (program: Command, context: CommandContext): void => {
  withTarget(program.command('bench'))
    .description('end to end: events a second into ClickHouse, latency to receipt and to alarm; on an engine of its own unless --url')
    .option('--seals <n>', 'seals in the load', whole(100, 5_000_000), 10_000)
    .option('--seconds <s>', 'how long to send', positive, 20)
    .option('--rate <n>', 'events a second, at intended times whatever the engine does; without: as fast as answered', positive)
    .option('--batch <n>', 'events a request', whole(1, 100_000), 1_000)
    .option('--in-flight <n>', 'without --rate: requests at once', whole(1, 1_024), 16)
    .addOption(new Option('--encoding <encoding>', 'how batches are written').choices(['columns', 'rows']).default('columns'))
    .addOption(new Option('--transport <transport>', 'how they are sent').choices(['http', 'ws']).default('http'))
    .option('--probes <n>', 'alarm-raising events a second within the load', positive, 20)
    .option('--seed <n>', 'of the load', whole(0, 0xffff_ffff), 1)
    .option('--keep <dir>', 'with an engine of its own: its data folder, kept')
    .option('--json', 'the last line of standard output is one line of JSON')
    .action((options: BenchOptions) => finish(context, () => runBench(options, context)))
}

const runBench = async (options: BenchOptions, context: CommandContext): Promise<number> => {
  if ((options.url ?? context.environment['SEALSTREAM_URL'] ?? options.data) !== undefined) {
    const target = targetOf(options, context)
    return measure(target, { options, pid: readEngineFile(target.dataDir ?? '')?.pid, dir: target.dataDir ?? '.' })
  }
  const engine: OwnEngine = await startEngine({
    dataDir: options.keep ?? scratchDir('bench'),
    keep: options.keep !== undefined,
    flags: ['--log-level', 'warn'],
    onLog: say,
  })
  try {
    return await Promise.race([
      measure(engine.target, { options, pid: engine.pid, dir: engine.dataDir }),
      engine.ended.then((why) => Promise.reject(new CommandError(why))),
    ])
  } finally {
    await engine.stop()
  }
}

type Setting = { readonly options: BenchOptions; readonly pid: number | undefined; readonly dir: string }

const measure = async (target: Target, { options, pid, dir }: Setting): Promise<number> => {
  const { seals, seconds, rate, batch, inFlight, encoding, transport, probes, seed } = options
  const machine = hardware(dir)
  if (machine.fileSystem === 'tmpfs') say('the data folder is in memory: flush times are not those of a disk')
  const traffic = createTraffic({ seals, probes: Math.ceil(probes * seconds) + 1, batch, seed, boot: Math.floor(Date.now() / 1000) - 1_700_000_000 })
  const lines = traffic.lines()
  for (let at = 0; at < lines.length; at += IMPORT_LINES)
    await apiOk(target, 'admin', {
      path: '/v1/sites/import',
      text: { type: 'application/x-ndjson', body: `${lines.slice(at, at + IMPORT_LINES).join('\n')}\n` },
    })
  say(
    `${seals} seals registered; ${rate === undefined ? 'as fast as answered' : `${rate} events/s`} for ${seconds} s, ${batch} a batch, ${encoding} over ${transport}`,
  )
  const rowsBefore = await eventRows(target)
  const watch = await watchAlarms(target)
  const agent = createAgent(rate === undefined ? inFlight : 64)
  const sender =
    transport === 'ws'
      ? socketSender({ url: target.url, token: target.token('sender') })
      : httpSender({ url: target.url, token: target.token('sender'), agent })
  const cpuBefore = { engine: pid === undefined ? Number.NaN : cpuSeconds(pid), generator: process.cpuUsage() }
  const load = await runLoad(traffic, sender, {
    seconds,
    rate,
    batch,
    inFlight,
    encoding,
    probesPerSecond: probes,
    onSecond: (told) => say(`${told.sent} sent, ${told.accepted} accepted, ${told.inFlight} requests unanswered, ${watch.count()} alarms`),
  })
  const { repeats } = traffic.counts()
  const expected = load.accepted - repeats
  const visible = await allVisible(target, rowsBefore + expected)
  const rows = rowsBefore === 0 ? await distinctRows(target) : visible.rows - rowsBefore
  if (rows !== visible.rows - rowsBefore) say(`${visible.rows - rowsBefore} rows, but only ${rows} distinct ones`)
  const cpuEngine = pid === undefined ? Number.NaN : cpuSeconds(pid) - cpuBefore.engine
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, load.lastReceiptAt + ALARM_GRACE_MS - performance.now())))
  const alarms = alarmLatencies(load.probes, watch)
  const generator = process.cpuUsage(cpuBefore.generator)
  const metrics = (await call({ url: `${target.url}/metrics`, headers: { authorization: `Bearer ${target.token('sre')}` } })).body.toString('utf8')
  watch.close()
  sender.close()
  const result = {
    eventsPerSecond: Math.round(rows / ((visible.at - load.firstAt) / 1000)),
    acceptedPerSecond: Math.round(load.accepted / ((load.lastReceiptAt - load.firstAt) / 1000)),
    rows,
    expected,
    sent: load.sent,
    accepted: load.accepted,
    rejected: load.rejected,
    repeats,
    retries: sender.retries(),
    seconds: round((visible.at - load.firstAt) / 1000),
    receiptMs: load.receipts.summary(),
    alarmMs: alarms.arrived.summary(),
    alarmsLost: alarms.lost,
    flushMsP50: round(histogramQuantile(metrics, 'sealstream_log_flush_seconds', 0.5) * 1000),
    cpuSeconds: { engine: round(cpuEngine), generator: round((generator.user + generator.system) / 1e6) },
    seals,
    rate: rate ?? null,
    batch,
    encoding,
    transport,
    ...machine,
  }
  report(result)
  if (options.json === true) print(JSON.stringify(result))
  return rows === expected && alarms.lost === 0 && load.rejected === 0 ? 0 : 1
}

const round = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null)

type BenchResult = {
  readonly eventsPerSecond: number
  readonly rows: number
  readonly expected: number
  readonly seconds: number | null
  readonly retries: number
  readonly alarmsLost: number
  readonly flushMsP50: number | null
  readonly receiptMs: LatencySummary
  readonly alarmMs: LatencySummary
  readonly cpuSeconds: { readonly engine: number | null; readonly generator: number | null }
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly fileSystem: string
}
const report = (result: BenchResult): void => {
  const times = ({ count, p50, p99, p999, max }: LatencySummary): string => `p50 ${p50} ms   p99 ${p99} ms   p99.9 ${p999} ms   max ${max} ms   (${count})`
  say(`on ${result.cpu} × ${result.cores}, ${result.memoryGiB} GiB, ${result.fileSystem}; log flush p50 ${result.flushMsP50 ?? '?'} ms`)
  say(
    `${result.eventsPerSecond} events/s: ${result.rows} distinct rows of ${result.expected} expected in ${result.seconds} s${result.rows === result.expected ? '' : ' — THEY DIFFER'}; ${result.retries} requests sent again`,
  )
  say(`to receipt  ${times(result.receiptMs)}`)
  say(`to alarm    ${times(result.alarmMs)}${result.alarmsLost > 0 ? ` — ${result.alarmsLost} NEVER CAME` : ''}`)
  say(`CPU seconds: engine with ClickHouse ${result.cpuSeconds.engine ?? '?'}, generator ${result.cpuSeconds.generator ?? '?'}`)
}

const distinctRows = async (target: Target): Promise<number> => {
  const [row] = await clickhouseRows<{ n: string }>(target, 'SELECT count() AS n FROM (SELECT seal, boot, seq FROM seals.events GROUP BY seal, boot, seq)')
  return Number(row?.n ?? 0)
}
/** Rows of `events`, doubled ones too: polled until all are visible. */
const eventRows = async (target: Target): Promise<number> => {
  const [row] = await clickhouseRows<{ n: string }>(target, 'SELECT count() AS n FROM seals.events')
  return Number(row?.n ?? 0)
}
const allVisible = async (target: Target, expected: number): Promise<{ readonly rows: number; readonly at: number }> => {
  const until = performance.now() + VISIBLE_MS_MAX
  let seen = { rows: -1, at: performance.now() }
  while (performance.now() < until) {
    const rows = await eventRows(target)
    if (rows !== seen.rows) seen = { rows, at: performance.now() }
    if (rows >= expected) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return seen
}
