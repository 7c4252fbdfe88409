import { isSiteTold, lookSiteAt, markSite, SITE_CHECK, tellSite } from '../checks.ts'
import type { ShardRun } from '../shard-run.ts'
import type { SiteCheck } from '../site-checks.ts'

// too-many-openings: a site's doors were opened more often than `openingsPerHourMax` in an hour of event time (on the clock, so that the
// order of arrival does not show). Kept for the highest hour that has an opening, and the one before it.

const HOUR_MS = 3_600_000

/** The current event is an opening. */
export const countOpening = (run: ShardRun): void => {
  const { site, policy, time } = run.current
  const { openHour, openNow, openBefore } = run.siteChecks
  const hour = Math.floor(time / HOUR_MS)
  const highest = openHour[site] as number
  if (hour > highest) {
    openBefore[site] = hour === highest + 1 ? (openNow[site] as number) : 0
    openNow[site] = 1
    openHour[site] = hour
  } else if (hour === highest) openNow[site] = (openNow[site] as number) + 1
  else if (hour === highest - 1) openBefore[site] = (openBefore[site] as number) + 1
  const most = Math.max(openNow[site] as number, openBefore[site] as number)
  if (most > (run.policy.openingsPerHourMax[policy] as number) || isSiteTold(run, site, SITE_CHECK.tooMany)) markSite(run, site)
}

export const checkTooMany: SiteCheck = (run, site, live) => {
  const { openHour, openNow, openBefore } = run.siteChecks
  const max = run.policy.openingsPerHourMax[run.sites.policy[site] as number] as number
  const [now, before] = [openNow[site] as number, openBefore[site] as number]
  if (now <= max && before <= max && !isSiteTold(run, site, SITE_CHECK.tooMany)) return
  // An hour is told of until the end of the one after it.
  const hour = openHour[site] as number
  const countOf = (count: number, until: number): number => (live && count > max && run.received < until ? count : 0)
  const [inHour, inBefore] = [countOf(now, (hour + 2) * HOUR_MS), countOf(before, (hour + 1) * HOUR_MS)]
  const value = Math.max(inHour, inBefore)
  tellSite(run, site, SITE_CHECK.tooMany, value > 0 ? { time: run.received, value } : null)
  if (value > 0) lookSiteAt(run, site, (hour + (inHour > 0 ? 2 : 1)) * HOUR_MS)
}
