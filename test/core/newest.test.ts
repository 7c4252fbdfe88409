import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitAt, bootAt, KEPT, keepNewest, keptCount, newestTime, peopleAt, receivedAt, RING, seqAt, setBit, slotOf, timeAt } from '../../core/newest.ts'
import { WATCH_CHECKS } from '../../core/state.ts'
import { type Columns, createTable } from '../../core/table.ts'

type Event = { readonly time: number; readonly boot: number; readonly seq: number; readonly received: number; readonly value: number }

const event = fc.record({
  time: fc.integer({ min: 1, max: 12 }),
  boot: fc.integer({ min: 1, max: 2 }),
  seq: fc.integer({ min: 0, max: 40 }),
  received: fc.integer({ min: 1, max: 1_000_000 }),
  value: fc.constantFrom(0, 1),
})
/** No event of a seal comes twice. */
const history = fc.uniqueArray(event, { maxLength: 40, selector: ({ boot, seq }) => `${boot} ${seq}` })
const byAge = (a: Event, b: Event): number => b.time - a.time || b.boot - a.boot || b.seq - a.seq

const WATCH = 3
const OTHER = 2
type Fresh = { readonly checks: Columns<typeof WATCH_CHECKS>; readonly keep: (watch: number, ring: number, of: Event) => boolean }
const fresh = (): Fresh => {
  const checks = createTable(WATCH_CHECKS, 8).columns
  return {
    checks,
    keep: (watch, ring, { received, value, ...rest }) => keepNewest({ watchChecks: checks, received, current: { watch, ...rest } }, ring, value),
  }
}

describe('the newest 8 of a watch', () => {
  it.each([
    ['passages', RING.passages],
    ['door events', RING.doors],
  ])('are those that a sort says, in any order of arrival: %s', (_, ring) => {
    fc.assert(
      fc.property(history, history, (events, others) => {
        const { checks, keep } = fresh()
        events.forEach((of, n) => {
          const before = events.slice(0, n).toSorted(byAge).slice(0, KEPT)
          const last = before[KEPT - 1]
          expect(keep(WATCH, ring, of)).toBe(last === undefined || byAge(of, last) < 0)
          // The other ring, and another watch's, are of no concern.
          const other = others[n]
          if (other !== undefined)
            for (const [watch, its] of [
              [WATCH, 1 - ring],
              [OTHER, ring],
            ] as const)
              keep(watch, its, other)
        })
        const kept = events.toSorted(byAge).slice(0, KEPT)
        const found = Array.from({ length: keptCount(checks, WATCH, ring) }, (__, age) => {
          const slot = slotOf(checks, WATCH, ring, age)
          const value = ring === RING.doors ? Number(bitAt(checks, WATCH, ring, slot)) : peopleAt(checks, WATCH, slot)
          return {
            time: timeAt(checks, WATCH, ring, slot),
            boot: bootAt(checks, WATCH, ring, slot),
            seq: seqAt(checks, WATCH, ring, slot),
            received: receivedAt(checks, WATCH, ring, slot),
            value,
          }
        })
        expect(found).toEqual(kept)
        expect(newestTime(checks, WATCH, ring)).toBe(kept[0]?.time ?? -Infinity)
      }),
      { numRuns: 500, seed: 88 },
    )
  })

  it('take a mark with them when younger ones push them about', () => {
    fc.assert(
      fc.property(history, fc.nat(), (events, pick) => {
        const { checks, keep } = fresh()
        let marked: Event | undefined
        events.forEach((of, n) => {
          const isKept = keep(WATCH, RING.passages, of)
          if (marked !== undefined || !isKept || n < pick % 10) return
          marked = of
          for (let age = 0; age < keptCount(checks, WATCH, RING.passages); age += 1) {
            const slot = slotOf(checks, WATCH, RING.passages, age)
            const isIt = bootAt(checks, WATCH, RING.passages, slot) === of.boot && seqAt(checks, WATCH, RING.passages, slot) === of.seq
            if (isIt) setBit(checks, WATCH, RING.passages, slot)
          }
        })
        const marks = Array.from({ length: keptCount(checks, WATCH, RING.passages) }, (__, age) => slotOf(checks, WATCH, RING.passages, age))
          .filter((slot) => bitAt(checks, WATCH, RING.passages, slot))
          .map((slot) => [bootAt(checks, WATCH, RING.passages, slot), seqAt(checks, WATCH, RING.passages, slot)])
        const kept = events.toSorted(byAge).slice(0, KEPT)
        expect(marks).toEqual(
          marked !== undefined && kept.some(({ boot, seq }) => boot === marked?.boot && seq === marked.seq) ? [[marked.boot, marked.seq]] : [],
        )
      }),
      { numRuns: 500, seed: 89 },
    )
  })
})
