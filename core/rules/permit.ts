import { CONDITION } from '../state.ts'
import { happened } from '../conditions.ts'
import { OPENINGS_UNLIMITED } from '../site-table.ts'
import type { ShardRun } from '../shard-run.ts'

// Permits: windows of event time in which a site's door may be opened and people may pass. A DOOR_OPENED uses up one opening of
// the newest permit that covers it and has one left; a passage needs a permit that covers it, used up or not (who was let in
// must be able to leave). And the rule passage-unpermitted: at once, with no grace.

/** A permit that covers `time`, or 0. */
export const permitAt = (run: ShardRun, site: number, time: number): number => {
  const { from, until, next } = run.permits
  let permit = run.sites.permitHead[site] as number
  while (permit !== 0 && !(time >= (from[permit] as number) && time < (until[permit] as number))) permit = next[permit] as number
  return permit
}

/** Uses one opening of a permit that covers `time`; false where there is none. */
export const useOpening = (run: ShardRun, site: number, time: number): boolean => {
  const { from, until, next, openings, used } = run.permits
  for (let permit = run.sites.permitHead[site] as number; permit !== 0; permit = next[permit] as number) {
    if (!(time >= (from[permit] as number) && time < (until[permit] as number))) continue
    const allowed = openings[permit] as number
    const taken = used[permit] as number
    if (allowed !== OPENINGS_UNLIMITED && taken >= allowed) continue
    used[permit] = taken + 1
    return true
  }
  return false
}

export const passageUnpermitted = (run: ShardRun, people: number): void => {
  const { watch, site, policy, time, quiet } = run.current
  if (quiet || run.policy.permitNeeded[policy] === 0 || permitAt(run, site, time) !== 0) return
  happened(run, watch, CONDITION.passageUnpermitted, people)
}
