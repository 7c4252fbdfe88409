import { expect, test } from 'vitest'
import { createTickGrid, tickMsOf } from '../../../core/thread/tick-grid.ts'

const SECOND = 1000

test('ticks are counted back from the next one that is known, and on from the last', () => {
  const grid = createTickGrid([10_345, 20_340], SECOND)
  expect(grid.atOrAfter(8_000)).toBe(8_345)
  expect(grid.atOrAfter(10_345)).toBe(10_345)
  expect(grid.after(10_345)).toBe(11_340)
  expect(grid.atOrAfter(19_341)).toBe(20_340)
  expect(grid.after(20_340)).toBe(21_340)
  expect(grid.atOrAfter(25_000)).toBe(25_340)
})

test('with none known they are whole steps, and times go forward only', () => {
  const grid = createTickGrid([], SECOND)
  expect(grid.atOrAfter(1_500)).toBe(2_000)
  let time = 0
  for (let i = 0; i < 1000; i += 1) {
    const next = grid.after(time)
    expect(next).toBeGreaterThan(time)
    time = next
  }
})

test('two that are known a little apart have no third between them', () => {
  const grid = createTickGrid([10_000, 10_300], SECOND)
  expect(grid.after(10_000)).toBe(10_300)
  // 1.2 s apart: one step back from the later one lies 0.2 s after the earlier one, which is none.
  expect(createTickGrid([10_000, 11_200], SECOND).after(10_000)).toBe(11_200)
})

test('a gap has no ticks but those at its ends', () => {
  const grid = createTickGrid([30_000], SECOND, [{ from: 10_500, until: 17_700 }])
  expect(grid.after(9_500)).toBe(10_500)
  expect(grid.after(10_500)).toBe(17_700)
  expect(grid.atOrAfter(12_000)).toBe(17_700)
  expect(grid.after(17_700)).toBe(19_000)
})

test('a clock that stands still between its ticks shows their step; few times, or one that is off, show nothing', () => {
  const of = (times: readonly number[], least = 20): number => tickMsOf(times, { otherwise: SECOND, max: 60_000, least })
  const grid = Array.from({ length: 50 }, (_, i) => 7_000 + i * 5_000)
  expect(of(grid)).toBe(5_000)
  expect(of(grid.slice(0, 19))).toBe(SECOND)
  expect(of(grid.slice(0, 19), 2)).toBe(5_000)
  expect(of([...grid, 9_001])).toBe(SECOND)
  expect(of(grid.map((time) => time * 100))).toBe(SECOND)
  expect(of([])).toBe(SECOND)
})
