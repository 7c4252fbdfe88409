import type { ShardTables } from './state.ts'
import { withCapacity } from './table.ts'

// A shard's timers: a binary heap in typed arrays, ordered by (deadline, type, row), a total order, so that the order in which
// timers were set never shows. One live timer per (type, row), by a flag of the row it is about (looks may leave older ones behind,
// which look for nothing): a deadline that moves later is
// found out when the timer comes up, and set again. So events cost the heap nothing, and a tick touches only what is due.
// Row 0 holds the size; the heap is rows 1 … size.

export const TIMER = { heldOpen: 2, offline: 3, watchLook: 4, siteLook: 5, gap: 6 } as const
/** Whether a timer's row is a site; else it is a watch. */
export const isSiteTimer = (type: number): boolean => type === TIMER.siteLook

export const timerCount = (shard: ShardTables): number => shard.timers.columns.row[0] as number

export const setTimer = (shard: ShardTables, deadline: number, type: number, row: number): void => {
  const size = timerCount(shard) + 1
  shard.timers = withCapacity(shard.timers, size + 1)
  const { deadline: deadlines, type: types, row: rows } = shard.timers.columns
  rows[0] = size
  let at = size
  while (at > 1) {
    const parent = at >>> 1
    if (!isBefore(shard, deadline, type, row, parent)) break
    deadlines[at] = deadlines[parent] as number
    types[at] = types[parent] as number
    rows[at] = rows[parent] as number
    at = parent
  }
  deadlines[at] = deadline
  types[at] = type
  rows[at] = row
}

/** The deadlines of timers that `concerns` names become `at`, where they are later: they come up at the next tick. */
export const bringForward = (shard: ShardTables, at: number, concerns: (type: number, row: number) => boolean): void => {
  const { deadline, type, row } = shard.timers.columns
  const size = timerCount(shard)
  let moved = false
  for (let timer = 1; timer <= size; timer += 1) {
    if ((deadline[timer] as number) <= at || !concerns(type[timer] as number, row[timer] as number)) continue
    deadline[timer] = at
    moved = true
  }
  if (!moved) return
  // The heap anew, from the timers as they lie: each is set again, in a place that is free by then.
  row[0] = 0
  for (let timer = 1; timer <= size; timer += 1) setTimer(shard, deadline[timer] as number, type[timer] as number, row[timer] as number)
}

/** The earliest deadline, or Infinity. */
export const timerNext = (shard: ShardTables): number => (timerCount(shard) === 0 ? Infinity : (shard.timers.columns.deadline[1] as number))

/** Takes the earliest timer out: type + 256 × row. Only when there is one. */
export const takeTimer = (shard: ShardTables): number => {
  const { deadline: deadlines, type: types, row: rows } = shard.timers.columns
  const size = rows[0] as number
  const taken = (types[1] as number) + 256 * (rows[1] as number)
  const deadline = deadlines[size] as number
  const type = types[size] as number
  const row = rows[size] as number
  rows[0] = size - 1
  let at = 1
  for (;;) {
    let child = at * 2
    if (child >= size) break
    if (child + 1 < size && isBefore(shard, deadlines[child + 1] as number, types[child + 1] as number, rows[child + 1] as number, child)) child += 1
    if (isBefore(shard, deadline, type, row, child)) break
    deadlines[at] = deadlines[child] as number
    types[at] = types[child] as number
    rows[at] = rows[child] as number
    at = child
  }
  if (size > 1) {
    deadlines[at] = deadline
    types[at] = type
    rows[at] = row
  }
  return taken
}

const isBefore = (shard: ShardTables, deadline: number, type: number, row: number, other: number): boolean => {
  const { deadline: deadlines, type: types, row: rows } = shard.timers.columns
  const otherDeadline = deadlines[other] as number
  if (deadline !== otherDeadline) return deadline < otherDeadline
  const otherType = types[other] as number
  if (type !== otherType) return type < otherType
  return row < (rows[other] as number)
}
