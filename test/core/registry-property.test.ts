import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findSeal, watchAt } from '../../core/directory.ts'
import { sealHigh, sealLow, type SealId } from '../../core/ids.ts'
import type { RegistryOp } from '../../core/ops.ts'
import type { Registry } from '../../core/registry.ts'
import { ADMIN, building, copied, DAY, newRegistry, NOW, principal, residence, sealName, tableBytesOf } from './registry-world.ts'

// Any history of registry ops and ticks over a few sites and seals, so that they collide.

const HOUR = DAY / 24
const SEAL_COUNT = 4
const offset = fc.integer({ min: -30, max: 30 }).map((days) => days * DAY)
const nullableTime = fc.option(
  offset.map((ms) => NOW + ms),
  { nil: null, freq: 2 },
)
const sealList = fc
  .uniqueArray(fc.record({ no: fc.integer({ min: 1, max: SEAL_COUNT }), from: nullableTime, until: nullableTime }), { maxLength: 3, selector: ({ no }) => no })
  .map((list) => list.map(({ no, from, until }) => ({ id: sealName(no), from, until })))
const site = fc.constantFrom('a', 'b', 'c')
const area = fc.constantFrom('x', 'x/y', 'z')
const spec = fc
  .record({ site, area, seals: sealList, headcount: fc.integer({ min: 0, max: 3 }), from: offset, days: fc.integer({ min: -1, max: 20 }), home: fc.boolean() })
  .map(({ from, days, home, ...more }) =>
    home ? residence(more.site, { ...more, observation: { from: NOW + from, until: NOW + from + days * DAY } }) : building(more.site, more),
  )
const by = fc.constantFrom(ADMIN, ADMIN, principal(['x']))
const op: fc.Arbitrary<RegistryOp> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('put-sites' as const), by, sites: fc.array(spec, { minLength: 1, maxLength: 3 }) }) },
  fc.record({ op: fc.constant('end-observation' as const), by, site, until: nullableTime }),
  fc.record({
    op: fc.constant('put-permit' as const),
    by,
    permit: fc.record({
      site,
      from: offset.map((ms) => NOW + ms),
      until: offset.map((ms) => NOW + ms),
      openings: fc.constantFrom(null, 2),
      reason: fc.constant(''),
    }),
  }),
  fc.record({ op: fc.constant('revoke-permit' as const), by, permitNo: fc.integer({ min: 0, max: 5 }) }),
)
type Step = { readonly after: number; readonly op: RegistryOp | null }
const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 200 }).map((hours) => hours * HOUR), op: fc.option(op, { nil: null, freq: 3 }) }),
  { minLength: 1, maxLength: 25 },
)

const run = (registry: Registry, steps: readonly Step[], from = NOW): { readonly outputs: unknown[]; readonly now: number } => {
  let now = from
  const outputs = steps.map((step) => {
    now += step.after
    return step.op === null ? registry.tick(now) : registry.apply(step.op, now)
  })
  return { outputs, now }
}

describe('any history of the registry', () => {
  it('gives the same from a copy made in the middle of it, whatever the shards', () => {
    let applied = 0
    fc.assert(
      fc.property(history, history, (before, after) => {
        const registry = newRegistry()
        const { now } = run(registry, before)
        const twin = copied(registry)
        const [one, two] = [run(registry, after, now), run(twin, after, now)]
        expect(two.outputs).toEqual(one.outputs)
        expect(tableBytesOf(twin)).toBe(tableBytesOf(registry))
        expect(twin.dump()).toEqual(registry.dump())
        applied += registry.counts().watches
      }),
      { numRuns: 60 },
    )
    expect(applied).toBeGreaterThan(0)
  })
  it('never lets one seal watch two sites at one time, and finds the one it watches', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const registry = newRegistry()
        run(registry, steps)
        const { from, until, previous, seal, site: sites } = registry.directory().watches.columns
        for (let no = 1; no <= registry.counts().seals; no++) {
          const spans: [number, number, number][] = []
          for (let watch = registry.directory().seals.columns.head[no] as number; watch !== 0; watch = previous[watch] as number) {
            expect(seal[watch]).toBe(no)
            if ((from[watch] as number) < (until[watch] as number)) spans.push([from[watch] as number, until[watch] as number, sites[watch] as number])
          }
          spans.sort((a, b) => a[0] - b[0])
          spans.forEach(([begin, end, owner], at) => {
            expect(begin).toBeGreaterThanOrEqual(spans[at - 1]?.[1] ?? -Infinity)
            const found = watchAt(registry.directory(), no, begin)
            expect(sites[found]).toBe(owner)
            expect(end).toBeGreaterThan(begin)
          })
        }
      }),
      { numRuns: 300 },
    )
  })
  it('puts twice what it puts once', () => {
    fc.assert(
      fc.property(history, fc.array(spec, { minLength: 1, maxLength: 1 }), (steps, sites) => {
        const registry = newRegistry()
        const { now } = run(registry, steps)
        const first = registry.apply({ op: 'put-sites', by: ADMIN, sites }, now).result
        if (first.kind !== 'sites' || first.problems.length > 0) return
        const bytes = tableBytesOf(registry)
        const second = registry.apply({ op: 'put-sites', by: ADMIN, sites }, now)
        // An assignment that is over already is history: putting it again would make it anew, so it is left out of this promise.
        if (sites[0]?.seals.some(({ until }) => until !== null && until <= now) === true) return
        expect(second.result).toMatchObject({ created: 0, changed: 0, unchanged: 1 })
        expect(tableBytesOf(registry)).toBe(bytes)
      }),
      { numRuns: 300 },
    )
  })
  it('keeps its counts: live sites by area, known seals, ends once each', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const registry = newRegistry()
        const { outputs, now } = run(registry, [...steps, { after: 400 * DAY, op: null }])
        const live = registry.sitesUnder('', { fromNo: 1, limit: 100 })
        expect(registry.counts().live).toBe(live.length)
        expect(registry.areas().reduce((sum, { sites }) => sum + sites, 0)).toBe(live.length)
        for (const no of live) expect(registry.siteByNo(no)?.observation?.until ?? Infinity).toBeGreaterThan(now)
        const erased = outputs.flatMap(
          (output) => (output as { effects?: { sitesErased: number[] } }).effects?.sitesErased ?? (output as { sitesErased?: number[] }).sitesErased ?? [],
        )
        expect(new Set(erased).size).toBe(erased.length)
        const known = Array.from({ length: SEAL_COUNT }, (_, at) => sealName(at + 1) as SealId).filter(
          (id) => findSeal(registry.directory(), sealLow(id), sealHigh(id)) !== 0,
        )
        expect(registry.counts().sealsKnown).toBe(known.length)
      }),
      { numRuns: 200 },
    )
  })
})
