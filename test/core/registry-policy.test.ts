import { describe, expect, it } from 'vitest'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { PolicyDocument, PolicyRule } from '../../core/policy-document.ts'
import { createResolver, figuresKey, POLICIES_MAX } from '../../core/policy-resolve.ts'
import type { Registry } from '../../core/registry.ts'
import { ADMIN, building, copied, newRegistry, NOW, put, residence, tableBytesOf } from './registry-world.ts'

// Which row of the policy's table each site has, through puts of sites and of policies.

const policy = (registry: Registry, document: PolicyDocument): readonly number[] =>
  registry.apply({ op: 'put-policy', by: ADMIN, document, expected: null }, NOW).effects.policyChanged.map(({ site }) => site)
const rowOf = (registry: Registry, site: string): number => registry.tables().sites.columns.policy[registry.siteNo(site)] as number
const limitOf = (registry: Registry, site: string): number => registry.tables().policies.columns.doorHeldOpenMs[rowOf(registry, site)] as number

describe('rows', () => {
  it('are one for each distinct set of figures, and hold what the figures say', () => {
    const registry = newRegistry()
    registry.apply(put(residence('a'), residence('b', { area: 'x' }), building('c')), NOW)
    expect(rowOf(registry, 'a')).toBe(rowOf(registry, 'b'))
    const rules: PolicyRule[] = [
      { for: { area: 'x' }, set: { doorHeldOpenMs: 5000, schedule: [[60, 120], null, null, null, null, null, [0, 1440]] } },
      { for: { kind: 'building' }, set: { doorHeldOpenMs: null, permitNeeded: true, quietMinute: null } },
    ]
    expect(policy(registry, { rules, utcOffsetMinutes: 480, holidays: ['1970-01-02', '1970-01-01', '1970-01-02'] })).toEqual([1, 2, 3])
    expect(['a', 'b', 'c'].map((site) => limitOf(registry, site))).toEqual([120_000, 5000, Infinity])
    const { columns } = registry.tables().policies
    const [b, c] = [rowOf(registry, 'b'), rowOf(registry, 'c')]
    expect([...columns.opens.slice(b * 7, b * 7 + 7), ...columns.closes.slice(b * 7, b * 7 + 7)]).toEqual([60, 0, 0, 0, 0, 0, 0, 120, 0, 0, 0, 0, 0, 1440])
    expect([columns.scheduled[b], columns.permitNeeded[c], columns.quietMinute[c], columns.utcOffsetMinutes[c]]).toEqual([1, 1, Infinity, 480])
    expect(Array.from(registry.tables().holidays.columns.day.subarray(0, 4))).toEqual([2, 0, 1, 0])
    expect(policy(registry, { rules, utcOffsetMinutes: 480, holidays: [] })).toEqual([1, 2, 3])
    expect(Array.from(registry.tables().holidays.columns.day.subarray(0, 3))).toEqual([0, 0, 0])
    expect(policy(registry, { rules: rules.slice(0, 1) })).toEqual([3])
  })
  it('follow a site to another area, or kind; a new site has its own', () => {
    const registry = newRegistry()
    policy(registry, { rules: [{ for: { area: 'x' }, set: { doorHeldOpenMs: 5000 } }] })
    registry.apply(put(residence('a', { area: 'x/y' }), residence('b', { area: 'xy' })), NOW)
    expect(['a', 'b'].map((site) => limitOf(registry, site))).toEqual([5000, 120_000])
    expect(registry.apply(put(residence('a', { area: 'z' }), building('b', { area: 'xy' })), NOW).effects.policyChanged.map(({ site }) => site)).toEqual([1, 2])
    expect(['a', 'b'].map((site) => limitOf(registry, site))).toEqual([120_000, 300_000])
    expect(registry.apply(put(residence('a', { area: 'z/2' })), NOW).effects.policyChanged).toEqual([])
  })
  it('say which kinds are no longer silenced', () => {
    const registry = newRegistry()
    registry.apply(put(residence('a'), building('b')), NOW)
    policy(registry, { rules: [{ for: { kind: 'residence' }, set: { severity: { tamper: 'off', 'door-opened': 'off' } } }] })
    const { effects } = registry.apply(
      { op: 'put-policy', by: ADMIN, document: { rules: [{ for: {}, set: { severity: { 'door-opened': 'off' } } }] }, expected: null },
      NOW,
    )
    expect(effects.policyChanged).toEqual([
      { site: 1, lifted: 1 },
      { site: 2, lifted: 0 },
    ])
  })
  it('are numbered anew where moves of sites have used them up, and every site keeps its figures', () => {
    const registry = newRegistry()
    const rules: PolicyRule[] = Array.from({ length: 1360 }, (_, n) => ({ for: { area: `a${n}` }, set: { holdDownMs: n } }))
    policy(registry, { rules: [...rules, { for: { site: 'named' }, set: { permitGraceMs: 1 } }] })
    registry.apply(put(residence('still', { area: 'a7' }), residence('home', { area: 'b' })), NOW)
    const rows: number[] = []
    // Through all areas as a residence and as a building; the site that a rule names has figures of its own in each: 5,440 in all.
    for (const site of ['mover', 'named'])
      for (const make of [residence, building])
        for (let n = 0; n < 1360; n += 1) {
          registry.apply(put(make(site, { area: `a${n}` })), NOW)
          rows.push(rowOf(registry, site))
        }
    const most = Math.max(...rows)
    expect(rows.slice(4000).some((row) => row < 100)).toBe(true)
    expect(most).toBeGreaterThan(4000)
    expect(most).toBeLessThanOrEqual(POLICIES_MAX)
    const { columns } = registry.tables().policies
    expect(columns.holdDownMs[rowOf(registry, 'still')]).toBe(7)
    expect(columns.holdDownMs[rowOf(registry, 'home')]).toBe(60_000)
    expect(columns.holdDownMs[rowOf(registry, 'mover')]).toBe(1359)
  }, 60_000)
  it('are the same in a copy, which goes on like the original', () => {
    const registry = newRegistry()
    registry.apply(put(residence('a', { area: 'x' }), building('b')), NOW)
    policy(registry, { rules: [{ for: { area: 'x' }, set: { doorHeldOpenMs: 5000 } }], outageShare: 0.75 })
    const copy = copied(registry)
    for (const one of [registry, copy]) {
      one.apply(put(residence('c', { area: 'x/1' }), building('d', { area: 'x' })), NOW)
      policy(one, { rules: [{ for: { site: 'd' }, set: { severity: { offline: 'off' } } }] })
    }
    expect(tableBytesOf(copy)).toBe(tableBytesOf(registry))
    expect(copy.dump()).toEqual(registry.dump())
    expect(copy.fleetPolicy()).toEqual(registry.fleetPolicy())
  })
})

it('rows say what the resolver does, for a document of many rules', () => {
  const registry = newRegistry()
  const areas = ['a', 'a/b', 'a/b/c', 'd']
  registry.apply(put(...areas.flatMap((area, n) => [residence(`r${n}`, { area }), building(`b${n}`, { area })])), NOW)
  const rules: PolicyRule[] = areas.flatMap((area, n) => [
    { for: { area }, set: { holdDownMs: n } },
    { for: { area, kind: 'building' as const }, set: { closingGraceMs: 1000 * n } },
    { for: { site: `r${n}` }, set: { permitGraceMs: n } },
  ])
  policy(registry, { rules })
  const resolver = createResolver(POLICY_DEFAULT, { rules })
  for (const [n, area] of areas.entries())
    for (const [site, kind] of [
      [`r${n}`, 'residence'],
      [`b${n}`, 'building'],
    ] as const)
      expect(figuresKey(registry.policyOf(registry.siteNo(site)))).toBe(figuresKey(resolver.figures(kind, area, site)))
})
