import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EVENT } from '../../core/kinds.ts'
import type { PermitSpec, SiteSpec } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { defaultPolicyTables } from '../../core/policy-table.ts'
import type { PermitRow } from '../../core/rows.ts'
import { lastPermitEnd, nextPermitEdge, permitAt } from '../../core/rules/permit.ts'
import type { ShardRun } from '../../core/shard-run.ts'
import { weeklyText, WEEKDAYS } from '../../core/weekly.ts'
import { ADMIN, eventsEntry, putPermit, putSites, registry as registryEntry, tick, type TestEvent } from './entries.ts'
import { coversPlainly, outsideHours, type PlainPermit, takePlainly, usedPlainly, windowsPlainly } from './permit-oracle.ts'
import { startPlayed } from './played.ts'
import { ADMIN as WANG, building, newRegistry, put, residence } from './registry-world.ts'
import { T0 } from './thread/history.ts'

// Permits of any window, by the week or not, revoked or not, and openings in any order of arrival, against plain objects: which permit
// an event was permitted by, what is left of it, and where the windows begin and end.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** On a grid of half hours, so that edges meet; and a millisecond beside them. */
const near = (days: number): fc.Arbitrary<number> =>
  fc.tuple(fc.integer({ min: -days * 48, max: days * 48 }), fc.constantFrom(0, 0, -1, 1)).map(([halves, beside]) => T0 + halves * 30 * MINUTE + beside)
const HALVES = Array.from({ length: 49 }, (_, n) => n * 30)
const weekly = fc
  .tuple(
    fc.oneof(fc.constant([0, 1, 2, 3, 4, 5, 6]), fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 })),
    fc.oneof(fc.constant([0, 1440]), fc.subarray(HALVES, { minLength: 2, maxLength: 2 })),
  )
  .map(([days, [from, until]]) => ({ days, from: from ?? 0, until: until ?? 0 }))
const permit = fc.record({
  site: fc.constantFrom('home', 'tower'),
  from: fc.oneof(fc.constant(T0 - 12 * DAY), near(9)),
  length: fc.constantFrom(1, HOUR, DAY, 9 * DAY, 40 * DAY, 40 * DAY),
  openings: fc.constantFrom(null, 1, 2, 3),
  weekly: fc.option(weekly, { nil: undefined, freq: 2 }),
})
type Made = typeof permit extends fc.Arbitrary<infer P> ? P : never
const step = fc.oneof(
  { weight: 1, arbitrary: permit },
  { weight: 1, arbitrary: fc.record({ revoke: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 8, arbitrary: fc.record({ site: fc.constantFrom('home', 'tower'), time: near(12), opened: fc.boolean() }) },
)

const SITES = ['home', 'tower'] as const
const specs = (observedUntil: number): SiteSpec[] => {
  const common = { area: 'a', headcount: -1, capacity: null, inside: null }
  const seal = (no: number): SiteSpec['seals'] => [{ id: no.toString(16).padStart(16, '0'), from: null, until: null }]
  return [
    { ...common, site: 'home', kind: 'residence', observation: { from: T0 - 40 * DAY, until: observedUntil }, seals: seal(1) },
    { ...common, site: 'tower', kind: 'building', observation: null, seals: seal(2) },
  ]
}
const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const plainOf = (no: number, { site, from, length, openings, weekly: week }: Made): PlainPermit => ({
  no,
  site,
  from,
  until: from + length,
  openings,
  week: week === undefined ? null : { days: week.days.map((day) => WEEKDAYS[day] as string), from: clock(week.from), until: clock(week.until) },
  taken: new Map(),
  revoked: null,
})
const specOf = ({ length, weekly: week, ...made }: Made): PermitSpec => ({
  ...made,
  until: made.from + length,
  reason: 'visit',
  ...(week === undefined ? {} : { weekly: week }),
})

it('permits what plain objects permit, and leaves on each event which permit it was', async () => {
  const seen = { taken: 0, refused: 0, passed: 0, weekly: 0, revoked: 0, usedUp: 0, uncounted: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(permit, { minLength: 1, maxLength: 3 }), fc.array(step, { minLength: 10, maxLength: 60 }), async (first, steps) => {
      const played = await startPlayed()
      const stored = new Map<number, PermitRow>()
      played.machine.onRound((round) => {
        for (const row of round.plain.permits) stored.set(row.permit, row)
      })
      const plain: PlainPermit[] = []
      const expected: number[] = []
      const entries = [putSites(T0 - 12 * DAY, specs(T0 + 100 * DAY))]
      let now = T0 - 12 * DAY
      let seq = 0
      for (const what of [...first, ...steps]) {
        now += 20 * MINUTE
        if ('length' in what) {
          entries.push(putPermit(now, specOf(what)))
          if (what.from + what.length > now) plain.push(plainOf(plain.length + 1, what))
        } else if ('revoke' in what) {
          entries.push(registryEntry(now, { op: 'revoke-permit', by: ADMIN, permitNo: what.revoke }))
          const found = plain.find(({ no }) => no === what.revoke)
          if (found === undefined || found.until <= Math.max(now, found.from)) continue
          found.until = Math.max(now, found.from)
          found.revoked = now
        } else {
          seq += 1
          const event: TestEvent = {
            watch: what.site === 'home' ? 1 : 2,
            time: what.time,
            boot: 1,
            seq,
            kind: what.opened ? 'DOOR_OPENED' : 'PASSAGE_IN',
            value: 1,
          }
          entries.push(eventsEntry(now, [event]))
          const own = plain.filter(({ site }) => site === what.site)
          const needed = what.site === 'home' || outsideHours(what.time, ['05:00', '23:30'])
          if (!what.opened) expected.push(own.findLast((one) => coversPlainly(one, what.time))?.no ?? 0)
          else expected.push(needed ? takePlainly(own, what.time) : 0)
          if (!what.opened) seen.passed += Number(expected.at(-1) !== 0)
          else if (needed && expected.at(-1) === 0) {
            seen.refused += 1
            seen.usedUp += Number(own.some((one) => coversPlainly(one, what.time)))
          }
        }
      }
      await played.play([...entries, tick(now)])
      const rows = played.rows('events').toSorted((a, b) => (a['seq'] as number) - (b['seq'] as number))
      expect(rows.map((row) => row['permit'])).toEqual(expected)
      // Openings used: in the views, of those that are in force or to come, and by what the rows of events say.
      const live = plain.filter(({ from, until }) => until > Math.max(now, from))
      expect([...played.machine.permits()].map(({ permitNo, used }) => [permitNo, used])).toEqual(live.map((one) => [one.no, usedPlainly(one)]))
      for (const view of played.machine.permits()) {
        const days = [...(plain[view.permitNo - 1] as PlainPermit).taken].toSorted(([a], [b]) => (a < b ? -1 : 1))
        const newest = view.weekly === null ? undefined : days.at(-1)
        expect(view.lastDay).toEqual(newest === undefined ? null : { day: Date.parse(newest[0]) / DAY, used: newest[1] })
      }
      for (const one of plain) {
        const opened = rows.filter((row) => row['permit'] === one.no && row['kind'] === EVENT.DOOR_OPENED)
        expect(opened.length).toBe(usedPlainly(one))
        const { site, from, until, openings, revoked } = one
        expect(stored.get(one.no)).toMatchObject({ site, from, until, openings, revoked, source: 'staff', by: 'admin', reason: 'visit' })
        seen.taken += opened.length
        seen.weekly += Number(one.week !== null && opened.length > 0)
        const [oldest, ...later] = [...one.taken.keys()].toSorted()
        seen.uncounted += Number(one.week !== null && oldest !== undefined && Date.parse(later.at(-1) ?? oldest) - Date.parse(oldest) > 7 * DAY)
        seen.revoked += Number(one.revoked !== null)
      }
      expect(stored.size).toBe(plain.length)
      await played.machine.stop()
    }),
    { numRuns: Number(process.env['RUNS'] ?? 400), seed: Number(process.env['SEED'] ?? 24_303) },
  )
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20)
}, 60_000)

