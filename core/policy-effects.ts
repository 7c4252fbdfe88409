import { forgetSiteChecks, forgetWatchChecks, markWatch } from './checks.ts'
import { forgetConditions } from './conditions.ts'
import { ALARM, type AlarmKindName } from './kinds.ts'
import { compareHeadcount, SIDE } from './rules/headcount.ts'
import { lookForLeftOpen } from './rules/left-open.ts'
import { shardOf, type ShardRun } from './shard-run.ts'
import { watchesOfSite } from './site-watches.ts'
import { WATCH_FLAG } from './state.ts'
import { bringForward, setTimer, TIMER } from './timers.ts'

// What other figures mean for a site's state: everything that its rules know is judged anew at the next tick. The timers of its
// watches come up then and plan themselves by the new figures, a door that stands open gets the timer that it may not have
// needed, and all checks are marked. Runs on the machine's thread, between rounds; what it costs is a walk over all timers.

/** A site whose figures changed; `lifted`: the alarm kinds (bit `no - 1`) that were silenced for it and are no longer. */
export type FiguresChanged = { readonly site: number; readonly lifted: number }

export const takeFigures = (run: ShardRun, changes: readonly FiguresChanged[]): void => {
  if (changes.length === 0) return
  const changed = new Set(changes.map(({ site }) => site))
  const { site: siteOf } = run.directory.watches.columns
  // Looks stay as they are planned: what is marked looks anyway, and asks for an earlier one where it needs it.
  const isDue = (type: number, row: number): boolean => (type === TIMER.heldOpen || type === TIMER.offline) && changed.has(siteOf[row] as number)
  for (const shard of run.shards) bringForward(shard, run.received, isDue)
  for (const { site, lifted } of changes) {
    compareHeadcount(run, site, run.received)
    if (lifted !== 0) forgetSite(run, site, lifted)
    lookForLeftOpen(run, site)
    for (const watch of watchesOfSite(run, site)) {
      if (lifted !== 0) forgetWatch(run, watch, lifted)
      lookAtDoor(run, watch)
      markWatch(run, watch)
    }
  }
}

const bit = (kind: AlarmKindName): number => 1 << (ALARM[kind].no - 1)
/** The desk let go of what was told while it was silenced: what still holds must be told again. */
const forgetSite = (run: ShardRun, site: number, lifted: number): void => {
  const { toldSide } = run.siteState
  if ((lifted & bit(toldSide[site] === SIDE.over ? 'headcount-over' : 'headcount-under')) !== 0) toldSide[site] = SIDE.equal
  forgetSiteChecks(run, site, lifted)
}
const forgetWatch = (run: ShardRun, watch: number, lifted: number): void => {
  const { flags } = run.watches
  if ((lifted & bit('offline')) !== 0) flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.offline
  if ((lifted & bit('door-held-open')) !== 0) flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.heldOpen
  forgetConditions(run, watch, lifted)
  forgetWatchChecks(run, watch, lifted)
}

/** A door that stands open is looked at at the next tick. */
export const lookAtDoor = (run: ShardRun, watch: number): void => {
  const { flags } = run.watches
  const now = flags[watch] as number
  if ((now & WATCH_FLAG.doorOpen) === 0 || (now & WATCH_FLAG.timerHeld) !== 0) return
  flags[watch] = now | WATCH_FLAG.timerHeld
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), run.received, TIMER.heldOpen, watch)
}
