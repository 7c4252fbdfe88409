import { counterRows, giveBackCounterRow, takeCounterRow } from './counter-rows.ts'
import { bootAt, KEPT, keptCount, peopleAt, RING, seqAt, slotOf } from './newest.ts'
import { shardOf, type ShardRun } from './shard-run.ts'
import { COUNTER_RING, type ShardTables, WATCH_FLAG } from './state.ts'

// What a watch contributes to its site's raw count, where its seal sends cumulative counters (docs/detectors.md, "Raw"): between the
// lowest and the highest counter of a boot the counters say how many passed, so passages that were lost are there again and those that
// arrived count once; below and above, the passages do. Totals wrap at 2^32 and begin at zero with each boot. What is kept of a boot are
// two counters, two sums of passages and the newest COUNTER_RING passages, by which a counter that arrives among them is placed; so
// the order of arrival does not show. A watch without counters has no row: its passages count as they are.

const TWO32 = 4_294_967_296
/** People through one door between two counters, or in a boot before its first: a door that never stood still for a week. */
export const COUNTER_STEP_MAX = 1_000_000

type Cells = ShardTables['counters']['columns']
type Totals = { readonly seq: number; readonly totalIn: number; readonly totalOut: number }

/** An event of `boot` was heard of the watch, its first or of a boot that is not its seal's current one: the people by which the raw count changes. */
export const bootHeard = (run: ShardRun, watch: number, { boot, isFirst }: { readonly boot: number; readonly isFirst: boolean }): number => {
  const { firstBoot, counters, flags } = run.watches
  if (((flags[watch] as number) & WATCH_FLAG.bootFixed) !== 0 || (!isFirst && boot >= (firstBoot[watch] as number))) return 0
  firstBoot[watch] = boot
  const head = counters[watch] as number
  if (head === 0) return 0
  const shard = shardOfWatch(run, watch)
  let change = 0
  for (const row of counterRows(shard, head)) change += settled(run, shard, row)
  return change
}

/** A passage of the current event's watch, `people` in (+) or out (−): by how many the raw count changes. */
export const passageCounts = (run: ShardRun, people: number): number => {
  const { watch, boot, seq } = run.current
  if (run.watches.counters[watch] === 0) return people
  const shard = shardOfWatch(run, watch)
  const row = rowOf(run, shard, watch, boot)
  addPassage(shard.counters.columns, row, seq, people)
  return settled(run, shard, row)
}

/** A counter of the current event's watch: by how many the raw count changes. */
export const counterCounts = (run: ShardRun, totalIn: number, totalOut: number): number => {
  const { watch, boot, seq } = run.current
  const shard = shardOfWatch(run, watch)
  if (run.watches.counters[watch] === 0) beginCounting(run, shard, watch)
  const row = rowOf(run, shard, watch, boot)
  takeCounter(shard.counters.columns, row, { seq, totalIn, totalOut })
  return settled(run, shard, row)
}

/** The watch's rows are given back: it is erased. */
export const forgetCounters = (run: ShardRun, watch: number): void => {
  const head = run.watches.counters[watch] as number
  if (head === 0) return
  const shard = shardOfWatch(run, watch)
  for (const row of counterRows(shard, head)) giveBackCounterRow(shard, row)
  run.watches.counters[watch] = 0
}

/** The rows of a watch whose state has moved to `to`. */
export const renameCounters = (run: ShardRun, to: number): void => {
  const shard = shardOfWatch(run, to)
  for (const row of counterRows(shard, run.watches.counters[to] as number)) shard.counters.columns.watch[row] = to
}

const shardOfWatch = (run: ShardRun, watch: number): ShardTables => shardOf(run, run.directory.watches.columns.site[watch] as number)

const rowOf = (run: ShardRun, shard: ShardTables, watch: number, boot: number): number => {
  const { boot: boots, next } = shard.counters.columns
  let row = run.watches.counters[watch] as number
  while (row !== 0 && boots[row] !== boot) row = next[row] as number
  return row === 0 ? newRow(run, shard, watch, boot) : row
}

