import { maySee } from './access.ts'
import type { PermitSpec, PermitView, Principal, RegistryResult } from './ops.ts'
import { permitProblem } from './registry-check.ts'
import { areaOf } from './registry-sites.ts'
import type { RegistryState } from './registry-state.ts'
import { OPENINGS_UNLIMITED } from './site-table.ts'
import { withCapacity } from './table.ts'

// Permits: windows in which opening the door or passing is allowed. The registry writes who, when and how many; the shard of the
// site counts `used`. A site's permits are a list, newest first; one that ended longer ago than any event time is believed
// (`clockBehindMsMax`) is taken out of the list when the next one is made, with its reason.

export const putPermit = (state: RegistryState, by: Principal, permit: PermitSpec): RegistryResult => {
  const siteNo = state.siteNos.get(permit.site) ?? 0
  if (siteNo === 0 || !maySee(by, areaOf(state, siteNo))) return { kind: 'refused', status: 404, detail: 'site: no such site' }
  if (state.sites.columns.ended[siteNo] === 1) return { kind: 'refused', status: 422, detail: 'site: its observation has ended' }
  const problem = permitProblem(permit, state.now)
  if (problem !== undefined) return { kind: 'refused', status: 422, detail: problem }
  forgetOldPermits(state, siteNo)
  const no = state.permitCount + 1
  state.permitCount = no
  state.permits = withCapacity(state.permits, no + 1)
  const columns = state.permits.columns
  columns.from[no] = permit.from
  columns.until[no] = permit.until
  columns.site[no] = siteNo
  columns.openings[no] = permit.openings ?? OPENINGS_UNLIMITED
  columns.next[no] = state.sites.columns.permitHead[siteNo] as number
  state.sites.columns.permitHead[siteNo] = no
  state.permitNotes.set(no, { reason: permit.reason, by: by.name })
  return { kind: 'permit', permitNo: no }
}

/** Ends a permit now; what happened under it stays permitted. */
export const revokePermit = (state: RegistryState, by: Principal, permitNo: number): RegistryResult => {
  const siteNo = Number.isSafeInteger(permitNo) && permitNo >= 1 && permitNo <= state.permitCount ? (state.permits.columns.site[permitNo] as number) : 0
  if (siteNo === 0 || !maySee(by, areaOf(state, siteNo))) return { kind: 'refused', status: 404, detail: 'no such permit' }
  const { from, until } = state.permits.columns
  if ((until[permitNo] as number) > state.now) until[permitNo] = Math.max(from[permitNo] as number, state.now)
  return { kind: 'done' }
}

const forgetOldPermits = (state: RegistryState, siteNo: number): void => {
  const { until, next } = state.permits.columns
  const { permitHead } = state.sites.columns
  const horizon = state.now - state.policy.clockBehindMsMax
  let kept = 0
  for (let no = permitHead[siteNo] as number; no !== 0;) {
    const older = next[no] as number
    if ((until[no] as number) > horizon) kept = no
    else {
      if (kept === 0) permitHead[siteNo] = older
      else next[kept] = older
      erasePermit(state, no)
    }
    no = older
  }
}

const erasePermit = (state: RegistryState, no: number): void => {
  for (const column of Object.values(state.permits.columns)) column[no] = 0
  state.permitNotes.delete(no)
}

/** All permits of a site that is erased. */
export const erasePermits = (state: RegistryState, siteNo: number): void => {
  for (let no = state.sites.columns.permitHead[siteNo] as number; no !== 0;) {
    const older = state.permits.columns.next[no] as number
    erasePermit(state, no)
    no = older
  }
}

/** Permits of live sites in force at the registry's time or to come, oldest first; of one site where a number is given. */
export function* livePermits(state: RegistryState, siteNo = 0): Generator<PermitView> {
  const { site, from, until } = state.permits.columns
  for (let no = 1; no <= state.permitCount; no++) {
    const of = site[no] as number
    if (of === 0 || (until[no] as number) <= Math.max(state.now, from[no] as number) || (siteNo !== 0 && of !== siteNo) || state.sites.columns.ended[of] === 1)
      continue
    yield permitView(state, no)
  }
}

const permitView = (state: RegistryState, permitNo: number): PermitView => {
  const { from, until, site, openings, used } = state.permits.columns
  const siteNo = site[permitNo] as number
  const note = state.permitNotes.get(permitNo)
  return {
    permitNo,
    siteNo,
    site: state.siteIds[siteNo] as string,
    area: areaOf(state, siteNo),
    from: from[permitNo] as number,
    until: until[permitNo] as number,
    openings: openings[permitNo] === OPENINGS_UNLIMITED ? null : (openings[permitNo] as number),
    used: used[permitNo] as number,
    reason: note?.reason ?? '',
    by: note?.by ?? '',
  }
}
