import { findSeal } from './directory.ts'
import { areaCovers, sealHigh, sealId, sealLow, isSealId, type SealId } from './ids.ts'
import type { SiteKindName } from './kinds.ts'
import { siteKindName } from './registry-effects.ts'
import { openWatches } from './registry-seals.ts'
import type { SiteChange } from './registry-changes.ts'
import type { RegistryState } from './registry-state.ts'

// What others ask the registry. Times are Unix ms; an open end is Infinity. Answers are values, not views.

export type SiteView = {
  readonly siteNo: number
  readonly siteKey: number
  readonly site: string
  readonly area: string
  readonly areaKey: number
  readonly kind: SiteKindName
  readonly headcount: number
  readonly capacity: number | null
  readonly inside: number
  readonly observation: { readonly from: number; readonly until: number } | null
  readonly ended: boolean
}
export type AssignmentView = {
  readonly watchNo: number
  readonly siteNo: number
  readonly site: string
  readonly area: string
  readonly from: number
  readonly until: number
}
export type SealView = { readonly sealNo: number; readonly seal: SealId; readonly assignments: readonly AssignmentView[] }
export type SiteSeal = { readonly sealNo: number; readonly watchNo: number; readonly seal: SealId; readonly from: number; readonly until: number }

export const siteView = (state: RegistryState, siteNo: number): SiteView | undefined => {
  const columns = state.sites.columns
  if (siteNo < 1 || siteNo > state.siteCount || columns.kind[siteNo] === 0) return undefined
  const kind = siteKindName(columns.kind[siteNo] as number)
  const areaKey = columns.areaKey[siteNo] as number
  const capacity = columns.capacity[siteNo] as number
  return {
    siteNo,
    siteKey: columns.siteKey[siteNo] as number,
    site: state.siteIds[siteNo] as string,
    area: state.areas[areaKey] as string,
    areaKey,
    kind,
    headcount: columns.headcount[siteNo] as number,
    capacity: capacity < 0 ? null : capacity,
    inside: columns.inside[siteNo] as number,
    observation: kind === 'residence' ? { from: columns.observedFrom[siteNo] as number, until: columns.observedUntil[siteNo] as number } : null,
    ended: columns.ended[siteNo] === 1,
  }
}

/** Live sites at or below an area, by number from `fromNo` on. */
export const sitesUnder = (state: RegistryState, prefix: string, { fromNo, limit }: { fromNo: number; limit: number }): number[] => {
  const covered = state.areas.map((area) => area !== '' && areaCovers(prefix, area))
  const { kind, ended, areaKey } = state.sites.columns
  const found: number[] = []
  for (let no = Math.max(1, fromNo); no <= state.siteCount && found.length < limit; no++) {
    if (kind[no] !== 0 && ended[no] === 0 && covered[areaKey[no] as number] === true) found.push(no)
  }
  return found
}

/** A seal with all its assignments, newest first, those of erased sites left out. */
export const sealView = (state: RegistryState, id: string): SealView | undefined => {
  if (!isSealId(id)) return undefined
  const sealNo = findSeal(state.directory, sealLow(id), sealHigh(id))
  if (sealNo === 0 || state.directory.seals.columns.head[sealNo] === 0) return undefined
  const { from, until, site, areaKey, previous } = state.directory.watches.columns
  const assignments: AssignmentView[] = []
  for (let watchNo = state.directory.seals.columns.head[sealNo] as number; watchNo !== 0; watchNo = previous[watchNo] as number) {
    const siteNo = site[watchNo] as number
    if ((from[watchNo] as number) >= (until[watchNo] as number) || state.sites.columns.kind[siteNo] === 0) continue
    assignments.push({
      watchNo,
      siteNo,
      site: state.siteIds[siteNo] as string,
      area: state.areas[areaKey[watchNo] as number] as string,
      from: from[watchNo] as number,
      until: until[watchNo] as number,
    })
  }
  return { sealNo, seal: id, assignments }
}

/** The seals that watch a site now or will, oldest assignment first. */
export const sealsOf = (state: RegistryState, siteNo: number): SiteSeal[] => {
  const { seal, from, until } = state.directory.watches.columns
  return openWatches(state, siteNo)
    .reverse()
    .map((watchNo) => {
      const sealNo = seal[watchNo] as number
      return { sealNo, watchNo, seal: sealIdOf(state, sealNo), from: from[watchNo] as number, until: until[watchNo] as number }
    })
}

/** A site as a put would make it so; a seal's `from` is the beginning of its assignment, also where a new key has split it since. */
export const siteSpec = (state: RegistryState, siteNo: number): SiteChange | undefined => {
  const site = siteView(state, siteNo)
  if (site === undefined) return undefined
  const { seal, until } = state.directory.watches.columns
  const ends = state.sites.columns.observedUntil[siteNo] as number
  const seals = openWatches(state, siteNo)
    .reverse()
    .map((watch) => ({ id: sealIdOf(state, seal[watch] as number), from: firstBeginning(state, watch), until: finite(until[watch] as number) }))
  const { site: id, area, kind, headcount, capacity, inside, observation } = site
  return { site: id, area, kind, headcount, capacity, inside, observation, seals, ends: observation === null ? finite(ends) : null }
}
const finite = (time: number): number | null => (time === Infinity ? null : time)
const firstBeginning = (state: RegistryState, watch: number): number => {
  const { from, until, site, previous } = state.directory.watches.columns
  let begin = from[watch] as number
  for (let older = previous[watch] as number; older !== 0; older = previous[older] as number) {
    if (site[older] === site[watch] && until[older] === begin && (from[older] as number) < begin) begin = from[older] as number
  }
  return begin
}

export const sealIdOf = (state: RegistryState, sealNo: number): SealId =>
  sealId(state.directory.seals.columns.low[sealNo] as number, state.directory.seals.columns.high[sealNo] as number)

/** What a siteKey names; undefined where its data has expired. */
export const keyView = (
  state: RegistryState,
  siteKey: number,
): { readonly siteNo: number; readonly site: string; readonly area: string; readonly kind: SiteKindName } | undefined => {
  const { site, areaKey, kind } = state.siteKeys.columns
  if (siteKey < 1 || siteKey > state.keyCount || kind[siteKey] === 0) return undefined
  const siteNo = site[siteKey] as number
  return { siteNo, site: state.siteIds[siteNo] as string, area: state.areas[areaKey[siteKey] as number] as string, kind: siteKindName(kind[siteKey] as number) }
}

/** Live sites by area: only areas that have sites of their own. */
export const areaCounts = (state: RegistryState): { readonly area: string; readonly areaKey: number; readonly sites: number }[] =>
  state.areas.map((area, areaKey) => ({ area, areaKey, sites: state.areaSites[areaKey] as number })).filter(({ sites }) => sites > 0)
