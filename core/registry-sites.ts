import { maySee } from './access.ts'
import { SITE_KIND } from './kinds.ts'
import type { ItemProblem, Principal, RegistryResult, SiteSpec } from './ops.ts'
import { isTime, siteProblems } from './registry-check.ts'
import { permitRows, type RegistryEffects, sealRow, siteRow } from './registry-effects.ts'
import { assignPolicy } from './registry-policy.ts'
import { applySeals, openWatches, planSeals, renewWatches, type SealPlans, siteWatches } from './registry-seals.ts'
import { areaKeyOf, planSite, type RegistryState } from './registry-state.ts'
import { setObserved } from './directory-write.ts'
import { withCapacity } from './table.ts'

// Sites: put (make or bring to the wanted form) and end. A put says what shall hold, so the same one again changes nothing, and one
// with a later `until` re-opens a site that has ended and is not yet erased. An item is applied whole or not at all.

type PutContext = { readonly state: RegistryState; readonly by: Principal; readonly claimed: Map<string, string>; readonly effects: RegistryEffects }
type PutOutcome = 'created' | 'changed' | 'unchanged' | readonly ItemProblem[]

export const putSites = (state: RegistryState, by: Principal, specs: readonly SiteSpec[], effects: RegistryEffects): RegistryResult => {
  const context: PutContext = { state, by, claimed: new Map(), effects }
  const counts = { created: 0, changed: 0, unchanged: 0 }
  const problems: ItemProblem[] = []
  specs.forEach((spec, index) => {
    const outcome = putSite(context, index, spec)
    if (typeof outcome === 'string') counts[outcome] += 1
    else problems.push(...outcome)
  })
  return { kind: 'sites', ...counts, problems }
}

const putSite = (context: PutContext, index: number, spec: SiteSpec): PutOutcome => {
  const { state } = context
  const malformed = siteProblems(index, spec)
  if (malformed.length > 0) return malformed
  const siteNo = state.siteNos.get(spec.site) ?? 0
  const refusal = refusalOf(context, spec, siteNo)
  if (refusal !== undefined) return [{ index, ...refusal }]
  const planned = planSeals(context, spec, siteNo)
  if (planned.problems.length > 0) return planned.problems.map(({ at, detail }) => ({ index, field: `seals[${at}]`, detail }))
  for (const { id } of spec.seals) if (!context.claimed.has(id)) context.claimed.set(id, spec.site)
  return siteNo === 0 ? createSite(context, spec, planned) : changeSite(context, siteNo, spec, planned)
}

const refusalOf = ({ state, by }: PutContext, spec: SiteSpec, siteNo: number): { field: string; detail: string } | undefined => {
  const forbidden = { field: 'area', detail: 'FORBIDDEN: the site lies outside your areas' }
  if (!maySee(by, spec.area)) return forbidden
  if (siteNo !== 0 && !maySee(by, areaOf(state, siteNo))) return forbidden
  // A site that is there may be put again after its end, until its data expires; a new one must have something to watch.
  const until = (spec.observation?.until ?? Infinity) + (siteNo === 0 ? 0 : state.policy.residenceRetentionMs)
  return until <= state.now ? { field: 'observation.until', detail: 'lies in the past' } : undefined
}

export const areaOf = (state: RegistryState, siteNo: number): string => state.areas[state.sites.columns.areaKey[siteNo] as number] as string

const createSite = ({ state, effects }: PutContext, spec: SiteSpec, planned: SealPlans): PutOutcome => {
  const siteNo = state.siteCount + 1
  state.siteCount = siteNo
  state.sites = withCapacity(state.sites, siteNo + 1)
  state.siteLinks = withCapacity(state.siteLinks, siteNo + 1)
  state.siteIds.push(spec.site)
  state.siteNos.set(spec.site, siteNo)
  state.sites.columns.inside[siteNo] = spec.inside ?? (spec.kind === 'residence' ? Math.max(0, spec.headcount) : 0)
  writeFigures(state, siteNo, spec)
  takeKey(state, siteNo, spec)
  assignPolicy(state, siteNo)
  writeObservation(state, siteNo, spec)
  count(state, siteNo, 1)
  planSite(state, siteNo)
  effects.sitesCreated.push(siteNo)
  applySeals(state, siteNo, planned.plans, effects)
  effects.sites.push(siteRow(state, state.sites.columns.siteKey[siteNo] as number))
  return 'created'
}

const changeSite = ({ state, effects }: PutContext, siteNo: number, spec: SiteSpec, planned: SealPlans): PutOutcome => {
  const renamed = areaOf(state, siteNo) !== spec.area || state.sites.columns.kind[siteNo] !== SITE_KIND[spec.kind]
  const figures = writeFigures(state, siteNo, spec)
  if (renamed) {
    if (state.sites.columns.ended[siteNo] === 0) count(state, siteNo, -1)
    takeKey(state, siteNo, spec)
    const newFigures = assignPolicy(state, siteNo)
    if (newFigures !== null) effects.policyChanged.push(newFigures)
    if (state.sites.columns.ended[siteNo] === 0) count(state, siteNo, 1)
  }
  const observed = writeObservation(state, siteNo, spec)
  const before = renamed ? openWatches(state, siteNo) : []
  const seals = applySeals(state, siteNo, planned.plans, effects)
  if (renamed) renewWatches(state, siteNo, before, effects)
  if (observed) observationMoved(state, siteNo, effects)
  if (renamed || figures || observed) {
    effects.sitesChanged.push(siteNo)
    if (!observed) effects.sites.push(siteRow(state, state.sites.columns.siteKey[siteNo] as number))
    if (renamed && !observed) effects.permits.push(...permitRows(state, siteNo))
  }
  return renamed || figures || observed || seals ? 'changed' : 'unchanged'
}

