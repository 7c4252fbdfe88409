import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ENTRY, entryHeader, eventColumns, eventsEntryBytes, writeEventsHeader } from '../../core/entry.ts'
import type { Position } from '../../core/ids.ts'
import type { MachineOptions } from '../../core/thread/machine-run.ts'
import { createPool } from '../core/thread/history.ts'
import { createListener, startOne } from './engine.ts'
import { plans, type Plan } from './plan.ts'
import { choices } from './paper.ts'
import { runPlan } from './run.ts'

// However the same entries are cut, joined, spread over shards and threads, stopped and taken up again from a snapshot: the same alarms, ids
// and all, and the same rows of occupancy.

const RUNS = Number(process.env['WAYS'] ?? 60)
type Way = { readonly cutAt: readonly number[]; readonly options: Partial<MachineOptions> }

const play = async (bytes: readonly Uint8Array[], { cutAt, options }: Way): Promise<{ steps: readonly string[]; rows: readonly string[] }> => {
  let machine = await startOne(options)
  const listener = createListener()
  listener.listen(machine)
  let from = 0
  for (const to of [...new Set([...cutAt, bytes.length])].toSorted((a, b) => a - b)) {
    if (to <= from) continue
    for (let at = from; at < to; at += 1) machine.offer((at + 1) as Position, bytes[at] as Uint8Array)
    await Promise.race([machine.whenApplied(to as Position), machine.failed])
    from = to
    if (to === bytes.length) break
    const { parts } = await machine.snapshot()
    await machine.stop()
    machine = await startOne({ ...options, parts, position: to })
    listener.listen(machine)
  }
  await machine.stop()
  return { steps: listener.steps.map((step) => JSON.stringify(step)), rows: listener.rows.toSorted() }
}

/** An entry of events as several, of the same time received; the machine may put them into one round or not. */
const split = (entry: Uint8Array, choose: (count: number) => number): Uint8Array[] => {
  const { kind, received, count } = entryHeader(entry)
  if (kind !== ENTRY.events || count < 2) return [entry]
  const at = 1 + choose(count - 1)
  return [part(entry, received, 0, at), ...split(part(entry, received, at, count), choose)]
}
const part = (entry: Uint8Array, received: number, from: number, to: number): Uint8Array => {
  const whole = eventColumns(entry)
  const within = (list: Uint32Array): number[] => Array.from(list.keys()).filter((at) => (list[at] as number) >= from && (list[at] as number) < to)
  const [devices, counters] = [within(whole.deviceIndex), within(whole.counterIndex)]
  // What was rejected goes with the first part.
  const rejected = from === 0 ? whole.rejectedReason.length : 0
  const sizes = { count: to - from, device: devices.length, counter: counters.length, rejected }
  const bytes = new Uint8Array(eventsEntryBytes(sizes))
  writeEventsHeader(bytes, received, sizes, 0)
  const columns = eventColumns(bytes)
  for (const name of ['time', 'watch', 'boot', 'seq', 'value', 'kind'] as const) columns[name].set(whole[name].subarray(from, to))
  columns.deviceIndex.set(devices.map((at) => (whole.deviceIndex[at] as number) - from))
  columns.deviceTime.set(devices.map((at) => whole.deviceTime[at] as number))
  columns.counterIndex.set(counters.map((at) => (whole.counterIndex[at] as number) - from))
  columns.counterIn.set(counters.map((at) => whole.counterIn[at] as number))
  columns.counterOut.set(counters.map((at) => whole.counterOut[at] as number))
  if (rejected > 0)
    for (const name of [
      'rejectedSeal',
      'rejectedTime',
      'rejectedBoot',
      'rejectedSeq',
      'rejectedValue',
      'rejectedKind',
      'rejectedReason',
      'rejectedSender',
    ] as const)
      columns[name].set(whole[name])
  return bytes
}

const check = async (plan: Plan, way: (count: number, choose: (count: number) => number) => Way): Promise<void> => {
  const { played } = await runPlan(plan)
  const whole = await play(played.bytes, { cutAt: [], options: {} })
  expect(whole.steps).toEqual(played.steps.map((step) => JSON.stringify(step)))
  const choose = choices(plan.figures)
  expect(await play(played.bytes, way(played.bytes.length, choose))).toEqual(whole)
}

it('says the same from snapshots at any positions, with other numbers of shards', async () => {
  let shards = 0
  await fc.assert(
    fc.asyncProperty(plans, (plan) =>
      check(plan, (count, choose) => {
        shards = (shards % 7) + 1
        return { cutAt: Array.from({ length: 1 + choose(4) }, () => 1 + choose(count)), options: { shardCount: shards } }
      }),
    ),
    { numRuns: RUNS, seed: 7 },
  )
}, 240_000)

it('says the same where entries of events are cut into smaller ones', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { played } = await runPlan(plan)
      const whole = await play(played.bytes, { cutAt: [], options: {} })
      const pieces = played.bytes.flatMap((entry) => split(entry, choices(plan.delivery)))
      expect(sorted(await play(pieces, { cutAt: [], options: { shardCount: 3 } }))).toEqual(sorted(whole))
    }),
    { numRuns: RUNS, seed: 8 },
  )
}, 240_000)
/** Of one instant the order of steps of different alarms is that of their entries; each alarm's own is kept. */
const sorted = ({ steps, rows }: { readonly steps: readonly string[]; readonly rows: readonly string[] }): unknown => {
  const byAlarm = new Map<string, string[]>()
  for (const step of steps) {
    const { id } = JSON.parse(step) as { id: string }
    byAlarm.set(id, [...(byAlarm.get(id) ?? []), step])
  }
  return { alarms: [...byAlarm].toSorted(([a], [b]) => (a < b ? -1 : 1)), rows }
}

it('says the same on worker threads', async () => {
  const pool = createPool(2)
  try {
    await fc.assert(
      fc.asyncProperty(plans, (plan) => check(plan, () => ({ cutAt: [], options: { run: pool.run, threads: 2, shardCount: 8, eventsHereMax: -1 } }))),
      { numRuns: Math.ceil(RUNS / 4), seed: 9 },
    )
  } finally {
    await pool.close()
  }
}, 240_000)