it('finds the windows around any time: which covers it, the last end before it, the next edge after it', () => {
  const policies = defaultPolicyTables(POLICY_DEFAULT)
  const seen = { covered: 0, ended: 0, ahead: 0 }
  fc.assert(
    fc.property(fc.array(permit, { minLength: 1, maxLength: 4 }), fc.array(near(20), { minLength: 5, maxLength: 20 }), (made, times) => {
      const registry = newRegistry()
      registry.apply(put(residence('home'), building('tower')), T0 - 20 * DAY)
      for (const one of made) registry.apply({ op: 'put-permit', by: WANG, permit: specOf(one) }, T0 - 20 * DAY)
      const { sites, permits } = registry.tables()
      const run = {
        sites: sites.columns,
        permits: permits.columns,
        policy: policies.policies.columns,
        holidays: policies.holidays.columns.day,
      } as unknown as ShardRun
      const plain = made.map((one, index) => plainOf(index + 1, one))
      for (const site of SITES) {
        const own = plain.filter((one) => one.site === site)
        for (const time of times) {
          const windows = own.flatMap((one) => windowsPlainly(one, time))
          const ends = windows.map(({ until }) => until)
          const no = registry.siteNo(site)
          expect(permitAt(run, no, time)).toBe(own.findLast((one) => coversPlainly(one, time))?.no ?? 0)
          expect(lastPermitEnd(run, no, time)).toBe(Math.max(0, ...ends.filter((end) => end <= time)))
          expect(nextPermitEdge(run, no, time)).toBe(Math.min(Infinity, ...windows.flatMap(({ from, until }) => [from, until]).filter((edge) => edge > time)))
          seen.covered += Number(permitAt(run, no, time) !== 0)
          seen.ended += Number(ends.some((end) => end <= time))
          seen.ahead += Number(windows.some(({ from }) => from > time))
        }
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 300), seed: Number(process.env['SEED'] ?? 24_303) },
  )
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(100)
})

it('says a week as people write it', () => {
  expect(weeklyText({ days: [0, 2], from: 8 * 60, until: 1440 })).toBe('mon,wed 08:00-24:00')
})
