import { findSeal, type Directory } from '../directory.ts'
import { stampReceived } from '../entry.ts'
import { position, type Position } from '../ids.ts'
import type { Policy } from '../policy.ts'
import { entryOfRows, type StoredEvents, storedEvents } from '../stored-events.ts'
import type { AlarmStep } from '../rows.ts'
import type { StoredOp } from '../stored-op.ts'
import applyWorker from './apply-worker.ts'
import { tickEntry } from './body.ts'
import { startMachine } from './machine-run.ts'
import type { Machine, SiteState } from './machine.ts'
import { createStoredOps } from './stored-ops.ts'
import { createTickGrid, type TickGrid } from './tick-grid.ts'

// Stored replay: rows of ClickHouse back through a private machine of the very same parts (registry, shards, desk), in the order of
// `received`. What always holds: nothing is judged here; the machine gets entries of the log's own kinds and nothing else.
// - Ticks are not stored. One is put where the machine says that a tick could change anything, at the times of the grid.
// - Of what was received in one millisecond: ops first, then events, seal by seal as they arrived. A tick of that millisecond
//   comes before them, as in a simulated day; `ties: 'events-first'` is the other order, for a host's clock cannot tell.

export type ReplayInput = {
  /** RowBinary rows, ordered (core/stored-events.ts). */
  readonly events: Uint8Array
  /** In the order of the log. */
  readonly ops: readonly StoredOp[]
  readonly policy: Policy
  /** Times of ticks that are known, ascending, and what lies between two. */
  readonly ticks: readonly number[]
  readonly tickMs: number
  readonly ties: 'tick-first' | 'events-first'
  /** What was registered before this is applied without ticks: of earlier events nothing is known, so nothing could be raised rightly. */
  readonly ticksFromMs?: number
  /** Nothing is told of what is raised before. */
  readonly fromMs: number
  /** The last tick is the first at or after this. */
  readonly untilMs: number
  /** People inside when counting begins, by site, where its history begins in the middle. */
  readonly inside?: Readonly<Record<string, number>>
  /** The site whose state is told with each of its steps. */
  readonly watched?: string
}
export type ReplayStep = AlarmStep & { readonly state: SiteState | null }
export type ReplayResult = {
  readonly steps: readonly ReplayStep[]
  /** There were more; the last ones are left out. */
  readonly stepsLeftOut: number
  readonly events: number
  readonly ticks: number
  /** Events whose seal watched no such site by the registry's rows. */
  readonly unplaced: number
  /** What the private registry refused, in words. */
  readonly refused: readonly string[]
  readonly ms: number
}

/** Steps of one replay that are kept: a site's day has tens; an area's outage some of each seal. */
const STEPS_MAX = 50_000
const REFUSED_MAX = 20

export const replayStored = async (input: ReplayInput): Promise<ReplayResult> => {
  const began = performance.now()
  const machine = await startMachine({
    // The thread is this one: what a pool would be asked for is done here and now.
    run: <T>(_: string, task: unknown): Promise<T> => Promise.resolve(valueOf(applyWorker(task as Parameters<typeof applyWorker>[0])) as T),
    threads: 1,
    shardCount: 1,
    policy: input.policy,
    position: 0,
  })
  const heard = listen(machine, input)
  const feed = createFeed(machine, input)
  try {
    await Promise.race([feed.all(), machine.failed])
  } finally {
    await machine.stop()
  }
  return { ...heard(), ...feed.counts(), ms: performance.now() - began }
}

/** Piscina's marker of what to transfer, taken off: here nothing is. */
const valueOf = (moved: unknown): unknown => {
  const own = moved as Readonly<Record<symbol, unknown>>
  const symbol = Object.getOwnPropertySymbols(own).find((one) => one.description === 'Piscina.valueOf')
  return symbol === undefined ? moved : own[symbol]
}

const listen = (machine: Machine, { fromMs, watched }: ReplayInput): (() => Pick<ReplayResult, 'steps' | 'stepsLeftOut'>) => {
  const steps: ReplayStep[] = []
  let stepsLeftOut = 0
  machine.onRound(({ alarmSteps }) => {
    for (const step of alarmSteps) {
      if (step.received < fromMs) continue
      if (steps.length >= STEPS_MAX) stepsLeftOut += 1
      else steps.push({ ...step, state: watched === undefined || step.site !== watched ? null : (machine.siteState(watched) ?? null) })
    }
  })
  return () => ({ steps, stepsLeftOut })
}

