import { isSiteTold, lookSiteAt, markSite, SITE_CHECK, tellSite } from '../checks.ts'
import { isOpen, lastClosing, nextClosing, nextOpening } from '../schedule.ts'
import type { ShardRun } from '../shard-run.ts'
import type { SiteCheck } from '../site-checks.ts'
import { watchesOfSite } from '../site-watches.ts'
import { WATCH_FLAG } from '../state.ts'

// left-open-at-closing: the site has closed, and a door is still open that was opened at or before the closing time. To count open doors
// a site's list of watches is walked, so the check says when it must be looked at next (`leftAt`): at closing time and its grace,
// or 0 = at the next tick, where a door, the site or its policy changed what it knew.

/** Something changed that the planned look does not know of. */
export const lookForLeftOpen = (run: ShardRun, site: number): void => {
  run.siteChecks.leftAt[site] = 0
  markSite(run, site)
}

/** The newest state of the current event's door is open now. */
export const doorLeftOpens = (run: ShardRun): void => {
  const { site, policy, time } = run.current
  const planned = run.siteChecks.leftAt[site] as number
  // While a look is planned, it is for no later than the next closing: only a late opening, of before the last, may matter sooner.
  const known = planned !== 0 && planned !== Infinity && !isSiteTold(run, site, SITE_CHECK.leftOpen)
  if (known && (isOpen(run, policy, run.received) || time > lastClosing(run, policy, run.received))) return
  lookForLeftOpen(run, site)
}
/** It is closed now: matters to what was told only. */
export const doorLeftCloses = (run: ShardRun): void => {
  if (isSiteTold(run, run.current.site, SITE_CHECK.leftOpen)) lookForLeftOpen(run, run.current.site)
}

export const checkLeftOpen: SiteCheck = (run, site, live) => {
  const { leftAt } = run.siteChecks
  const row = run.sites.policy[site] as number
  if (!live || run.policy.scheduled[row] === 0) {
    leftAt[site] = 0
    return tellSite(run, site, SITE_CHECK.leftOpen, null)
  }
  if (run.received < (leftAt[site] as number)) return lookSiteAt(run, site, leftAt[site] as number)
  const at = look(run, site, row)
  leftAt[site] = at
  lookSiteAt(run, site, at)
}

/** Tells, and answers when to look again. */
const look = (run: ShardRun, site: number, row: number): number => {
  const now = run.received
  const grace = run.policy.closingGraceMs[row] as number
  const closed = isOpen(run, row, now) ? Infinity : lastClosing(run, row, now)
  if (closed !== Infinity && now < closed + grace) {
    tellSite(run, site, SITE_CHECK.leftOpen, null)
    return closed + grace
  }
  const doors = openDoors(run, site, closed)
  const holds = closed !== Infinity && doors.before > 0
  tellSite(run, site, SITE_CHECK.leftOpen, holds ? { time: closed, value: doors.before } : null)
  if (holds) return Math.min(nextOpening(run, row, now), doors.until)
  return doors.open > 0 ? nextClosing(run, row, now) + grace : Infinity
}

type Doors = { readonly open: number; /** Opened at or before the closing. */ readonly before: number; readonly until: number }
const openDoors = (run: ShardRun, site: number, closed: number): Doors => {
  const { flags, doorTime } = run.watches
  const { until, observedUntil } = run.directory.watches.columns
  let [open, before, leaves] = [0, 0, Infinity]
  for (const watch of watchesOfSite(run, site)) {
    if (((flags[watch] as number) & WATCH_FLAG.doorOpen) === 0) continue
    open += 1
    if ((doorTime[watch] as number) > closed) continue
    before += 1
    leaves = Math.min(leaves, until[watch] as number, observedUntil[watch] as number)
  }
  return { open, before, until: leaves }
}
