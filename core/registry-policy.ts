import { ALARM, type AlarmKindName, SITE_KIND, type SiteKindName } from './kinds.ts'
import type { Principal, RegistryResult } from './ops.ts'
import type { FleetPolicy, KindPolicy, Policy } from './policy.ts'
import type { FiguresChanged } from './policy-effects.ts'
import { POLICY_EMPTY, type PolicyDocument } from './policy-document.ts'
import { createResolver, figuresKey, POLICIES_MAX, type PolicyResolver } from './policy-resolve.ts'
import { holidaysTable, writePolicyRow } from './policy-table.ts'
import { areaCovers } from './ids.ts'
import { type RegistryEffects, siteKindName } from './registry-effects.ts'
import type { RegistryState } from './registry-state.ts'
import type { PolicyRow } from './rows.ts'
import { withCapacity } from './table.ts'

// The policy in force: its document and version, and which row of POLICIES each site has. Version 1 is the built-in defaults; a put is
// applied from its entry on, to every site. Rows are numbered anew by a put, and when moves of sites have used them up: a row's
// number means nothing beyond the table it is in.

export type PolicyVersion = { readonly version: number; readonly time: number; readonly by: string }
export type PolicyInForce = PolicyVersion & { readonly document: PolicyDocument }
export type PolicyState = {
  current: PolicyInForce
  /** Without documents, oldest first, the newest VERSIONS_KEPT. */
  versions: PolicyVersion[]
  resolver: PolicyResolver
  /** By row of POLICIES, and the rows by what is equal. */
  figures: KindPolicy[]
  keys: string[]
  rows: Map<string, number>
  /** The same by identity: the resolver gives one object for all sites of a place. */
  known: WeakMap<KindPolicy, number>
}
/** Plain values, msgpack-able. */
export type PolicyDump = { readonly current: PolicyInForce; readonly versions: readonly PolicyVersion[]; readonly figures: readonly KindPolicy[] }

/** One a day for three years; `seals.policies` has the documents. */
export const VERSIONS_KEPT = 1000

const KINDS = Object.keys(SITE_KIND) as SiteKindName[]

const policyState = (base: Policy, dump: PolicyDump): PolicyState => {
  const keys = dump.figures.map(figuresKey)
  return {
    current: dump.current,
    versions: dump.versions.slice(),
    resolver: createResolver(base, dump.current.document),
    figures: dump.figures.slice(),
    keys,
    // Row 0 is no site's.
    rows: new Map(keys.slice(1).map((key, at) => [key, at + 1])),
    known: new WeakMap(),
  }
}

const FIRST: PolicyVersion = { version: 1, time: 0, by: 'built in' }
/** Version 1; its rows are those of defaultPolicyTables. */
export const createPolicyState = (base: Policy): PolicyState =>
  policyState(base, {
    current: { ...FIRST, document: POLICY_EMPTY },
    versions: [FIRST],
    figures: [base.kinds.gate, ...KINDS.toSorted((a, b) => SITE_KIND[a] - SITE_KIND[b]).map((kind) => base.kinds[kind])],
  })
export const restorePolicyState = policyState
export const dumpPolicy = ({ current, versions, figures }: PolicyState): PolicyDump => ({ current, versions: versions.slice(), figures: figures.slice() })

/** The figures in force for a site; for 0, or one that is erased, those of what no site's policy covers. */
export const policyOf = ({ sites, inForce }: RegistryState, siteNo: number): KindPolicy => inForce.figures[sites.columns.policy[siteNo] ?? 0] as KindPolicy
export const fleetPolicy = ({ inForce }: RegistryState): FleetPolicy => inForce.resolver.fleet

/** The policy is the whole fleet's: it takes a token of all areas. `expected`: the version that the change was made from; null: any. */
export const putPolicy = (
  state: RegistryState,
  { by, document, expected }: { readonly by: Principal; readonly document: PolicyDocument; readonly expected: number | null },
  effects: RegistryEffects,
): RegistryResult => {
  const { inForce } = state
  const { current } = inForce
  if (!by.areas.includes('')) return { kind: 'refused', status: 403, detail: 'the policy is for the whole fleet: it takes a token of all areas' }
  if (expected !== null && expected !== current.version)
    return { kind: 'refused', status: 412, detail: `version ${current.version} is in force, not ${expected}: somebody else changed the policy meanwhile` }
  if (isSameJson(document, current.document)) return { kind: 'policy', version: current.version, sites: 0, changed: false }
  const before = inForce.resolver.fleet
  const version = { version: current.version + 1, time: state.now, by: by.name }
  inForce.current = { ...version, document }
  inForce.versions = [...inForce.versions, version].slice(-VERSIONS_KEPT)
  inForce.resolver = createResolver(state.policy, document)
  const { fleet } = inForce.resolver
  const everywhere = before.utcOffsetMinutes !== fleet.utcOffsetMinutes || !isSameJson(before.holidays, fleet.holidays)
  const changed = renumber(state, everywhere)
  for (const change of changed) effects.policyChanged.push(change)
  if (current.version > 1) effects.policies.push(policyRow(state, current))
  effects.policies.push(policyRow(state, inForce.current))
  return { kind: 'policy', version: version.version, sites: changed.filter(({ site }) => state.sites.columns.ended[site] === 0).length, changed: true }
}