type Feed = { readonly all: () => Promise<void>; readonly counts: () => Pick<ReplayResult, 'events' | 'ticks' | 'unplaced' | 'refused'> }

const createFeed = (machine: Machine, input: ReplayInput): Feed => {
  const events = storedEvents(input.events)
  const grid = createTickGrid(input.ticks, input.tickMs)
  const ops = createStoredOps(machine, input.inside ?? {})
  const count = { ticks: 0, unplaced: 0, fed: 0 }
  const refused: string[] = []
  const ticksFrom = input.ticksFromMs ?? 0
  let at = 0
  let received = 0
  const offer = (bytes: Uint8Array): Position => {
    at += 1
    machine.offer(position(at), bytes)
    return position(at)
  }
  const tickAt = async (time: number): Promise<void> => {
    const bytes = tickEntry()
    stampReceived(bytes, time)
    count.ticks += 1
    received = time
    await machine.whenApplied(offer(bytes))
  }
  /** All ticks that could change anything, before what was received at `until`. */
  const ticksBefore = async (until: number, isLast: boolean): Promise<void> => {
    if (until < ticksFrom) return
    received = Math.max(received, ticksFrom)
    for (;;) {
      const time = nextTick(grid, { due: machine.tickDue(), after: received, strict: input.ties === 'tick-first' || isTick })
      if (isLast ? time > until : input.ties === 'tick-first' ? time > until : time >= until) return
      isTick = true
      await tickAt(time)
    }
  }
  let isTick = false
  const placed = (row: number): number => {
    const watch = watchOf(machine.directory(), events, { row, siteNo: ops.siteNo(events.siteKey(row)) })
    if (watch === 0) count.unplaced += 1
    return watch
  }
  const all = async (): Promise<void> => {
    let op = 0
    let row = 0
    while (op < input.ops.length || row < events.count) {
      const opTime = input.ops[op]?.received ?? Infinity
      const eventTime = row < events.count ? events.received(row) : Infinity
      const now = Math.min(opTime, eventTime)
      await ticksBefore(now, false)
      isTick = false
      received = Math.max(received, now)
      if (opTime === now) {
        const group: StoredOp[] = []
        while (op < input.ops.length && (input.ops[op] as StoredOp).received === now) group.push(input.ops[op++] as StoredOp)
        for (const problem of await ops.apply(group, offer)) if (refused.length < REFUSED_MAX) refused.push(problem)
        continue
      }
      const rows: number[] = []
      const watches: number[] = []
      for (; row < events.count && events.received(row) === now; row += 1) {
        const watch = placed(row)
        if (watch === 0) continue
        rows.push(row)
        watches.push(watch)
      }
      if (rows.length === 0) continue
      count.fed += rows.length
      await machine.whenApplied(offer(entryOfRows(events, rows, watches)))
    }
    await ticksBefore(grid.atOrAfter(input.untilMs), true)
  }
  return { all, counts: () => ({ events: count.fed, ticks: count.ticks, unplaced: count.unplaced, refused }) }
}

type Due = { readonly due: number; readonly after: number; readonly strict: boolean }
const nextTick = (grid: TickGrid, { due, after, strict }: Due): number => {
  if (due === Infinity) return Infinity
  return due > after ? grid.atOrAfter(due) : strict ? grid.after(after) : grid.atOrAfter(after)
}

/** The seal's assignment to that site which covers the event's time; else its newest there, for ingest admitted it to one; else 0. */
const watchOf = (directory: Directory, events: StoredEvents, { row, siteNo }: { readonly row: number; readonly siteNo: number }): number => {
  const seal = findSeal(directory, events.sealLow(row), events.sealHigh(row))
  if (seal === 0 || siteNo === 0) return 0
  const { site, from, until, previous } = directory.watches.columns
  const time = events.time(row)
  let newest = 0
  for (let watch = directory.seals.columns.head[seal] as number; watch !== 0; watch = previous[watch] as number) {
    if (site[watch] !== siteNo) continue
    if (time >= (from[watch] as number) && time < (until[watch] as number)) return watch
    if (newest === 0) newest = watch
  }
  return newest
}
