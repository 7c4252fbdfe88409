import { describe, expect, it } from 'vitest'
import type { SiteSpec } from '../../core/ops.ts'
import type { AlarmStep } from '../../core/rows.ts'
import { eventsEntry, putSites, registry, ADMIN, tick, type TestEvent } from './entries.ts'
import { startPlayed, type Played } from './played.ts'

// area-outage on a real machine: seals that fall silent together are one alarm with a count. Every watch's number is its seal's, for
// each site here has one seal and is registered in order.

const AT = Date.UTC(2026, 10, 24)
const MINUTE = 60_000

type Place = { readonly area: string; readonly seals: number }
/** Sites with one seal each, gates: no rule but the seal's own. */
const sitesOf = (places: readonly Place[]): SiteSpec[] =>
  places.flatMap(({ area, seals }, place) =>
    Array.from({ length: seals }, (_, n): SiteSpec => {
      const id = (place * 100_000 + n + 1).toString(16).padStart(16, '0')
      return {
        site: `p${place}-${n}`,
        area,
        kind: 'gate',
        headcount: 0,
        capacity: null,
        inside: null,
        observation: null,
        seals: [{ id, from: null, until: null }],
      }
    }),
  )

/** Seals of the fleet, by number from 1 on; those for which `speaks` is true have a heartbeat each minute, a bit apart. */
const run = async (
  played: Played,
  { from, until, seals, speaks }: { from: number; until: number; seals: number; speaks: (seal: number, at: number) => boolean },
) => {
  for (let at = from; at < until; at += 1000) {
    const events: TestEvent[] = []
    for (let seal = 1; seal <= seals; seal += 1) {
      if ((at / 1000) % 60 !== seal % 60 || !speaks(seal, at)) continue
      events.push({ watch: seal, time: at, boot: 1, seq: Math.floor((at - AT) / MINUTE) + 1, kind: 'HEARTBEAT', value: 3600 })
    }
    await played.play([...(events.length > 0 ? [eventsEntry(at, events)] : []), tick(at)])
  }
}
const start = async (places: readonly Place[]): Promise<Played> => {
  const played = await startPlayed()
  const sites = sitesOf(places)
  for (let from = 0; from < sites.length; from += 5000) await played.play([putSites(AT, sites.slice(from, from + 5000))])
  return played
}
const raised = (steps: readonly AlarmStep[]): string[] =>
  steps.filter(({ step }) => step === 'raised').map(({ kind, area, value }) => (kind === 'offline' ? kind : `${kind} ${area} ${value}`))
const openNow = (played: Played): string[] => [...played.machine.openAlarms()].map(({ kind, area }) => `${kind} ${area}`).sort()

describe('one alarm with a count', () => {
  it('10,000 seals of a city fall silent: one alarm, and power back ends it', async () => {
    const seals = 10_000
    const played = await start([
      { area: 'city/north/a', seals: 5000 },
      { area: 'city/south/b', seals: 5000 },
    ])
    const dark = AT + 5 * MINUTE
    await run(played, { from: AT, until: AT + 9 * MINUTE, seals, speaks: (_, at) => at < dark })
    expect(raised(played.steps)).toEqual(['area-outage city 10000'])
    const [outage] = [...played.machine.openAlarms()]
    // Those that went offline at later ticks than the first were counted on it.
    expect(outage).toMatchObject({ kind: 'area-outage', severity: 'critical', area: 'city', site: '', seal: '', value: 10_000 })
    expect(outage?.repeats).toBeGreaterThan(9000)
    expect(played.machine.fleet().sealsOnline).toBe(0)
    await run(played, { from: AT + 9 * MINUTE, until: AT + 13 * MINUTE, seals, speaks: () => true })
    expect(played.steps.filter(({ kind }) => kind === 'offline')).toEqual([])
    expect(openNow(played)).toEqual([])
    expect(played.steps.filter(({ step }) => step === 'closed').map(({ kind }) => kind)).toEqual(['area-outage'])
    await played.machine.stop()
  }, 300_000)

  it('a gateway of 30 seals, the rest of the street goes on; 19 silent ones are 19 alarms', async () => {
    for (const [silent, expected] of [
      [30, ['area-outage city/street/30 30']],
      [19, Array.from({ length: 19 }, () => 'offline')],
    ] as const) {
      const played = await start([
        { area: 'city/street/30', seals: silent },
        { area: 'city/street/31', seals: 60 },
      ])
      await run(played, { from: AT, until: AT + 6 * MINUTE, seals: silent + 60, speaks: (seal, at) => seal > silent || at < AT + MINUTE })
      expect(raised(played.steps)).toEqual(expected)
      await played.machine.stop()
    }
  }, 120_000)

  it('half of the seals is enough, less is not', async () => {
    for (const [others, kind] of [
      [20, 'area-outage'],
      [21, 'offline'],
    ] as const) {
      const played = await start([{ area: 'city/street/1', seals: 20 + others }])
      await run(played, { from: AT, until: AT + 6 * MINUTE, seals: 20 + others, speaks: (seal, at) => seal > 20 || at < AT + MINUTE })
      expect(new Set(played.steps.filter(({ step }) => step === 'raised').map((step) => step.kind))).toEqual(new Set([kind]))
      await played.machine.stop()
    }
  }, 120_000)
})

