// What an outage of ClickHouse does to those who send and those who watch: open-loop load at a rate, ClickHouse stopped in the middle of it,
// alarms on the WebSocket timed before and meanwhile, then how long it takes to catch up, with every receipted event counted.

import { readFileSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { clickhousePidOf } from '../chaos/clickhouse-pid.ts'
import { scratchDir, startEngine } from '../engine.ts'
import { apiOk, clickhouseRows, createAgent } from '../http.ts'
import { watchAlarms } from '../load/alarm-watch.ts'
import { createLatencies, type LatencySummary } from '../load/latency.ts'
import { countEvents } from '../load/count-rows.ts'
import { hardware, type Hardware } from '../load/machine.ts'
import { runLoad } from '../load/run.ts'
import { createTraffic } from '../load/traffic.ts'
import { httpSender } from '../sender.ts'
import type { Target } from '../target.ts'

export type OutageOptions = {
  readonly rate: number
  /** Seconds of load before ClickHouse is stopped, and how long it stays so. */
  readonly beforeSeconds: number
  readonly outageSeconds: number
  readonly seals: number
  readonly seed: number
  /** Paused (it hangs), or killed whenever it is back. */
  readonly by: 'pause' | 'kill'
  readonly flags?: readonly string[]
  readonly say: (line: string) => void
}
export type OutageResult = Hardware & {
  readonly rate: number
  readonly outageSeconds: number
  readonly by: 'pause' | 'kill'
  readonly load1: number
  readonly accepted: number
  /** Requests that got no receipt at first: refused, or cut off. */
  readonly retries: number
  readonly alarmMs: { readonly before: LatencySummary; readonly during: LatencySummary; readonly lost: number }
  readonly receiptMs: LatencySummary
  /** From the end of the outage until every row was in ClickHouse. */
  readonly caughtUpSeconds: number
  readonly spooledBytesMax: number
  readonly waitingBytesMax: number
  readonly peakRssBytes: number
  readonly rows: number
  readonly distinct: number
  readonly expected: number
}

const BATCH = 1_000
const PROBES_PER_SECOND = 20
/** Load goes on for so long after the outage: catching up happens under it. */
const AFTER_SECONDS = 2
const VISIBLE_MS_MAX = 900_000
const KILL_EVERY_MS = 250
const IMPORT_LINES = 1_000

export const runOutage = async (options: OutageOptions): Promise<OutageResult> => {
  const { rate, beforeSeconds, outageSeconds, seals, seed, by, say } = options
  const dir = scratchDir('outage')
  const engine = await startEngine({ dataDir: dir, keep: true, flags: ['--log-level', 'error', ...(options.flags ?? [])] })
  try {
    const { target } = engine
    const seconds = beforeSeconds + outageSeconds + AFTER_SECONDS
    const traffic = createTraffic({ seals, probes: Math.ceil(PROBES_PER_SECOND * seconds) + 10, batch: BATCH, seed, boot: 1 })
    const lines = traffic.lines()
    for (let at = 0; at < lines.length; at += IMPORT_LINES)
      await apiOk(target, 'admin', {
        path: '/v1/sites/import',
        text: { type: 'application/x-ndjson', body: `${lines.slice(at, at + IMPORT_LINES).join('\n')}\n` },
      })
    const watch = await watchAlarms(target)
    const sender = httpSender({ url: target.url, token: target.token('sender'), agent: createAgent(64) })
    const seen = watchEngine(target, engine.pid)
    const load1 = Math.round((loadavg()[0] ?? 0) * 10) / 10
    const loaded = runLoad(traffic, sender, {
      seconds,
      rate,
      batch: BATCH,
      inFlight: 64,
      encoding: 'columns',
      probesPerSecond: PROBES_PER_SECOND,
      onSecond: () => undefined,
    })
    loaded.catch(() => undefined)
    await pause(beforeSeconds * 1000)
    const stoppedAt = performance.now()
    say(`ClickHouse stopped (${by}) for ${outageSeconds} s at ${rate} events/s`)
    await outage(engine.pid, by, outageSeconds * 1000)
    const backAt = performance.now()
    const load = await loaded
    say(`load has ended: ${load.accepted} events receipted, ${sender.retries()} requests sent again`)
    const expected = load.accepted - traffic.counts().repeats
    const counted = await allVisible(target, expected)
    const { spooledBytesMax, waitingBytesMax } = seen.stop()
    watch.close()
    sender.close()
    const before = createLatencies()
    const during = createLatencies()
    let lost = 0
    for (const [seal, intended] of load.probes) {
      const at = watch.arrivedAt(seal)
      if (at === undefined) lost += 1
      else if (intended < stoppedAt) before.record(at - intended)
      else if (intended < backAt) during.record(at - intended)
    }
    return {
      rate,
      outageSeconds,
      by,
      load1,
      accepted: load.accepted,
      retries: sender.retries(),
      alarmMs: { before: before.summary(), during: during.summary(), lost },
      receiptMs: load.receipts.summary(),
      caughtUpSeconds: Math.round(counted.at - backAt) / 1000,
      spooledBytesMax,
      waitingBytesMax,
      peakRssBytes: peakRss(engine.pid),
      rows: counted.rows,
      distinct: counted.distinct,
      expected,
      ...hardware(dir),
    }
  } finally {
    await engine.stop()
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/** What was not as promised; nothing where all was. */
export const outageComplaints = ({ retries, alarmMs, rows, distinct, expected }: OutageResult): readonly string[] => [
  ...(retries > 0 ? [`${retries} requests were refused or cut off`] : []),
  ...(alarmMs.lost > 0 ? [`${alarmMs.lost} alarms never came`] : []),
  ...(rows === expected && distinct === expected ? [] : [`${rows} rows, ${distinct} distinct, of ${expected} expected`]),
]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const outage = async (engine: number, by: OutageOptions['by'], ms: number): Promise<void> => {
  const until = performance.now() + ms
  if (by === 'pause') {
    const pid = clickhousePidOf(engine)
    if (pid === 0) throw new Error('the engine has no embedded ClickHouse')
    process.kill(pid, 'SIGSTOP')
    await pause(ms)
    process.kill(pid, 'SIGCONT')
    return
  }
  for (; performance.now() < until; await pause(KILL_EVERY_MS)) {
    const pid = clickhousePidOf(engine)
    if (pid !== 0) kill(pid)
  }
}
const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

const watchEngine = (target: Target, pid: number) => {
  const most = { spooledBytesMax: 0, waitingBytesMax: 0 }
  const timer = setInterval(() => {
    apiOk(target, 'sre', { path: '/v1/status' }).then(
      (status) => {
        const { sink } = status as { sink: { spooledBytes: number; waitingBytes: number } }
        most.spooledBytesMax = Math.max(most.spooledBytesMax, sink.spooledBytes)
        most.waitingBytesMax = Math.max(most.waitingBytesMax, sink.waitingBytes)
      },
      () => undefined,
    )
  }, 500)
  return {
    stop: () => {
      clearInterval(timer)
      return { ...most, pid }
    },
  }
}

/** Highest resident memory of a process so far; 0 where there is no /proc. */
const peakRss = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

const allVisible = async (target: Target, expected: number): Promise<{ readonly rows: number; readonly distinct: number; readonly at: number }> => {
  const rows = async (): Promise<number> =>
    clickhouseRows<{ n: string }>(target, 'SELECT count() AS n FROM seals.events').then(
      ([row]) => Number(row?.n ?? 0),
      () => 0,
    )
  const until = performance.now() + VISIBLE_MS_MAX
  while ((await rows()) < expected && performance.now() < until) await pause(100)
  const at = performance.now()
  return { ...(await countEvents(target)), at }
}