/** A row for a boot, in place of those of boots of which nothing can be fresh any more (core/window.ts): what they gave stays counted. */
const newRow = (run: ShardRun, shard: ShardTables, watch: number, boot: number): number => {
  const { windows, watches } = run
  const seal = run.directory.watches.columns.seal[watch] as number
  const { boot: boots, next } = shard.counters.columns
  let kept = 0
  for (const row of counterRows(shard, watches.counters[watch] as number)) {
    const of = boots[row] as number
    if (of === windows.boot[seal] || of === windows.prevBoot[seal] || of === windows.farBoot[seal]) {
      kept = row
      continue
    }
    if (kept === 0) watches.counters[watch] = next[row] as number
    else next[kept] = next[row] as number
    giveBackCounterRow(shard, row)
  }
  const row = takeCounterRow(shard, { watch, boot, next: watches.counters[watch] as number })
  watches.counters[watch] = row
  return row
}

/** The first counter of a watch: its newest passages so far are known one by one; they are counted already. */
const beginCounting = (run: ShardRun, shard: ShardTables, watch: number): void => {
  const { watchChecks, watches } = run
  const count = keptCount(watchChecks, watch, RING.passages)
  for (let age = count - 1; age >= 0; age -= 1) {
    const slot = slotOf(watchChecks, watch, RING.passages, age)
    const row = rowOf(run, shard, watch, bootAt(watchChecks, watch, RING.passages, slot))
    const people = peopleAt(watchChecks, watch, slot)
    const cells = shard.counters.columns
    addPassage(cells, row, seqAt(watchChecks, watch, RING.passages, slot), people)
    cells.contributed[row] = (cells.contributed[row] as number) + people
  }
  if (count < KEPT) return
  // There may have been more: no boot up to that of the oldest known passage is known from its beginning.
  watches.firstBoot[watch] = bootAt(watchChecks, watch, RING.passages, slotOf(watchChecks, watch, RING.passages, KEPT - 1))
  watches.flags[watch] = (watches.flags[watch] as number) | WATCH_FLAG.bootFixed
}

/** People that row gives more than it did. */
const settled = (run: ShardRun, shard: ShardTables, row: number): number => {
  const cells = shard.counters.columns
  const now = contribution(run, cells, row)
  const change = now - (cells.contributed[row] as number)
  cells.contributed[row] = now
  return change
}

const contribution = ({ watches }: ShardRun, cells: Cells, row: number): number => {
  const before = cells.before[row] as number
  if (cells.counted[row] === 0) return before
  const { lowIn, lowOut, highIn, highOut } = cells
  const [fromIn, fromOut] = [lowIn[row] as number, lowOut[row] as number]
  // Its totals began at zero while this watch watched.
  const isWhole =
    (cells.boot[row] as number) > (watches.firstBoot[cells.watch[row] as number] as number) && fromIn <= COUNTER_STEP_MAX && fromOut <= COUNTER_STEP_MAX
  const between = (((highIn[row] as number) - fromIn) >>> 0) - (((highOut[row] as number) - fromOut) >>> 0)
  return (isWhole ? fromIn - fromOut : before) + between + (cells.after[row] as number)
}

const addPassage = (cells: Cells, row: number, seq: number, people: number): void => {
  remember(cells, row, seq, people)
  if (cells.counted[row] === 0 || seq < (cells.lowSeq[row] as number)) {
    cells.before[row] = (cells.before[row] as number) + people
    cells.beforeLow[row] = Math.min(cells.beforeLow[row] as number, seq)
    cells.beforeTop[row] = Math.max(cells.beforeTop[row] as number, seq)
  } else if (seq > (cells.highSeq[row] as number)) {
    cells.after[row] = (cells.after[row] as number) + people
    cells.afterLow[row] = Math.min(cells.afterLow[row] as number, seq)
  }
}

/** Keeps the newest COUNTER_RING passages by seq in a ring, newest first; in order this is one store. */
const remember = ({ recentCount, recentHead, recentSeq, recentPeople }: Cells, row: number, seq: number, people: number): void => {
  const start = row * COUNTER_RING
  const count = recentCount[row] as number
  const head = ((recentHead[row] as number) + 1) % COUNTER_RING
  // The place of the lowest is the new head's: when full and lower than all, there is nothing to remember.
  if (count === COUNTER_RING && seq < (recentSeq[start + head] as number)) return
  recentHead[row] = head
  if (count < COUNTER_RING) recentCount[row] = count + 1
  let at = head
  for (let older = 0; older < Math.min(count, COUNTER_RING - 1); older += 1) {
    const lower = (at + COUNTER_RING - 1) % COUNTER_RING
    if (seq >= (recentSeq[start + lower] as number)) break
    recentSeq[start + at] = recentSeq[start + lower] as number
    recentPeople[start + at] = recentPeople[start + lower] as number
    at = lower
  }
  recentSeq[start + at] = seq
  recentPeople[start + at] = people
}

