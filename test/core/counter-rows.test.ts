import { expect, it } from 'vitest'
import { counterRows, giveBackCounterRow, takeCounterRow } from '../../core/counter-rows.ts'
import { createShardTables } from '../../core/state.ts'

// Rows of counters that were given back are all taken again before the table grows, and are as new.

it('takes every row that was given back again, the last first, and none twice', () => {
  const shard = createShardTables()
  const take = (watch: number, next = 0): number => takeCounterRow(shard, { watch, boot: 7, next })
  expect([take(1), take(2), take(3), take(4)]).toEqual([1, 2, 3, 4])
  for (const row of [2, 4, 3]) giveBackCounterRow(shard, row)
  expect([take(5), take(6), take(7), take(8)]).toEqual([3, 4, 2, 5])
  giveBackCounterRow(shard, 5)
  expect([take(9), take(10)]).toEqual([5, 6])
})

it('gives a row that was used before as it gives a new one', () => {
  const shard = createShardTables()
  const first = takeCounterRow(shard, { watch: 1, boot: 3, next: 0 })
  const cells = (row: number): number[] =>
    Object.values(shard.counters.columns).flatMap((column) => {
      const width = column.length / shard.counters.capacity
      return [...column.subarray(row * width, (row + 1) * width)]
    })
  const asNew = cells(first)
  shard.counters.columns.lowIn[first] = 5
  shard.counters.columns.counted[first] = 1
  giveBackCounterRow(shard, first)
  const again = takeCounterRow(shard, { watch: 1, boot: 3, next: 0 })
  expect(again).toBe(first)
  expect(cells(again)).toEqual(asNew)
  expect(counterRows(shard, again)).toEqual([again])
})
