import { areaCovers } from './ids.ts'
import { SITE_KIND, type SiteKindName } from './kinds.ts'
import type { FleetPolicy, KindPolicy, Policy } from './policy.ts'
import { type PolicyDocument, type PolicyProblem, PROBLEMS_MAX, type PolicyRule } from './policy-document.ts'
import { ORDERED } from './policy-parameters.ts'

// What a document gives for one site: the defaults of its kind, then every rule that is for it, the general before the special: rules
// that name no area or site, then areas from coarse to fine, then sites; of the same place one that names the kind after one that
// does not; of equals the later one wins. `severity` and `escalateMs` are merged entry by entry, everything else is replaced.

export type PolicyResolver = {
  readonly fleet: FleetPolicy
  /** The figures of what is no site, an area: those of a gate that no rule for an area covers. */
  readonly nowhere: KindPolicy
  /** Whether a rule names this site. */
  readonly isNamed: (site: string) => boolean
  /** The figures for a site of this kind, area and name. The same object for equal answers, mostly: a hint for caching only. */
  readonly figures: (kind: SiteKindName, area: string, site: string) => KindPolicy
}

/** Distinct sets of figures at one time: a table row each, numbered by a u16, and far fewer than a person could tell apart. */
export const POLICIES_MAX = 4096

/** How special a rule is: site before area before the depth of the area before the kind. */
const rank = ({ for: { kind, area, site } }: PolicyRule): number =>
  (site === undefined ? 0 : 1000) + (area === undefined ? 0 : 10 * area.split('/').length) + (kind === undefined ? 0 : 1)

const sorted = (document: PolicyDocument): readonly PolicyRule[] => document.rules.toSorted((a, b) => rank(a) - rank(b))
const isFor = ({ for: target }: PolicyRule, kind: SiteKindName, area: string): boolean =>
  (target.kind === undefined || target.kind === kind) && (target.area === undefined || areaCovers(target.area, area))

const withRules = (figures: KindPolicy, rules: readonly PolicyRule[]): KindPolicy => {
  if (rules.length === 0) return figures
  const merged = { ...figures }
  for (const { set } of rules) {
    const { severity, escalateMs } = merged
    Object.assign(merged, set, { severity: { ...severity, ...set.severity }, escalateMs: { ...escalateMs, ...set.escalateMs } })
  }
  return merged
}

export const createResolver = (base: Policy, document: PolicyDocument): PolicyResolver => {
  const rules = sorted(document)
  const places = rules.filter(({ for: target }) => target.site === undefined)
  const sites = bySite(rules, (rule) => rule)
  const areas = new Set(places.map(({ for: target }) => target.area).filter((area) => area !== undefined))
  const known = new Map<string, KindPolicy>()
  const placeFigures = (kind: SiteKindName, area: string): KindPolicy => {
    // Sites below the same named area get the same, so figures are made once for each area that a rule names.
    const key = `${kind} ${deepest(areas, area)}`
    const figures =
      known.get(key) ??
      withRules(
        base.kinds[kind],
        places.filter((rule) => isFor(rule, kind, area)),
      )
    known.set(key, figures)
    return figures
  }
  return {
    fleet: fleetOf(base, document),
    nowhere: placeFigures('gate', ''),
    isNamed: (site) => sites.size > 0 && sites.has(site),
    figures: (kind, area, site) =>
      withRules(
        placeFigures(kind, area),
        (sites.get(site) ?? []).filter((rule) => isFor(rule, kind, area)),
      ),
  }
}

/** The rules that name a site, by its name, in the order given. */
const bySite = <T>(rules: readonly T[], ruleOf: (item: T) => PolicyRule): ReadonlyMap<string, readonly T[]> => {
  const sites = new Map<string, T[]>()
  for (const item of rules) {
    const { site } = ruleOf(item).for
    if (site === undefined) continue
    const own = sites.get(site) ?? []
    own.push(item)
    sites.set(site, own)
  }
  return sites
}

const fleetOf = (base: Policy, document: PolicyDocument): FleetPolicy => ({
  outageSealsMin: document.outageSealsMin ?? base.outageSealsMin,
  outageShare: document.outageShare ?? base.outageShare,
  utcOffsetMinutes: document.utcOffsetMinutes ?? base.utcOffsetMinutes,
  holidays: document.holidays ?? base.holidays,
})

/** The finest of the named areas that covers `area`; '' where none does. */
const deepest = (areas: ReadonlySet<string>, area: string): string => {
  for (let path = area; ; path = path.slice(0, path.lastIndexOf('/'))) {
    if (areas.has(path)) return path
    if (!path.includes('/')) return ''
  }
}

