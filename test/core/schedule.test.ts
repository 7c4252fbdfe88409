import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { POLICY_DEFAULT, type WeekSchedule } from '../../core/policy.ts'
import { defaultPolicyTables } from '../../core/policy-table.ts'
import { isOpen, lastClosing, nextClosing, nextOpening, type Schedules } from '../../core/schedule.ts'

// Opening hours against a walk over every minute of some weeks, and the odd cases by hand.

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const TUESDAY = Date.UTC(2026, 10, 24)
const ROW = 2

const schedulesOf = (schedule: WeekSchedule | null, holidays: readonly string[] = [], utcOffsetMinutes = 480): Schedules => {
  const kinds = { ...POLICY_DEFAULT.kinds, building: { ...POLICY_DEFAULT.kinds.building, schedule } }
  const tables = defaultPolicyTables({ ...POLICY_DEFAULT, utcOffsetMinutes, holidays, kinds })
  return { policy: tables.policies.columns, holidays: tables.holidays.columns.day }
}
const every = (opens: number, closes: number): WeekSchedule => Array.from({ length: 7 }, () => [opens, closes] as const)

describe('opening hours', () => {
  it('are local: open from the minute they name, closed from the minute they name', () => {
    const run = schedulesOf(every(5 * 60, 23 * 60 + 30))
    const local = (clock: string): number => Date.parse(`2026-11-24T${clock}+08:00`)
    expect(['04:59:59.999', '05:00:00.000', '23:29:59.999', '23:30:00.000'].map((clock) => isOpen(run, ROW, local(clock)))).toEqual([false, true, true, false])
    expect(lastClosing(run, ROW, local('23:30:00.000'))).toBe(local('23:30:00.000'))
    expect(lastClosing(run, ROW, local('23:29:59.999'))).toBe(local('23:30:00.000') - DAY)
    expect(nextClosing(run, ROW, local('23:30:00.000'))).toBe(local('23:30:00.000') + DAY)
    expect(nextOpening(run, ROW, local('04:59:59.999'))).toBe(local('05:00:00.000'))
  })
  it('without a schedule: always open, never closing', () => {
    const run = schedulesOf(null)
    expect([isOpen(run, ROW, TUESDAY), lastClosing(run, ROW, TUESDAY), nextClosing(run, ROW, TUESDAY), nextOpening(run, ROW, TUESDAY)]).toEqual([
      true,
      -Infinity,
      Infinity,
      Infinity,
    ])
  })
  it('closed on all seven days: never open, never closing', () => {
    const run = schedulesOf(Array.from({ length: 7 }, () => null))
    expect([isOpen(run, ROW, TUESDAY), lastClosing(run, ROW, TUESDAY), nextClosing(run, ROW, TUESDAY), nextOpening(run, ROW, TUESDAY)]).toEqual([
      false,
      -Infinity,
      Infinity,
      Infinity,
    ])
  })
  it('looks past any number of holidays for a day that is open', () => {
    // Open on Wednesdays only, and five of them in a row are holidays.
    const holidays = Array.from({ length: 35 }, (_, n) => new Date(TUESDAY + n * DAY).toISOString().slice(0, 10))
    const run = schedulesOf([null, null, [480, 600], null, null, null, null], holidays)
    expect(nextOpening(run, ROW, TUESDAY)).toBe(Date.parse('2026-12-30T08:00:00+08:00'))
    expect(lastClosing(run, ROW, Date.parse('2026-12-28T00:00:00Z'))).toBe(Date.parse('2026-11-18T10:00:00+08:00'))
  })
})

const hours = fc.option(
  fc
    .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 1, max: 1440 }))
    .filter(([opens, closes]) => opens < closes)
    .map(([opens, closes]) => [opens, closes] as const),
  { nil: null, freq: 4 },
)

it('finds what a walk over every minute finds, whatever the hours, holidays and offset', () => {
  let openSeen = 0
  let closedSeen = 0
  fc.assert(
    fc.property(
      fc.array(hours, { minLength: 7, maxLength: 7 }),
      fc.subarray(['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-30']),
      fc.constantFrom(480, 0, -210, 330, 720),
      fc.integer({ min: 0, max: 1439 }),
      (schedule, holidays, offset, minute) => {
        const run = schedulesOf(schedule, holidays, offset)
        const at = TUESDAY + minute * MINUTE
        // By the calendar of JavaScript's dates, shifted: core counts days.
        const openAt = (time: number): boolean => {
          const shifted = new Date(time + offset * MINUTE)
          const day = schedule[(shifted.getUTCDay() + 6) % 7] ?? null
          if (day === null || holidays.includes(shifted.toISOString().slice(0, 10))) return false
          const now = shifted.getUTCHours() * 60 + shifted.getUTCMinutes()
          return now >= day[0] && now < day[1]
        }
        expect(isOpen(run, ROW, at)).toBe(openAt(at))
        if (openAt(at)) openSeen += 1
        else closedSeen += 1
        // A closing (opening) time is a minute whose day names it, and has minutes before (from) it that are open.
        const closesAt = (time: number): boolean => openAt(time - MINUTE) && closesOn(schedule, time, offset)
        const opensAt = (time: number): boolean => openAt(time) && opensOn(schedule, time, offset)
        const walk = (from: number, by: number, found: (time: number) => boolean): number | undefined => {
          for (let n = 0; n <= 16 * 1440; n += 1) if (found(from + n * by)) return from + n * by
          return undefined
        }
        expect(lastClosing(run, ROW, at)).toBe(walk(at, -MINUTE, closesAt) ?? -Infinity)
        expect(nextClosing(run, ROW, at)).toBe(walk(at + MINUTE, MINUTE, closesAt) ?? Infinity)
        expect(nextOpening(run, ROW, at)).toBe(walk(at + MINUTE, MINUTE, opensAt) ?? Infinity)
      },
    ),
    { numRuns: 150, seed: 24_304 },
  )
  expect(Math.min(openSeen, closedSeen)).toBeGreaterThan(20)
})
const dayOf = (schedule: WeekSchedule, time: number, offset: number): readonly [number, number] | null =>
  schedule[(new Date(time + offset * MINUTE).getUTCDay() + 6) % 7] ?? null
const minuteOf = (time: number, offset: number): number => (((time / MINUTE + offset) % 1440) + 1440) % 1440
const closesOn = (schedule: WeekSchedule, time: number, offset: number): boolean =>
  dayOf(schedule, time - MINUTE, offset)?.[1] === minuteOf(time - MINUTE, offset) + 1
const opensOn = (schedule: WeekSchedule, time: number, offset: number): boolean => dayOf(schedule, time, offset)?.[0] === minuteOf(time, offset)
