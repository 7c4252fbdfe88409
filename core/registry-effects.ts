import type { FiguresChanged } from './policy-effects.ts'
import { sealId } from './ids.ts'
import { SITE_KIND, type SiteKindName } from './kinds.ts'
import type { PermitRow, PolicyRow, SealRow, SiteRow } from './rows.ts'
import { TIME_MS_MAX } from './registry-check.ts'
import type { PermitNote, RegistryState } from './registry-state.ts'
import { OPENINGS_UNLIMITED } from './site-table.ts'
import { unpackWeekly, weeklyText } from './weekly.ts'

// What a registry op or a tick changed, for those who follow it: rows for ClickHouse, and numbers for the shards and the desk.
// In rows an open end is TIME_MS_MAX (2100), an open beginning 0 and "never expires" TIME_MS_MAX: finite, so that SQL compares.

export type RegistryEffects = {
  readonly sites: SiteRow[]
  readonly seals: SealRow[]
  readonly permits: PermitRow[]
  readonly policies: PolicyRow[]
  /** Live sites whose figures changed. */
  readonly policyChanged: FiguresChanged[]
  /** A permit of theirs was made or revoked. */
  readonly permitsChanged: number[]
  readonly sitesCreated: number[]
  /** Headcount, capacity, observation, area or kind changed. */
  readonly sitesChanged: number[]
  /** Left live views: the observation is over (or the site was ended). */
  readonly sitesEnded: number[]
  readonly sitesReopened: number[]
  readonly watchesBegun: number[]
  /** Open watches of the sites reopened. */
  readonly watchesReopened: number[]
  /** No longer in force at the time of the op or tick. */
  readonly watchesEnded: number[]
  /** The same seal at the same site under a new siteKey: state of `from` belongs to `to`. In neither of the lists above. */
  readonly watchesRenewed: { readonly from: number; readonly to: number }[]
  /** Erased: their state is to be zeroed. */
  readonly sitesErased: number[]
  readonly sealsErased: number[]
  readonly watchesErased: number[]
  /** Site keys whose rows are to be deleted everywhere. */
  readonly expiredKeys: number[]
}

export const noEffects = (): RegistryEffects => ({
  sites: [],
  seals: [],
  permits: [],
  policies: [],
  policyChanged: [],
  permitsChanged: [],
  sitesCreated: [],
  sitesChanged: [],
  sitesEnded: [],
  sitesReopened: [],
  watchesBegun: [],
  watchesReopened: [],
  watchesEnded: [],
  watchesRenewed: [],
  sitesErased: [],
  sealsErased: [],
  watchesErased: [],
  expiredKeys: [],
})

const kindNames = new Map<number, SiteKindName>((Object.keys(SITE_KIND) as SiteKindName[]).map((name) => [SITE_KIND[name], name]))
export const siteKindName = (kind: number): SiteKindName => {
  const name = kindNames.get(kind)
  if (name === undefined) throw new RangeError(`no site kind ${kind}`)
  return name
}

/** The row of one of the site's keys: names as of that key, figures as of now. */
export const siteRow = (state: RegistryState, siteKey: number): SiteRow => {
  const { site, areaKey, kind } = state.siteKeys.columns
  const siteNo = site[siteKey] as number
  const columns = state.sites.columns
  const capacity = columns.capacity[siteNo] as number
  const observedFrom = columns.observedFrom[siteNo] as number
  return {
    siteKey,
    site: state.siteIds[siteNo] as string,
    area: state.areas[areaKey[siteKey] as number] as string,
    areaKey: areaKey[siteKey] as number,
    kind: siteKindName(kind[siteKey] as number),
    headcount: Math.max(0, columns.headcount[siteNo] as number),
    capacity: capacity < 0 ? null : capacity,
    observedFrom: observedFrom === -Infinity ? 0 : observedFrom,
    observedUntil: Math.min(columns.observedUntil[siteNo] as number, TIME_MS_MAX),
    changed: state.now,
    expires: rowExpires(state, siteNo),
  }
}

export const sealRow = (state: RegistryState, watch: number): SealRow => {
  const { from, until, seal, site, siteKey } = state.directory.watches.columns
  const { low, high } = state.directory.seals.columns
  const [sealNo, siteNo] = [seal[watch] as number, site[watch] as number]
  return {
    seal: sealId(low[sealNo] as number, high[sealNo] as number),
    siteKey: siteKey[watch] as number,
    site: state.siteIds[siteNo] as string,
    from: from[watch] as number,
    until: Math.min(until[watch] as number, TIME_MS_MAX),
    changed: state.now,
    expires: rowExpires(state, siteNo),
  }
}

export const permitRow = (state: RegistryState, permitNo: number): PermitRow => {
  const { from, until, site, openings, weekly } = state.permits.columns
  const siteNo = site[permitNo] as number
  const { reason, by, source, made, revoked } = state.permitNotes.get(permitNo) as PermitNote
  const expires = state.sites.columns.expires[siteNo] as number
  return {
    permit: permitNo,
    siteKey: state.sites.columns.siteKey[siteNo] as number,
    site: state.siteIds[siteNo] as string,
    from: from[permitNo] as number,
    until: until[permitNo] as number,
    weekly: weekly[permitNo] === 0 ? '' : weeklyText(unpackWeekly(weekly[permitNo] as number)),
    openings: openings[permitNo] === OPENINGS_UNLIMITED ? null : (openings[permitNo] as number),
    source,
    reason,
    by,
    made,
    revoked: revoked === 0 ? null : revoked,
    // Where the site's rows have no end of their own: for as long after the permit's as theirs after they were received.
    expires: expires === 0 ? (until[permitNo] as number) + state.policy.otherRetentionMs : expires,
  }
}
/** Of all the site's permits that are not forgotten. */
export const permitRows = (state: RegistryState, siteNo: number): PermitRow[] => {
  const rows: PermitRow[] = []
  for (let no = state.sites.columns.permitHead[siteNo] as number; no !== 0; no = state.permits.columns.next[no] as number) rows.push(permitRow(state, no))
  return rows
}

const rowExpires = (state: RegistryState, siteNo: number): number => {
  const expires = state.sites.columns.expires[siteNo] as number
  return expires === 0 ? TIME_MS_MAX : expires
}
