import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SITE_KIND, type SiteKindName } from '../../core/kinds.ts'
import { type KindPolicy, POLICY_DEFAULT } from '../../core/policy.ts'
import { checkPolicy, problemsText } from '../../core/policy-check.ts'
import type { PolicyDocument, PolicyRule, RuleSet } from '../../core/policy-document.ts'
import { createResolver, figuresKey, POLICIES_MAX } from '../../core/policy-resolve.ts'

// A policy is taken whole or not at all, and what is wrong is said with its place; what it gives for a site is what docs/policy.md says.

const problemsOf = (document: unknown): readonly string[] => {
  const checked = checkPolicy(POLICY_DEFAULT, document)
  return checked.kind === 'whole' ? [] : checked.problems.map(({ where, detail }) => `${where}: ${detail}`)
}
const setting = (set: object): object => ({ rules: [{ for: {}, set }] })
const week = (day: unknown): unknown => [day, null, null, null, null, null, null]

describe('a document that is whole', () => {
  it.each<[string, unknown]>([
    ['nothing but rules', { rules: [] }],
    ['nothing at all', {}],
    ['figures of the whole fleet', { utcOffsetMinutes: -300, holidays: ['2026-10-01', '2028-02-29'], outageSealsMin: 5, outageShare: 0.25 }],
    [
      'every kind of target',
      {
        rules: [{}, { kind: 'gate' }, { area: 'fuzhou/gulou' }, { kind: 'residence', area: '福州' }, { site: 's-1' }].map((target) => ({
          for: target,
          set: { holdDownMs: 0 },
        })),
      },
    ],
    ['null where a rule may be none', setting({ doorHeldOpenMs: null, quietMinute: null, schedule: null, gapEventsMin: null })],
    ['a schedule with closed days', setting({ schedule: week([0, 1440]) })],
    ['severities and escalations', setting({ severity: { tamper: 'off', offline: 'info' }, escalateMs: { info: [1000], critical: [] } })],
    ['figures in order within a rule', setting({ batteryLowMv: 3300, batteryOkMv: 3400 })],
    ['a note', { rules: [{ note: 'why', for: {}, set: { holdDownMs: 1 } }] }],
  ])('%s', (_, document) => expect(problemsOf(document)).toEqual([]))
})

