import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WINDOWS, WINDOWS_BEFORE } from '../../core/state.ts'
import { createTable } from '../../core/table.ts'
import { isUnbroken, judge, missingOf, VERDICT, WINDOW_WIDTH, type Windows } from '../../core/window.ts'

const fresh = (): Windows => ({ ...createTable(WINDOWS, 4).columns, before: createTable(WINDOWS_BEFORE, 4).columns.bits })

/** Slow and obvious: every number seen, of the two highest boots. */
const createModel = (): ((boot: number, seq: number) => number) => {
  const seen = new Map<number, Set<number>>()
  return (boot, seq) => {
    const known = [...seen.keys()].toSorted((a, b) => b - a)
    if (known.length === 2 && boot < (known[1] as number)) return VERDICT.tooOld
    if (!seen.has(boot)) {
      seen.set(boot, new Set())
      if (known.length === 2) seen.delete(known[1] as number)
    }
    const numbers = seen.get(boot) as Set<number>
    if (numbers.has(seq) && Math.max(...numbers) - seq <= WINDOW_WIDTH) return VERDICT.repeat
    if (numbers.size > 0 && Math.max(...numbers) - seq > WINDOW_WIDTH) return VERDICT.tooOld
    numbers.add(seq)
    return VERDICT.fresh
  }
}

describe('the repeat window', () => {
  it('agrees with a set of all numbers on any history', () => {
    const step = fc.record({
      boot: fc.constantFrom(1, 2, 3, 7),
      seq: fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 3500 }), fc.constantFrom(1023, 1024, 1025, 2047, 2048, 2049)),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (history) => {
        const windows = fresh()
        const model = createModel()
        for (const { boot, seq } of history) expect(judge(windows, 3, boot, seq)).toBe(model(boot, seq))
      }),
      { numRuns: 400, seed: 4303 },
    )
  })

  it('tells exactly 1,024 numbers back and not one more', () => {
    const windows = fresh()
    expect(judge(windows, 1, 0, 5000)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 0, 5000 - 1024)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 0, 5000 - 1024)).toBe(VERDICT.repeat)
    expect(judge(windows, 1, 0, 5000 - 1025)).toBe(VERDICT.tooOld)
  })

  it('stores a full buffer newest first, behind a live event and across a reboot, once', () => {
    const windows = fresh()
    const order = [[5, 900], ...Array.from({ length: 899 }, (_, n) => [5, 899 - n]), ...Array.from({ length: 1000 }, (_, n) => [4, 70_000 - n])] as [
      number,
      number,
    ][]
    for (const [boot, seq] of order) expect(judge(windows, 1, boot, seq)).toBe(VERDICT.fresh)
    for (const [boot, seq] of order) expect(judge(windows, 1, boot, seq)).toBe(VERDICT.repeat)
    expect(judge(windows, 1, 3, 1)).toBe(VERDICT.tooOld)
  })

  it('keeps seals apart, at the top of the number range too', () => {
    const windows = fresh()
    expect(judge(windows, 1, 4_294_967_295, 4_294_967_295)).toBe(VERDICT.fresh)
    expect(judge(windows, 2, 4_294_967_295, 4_294_967_295)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 4_294_967_295, 4_294_967_294)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 4_294_967_295, 4_294_967_294)).toBe(VERDICT.repeat)
  })

  it('is not pushed out by one corrupt boot number, and believes a real jump at its second event', () => {
    const windows = fresh()
    for (let seq = 1; seq <= 50; seq += 1) expect(judge(windows, 1, 7, seq)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 4_000_000_000, 51)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 4_000_000_000, 51)).toBe(VERDICT.repeat)
    expect(judge(windows, 1, 4_100_000_000, 52)).toBe(VERDICT.tooOld)
    // The real boots go on, with two of them told exactly.
    for (const boot of [8, 9, 10]) for (let seq = 1; seq <= 50; seq += 1) expect(judge(windows, 1, boot, seq)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 9, 20)).toBe(VERDICT.repeat)
    expect(judge(windows, 1, 10, 20)).toBe(VERDICT.repeat)
    expect(judge(windows, 1, 5000, 90)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 5000, 91)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 5000, 90)).toBe(VERDICT.repeat)
    expect(judge(windows, 1, 10, 51)).toBe(VERDICT.fresh)
    expect(judge(windows, 1, 9, 51)).toBe(VERDICT.tooOld)
  })

  it('knows nothing yet of a boot between the two, whatever it knew of the one that this replaces', () => {
    const windows = fresh()
    expect(judge(windows, 3, 10, 5)).toBe(VERDICT.fresh)
    for (let seq = 1; seq <= 1000; seq += 1) expect(judge(windows, 3, 8, seq)).toBe(VERDICT.fresh)
    for (let seq = 1000; seq >= 1; seq -= 1) expect(judge(windows, 3, 9, seq)).toBe(VERDICT.fresh)
    expect(judge(windows, 3, 8, 1001)).toBe(VERDICT.tooOld)
  })

  it('never tells an event fresh twice, whatever boots come', () => {
    const step = fc.record({
      boot: fc.constantFrom(1, 2, 900, 1001, 1002, 1003, 2003, 5000, 5001, 4_000_000_000, 4_294_967_295),
      seq: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (history) => {
        const windows = fresh()
        const seen = new Set<string>()
        for (const { boot, seq } of history) {
          const verdict = judge(windows, 2, boot, seq)
          const known = seen.has(`${boot} ${seq}`)
          if (verdict === VERDICT.fresh) expect(known).toBe(false)
          if (verdict === VERDICT.repeat) expect(known).toBe(true)
          if (verdict === VERDICT.fresh) seen.add(`${boot} ${seq}`)
        }
      }),
      { numRuns: 3000, seed: 6479 },
    )
  })
})

describe('what the window tells of gaps', () => {
  const step = fc.record({
    boot: fc.constantFrom(1, 2, 3),
    seq: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2500 }), fc.constantFrom(1023, 1024, 1025, 1084, 2048)),
  })

  it('agrees with a set of all numbers: what is unbroken between two, and how many are missing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.array(fc.tuple(step, fc.integer({ min: -1, max: 40 })), { minLength: 20 }), (history, asked) => {
        const windows = fresh()
        const seen = new Map<number, Set<number>>()
        for (const { boot, seq } of history) if (judge(windows, 2, boot, seq) === VERDICT.fresh) seen.set(boot, new Set([...(seen.get(boot) ?? []), seq]))
        const told = [...seen.keys()].toSorted((a, b) => b - a).slice(0, 2)
        for (const [{ boot, seq }, further] of asked) {
          const between = Array.from({ length: Math.max(0, further) }, (_, n) => seq + 1 + n)
          const top = Math.max(-1, ...(seen.get(boot) ?? []))
          const reaches = between.length === 0 || (told.includes(boot) && top - (seq + 1) <= WINDOW_WIDTH)
          const whole = further >= 0 && reaches && between.every((number) => seen.get(boot)?.has(number) === true)
          expect(isUnbroken(windows, 2, boot, { after: seq, before: seq + 1 + further })).toBe(whole)
          const current = told[0]
          if (current === undefined) continue
          const highest = Math.max(...(seen.get(current) as Set<number>))
          const to = Math.min(highest, seq + 40)
          if (to < seq) continue
          const missing = Array.from({ length: to - seq }, (_, n) => seq + 1 + n).filter((number) => seen.get(current)?.has(number) !== true).length
          expect(missingOf(windows, 2, { from: seq, to })).toBe(highest - seq > WINDOW_WIDTH ? null : missing)
        }
      }),
      { numRuns: 400, seed: 6480 },
    )
  })
})