const count = (state: RegistryState, siteNo: number, by: 1 | -1): void => {
  const area = state.sites.columns.areaKey[siteNo] as number
  state.areaSites[area] = (state.areaSites[area] as number) + by
}

/** `inside` is for a new site only: counting has begun, and a put never rewrites it. */
const writeFigures = (state: RegistryState, siteNo: number, spec: SiteSpec): boolean => {
  const { headcount, capacity } = state.sites.columns
  const wanted = spec.capacity ?? -1
  if (headcount[siteNo] === spec.headcount && capacity[siteNo] === wanted) return false
  headcount[siteNo] = spec.headcount
  capacity[siteNo] = wanted
  return true
}

/** A new siteKey for (site, area, kind). */
const takeKey = (state: RegistryState, siteNo: number, spec: SiteSpec): void => {
  const key = state.keyCount + 1
  state.keyCount = key
  state.siteKeys = withCapacity(state.siteKeys, key + 1)
  const areaKey = areaKeyOf(state, spec.area)
  const keys = state.siteKeys.columns
  keys.site[key] = siteNo
  keys.areaKey[key] = areaKey
  keys.kind[key] = SITE_KIND[spec.kind]
  keys.previous[key] = state.siteLinks.columns.keyHead[siteNo] as number
  state.siteLinks.columns.keyHead[siteNo] = key
  const columns = state.sites.columns
  columns.siteKey[siteNo] = key
  columns.areaKey[siteNo] = areaKey
  columns.kind[siteNo] = SITE_KIND[spec.kind]
}

const writeObservation = (state: RegistryState, siteNo: number, { observation }: SiteSpec): boolean => {
  const { observedFrom, observedUntil, expires } = state.sites.columns
  const [from, until] = observation === null ? [-Infinity, Infinity] : [observation.from, observation.until]
  if (observedFrom[siteNo] === from && observedUntil[siteNo] === until) return false
  observedFrom[siteNo] = from
  observedUntil[siteNo] = until
  expires[siteNo] = observation === null ? 0 : until + state.policy.residenceRetentionMs
  return true
}

/** After the bounds changed: the watches' copies, the site's end or return, and the rows that carry an expiry. */
const observationMoved = (state: RegistryState, siteNo: number, effects: RegistryEffects): void => {
  const { observedFrom, observedUntil, ended, kind } = state.sites.columns
  const [from, until] = [observedFrom[siteNo] as number, observedUntil[siteNo] as number]
  const watches = state.directory.watches.columns
  for (const watch of siteWatches(state, siteNo)) {
    // Watches of an earlier kind (a residence that became a gate) keep the bounds they had.
    if (watches.kind[watch] === kind[siteNo]) setObserved(state.directory, watch, from, until)
    effects.seals.push(sealRow(state, watch))
  }
  for (const key of siteKeysOf(state, siteNo)) effects.sites.push(siteRow(state, key))
  effects.permits.push(...permitRows(state, siteNo))
  const over = until <= state.now
  if (over && ended[siteNo] === 0) return closeSite(state, siteNo, effects)
  if (!over && ended[siteNo] === 1) {
    ended[siteNo] = 0
    count(state, siteNo, 1)
    effects.sitesReopened.push(siteNo)
    // In force again: silence is told of from now, also of a seal that is never heard.
    effects.watchesReopened.push(...openWatches(state, siteNo))
  }
  planSite(state, siteNo)
}

/** The site's keys, newest first. */
export const siteKeysOf = (state: RegistryState, siteNo: number): number[] => {
  const keys: number[] = []
  const { previous } = state.siteKeys.columns
  for (let key = state.siteLinks.columns.keyHead[siteNo] as number; key !== 0; key = previous[key] as number) keys.push(key)
  return keys
}

/** The site leaves live views; its erasure is planned. */
export const closeSite = (state: RegistryState, siteNo: number, effects: RegistryEffects): void => {
  state.sites.columns.ended[siteNo] = 1
  count(state, siteNo, -1)
  effects.sitesEnded.push(siteNo)
  planSite(state, siteNo)
}

/** Ends a residence's observation, or another site, at a time (null = now), never later than it would end anyway. */
export const endObservation = (
  state: RegistryState,
  by: Principal,
  { site, until }: { site: string; until: number | null },
  effects: RegistryEffects,
): RegistryResult => {
  const siteNo = state.siteNos.get(site) ?? 0
  if (siteNo === 0 || !maySee(by, areaOf(state, siteNo))) return { kind: 'refused', status: 404, detail: 'no such site' }
  if (until !== null && !isTime(until)) return { kind: 'refused', status: 422, detail: 'until: is not a time between 1970 and 2100' }
  const columns = state.sites.columns
  const ends = columns.observedUntil[siteNo] as number
  if (until === ends || (until === null && columns.ended[siteNo] === 1)) return { kind: 'done' }
  const at = until ?? Math.min(ends, Math.max(state.now, columns.observedFrom[siteNo] as number))
  if (at > ends) return { kind: 'refused', status: 422, detail: 'until: the observation ends before that; put the site with a later end to extend it' }
  if (at < (columns.observedFrom[siteNo] as number)) return { kind: 'refused', status: 422, detail: 'until: lies before the observation begins' }
  columns.observedUntil[siteNo] = at
  if (columns.kind[siteNo] === SITE_KIND.residence) columns.expires[siteNo] = at + state.policy.residenceRetentionMs
  effects.sitesChanged.push(siteNo)
  observationMoved(state, siteNo, effects)
  return { kind: 'done' }
}
