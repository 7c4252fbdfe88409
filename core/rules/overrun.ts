import { isSiteTold, lookSiteAt, SITE_CHECK, tellSite } from '../checks.ts'
import type { ShardRun } from '../shard-run.ts'
import type { SiteCheck } from '../site-checks.ts'
import { differenceOf, SIDE } from './headcount.ts'
import { lastPermitEnd, nextPermitEdge, permitAt } from './permit.ts'

// permit-overrun: more people are inside than registered, since a time that a permit covered; the permit has ended, its grace is over, and
// no other covers now. Who was let in has not left. (What began outside every permit is headcount-over's.)

export const checkOverrun: SiteCheck = (run, site, live) => {
  if (!live || run.siteState.side[site] !== SIDE.over || run.sites.permitHead[site] === 0) {
    if (isSiteTold(run, site, SITE_CHECK.overrun)) tellSite(run, site, SITE_CHECK.overrun, null)
    return
  }
  const now = run.received
  const ended = permitAt(run, site, now) === 0 ? letInUntil(run, site) : 0
  const due = ended + (run.policy.permitGraceMs[run.sites.policy[site] as number] as number)
  const holds = ended > 0 && now >= due
  tellSite(run, site, SITE_CHECK.overrun, holds ? { time: ended, value: differenceOf(run, site) } : null)
  lookSiteAt(run, site, Math.min(nextPermitEdge(run, site, now), ended > 0 && !holds ? due : Infinity))
}

/** The last end of a permit, where the surplus began under one and before that; else 0. */
const letInUntil = (run: ShardRun, site: number): number => {
  const since = run.siteState.differsSince[site] as number
  const ended = lastPermitEnd(run, site, run.received)
  return since < ended && permitAt(run, site, since) !== 0 ? ended : 0
}
