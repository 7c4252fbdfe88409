import { lookSiteAt } from './checks.ts'
import { quietCheck } from './quiet.ts'
import { capacityCheck } from './rules/capacity.ts'
import { headcountCheck } from './rules/headcount.ts'
import { checkLeftOpen } from './rules/left-open.ts'
import { checkOffSchedule } from './rules/off-schedule.ts'
import { checkOverrun } from './rules/overrun.ts'
import { checkTooMany } from './rules/too-many.ts'
import type { ShardRun } from './shard-run.ts'
import { takeList } from './shard-list.ts'

// The checks of sites, likewise (core/watch-checks.ts).

export type SiteCheck = (run: ShardRun, site: number, live: boolean) => void
export const SITE_CHECKS_ALL: readonly SiteCheck[] = [quietCheck, headcountCheck, capacityCheck, checkOffSchedule, checkLeftOpen, checkTooMany, checkOverrun]

/** Not ended, and observed now. */
export const isLive = ({ sites, received }: ShardRun, site: number): boolean =>
  sites.kind[site] !== 0 && sites.ended[site] === 0 && received >= (sites.observedFrom[site] as number) && received < (sites.observedUntil[site] as number)

/** At a tick, after its watches: looks at the sites of a shard that were marked. */
export const checkSites = (run: ShardRun, shardIndex: number): void => {
  const shard = run.shards[shardIndex]
  if (shard === undefined) return
  for (const site of takeList(shard, 'markedSites')) {
    run.siteChecks.marked[site] = 0
    const live = isLive(run, site)
    for (const check of SITE_CHECKS_ALL) check(run, site, live)
    if (live && run.siteChecks.told[site] !== 0) lookSiteAt(run, site, run.sites.observedUntil[site] as number)
  }
}
