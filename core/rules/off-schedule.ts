import { isSiteTold, lookSiteAt, markSite, SITE_CHECK, tellSite } from '../checks.ts'
import { isInForce, type ShardRun } from '../shard-run.ts'
import type { SiteCheck } from '../site-checks.ts'

// opened-off-schedule: a door was opened outside the site's opening hours, without a permit. It holds for `offScheduleHoldMs` after the
// last such opening arrived, and for as long as a door stands open since one. `doorOff` of a watch: its newest door event is one;
// `offDoors` of a site: it may have such a watch, so it is worth walking its list.

/** The current event is an opening off schedule. */
export const openedOffSchedule = (run: ShardRun): void => {
  const { site, time } = run.current
  const { offAt, offTime, offCount } = run.siteChecks
  offAt[site] = run.received
  offTime[site] = time
  offCount[site] = (offCount[site] as number) + 1
  markSite(run, site)
}

/** The newest event of the current event's door is, or is not, one of those. */
export const setDoorOff = (run: ShardRun, off: boolean): void => {
  const { watch, site } = run.current
  const { doorOff } = run.watchChecks
  if (doorOff[watch] === Number(off)) return
  doorOff[watch] = Number(off)
  if (off) run.siteChecks.offDoors[site] = 1
  markSite(run, site)
}

export const checkOffSchedule: SiteCheck = (run, site, live) => {
  const { offAt, offTime, offCount, offDoors } = run.siteChecks
  const last = offAt[site] as number
  if (last === 0 && offDoors[site] === 0 && !isSiteTold(run, site, SITE_CHECK.offSchedule)) return
  const until = last === 0 ? 0 : last + (run.policy.offScheduleHoldMs[run.sites.policy[site] as number] as number)
  const recently = run.received < until
  if (!recently) offAt[site] = 0
  const open = offDoors[site] === 0 ? 0 : openUntil(run, site)
  const holds = live && (recently || open > 0)
  tellSite(run, site, SITE_CHECK.offSchedule, holds ? { time: offTime[site] as number, value: offCount[site] as number } : null)
  if (!holds) offCount[site] = 0
  else lookSiteAt(run, site, recently ? until : open)
}

/** When the first of the doors that are open off schedule leaves this site (Infinity: never); 0 where none is. */
const openUntil = (run: ShardRun, site: number): number => {
  const { doorOff } = run.watchChecks
  const { until, observedUntil } = run.directory.watches.columns
  let some = false
  let leaves = 0
  for (let watch = run.siteLinks.watchHead[site] as number; watch !== 0; watch = run.watchLinks.next[watch] as number) {
    if (doorOff[watch] === 0) continue
    some = true
    if (!isInForce(run, watch)) continue
    const ends = Math.min(until[watch] as number, observedUntil[watch] as number)
    leaves = leaves === 0 ? ends : Math.min(leaves, ends)
  }
  if (!some) run.siteChecks.offDoors[site] = 0
  return leaves
}
