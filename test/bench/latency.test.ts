import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLatencies } from '../../bench/load/latency.ts'

const exact = (values: readonly number[], q: number): number => values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)] as number

it('latencies are those of the sorted list, to three digits', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 400 }), (values) => {
      const latencies = createLatencies()
      for (const value of values) latencies.record(value)
      const { count, p50, p99, p999, max } = latencies.summary()
      expect(count).toBe(values.length)
      // Three digits, and a microsecond at the low end.
      const close = (got: number, want: number): void => expect(Math.abs(got - want)).toBeLessThanOrEqual(want * 0.001 + 0.002)
      close(p50, exact(values, 0.5))
      close(p99, exact(values, 0.99))
      close(p999, exact(values, 0.999))
      close(max, Math.max(...values))
    }),
    { seed: 3, numRuns: 60 },
  )
})

it('what is shorter or longer than can be told is kept at the edge, not lost', () => {
  const latencies = createLatencies()
  latencies.record(0)
  latencies.record(1e9)
  expect(latencies.summary().count).toBe(2)
  expect(latencies.summary().max).toBeGreaterThan(590_000)
})
