import { maySee } from './access.ts'
import { SITE_KIND } from './kinds.ts'
import type { PermitSpec, PermitView, Principal, RegistryResult } from './ops.ts'
import { DECLARED_LIVE_MAX, permitProblem } from './registry-check.ts'
import { permitRow, type RegistryEffects } from './registry-effects.ts'
import { areaOf } from './registry-sites.ts'
import type { PermitNote, RegistryState } from './registry-state.ts'
import { OPENINGS_UNLIMITED, PERMIT_DAYS } from './site-table.ts'
import { eraseRow, withCapacity } from './table.ts'
import { packWeekly, unpackWeekly } from './weekly.ts'

// Permits: windows in which opening the door or passing is allowed, by staff, by the week, or as a resident declares. The registry
// writes who, when and how many; the shard of the site counts what is taken. A site's permits are a list, newest first; one that ended longer ago than any event time is believed
// (`clockBehindMsMax`) is taken out of the list when the next one is made, with its reason.

export const putPermit = (state: RegistryState, by: Principal, permit: PermitSpec, effects: RegistryEffects): RegistryResult => {
  const siteNo = state.siteNos.get(permit.site) ?? 0
  if (siteNo === 0 || !maySee(by, areaOf(state, siteNo))) return { kind: 'refused', status: 404, detail: 'site: no such site' }
  if (state.sites.columns.ended[siteNo] === 1) return { kind: 'refused', status: 422, detail: 'site: its observation has ended' }
  const source = permit.source ?? 'staff'
  if (by.role === 'sender' && source !== 'declaration') return { kind: 'refused', status: 403, detail: 'source: a sender only hands on declarations' }
  const problem = permitProblem(permit, state.now) ?? (source === 'declaration' ? declarationProblem(state, siteNo) : undefined)
  if (problem !== undefined) return { kind: 'refused', status: 422, detail: problem }
  forgetOldPermits(state, siteNo)
  const no = state.permitCount + 1
  state.permitCount = no
  state.permits = withCapacity(state.permits, no + 1)
  const columns = state.permits.columns
  columns.from[no] = source === 'declaration' ? Math.max(permit.from, state.now) : permit.from
  columns.until[no] = permit.until
  columns.site[no] = siteNo
  columns.openings[no] = permit.openings ?? OPENINGS_UNLIMITED
  columns.weekly[no] = permit.weekly === undefined ? 0 : packWeekly(permit.weekly)
  columns.next[no] = state.sites.columns.permitHead[siteNo] as number
  state.sites.columns.permitHead[siteNo] = no
  state.permitNotes.set(no, { reason: permit.reason, by: by.name, source, made: state.now, revoked: 0 })
  effects.permits.push(permitRow(state, no))
  effects.permitsChanged.push(siteNo)
  return { kind: 'permit', permitNo: no, permit: permitView(state, no) }
}

/** What the site's state says against one more declaration. */
const declarationProblem = (state: RegistryState, siteNo: number): string | undefined => {
  if (state.sites.columns.kind[siteNo] !== SITE_KIND.residence) return 'source: declarations are for residences'
  const { from, until, next } = state.permits.columns
  let live = 0
  for (let no = state.sites.columns.permitHead[siteNo] as number; no !== 0; no = next[no] as number)
    if ((until[no] as number) > Math.max(state.now, from[no] as number) && state.permitNotes.get(no)?.source === 'declaration') live += 1
  return live < DECLARED_LIVE_MAX ? undefined : `site: it has ${live} declarations in force or to come, and may have ${DECLARED_LIVE_MAX}`
}

/** Ends a permit now; what happened under it stays permitted. */
export const revokePermit = (state: RegistryState, by: Principal, permitNo: number, effects: RegistryEffects): RegistryResult => {
  const siteNo = Number.isSafeInteger(permitNo) && permitNo >= 1 && permitNo <= state.permitCount ? (state.permits.columns.site[permitNo] as number) : 0
  if (siteNo === 0 || !maySee(by, areaOf(state, siteNo))) return { kind: 'refused', status: 404, detail: 'no such permit' }
  const { from, until } = state.permits.columns
  // One that is over stays as it was, and so does one that was revoked before it began.
  if ((until[permitNo] as number) <= Math.max(from[permitNo] as number, state.now)) return { kind: 'done' }
  until[permitNo] = Math.max(from[permitNo] as number, state.now)
  state.permitNotes.set(permitNo, { ...(state.permitNotes.get(permitNo) as PermitNote), revoked: state.now })
  effects.permits.push(permitRow(state, permitNo))
  effects.permitsChanged.push(siteNo)
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
  eraseRow(state.permits, no)
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
  const { from, until, site, openings, used, weekly, dayTop, dayUsed } = state.permits.columns
  const siteNo = site[permitNo] as number
  const { reason, by, source, made } = state.permitNotes.get(permitNo) as PermitNote
  const day = dayTop[permitNo] as number
  return {
    permitNo,
    siteNo,
    site: state.siteIds[siteNo] as string,
    area: areaOf(state, siteNo),
    from: from[permitNo] as number,
    until: until[permitNo] as number,
    openings: openings[permitNo] === OPENINGS_UNLIMITED ? null : (openings[permitNo] as number),
    used: used[permitNo] as number,
    weekly: weekly[permitNo] === 0 ? null : unpackWeekly(weekly[permitNo] as number),
    lastDay: day === 0 ? null : { day, used: dayUsed[permitNo * PERMIT_DAYS + (day % PERMIT_DAYS)] as number },
    source,
    reason,
    by,
    made,
  }
}
