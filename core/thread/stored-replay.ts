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
import { createTickGrid, type TickGap, type TickGrid } from './tick-grid.ts'

// Stored replay: rows of ClickHouse back through a private machine of the very same parts (registry, shards, desk), in the order of
// `received`. What always holds: nothing is judged here; the machine gets entries of the log's own kinds and nothing else.
// - Ticks are not stored. One is put after what was received, and where the machine says that one could change anything, at the times of
//   the grid.
// - Of what was received in one millisecond: what was registered first, then events, seal by seal as they arrived, then work on
//   alarms. A tick of that millisecond comes before them, as in a simulated day; `ties: 'events-first'` is the other order, for a host's clock cannot tell.

export type ReplayInput = {
  /** RowBinary rows, ordered (core/stored-events.ts). */
  readonly events: Uint8Array
  /** In the order of the log. */
  readonly ops: readonly StoredOp[]
  readonly policy: Policy
  /** Times of ticks that are known, ascending, and what lies between two. */
  readonly ticks: readonly number[]
  readonly tickMs: number
  /** When the engine did not tick. */
  readonly gaps?: readonly TickGap[]
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
  const replayer = await createReplayer(input)
  try {
    await replayer.feed(input.events)
  } catch (error) {
    await replayer.stop()
    throw error
  }
  return replayer.finish()
}

/** A replay that takes its events piece by piece, as much of them as memory allows at a time. */
export type Replayer = {
  /** The next rows: none of a time that an earlier piece had. */
  readonly feed: (events: Uint8Array) => Promise<void>
  /** What is left of the ops and the ticks; the end. */
  readonly finish: () => Promise<ReplayResult>
  readonly stop: () => Promise<void>
}
export const createReplayer = async (input: Omit<ReplayInput, 'events'>): Promise<Replayer> => {
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
  return {
    feed: (events) => Promise.race([feed.take(storedEvents(events)), machine.failed]),
    finish: async () => {
      try {
        await Promise.race([feed.end(), machine.failed])
      } finally {
        await machine.stop()
      }
      return { ...heard(), ...feed.counts(), ms: performance.now() - began }
    },
    stop: machine.stop,
  }
}

/** Piscina's marker of what to transfer, taken off: here nothing is. */
const valueOf = (moved: unknown): unknown => {
  const own = moved as Readonly<Record<symbol, unknown>>
  const symbol = Object.getOwnPropertySymbols(own).find((one) => one.description === 'Piscina.valueOf')
  return symbol === undefined ? moved : own[symbol]
}

type Asked = Omit<ReplayInput, 'events'>
const listen = (machine: Machine, { fromMs, watched }: Asked): (() => Pick<ReplayResult, 'steps' | 'stepsLeftOut'>) => {
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

type Feed = {
  readonly take: (events: StoredEvents) => Promise<void>
  readonly end: () => Promise<void>
  readonly counts: () => Pick<ReplayResult, 'events' | 'ticks' | 'unplaced' | 'refused'>
}

const createFeed = (machine: Machine, input: Asked): Feed => {
  const ops = createStoredOps(machine, input.inside ?? {})
  const count = { unplaced: 0, fed: 0 }
  const refused: string[] = []
  const ordered = input.ops.toSorted((a, b) => placeOf(a) - placeOf(b))
  let at = 0
  let op = 0
  const offer = (bytes: Uint8Array): Position => {
    at += 1
    machine.offer(position(at), bytes)
    return position(at)
  }
  const ticker = createTicker(machine, input, { offer, offered: () => position(at) })
  /** All ops of one time. */
  const applyOps = async (now: number): Promise<void> => {
    const group: StoredOp[] = []
    while (op < ordered.length && placeOf(ordered[op] as StoredOp) === now) group.push(ordered[op++] as StoredOp)
    for (const problem of await ops.apply(group, offer)) if (refused.length < REFUSED_MAX) refused.push(problem)
  }
  const nextOp = (): number => (op < ordered.length ? placeOf(ordered[op] as StoredOp) : Infinity)
  /** Offers the events of one time, from a row on; returns the row after them. */
  const offerEvents = (events: StoredEvents, from: number): number => {
    const now = events.received(from)
    const rows: number[] = []
    const watches: number[] = []
    let row = from
    for (; row < events.count && events.received(row) === now; row += 1) {
      const watch = watchOf(machine.directory(), events, { row, siteNo: ops.siteNo(events.siteKey(row)) })
      if (watch === 0) {
        count.unplaced += 1
        continue
      }
      rows.push(row)
      watches.push(watch)
    }
    count.fed += rows.length
    if (rows.length > 0) offer(entryOfRows(events, rows, watches))
    return row
  }
  const take = async (events: StoredEvents): Promise<void> => {
    for (let row = 0; row < events.count;) {
      const eventTime = events.received(row)
      const now = Math.min(nextOp(), eventTime)
      await ticker.before(now)
      if (nextOp() === now) await applyOps(now)
      else row = offerEvents(events, row)
    }
  }
  const end = async (): Promise<void> => {
    for (let now = nextOp(); now < Infinity; now = nextOp()) {
      await ticker.before(now)
      await applyOps(now)
    }
    await ticker.until(input.untilMs)
    await machine.whenApplied(position(at))
  }
  return { take, end, counts: () => ({ events: count.fed, ticks: ticker.count(), unplaced: count.unplaced, refused }) }
}

/** What people did to alarms came after what they saw, so after the events of its millisecond; what was registered, before them. */
const placeOf = ({ kind, received }: StoredOp): number => (kind === 'work' ? received + 0.5 : received)

type Ticker = {
  /** All ticks that could change anything, before what was received at a time, which is what comes next. */
  readonly before: (time: number) => Promise<void>
  /** … and up to the first tick at or after a time. */
  readonly until: (time: number) => Promise<void>
  readonly count: () => number
}

type Offers = { readonly offer: (bytes: Uint8Array) => Position; readonly offered: () => Position }
const createTicker = (machine: Machine, { ticks, tickMs, gaps, ties, ticksFromMs = 0 }: Asked, { offer, offered }: Offers): Ticker => {
  const grid = createTickGrid(ticks, tickMs, gaps)
  let count = 0
  let received = ticksFromMs
  // Whether nothing was received since the last tick. Else the next tick counts, whatever is due: a condition is told once between two ticks.
  let isTick = true
  const tickAt = async (time: number): Promise<void> => {
    const bytes = tickEntry()
    stampReceived(bytes, time)
    count += 1
    received = time
    isTick = true
    await machine.whenApplied(offer(bytes))
  }
  const isStrict = (): boolean => ties === 'tick-first' || isTick
  const run = async (isPast: (time: number) => boolean): Promise<void> => {
    // Between two ticks of the grid nothing is asked of the machine, so what was offered meanwhile is applied in one go.
    if (isPast(isStrict() ? grid.after(received) : grid.atOrAfter(received))) return
    await machine.whenApplied(offered())
    for (;;) {
      const time = nextTick(grid, { due: isTick ? machine.tickDue() : -Infinity, after: received, strict: isStrict() })
      if (isPast(time)) return
      await tickAt(time)
    }
  }
  return {
    before: async (next) => {
      if (next < ticksFromMs) return
      await run(ties === 'tick-first' ? (time) => time > next : (time) => time >= next)
      received = Math.max(received, Math.floor(next))
      isTick = false
    },
    until: (time) => {
      const end = grid.atOrAfter(time)
      return run((tick) => tick > end)
    },
    count: () => count,
  }
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
