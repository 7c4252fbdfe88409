// How long a start takes after SIGKILL: registers seals, stops once (so a snapshot has them), sends events with snapshots held off, kills
// the engine, starts it again, and tells the parts of that start from its log line. Every event with a receipt is then counted in ClickHouse.

import { readdirSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { scratchDir, startEngine, type OwnEngine } from '../engine.ts'
import { apiOk, clickhouseRows, createAgent } from '../http.ts'
import { countEvents } from '../load/count-rows.ts'
import { hardware, type Hardware } from '../load/machine.ts'
import { createTraffic } from '../load/traffic.ts'
import { httpSender } from '../sender.ts'
import type { Target } from '../target.ts'
import { encodeColumns } from '../wire.ts'

export type RecoveryOptions = {
  readonly seals: number
  readonly events: number
  readonly seed: number
  /** Kills and starts measured, one after another. */
  readonly starts: number
  readonly flags?: readonly string[]
  readonly say: (line: string) => void
}
/** Seconds, as the engine's line `started` has them. */
export type StartParts = Readonly<Record<string, number>>
export type RecoveryResult = Hardware & {
  readonly seals: number
  readonly events: number
  readonly snapshot: number
  /** Entries of the log after the snapshot. */
  readonly entries: number
  readonly starts: readonly { readonly readySeconds: number; readonly load1: number; readonly parts: StartParts }[]
  readonly rows: number
  readonly distinct: number
  readonly expected: number
}

/** Long enough that no snapshot comes by itself. */
const NO_SNAPSHOT = ['--snapshot-ms', '86400000']
/** While seals are registered: the snapshot that has them all comes soon after. */
const OFTEN = ['--snapshot-ms', '5000']
const BATCH = 2_000
const IN_FLIGHT = 12
const IMPORT_LINES = 2_000
const VISIBLE_MS_MAX = 600_000
/** Extents that hold the last rows end within a second; so much for them to be in ClickHouse, or not: both are measured states. */
const SETTLE_MS = 3_000

export const runRecovery = async (options: RecoveryOptions): Promise<RecoveryResult> => {
  const { seals, events, seed, say } = options
  const dir = scratchDir('recovery')
  const lines: string[] = []
  let engine: OwnEngine | undefined
  const start = async (snapshots = NO_SNAPSHOT): Promise<OwnEngine> => {
    engine = await startEngine({ dataDir: dir, keep: true, flags: [...snapshots, ...(options.flags ?? [])], onLog: (line) => void lines.push(line) })
    return engine
  }
  try {
    const traffic = createTraffic({ seals, probes: 1, batch: BATCH, seed, boot: 1 })
    let running = await start(OFTEN)
    await register(running.target, traffic.lines(), say)
    await snapshotted(running.target, dir)
    await running.stop()
    say(`${seals} seals registered, and a snapshot of them written`)
    running = await start()
    const accepted = await send(running.target, { traffic, events, say })
    await pause(SETTLE_MS)
    const starts: RecoveryResult['starts'][number][] = []
    for (let n = 1; n <= options.starts; n += 1) {
      process.kill(running.pid, 'SIGKILL')
      await running.ended
      const load1 = Math.round((loadavg()[0] ?? 0) * 10) / 10
      const began = performance.now()
      running = await start()
      starts.push({ readySeconds: seconds(performance.now() - began), load1, parts: partsOf(lines) })
      say(`start ${n} after SIGKILL: ${starts.at(-1)?.readySeconds} s to ready (load ${load1}): ${JSON.stringify(starts.at(-1)?.parts)}`)
    }
    const expected = accepted - traffic.counts().repeats
    const { rows, distinct } = await count(running.target, expected)
    const { snapshot = 0, entries = 0 } = lastLine(lines, 'recovering')
    return { seals, events: accepted, snapshot, entries, starts, rows, distinct, expected, ...hardware(dir) }
  } finally {
    if (engine !== undefined) {
      try {
        process.kill(engine.pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
      await engine.ended
    }
    await pause(500)
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const seconds = (ms: number): number => Math.round(ms) / 1000

const lastLine = (lines: readonly string[], kind: string): Record<string, number> => {
  const line = lines.findLast((one) => one.includes(`"kind":"${kind}"`))
  return line === undefined ? {} : (JSON.parse(line) as Record<string, number>)
}
const partsOf = (lines: readonly string[]): StartParts => {
  const { parts = {}, seconds: inside = 0 } = lastLine(lines, 'started') as unknown as { parts?: StartParts; seconds?: number }
  return { ...parts, total: Math.round(inside * 1000) / 1000 }
}

/** Resolves when a snapshot has all that is applied now. */
const snapshotted = async (target: Target, dir: string): Promise<void> => {
  const { machine } = (await apiOk(target, 'sre', { path: '/v1/status' })) as { machine: { applied: number } }
  const newest = (): number =>
    Math.max(
      0,
      ...readdirSync(join(dir, 'snapshots'))
        .filter((name) => /^\d+$/.test(name))
        .map(Number),
    )
  const until = performance.now() + VISIBLE_MS_MAX
  while (newest() < machine.applied && performance.now() < until) await pause(200)
}

const register = async (target: Target, sites: readonly string[], say: (line: string) => void): Promise<void> => {
  for (let at = 0; at < sites.length; at += IMPORT_LINES) {
    const body = `${sites.slice(at, at + IMPORT_LINES).join('\n')}\n`
    await apiOk(target, 'admin', { path: '/v1/sites/import', text: { type: 'application/x-ndjson', body }, timeoutMs: 120_000 })
    if (at % (IMPORT_LINES * 10) === 0) say(`${at} of ${sites.length} sites imported`)
  }
}

/** As fast as answered, until so many have a receipt. Returns how many were accepted. */
const send = async (
  target: Target,
  { traffic, events, say }: { readonly traffic: ReturnType<typeof createTraffic>; readonly events: number; readonly say: (line: string) => void },
): Promise<number> => {
  const sender = httpSender({ url: target.url, token: target.token('sender'), agent: createAgent(IN_FLIGHT) })
  let sent = 0
  let accepted = 0
  let told = performance.now()
  const client = async (): Promise<void> => {
    while (sent < events) {
      const { events: batch } = traffic.next(Date.now(), false)
      sent += batch.count
      const receipt = await sender.send(encodeColumns(batch))
      accepted += receipt.accepted
      if (performance.now() - told < 5_000) continue
      told = performance.now()
      say(`${accepted} of ${events} events receipted`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, client))
  sender.close()
  return accepted
}

const count = async (target: Target, expected: number): Promise<{ readonly rows: number; readonly distinct: number }> => {
  const rows = async (): Promise<number> => Number((await clickhouseRows<{ n: string }>(target, 'SELECT count() AS n FROM seals.events'))[0]?.n ?? 0)
  const until = performance.now() + VISIBLE_MS_MAX
  while ((await rows()) < expected && performance.now() < until) await pause(200)
  return { ...(await countEvents(target)) }
}