const ORDER = 'batteryLowMv would be 3200 and batteryOkMv 3100'
describe('what is wrong is said, and where', () => {
  it.each<[string, unknown, RegExp]>([
    ['no object', [], /^policy: wants an object/],
    ['null', null, /^policy: wants an object/],
    ['an unknown key', { rules: [], rule: [] }, /^rule: is not known here; known are utcOffsetMinutes/],
    ['an offset out of range', { utcOffsetMinutes: 900 }, /^utcOffsetMinutes: wants a whole number from -720 to 840 \(minutes\), not 900/],
    ['a share above one', { outageShare: 1.5 }, /^outageShare: wants a number from 0.01 to 1/],
    ['one seal as an outage', { outageSealsMin: 1 }, /^outageSealsMin: /],
    ['holidays that are no list', { holidays: '2026-10-01' }, /^holidays: wants a list/],
    ['a day that does not exist', { holidays: ['2026-02-30'] }, /^holidays\[0\]: wants a date like "2026-10-01", not "2026-02-30"/],
    ['a day of another form', { holidays: ['2026-10-01', '1.10.2026'] }, /^holidays\[1\]: /],
    ['rules that are no list', { rules: {} }, /^rules: wants a list of rules, not \{\}/],
    ['too many rules', { rules: Array.from({ length: 4001 }, () => ({ for: {}, set: { holdDownMs: 0 } })) }, /^rules: has 4001 rules/],
    ['a rule that is none', { rules: [1] }, /^rules\[0\]: wants an object with "for" and "set", not 1/],
    ['a rule without for', { rules: [{ set: { holdDownMs: 0 } }] }, /^rules\[0\]\.for: wants an object/],
    ['a rule without set', { rules: [{ for: {} }] }, /^rules\[0\]\.set: wants an object/],
    ['a rule that sets nothing', { rules: [{ for: {}, set: {} }] }, /^rules\[0\]\.set: sets nothing/],
    ['an unknown key of a rule', { rules: [{ for: {}, set: { holdDownMs: 0 }, when: 1 }] }, /^rules\[0\]\.when: is not known here/],
    ['an unknown key of for', { rules: [{ for: { seal: '1' }, set: { holdDownMs: 0 } }] }, /^rules\[0\]\.for\.seal: is not known here/],
    ['a long note', { rules: [{ note: 'x'.repeat(201), for: {}, set: { holdDownMs: 0 } }] }, /^rules\[0\]\.note: /],
    [
      'no such kind',
      { rules: [{ for: { kind: 'office' }, set: { holdDownMs: 0 } }] },
      /^rules\[0\]\.for\.kind: wants one of residence, building, gate, not "office"/,
    ],
    ['a kind of the prototype', { rules: [{ for: { kind: 'toString' }, set: { holdDownMs: 0 } }] }, /^rules\[0\]\.for\.kind: /],
    ['an area with / at its end', { rules: [{ for: { area: 'a/' }, set: { holdDownMs: 0 } }] }, /^rules\[0\]\.for\.area: /],
    ['an empty area', { rules: [{ for: { area: '' }, set: { holdDownMs: 0 } }] }, /^rules\[0\]\.for\.area: /],
    ['a site that is no id', { rules: [{ for: { site: 'a b' }, set: { holdDownMs: 0 } }] }, /^rules\[0\]\.for\.site: /],
    ['a parameter that is none', setting({ doorHeldOpen: 1 }), /^rules\[0\]\.set\.doorHeldOpen: is not a parameter/],
    ['a parameter of the prototype', setting({ constructor: 1 }), /^rules\[0\]\.set\.constructor: is not a parameter/],
    [
      'text for a number',
      setting({ doorHeldOpenMs: '60000' }),
      /^rules\[0\]\.set\.doorHeldOpenMs: wants a whole number from 1000 to 604800000 \(ms\) or null, not "60000"/,
    ],
    ['a fraction of what is whole', setting({ batteryOkMv: 3100.5 }), /^rules\[0\]\.set\.batteryOkMv: /],
    ['null for a rule that always is', setting({ heartbeatMs: null }), /^rules\[0\]\.set\.heartbeatMs: wants .*\(ms\), not null/],
    ['a number for a flag', setting({ permitNeeded: 1 }), /^rules\[0\]\.set\.permitNeeded: wants true or false, not 1/],
    ['six days', setting({ schedule: [null, null, null, null, null, [0, 1]] }), /^rules\[0\]\.set\.schedule: wants seven days/],
    ['never open', setting({ schedule: [null, null, null, null, null, null, null] }), /^rules\[0\]\.set\.schedule: is closed on every day/],
    ['hours backwards', setting({ schedule: week([600, 600]) }), /^rules\[0\]\.set\.schedule\[0\]: wants \[opens, closes\]/],
    ['hours past midnight', setting({ schedule: week([600, 1500]) }), /^rules\[0\]\.set\.schedule\[0\]: /],
    ['half an opening', setting({ schedule: week([600]) }), /^rules\[0\]\.set\.schedule\[0\]: /],
    ['severities as a list', setting({ severity: ['off'] }), /^rules\[0\]\.set\.severity: wants an object/],
    ['an alarm kind that is none', setting({ severity: { thirst: 'off' } }), /^rules\[0\]\.set\.severity\.thirst: is not an alarm kind/],
    [
      'a severity that is none',
      setting({ severity: { tamper: 'high' } }),
      /^rules\[0\]\.set\.severity\.tamper: wants one of critical, major, minor, info, off; not "high"/,
    ],
    ['escalations of no severity', setting({ escalateMs: { high: [] } }), /^rules\[0\]\.set\.escalateMs\.high: /],
    ['escalations that fall', setting({ escalateMs: { major: [5000, 4000] } }), /^rules\[0\]\.set\.escalateMs\.major: wants at most 4 times in ms, each later/],
    ['five escalations', setting({ escalateMs: { major: [1000, 2000, 3000, 4000, 5000] } }), /^rules\[0\]\.set\.escalateMs\.major: /],
    [
      'a low battery above a good one',
      setting({ batteryLowMv: 3200 }),
      new RegExp(`^rules\\[0\\]\\.set\\.batteryLowMv: ${ORDER} \\(a residence\\); batteryLowMv must be less`),
    ],
    [
      'a warning that ends above itself',
      setting({ capacityClearShare: 0.9 }),
      /^rules\[0\]\.set\.capacityClearShare: capacityClearShare would be 0.9 and capacityWarnShare 0.9/,
    ],
    [
      'out of order only together, in one area',
      {
        rules: [
          { for: { area: 'a' }, set: { batteryLowMv: 3050 } },
          { for: { area: 'a/b' }, set: { batteryOkMv: 3040 } },
        ],
      },
      /^rules\[1\]\.set\.batteryOkMv: batteryLowMv would be 3050 and batteryOkMv 3040 \(a residence in a\/b\)/,
    ],
    [
      'out of order only for a site, wherever it may be',
      {
        rules: [
          { for: { area: 'a', kind: 'gate' }, set: { batteryLowMv: 3050 } },
          { for: { site: 's' }, set: { batteryOkMv: 3040 } },
        ],
      },
      /^rules\[1\]\.set\.batteryOkMv: batteryLowMv would be 3050 and batteryOkMv 3040 \(a gate in a named s\)/,
    ],
    [
      'more policies than there may be',
      {
        rules: [
          ...Array.from({ length: 1000 }, (_, n) => ({ for: { area: `a/${n}` }, set: { holdDownMs: n } })),
          ...Array.from({ length: 1094 }, (_, n) => ({ for: { site: `s-${n}` }, set: { holdDownMs: n } })),
        ],
      },
      /^rules: name 1000 areas and 1094 sites, which can make 4097 different policies; at most 4096/,
    ],
  ])('%s', (_, document, wanted) => {
    const problems = problemsOf(document)
    expect(problems[0]).toMatch(wanted)
  })
  it('all of it, up to a bound, not the first alone', () => {
    expect(problemsOf({ holidays: [1], rules: [{ for: { kind: 1 }, set: { a: 1, holdDownMs: -1 } }] })).toHaveLength(4)
    expect(problemsOf({ rules: Array.from({ length: 900 }, () => 1) })).toHaveLength(50)
    expect(
      problemsText(
        [1, 2, 3].map((n) => ({ where: `w${n}`, detail: 'd' })),
        2,
      ),
    ).toBe('w1: d; w2: d; and 1 more')
  })
  it('checking the largest document takes no second', () => {
    const rules = [
      ...Array.from({ length: 670 }, (_, n) => ({ for: { area: `a/${n}` }, set: { batteryLowMv: 2900 + (n % 99) } })),
      ...Array.from({ length: 2000 }, (_, n) => ({ for: { site: `s-${n}` }, set: { batteryOkMv: 3001 + (n % 99) } })),
    ]
    const began = performance.now()
    expect(checkPolicy(POLICY_DEFAULT, { rules }).kind).toBe('whole')
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

const KINDS = Object.keys(SITE_KIND) as SiteKindName[]
const AREAS = ['a', 'a/b', 'a/b/c', 'a/bc', 'd']
const SITES = ['s-1', 's-2']
const arbitraryRule: fc.Arbitrary<PolicyRule> = fc.record({
  for: fc.record({ kind: fc.constantFrom(...KINDS), area: fc.constantFrom(...AREAS), site: fc.constantFrom(...SITES) }, { requiredKeys: [] }),
  set: fc
    .record(
      {
        doorHeldOpenMs: fc.option(fc.integer({ min: 1000, max: 9000 }), { nil: null }),
        holdDownMs: fc.integer({ min: 0, max: 9 }),
        permitNeeded: fc.boolean(),
        severity: fc.dictionary(fc.constantFrom('tamper', 'offline', 'fever'), fc.constantFrom('off', 'minor')),
        escalateMs: fc.record({ major: fc.constantFrom([1000], [2000, 3000]), info: fc.constantFrom([], [5000]) }, { requiredKeys: [] }),
        schedule: fc.constantFrom(null, week([60, 120])),
      },
      { requiredKeys: [] },
    )
    .filter((set) => Object.keys(set).length > 0) as unknown as fc.Arbitrary<RuleSet>,
})

/** docs/policy.md, word for word, one parameter at a time: of the rules for this site that set it, the most special; of those the last. */
const figuresByHand = (rules: readonly PolicyRule[], kind: SiteKindName, area: string, site: string): KindPolicy => {
  const isFor = ({ for: target }: PolicyRule): boolean =>
    (target.kind ?? kind) === kind && (target.site ?? site) === site && (target.area === undefined || `${area}/`.startsWith(`${target.area}/`))
  const special = ({ for: { kind: k, area: a, site: s } }: PolicyRule): readonly number[] => [
    s === undefined ? 0 : 1,
    a === undefined ? 0 : a.split('/').length,
    k === undefined ? 0 : 1,
  ]
  const compare = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, n, at) => sum || n - (b[at] as number), 0)
  const strongest = <T>(valueOf: (set: Record<string, unknown>) => T | undefined): T | undefined => {
    let best: PolicyRule | undefined
    for (const rule of rules) {
      if (!isFor(rule) || valueOf(rule.set) === undefined) continue
      if (best === undefined || compare(special(rule), special(best)) >= 0) best = rule
    }
    return best === undefined ? undefined : valueOf(best.set)
  }
  const figures: Record<string, unknown> = { ...POLICY_DEFAULT.kinds[kind] }
  for (const name of Object.keys(figures)) {
    if (name === 'severity' || name === 'escalateMs') {
      const merged: Record<string, unknown> = { ...(figures[name] as object) }
      for (const entry of ['tamper', 'offline', 'fever', 'critical', 'major', 'minor', 'info']) {
        const value = strongest((set) => (set[name] as Record<string, unknown> | undefined)?.[entry])
        if (value !== undefined) merged[entry] = value
      }
      figures[name] = merged
    } else {
      const value = strongest((set) => set[name])
      if (value !== undefined) figures[name] = value
    }
  }
  return figures as unknown as KindPolicy
}

describe('what rules give together', () => {
  it('is what docs/policy.md says, for any rules and any site', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRule, { maxLength: 8 }), (rules) => {
        const resolver = createResolver(POLICY_DEFAULT, { rules })
        for (const kind of KINDS)
          for (const area of [...AREAS, 'a/b/c/d', 'e', 'ab'])
            for (const site of [...SITES, 's-3']) {
              const [found, wanted] = [resolver.figures(kind, area, site), figuresByHand(rules, kind, area, site)]
              expect(found).toEqual(wanted)
              expect(figuresKey(found)).toBe(figuresKey(wanted))
            }
      }),
      { numRuns: 300 },
    )
  })
  it('has a key that differs where a figure does', () => {
    const { residence } = POLICY_DEFAULT.kinds
    expect(figuresKey({ ...residence, holdDownMs: 1 })).not.toBe(figuresKey(residence))
    expect(figuresKey({ ...residence, severity: { tamper: 'off', fever: 'off' } })).toBe(
      figuresKey({ ...residence, severity: { fever: 'off', tamper: 'off' } }),
    )
    expect(figuresKey({ ...residence, escalateMs: { ...residence.escalateMs, info: [1] } })).not.toBe(figuresKey(residence))
  })
  it('is never more different policies than there are rows', () => {
    const rules: PolicyRule[] = Array.from({ length: 400 }, (_, n) => ({ for: n % 2 === 0 ? { area: `a/${n}` } : { site: `s-${n}` }, set: { holdDownMs: n } }))
    const document: PolicyDocument = { rules }
    expect(checkPolicy(POLICY_DEFAULT, document).kind).toBe('whole')
    const resolver = createResolver(POLICY_DEFAULT, document)
    const keys = new Set(
      KINDS.flatMap((kind) =>
        ['a', ...rules.map(({ for: { area = 'x' } }) => area)].flatMap((area) => ['s', 's-1'].map((site) => figuresKey(resolver.figures(kind, area, site)))),
      ),
    )
    expect(keys.size).toBeLessThanOrEqual(POLICIES_MAX)
  })
})

describe('parameters out of order', () => {
  it('are found exactly where some site could have them, of any rules', () => {
    const set = fc
      .record({ batteryLowMv: fc.constantFrom(2900, 3050, 3150), batteryOkMv: fc.constantFrom(2950, 3100, 3200) }, { requiredKeys: [] })
      .filter(({ batteryLowMv, batteryOkMv }) => batteryLowMv !== undefined || batteryOkMv !== undefined) as unknown as fc.Arbitrary<RuleSet>
    let wrong = 0
    fc.assert(
      fc.property(fc.array(fc.record({ for: arbitraryRule.map((rule) => rule.for), set }), { maxLength: 5 }), (rules) => {
        const resolver = createResolver(POLICY_DEFAULT, { rules })
        const some = KINDS.flatMap((kind) => [...AREAS, 'x'].flatMap((area) => [...SITES, 's-3'].map((site) => resolver.figures(kind, area, site))))
        const isWrong = some.some(({ batteryLowMv, batteryOkMv }) => batteryLowMv >= batteryOkMv)
        wrong += Number(isWrong)
        expect(problemsOf({ rules }).length > 0).toBe(isWrong)
      }),
      { numRuns: 1000 },
    )
    expect(wrong).toBeGreaterThan(100)
  })
})
