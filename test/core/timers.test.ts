import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createShardTables } from '../../core/state.ts'
import { setTimer, takeTimer, timerCount, timerNext } from '../../core/timers.ts'

it('gives timers back in the order of (deadline, type, row), whatever order they were set in', () => {
  const timer = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 100_000 }))
  fc.assert(
    fc.property(fc.array(timer, { maxLength: 300 }), fc.integer({ min: 0, max: 300 }), (timers, early) => {
      const shard = createShardTables()
      const model: [number, number, number][] = []
      const order = (a: [number, number, number], b: [number, number, number]): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
      const takeOne = (): void => {
        const [deadline, type, row] = model.toSorted(order)[0] as [number, number, number]
        expect(timerNext(shard)).toBe(deadline)
        expect(takeTimer(shard)).toBe(type + 256 * row)
        model.splice(
          model.findIndex((other) => other[0] === deadline && other[1] === type && other[2] === row),
          1,
        )
      }
      timers.forEach(([deadline, type, row], index) => {
        setTimer(shard, deadline, type, row)
        model.push([deadline, type, row])
        if (index === early) takeOne()
      })
      while (model.length > 0) takeOne()
      expect(timerCount(shard)).toBe(0)
      expect(timerNext(shard)).toBe(Infinity)
    }),
    { numRuns: 100, seed: 7 },
  )
})