describe('an end', () => {
  it('raises one by one who is still offline, and leaves what was open before', async () => {
    const seals = 40
    const played = await start([{ area: 'city/street/1', seals }])
    // Seal 1 is offline from the start; then all go; then all but 5 come back.
    const [dark, light] = [AT + 6 * MINUTE, AT + 12 * MINUTE]
    await run(played, { from: AT, until: AT + 16 * MINUTE, seals, speaks: (seal, at) => seal !== 1 && (at < dark || (at >= light && seal > 6)) })
    const kinds = played.steps.filter(({ step }) => step === 'raised').map(({ kind, seal }) => `${kind} ${seal === '' ? '' : Number.parseInt(seal, 16)}`)
    expect(kinds[0]).toBe('offline 1')
    expect(kinds[1]).toBe('area-outage ')
    expect(kinds.slice(2).sort()).toEqual(['offline 2', 'offline 3', 'offline 4', 'offline 5', 'offline 6'])
    // They say since when they are offline, not since when the outage is over.
    for (const { since } of [...played.machine.openAlarms()].filter(({ kind }) => kind === 'offline')) expect(since).toBeLessThan(dark + 4 * MINUTE)
    expect(openNow(played).filter((one) => one.startsWith('offline'))).toHaveLength(6)
    await played.machine.stop()
  }, 120_000)

  it('comes with hysteresis: a third of the seals silent keeps it, a quarter does not', async () => {
    const seals = 80
    const played = await start([{ area: 'city/street/1', seals }])
    const [dark, some] = [AT + MINUTE, AT + 6 * MINUTE]
    await run(played, { from: AT, until: some + 3 * MINUTE, seals, speaks: (seal, at) => at < dark || (at >= some && seal > 27) })
    expect(openNow(played)).toEqual(['area-outage city'])
    await run(played, { from: some + 3 * MINUTE, until: some + 6 * MINUTE, seals, speaks: (seal) => seal > 19 })
    expect(openNow(played).filter((one) => one.startsWith('area'))).toEqual([])
    await played.machine.stop()
  }, 120_000)

  it('is not the end of a wider one: it takes the narrower over', async () => {
    const played = await start([
      { area: 'city/a/1', seals: 30 },
      { area: 'city/b/1', seals: 40 },
    ])
    // First one street's gateway, four minutes later the other's too.
    const speaks = (seal: number, at: number): boolean => at < AT + (seal <= 30 ? 1 : 5) * MINUTE
    await run(played, { from: AT, until: AT + 12 * MINUTE, seals: 70, speaks })
    expect(raised(played.steps)).toEqual(['area-outage city/a 30', 'area-outage city 70'])
    expect(openNow(played)).toEqual(['area-outage city'])
    expect(played.steps.filter(({ kind }) => kind === 'offline')).toEqual([])
    await played.machine.stop()
  }, 120_000)
})

describe('a restart', () => {
  it('at any moment of an outage changes nothing', async () => {
    const seals = 40
    const places = [{ area: 'city/street/1', seals }]
    const speaks = (seal: number, at: number): boolean => at < AT + 2 * MINUTE || (at >= AT + 8 * MINUTE && seal > 5)
    const whole = await start(places)
    await run(whole, { from: AT, until: AT + 12 * MINUTE, seals, speaks })
    const told = whole.steps.map(({ id, step, received, value, repeats }) => `${id} ${step} ${received} ${value} ${repeats}`)
    expect(told.length).toBeGreaterThan(8)
    for (const minutes of [4, 5.5, 9.5]) {
      const first = await start(places)
      await run(first, { from: AT, until: AT + minutes * MINUTE, seals, speaks })
      const { position, parts } = await first.machine.snapshot()
      await first.machine.stop()
      const second = await startPlayed({ parts, position, shardCount: 3 })
      await run(second, { from: AT + minutes * MINUTE, until: AT + 12 * MINUTE, seals, speaks })
      const both = [...first.steps, ...second.steps].map(({ id, step, received, value, repeats }) => `${id} ${step} ${received} ${value} ${repeats}`)
      expect(both).toEqual(told)
      await second.machine.stop()
    }
  }, 120_000)
})

it('ends with the sites it was about', async () => {
  const played = await start([{ area: 'city/street/1', seals: 30 }])
  await run(played, { from: AT, until: AT + 6 * MINUTE, seals: 30, speaks: (_, at) => at < AT + MINUTE })
  expect(openNow(played)).toEqual(['area-outage city'])
  const ends = Array.from({ length: 30 }, (_, n) => registry(AT + 6 * MINUTE, { op: 'end-observation', by: ADMIN, site: `p0-${n}`, until: null }))
  await played.play([...ends, tick(AT + 6 * MINUTE + 1000), tick(AT + 8 * MINUTE + 1000)])
  expect(openNow(played)).toEqual([])
  await played.machine.stop()
}, 60_000)