/** The row of a new site, or of one whose area or kind changed. What changed for it, or null. */
export const assignPolicy = (state: RegistryState, siteNo: number): FiguresChanged | null => {
  const { inForce, sites } = state
  const { policy } = sites.columns
  const row = policy[siteNo] as number
  const [key, before] = [inForce.keys[row], inForce.figures[row] as KindPolicy]
  const figures = figuresFor(state, siteNo)
  if (inForce.figures.length > POLICIES_MAX && !inForce.rows.has(figuresKey(figures))) renumber(state, false)
  else policy[siteNo] = rowOf(state, figures)
  return inForce.keys[policy[siteNo] as number] === key ? null : { site: siteNo, lifted: liftedBy(before, figures) }
}

/** The alarm kinds (bit `no - 1`) that were silenced and are no longer. */
const liftedBy = ({ severity: before }: KindPolicy, { severity: now }: KindPolicy): number => {
  let lifted = 0
  for (const kind of Object.keys(before) as AlarmKindName[]) if (before[kind] === 'off' && now[kind] !== 'off') lifted |= 1 << (ALARM[kind].no - 1)
  return lifted
}

const figuresFor = ({ sites, areas, siteIds, inForce }: RegistryState, siteNo: number): KindPolicy => {
  const { kind, areaKey } = sites.columns
  return inForce.resolver.figures(siteKindName(kind[siteNo] as number), areas[areaKey[siteNo] as number] as string, siteIds[siteNo] as string)
}

/** The row of these figures; a new one where none is equal. */
const rowOf = (state: RegistryState, figures: KindPolicy): number => {
  const { inForce } = state
  const known = inForce.known.get(figures)
  if (known !== undefined) return known
  const key = figuresKey(figures)
  let row = inForce.rows.get(key)
  if (row === undefined) {
    row = inForce.figures.length
    inForce.figures.push(figures)
    inForce.keys.push(key)
    inForce.rows.set(key, row)
    state.policies = withCapacity(state.policies, row + 1)
    writePolicyRow(state.policies.columns, row, figures, inForce.resolver.fleet)
  }
  inForce.known.set(figures, row)
  return row
}

/** Rows site by site, for all sites of a fleet: those of one area and kind that no rule names are looked up once. */
const createRowLookup = (state: RegistryState): ((siteNo: number) => number) => {
  const { inForce, sites, siteIds } = state
  const { kind, areaKey } = sites.columns
  const rows = new Uint16Array(state.areas.length * 4)
  return (siteNo) => {
    if (inForce.resolver.isNamed(siteIds[siteNo] as string)) return rowOf(state, figuresFor(state, siteNo))
    const place = (areaKey[siteNo] as number) * 4 + (kind[siteNo] as number)
    // Row 0 is no site's, so 0 is "not looked up".
    if (rows[place] === 0) rows[place] = rowOf(state, figuresFor(state, siteNo))
    return rows[place] as number
  }
}

/** Numbers all rows anew, and gives each site its own. Returns the sites whose figures changed (ended ones too: they may be observed again); all where `everywhere`. */
const renumber = (state: RegistryState, everywhere: boolean): FiguresChanged[] => {
  const { inForce, sites, siteCount } = state
  const { kind, policy } = sites.columns
  const { keys, figures } = inForce
  const none = inForce.resolver.nowhere
  inForce.figures = [none]
  inForce.keys = [figuresKey(none)]
  inForce.rows = new Map()
  inForce.known = new WeakMap()
  for (const column of Object.values(state.policies.columns)) column.fill(0)
  writePolicyRow(state.policies.columns, 0, none, inForce.resolver.fleet)
  state.holidays = holidaysTable(inForce.resolver.fleet.holidays, state.holidays)
  const changed: FiguresChanged[] = []
  const rowOfSite = createRowLookup(state)
  for (let siteNo = 1; siteNo <= siteCount; siteNo += 1) {
    if (kind[siteNo] === 0) continue
    const before = policy[siteNo] as number
    const row = rowOfSite(siteNo)
    policy[siteNo] = row
    if (everywhere || inForce.keys[row] !== keys[before])
      changed.push({ site: siteNo, lifted: liftedBy(figures[before] as KindPolicy, inForce.figures[row] as KindPolicy) })
  }
  return changed
}

/** After a site was erased: rules that name it go with its name. A site of that name is another one. */
export const forgetSiteRules = (state: RegistryState, site: string, effects: RegistryEffects): void => {
  const { inForce } = state
  const { current } = inForce
  if (!inForce.resolver.isNamed(site)) return
  const rules = current.document.rules.filter((rule) => rule.for.site !== site)
  inForce.current = { ...current, document: { ...current.document, rules } }
  inForce.resolver = createResolver(state.policy, inForce.current.document)
  inForce.known = new WeakMap()
  effects.policies.push(policyRow(state, inForce.current))
}

/** Documents are kept for analysts for as long as the alarms that they explain; the one in force for ever. */
const policyRow = ({ policy, inForce, now }: RegistryState, { version, time, by, document }: PolicyInForce): PolicyRow => ({
  version,
  time,
  by,
  document: JSON.stringify(document),
  expires: version === inForce.current.version ? 0 : now + policy.residenceRetentionMs + policy.otherRetentionMs,
})

/** What a principal may see of the document: rules of places that lie in, or above, its areas. */
export const visibleRules = (document: PolicyDocument, areas: readonly string[], mayName: (site: string) => boolean): PolicyDocument => ({
  ...document,
  rules: document.rules.filter(
    ({ for: { area, site } }) =>
      (area === undefined || areas.some((prefix) => areaCovers(prefix, area) || areaCovers(area, prefix))) && (site === undefined || mayName(site)),
  ),
})

/** Equal as JSON, whatever the order of keys. */
export const isSameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b)
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
