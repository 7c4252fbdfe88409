import { markWatch } from './checks.ts'
import { tellSilenced } from './conditions.ts'
import { compareHeadcount } from './rules/headcount.ts'
import { lookForLeftOpen } from './rules/left-open.ts'
import { shardOf, type ShardRun } from './shard-run.ts'
import { watchesOfSite } from './site-watches.ts'
import { WATCH_FLAG } from './state.ts'
import { bringForward, isSiteTimer, setTimer, TIMER } from './timers.ts'

// What other figures mean for a site's state: everything that its rules know is judged anew at the next tick. Every timer of the
// site and its watches comes up then and plans itself by the new figures, a door that stands open gets the timer that it may not have
// needed, and all checks are marked. Runs on the machine's thread, between rounds; what it costs is a walk over all timers.

export const takeFigures = (run: ShardRun, sites: readonly number[]): void => {
  if (sites.length === 0) return
  const changed = new Set(sites)
  const { site: siteOf } = run.directory.watches.columns
  for (const shard of run.shards) bringForward(shard, run.received, (type, row) => changed.has(isSiteTimer(type) ? row : (siteOf[row] as number)))
  for (const site of sites) {
    compareHeadcount(run, site, run.received)
    lookForLeftOpen(run, site)
    for (const watch of watchesOfSite(run, site)) {
      lookAtDoor(run, watch)
      tellSilenced(run, watch)
      markWatch(run, watch)
    }
  }
}

const lookAtDoor = (run: ShardRun, watch: number): void => {
  const { flags } = run.watches
  const now = flags[watch] as number
  if ((now & WATCH_FLAG.doorOpen) === 0 || (now & WATCH_FLAG.timerHeld) !== 0) return
  flags[watch] = now | WATCH_FLAG.timerHeld
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), run.received, TIMER.heldOpen, watch)
}