/** Equal figures have equal keys. */
export const figuresKey = (figures: KindPolicy): string =>
  JSON.stringify(
    Object.entries(figures)
      .map(([name, value]): [string, unknown] => [
        name,
        name === 'severity' || name === 'escalateMs' ? Object.entries(value as object).toSorted(byName) : value,
      ])
      .toSorted(byName),
  )
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0)

const KINDS = Object.keys(SITE_KIND) as SiteKindName[]

/**
 * What is wrong with what the rules give together, for any site there may ever be: too many different policies, or parameters out of
 * order. So whatever is registered later cannot fail.
 */
export const togetherProblems = (base: Policy, document: PolicyDocument): readonly PolicyProblem[] => {
  const areas = [...new Set(document.rules.map(({ for: { area } }) => area).filter((area) => area !== undefined))]
  const sites = [...new Set(document.rules.map(({ for: { site } }) => site).filter((site) => site !== undefined))]
  const most = KINDS.length * (areas.length + 1) + sites.length
  if (most > POLICIES_MAX) {
    const detail = `name ${areas.length} areas and ${sites.length} sites, which can make ${most} different policies; at most ${POLICIES_MAX} are allowed`
    return [{ where: 'rules', detail }]
  }
  return orderProblems(base, document, areas)
}

type Placed = { readonly rule: PolicyRule; readonly at: number }
type Pair = { readonly low: number; readonly high: number; /** The last rule that set one of the two, and which. */ readonly at: number; readonly name: string }
type Names = readonly [less: keyof KindPolicy, more: keyof KindPolicy]

/** What the rules that name no site give for one kind and area. */
type Place = { readonly kind: SiteKindName; readonly area: string; readonly pair: Pair }

const orderProblems = (base: Policy, document: PolicyDocument, areas: readonly string[]): readonly PolicyProblem[] => {
  const rules = document.rules.map((rule, at): Placed => ({ rule, at })).toSorted((a, b) => rank(a.rule) - rank(b.rule))
  const problems = new Map<string, PolicyProblem>()
  for (const names of ORDERED) {
    const [less, more] = names
    const check = ({ kind, area, pair }: Place, site: string): void => {
      if (pair.low < pair.high || problems.size >= PROBLEMS_MAX) return
      const where = `rules[${pair.at}].set.${pair.name}`
      const place = [`a ${kind}`, ...(area === '' ? [] : [`in ${area}`]), ...(site === '' ? [] : [`named ${site}`])].join(' ')
      if (!problems.has(where)) problems.set(where, { where, detail: `${less} would be ${pair.low} and ${more} ${pair.high} (${place}); ${less} must be less` })
    }
    const about = rules.filter(({ rule: { set } }) => names.some((name) => set[name] !== undefined))
    const places = placesOf(base, about, { names, areas })
    for (const place of places) check(place, '')
    for (const [site, own] of bySite(about, ({ rule }) => rule)) {
      for (const place of placesFor(places, own)) {
        const here = own.filter(({ rule }) => isFor(rule, place.kind, place.area))
        check({ ...place, pair: folded(place.pair, names, here) }, site)
      }
    }
  }
  return [...problems.values()]
}

const placesOf = (base: Policy, about: readonly Placed[], { names, areas }: { readonly names: Names; readonly areas: readonly string[] }): readonly Place[] => {
  const [less, more] = names
  const rules = about.filter(({ rule }) => rule.for.site === undefined)
  return KINDS.flatMap((kind) => {
    const start: Pair = { low: base.kinds[kind][less] as number, high: base.kinds[kind][more] as number, at: -1, name: less }
    return ['', ...areas].map((area): Place => {
      const here = rules.filter(({ rule }) => isFor(rule, kind, area))
      return { kind, area, pair: folded(start, names, here) }
    })
  })
}

/** Where a site's rules must be tried: they are the same in every place, so the two most awkward tell for all; not so where they name a kind or area too. */
const placesFor = (places: readonly Place[], own: readonly Placed[]): readonly Place[] => {
  if (own.some(({ rule: { for: target } }) => target.kind !== undefined || target.area !== undefined)) return places
  const highestLow = places.reduce((worst, place) => (place.pair.low > worst.pair.low ? place : worst))
  const lowestHigh = places.reduce((worst, place) => (place.pair.high < worst.pair.high ? place : worst))
  return [highestLow, lowestHigh]
}

const folded = (start: Pair, [less, more]: Names, rules: readonly Placed[]): Pair =>
  rules.reduce(({ low, high }, { rule, at }) => {
    const { [less]: newLow, [more]: newHigh } = rule.set as Readonly<Record<string, number | undefined>>
    return { low: newLow ?? low, high: newHigh ?? high, at, name: newLow === undefined ? more : less }
  }, start)
