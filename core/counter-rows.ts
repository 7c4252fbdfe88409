import type { ShardTables } from './state.ts'
import { withCapacity } from './table.ts'

// Rows of a shard's table COUNTERS: one for each boot of a watch that has sent a COUNTER, chained from `WATCH_STATE.counters`. Row 0 is
// never a boot: its `boot` is how many rows were ever taken, its `next` the first of those given back (chained by `next`).
// A row given back is zero again.

/** The lowest number of no passages. */
const EMPTY_LOW = 0xffff_ffff
const emptySpans = (shard: ShardTables, row: number): void => {
  const { beforeLow, afterLow } = shard.counters.columns
  beforeLow[row] = EMPTY_LOW
  afterLow[row] = EMPTY_LOW
}

/** A row for a boot of a watch, put before `next` in its chain. May replace `shard.counters`. */
export const takeCounterRow = (shard: ShardTables, place: { readonly watch: number; readonly boot: number; readonly next: number }): number => {
  const { boot: boots, next: nexts } = shard.counters.columns
  let row = nexts[0] as number
  if (row !== 0) nexts[0] = nexts[row] as number
  else {
    row = (boots[0] as number) + 1
    boots[0] = row
    shard.counters = withCapacity(shard.counters, row + 1)
  }
  const { watch, boot, next } = shard.counters.columns
  watch[row] = place.watch
  boot[row] = place.boot
  next[row] = place.next
  emptySpans(shard, row)
  return row
}

type Cells = { readonly length: number; readonly fill: (value: number, from: number, to: number) => unknown }
export const giveBackCounterRow = (shard: ShardTables, row: number): void => {
  const { capacity, columns } = shard.counters
  for (const cells of Object.values<Cells>(columns)) {
    const width = cells.length / capacity
    cells.fill(0, row * width, (row + 1) * width)
  }
  columns.next[row] = columns.next[0] as number
  columns.next[0] = row
}

/** A watch's rows, at most three, newest first; a list, for rows may be given back while it is walked. */
export const counterRows = (shard: ShardTables, head: number): readonly number[] => {
  const rows: number[] = []
  for (let row = head; row !== 0; row = shard.counters.columns.next[row] as number) rows.push(row)
  return rows
}

/** The rows of one watch, in another shard's table: its new head there. For a restart under another number of shards. */
export const dealCounterRows = (from: ShardTables, to: ShardTables, head: number): number => {
  let dealt = 0
  for (const row of counterRows(from, head).toReversed()) {
    const old = from.counters
    const at = takeCounterRow(to, { watch: old.columns.watch[row] as number, boot: old.columns.boot[row] as number, next: dealt })
    const cells = to.counters
    for (const name of Object.keys(old.columns) as (keyof typeof old.columns)[]) {
      if (name === 'next') continue
      const width = old.columns[name].length / old.capacity
      ;(cells.columns[name] as Uint32Array).set((old.columns[name] as Uint32Array).subarray(row * width, (row + 1) * width), at * width)
    }
    dealt = at
  }
  return dealt
}
