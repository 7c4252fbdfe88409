import { lookSiteAt } from './checks.ts'
import { DAY_MS, MINUTE_MS } from './local-time.ts'
import { ANCHOR, CAUSE, firstAfterOf, recentAfter, setAnchor, writeOccupancy } from './occupancy.ts'
import { compareHeadcount } from './rules/headcount.ts'
import type { ShardRun } from './shard-run.ts'
import { RECENT } from './state.ts'

// Quiet hours: where nobody has passed for `quietMs` until `quietMinute` of the local day, a site is taken to be as empty as the policy
// says (`quietInside`), and the corrected count starts anew from there. It waits `settleMs` for passages that are still on their way.

/** Later than this after the quiet minute the morning's people are in, and an anchor would be guessed back through them. */
const QUIET_LATE_MS = 12 * 3_600_000

/** Local quiet minute of day 0, in UTC. */
const quietPhase = (run: ShardRun, policy: number): number =>
  ((run.policy.quietMinute[policy] as number) - (run.policy.utcOffsetMinutes[policy] as number)) * MINUTE_MS

/** The current event is a passage: does it break a quiet hour? */
export const noteQuietBroken = (run: ShardRun, site: number): void => {
  const { policy, time } = run.current
  if (run.policy.quietMinute[policy] === Infinity) return
  const { quietBroken } = run.siteState
  const since = time - quietPhase(run, policy)
  // (Not %: on numbers of this size it is a call.)
  const past = since - Math.floor(since / DAY_MS) * DAY_MS
  if ((past === 0 || past >= DAY_MS - (run.policy.quietMs[policy] as number)) && time > (quietBroken[site] as number)) quietBroken[site] = time
}

/** At a tick: is there a quiet hour to start anew from? */
export const quietCheck = (run: ShardRun, site: number, live: boolean): void => {
  const policy = run.sites.policy[site] as number
  if (!live || run.policy.quietMinute[policy] === Infinity || firstAfterOf(run, site) === 0) return
  const settle = run.policy.settleMs[policy] as number
  const phase = quietPhase(run, policy)
  const quiet = Math.floor((run.received - settle - phase) / DAY_MS) * DAY_MS + phase
  const anchor = { kind: ANCHOR.quiet, time: quiet, people: run.policy.quietInside[policy] as number }
  if (run.received < quiet + QUIET_LATE_MS && wasQuiet(run, site, quiet) && setAnchor(run, site, anchor)) {
    writeOccupancy(run, site, quiet, CAUSE.quiet)
    compareHeadcount(run, site, quiet)
  }
  if (firstAfterOf(run, site) !== 0) lookSiteAt(run, site, quiet + DAY_MS + settle)
}

const wasQuiet = (run: ShardRun, site: number, quiet: number): boolean => {
  const from = quiet - (run.policy.quietMs[run.sites.policy[site] as number] as number)
  const broken = run.siteState.quietBroken[site] as number
  if (firstAfterOf(run, site) >= from || (broken >= from && broken <= quiet)) return false
  return recentAfter(run, site, quiet).changes < RECENT
}
