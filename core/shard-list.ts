import type { ShardTables } from './state.ts'
import { withCapacity } from './table.ts'

// A shard's lists of numbers to come back to at the next tick: cell 0 is the count, the numbers follow. Who adds a number keeps, in its
// own row, the flag that it is in the list, so that it is there once.

export type ListName = 'dirty' | 'marked' | 'markedSites'

const cellsOf = (shard: ShardTables, list: ListName): Uint32Array => (list === 'markedSites' ? shard.markedSites.columns.site : shard[list].columns.watch)

export const addTo = (shard: ShardTables, list: ListName, no: number): void => {
  const count = (cellsOf(shard, list)[0] as number) + 1
  if (list === 'dirty') shard.dirty = withCapacity(shard.dirty, count + 1)
  else if (list === 'marked') shard.marked = withCapacity(shard.marked, count + 1)
  else shard.markedSites = withCapacity(shard.markedSites, count + 1)
  const cells = cellsOf(shard, list)
  cells[0] = count
  cells[count] = no
}

export const listed = (cells: Uint32Array): Uint32Array => cells.subarray(1, 1 + (cells[0] as number))

/** What is in the list now, as a copy; the list is empty then. */
export const takeList = (shard: ShardTables, list: ListName): Uint32Array => {
  const cells = cellsOf(shard, list)
  const taken = listed(cells).slice()
  cells[0] = 0
  return taken
}