/** Of the passages remembered, those with from < seq < until: how many people, and the lowest number. */
const sumBetween = ({ recentCount, recentSeq, recentPeople, recentHead }: Cells, row: number, from: number, until: number): typeof sums => {
  sums.people = 0
  sums.low = TWO32 - 1
  for (let n = 0; n < (recentCount[row] as number); n += 1) {
    const at = row * COUNTER_RING + (((recentHead[row] as number) + COUNTER_RING - n) % COUNTER_RING)
    const seq = recentSeq[at] as number
    if (seq <= from) break
    if (seq >= until) continue
    sums.people += recentPeople[at] as number
    sums.low = Math.min(sums.low, seq)
  }
  return sums
}
const sums = { people: 0, low: 0 }

const isStep = (from: number, to: number): boolean => (to - from) >>> 0 <= COUNTER_STEP_MAX

const takeCounter = (cells: Cells, row: number, counter: Totals): void => {
  const { lowSeq, lowIn, lowOut, highSeq, highIn, highOut } = cells
  const { seq, totalIn, totalOut } = counter
  if (cells.counted[row] === 0) {
    cells.counted[row] = 1
    split(cells, row, seq)
    setLow(cells, row, counter)
    setHigh(cells, row, counter)
  } else if (seq > (highSeq[row] as number)) {
    if (!isStep(highIn[row] as number, totalIn) || !isStep(highOut[row] as number, totalOut)) return
    dropAfter(cells, row, seq)
    setHigh(cells, row, counter)
  } else if (seq < (lowSeq[row] as number)) {
    if (!isStep(totalIn, lowIn[row] as number) || !isStep(totalOut, lowOut[row] as number)) return
    dropBefore(cells, row, seq)
    setLow(cells, row, counter)
  }
}
const setLow = ({ lowSeq, lowIn, lowOut }: Cells, row: number, { seq, totalIn, totalOut }: Totals): void => {
  lowSeq[row] = seq
  lowIn[row] = totalIn
  lowOut[row] = totalOut
}
const setHigh = ({ highSeq, highIn, highOut }: Cells, row: number, { seq, totalIn, totalOut }: Totals): void => {
  highSeq[row] = seq
  highIn[row] = totalIn
  highOut[row] = totalOut
}

/** The first counter: all passages were before; those above it are after it. */
const split = (cells: Cells, row: number, seq: number): void => {
  if ((cells.beforeLow[row] as number) > (cells.beforeTop[row] as number) || (cells.beforeTop[row] as number) < seq) return
  const { people, low } = sumBetween(cells, row, seq, TWO32)
  cells.after[row] = people
  cells.afterLow[row] = low
  cells.before[row] = (cells.before[row] as number) - people
  cells.beforeTop[row] = seq - 1
  if ((cells.beforeLow[row] as number) < seq) return
  // Every one of them is above it, also those that are not remembered.
  cells.after[row] = people + cells.before[row]
  cells.afterLow[row] = cells.beforeLow[row] as number
  clearBefore(cells, row)
}

const clearBefore = ({ before, beforeLow, beforeTop }: Cells, row: number): void => {
  before[row] = 0
  beforeLow[row] = TWO32 - 1
  beforeTop[row] = 0
}

/** The highest counter moves up to `seq`: passages up to it are in its totals. */
const dropAfter = (cells: Cells, row: number, seq: number): void => {
  if ((cells.afterLow[row] as number) > seq) return
  const { people, low } = sumBetween(cells, row, seq, TWO32)
  cells.after[row] = people
  cells.afterLow[row] = low
}

/** The lowest counter moves down to `seq`: passages from it on are in the totals. */
const dropBefore = (cells: Cells, row: number, seq: number): void => {
  if ((cells.beforeTop[row] as number) < seq) return
  if ((cells.beforeLow[row] as number) > seq) return clearBefore(cells, row)
  cells.before[row] = (cells.before[row] as number) - sumBetween(cells, row, seq, cells.lowSeq[row] as number).people
  cells.beforeTop[row] = seq - 1
}
