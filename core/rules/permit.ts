import { EVENT } from '../kinds.ts'
import { happened } from '../conditions.ts'
import { localDay, MINUTE_MS } from '../local-time.ts'
import { isOpen } from '../schedule.ts'
import { OPENINGS_UNLIMITED, PERMIT_DAYS } from '../site-table.ts'
import type { ShardRun } from '../shard-run.ts'
import { CONDITION } from '../state.ts'
import { lastEnd, nextEdge, occursAt } from '../weekly.ts'

// Permits: windows of event time in which a site's door may be opened and people may pass; one by the week has many windows. A
// DOOR_OPENED that needs one takes an opening of the newest permit that covers it and has one left; a passage needs a permit that
// covers it, used up or not (who was let in must be able to leave). And the rule passage-unpermitted: at once, with no grace.

const offsetOf = (run: ShardRun, site: number): number => (run.policy.utcOffsetMinutes[run.sites.policy[site] as number] as number) * MINUTE_MS

const covers = (run: ShardRun, permit: number, time: number, site: number): boolean => {
  const { from, until, weekly } = run.permits
  if (!(time >= (from[permit] as number) && time < (until[permit] as number))) return false
  const cell = weekly[permit] as number
  return cell === 0 || occursAt(cell, time + offsetOf(run, site))
}

/** The newest permit that covers `time`, or 0. */
export const permitAt = (run: ShardRun, site: number, time: number): number => {
  const { next } = run.permits
  let permit = run.sites.permitHead[site] as number
  while (permit !== 0 && !covers(run, permit, time, site)) permit = next[permit] as number
  return permit
}

/** Takes an opening of the newest permit that covers `time` and has one left: its number, or 0 where there is none. */
export const takeOpening = (run: ShardRun, site: number, time: number): number => {
  const { next, used } = run.permits
  for (let permit = run.sites.permitHead[site] as number; permit !== 0; permit = next[permit] as number) {
    if (!covers(run, permit, time, site) || !counts(run, permit, localDay(time + offsetOf(run, site)))) continue
    used[permit] = (used[permit] as number) + 1
    return permit
  }
  return 0
}

/** Counts one opening on the permit, or on its occurrence of a local day; false where none is left. */
const counts = ({ permits }: ShardRun, permit: number, day: number): boolean => {
  const { openings, used, weekly, dayTop, dayUsed } = permits
  const allowed = openings[permit] as number
  if (weekly[permit] === 0) return allowed === OPENINGS_UNLIMITED || (used[permit] as number) < allowed
  const top = dayTop[permit] as number
  if (day <= top - PERMIT_DAYS) return true
  for (let later = Math.max(top + 1, day - PERMIT_DAYS + 1); later <= day; later += 1) dayUsed[permit * PERMIT_DAYS + (later % PERMIT_DAYS)] = 0
  dayTop[permit] = Math.max(top, day)
  const at = permit * PERMIT_DAYS + (day % PERMIT_DAYS)
  const taken = dayUsed[at] as number
  if (allowed !== OPENINGS_UNLIMITED && taken >= allowed) return false
  dayUsed[at] = Math.min(taken + 1, DAY_USED_MAX)
  return true
}
/** A cell of `dayUsed` is 16 bits wide; more openings of one door than that in a day are none that a person made. */
const DAY_USED_MAX = 0xffff

/** The permit that covers the current event, for its row and its rules; takes the opening of one that needs it. */
export const permitOf = (run: ShardRun, kind: number): number => {
  const opened = kind === EVENT.DOOR_OPENED
  if (!opened && kind !== EVENT.PASSAGE_IN && kind !== EVENT.PASSAGE_OUT) return 0
  const { site, policy, time } = run.current
  if (run.sites.permitHead[site] === 0) return 0
  if (!opened) return permitAt(run, site, time)
  return run.policy.permitNeeded[policy] === 0 && isOpen(run, policy, time) ? 0 : takeOpening(run, site, time)
}

/** The latest end at or before `time` of a window of the site's permits; 0 where there is none. */
export const lastPermitEnd = (run: ShardRun, site: number, time: number): number => {
  const { from, until, weekly, next } = run.permits
  const offset = offsetOf(run, site)
  let latest = 0
  for (let permit = run.sites.permitHead[site] as number; permit !== 0; permit = next[permit] as number) {
    const [begins, ends, cell] = [from[permit] as number, until[permit] as number, weekly[permit] as number]
    if (begins >= ends) continue
    if (cell !== 0) latest = Math.max(latest, lastEnd(cell, { from: begins + offset, until: ends + offset }, time + offset) - offset)
    else if (ends <= time) latest = Math.max(latest, ends)
  }
  return latest
}

/** The earliest time after `time` at which a window of the site's permits begins or ends; Infinity where there is none. */
export const nextPermitEdge = (run: ShardRun, site: number, time: number): number => {
  const { from, until, weekly, next } = run.permits
  const offset = offsetOf(run, site)
  let earliest = Infinity
  for (let permit = run.sites.permitHead[site] as number; permit !== 0; permit = next[permit] as number) {
    const [begins, ends, cell] = [from[permit] as number, until[permit] as number, weekly[permit] as number]
    if (ends <= time || begins >= ends) continue
    if (cell !== 0) earliest = Math.min(earliest, nextEdge(cell, { from: begins + offset, until: ends + offset }, time + offset) - offset)
    else earliest = Math.min(earliest, begins > time ? begins : ends)
  }
  return earliest
}

export const passageUnpermitted = (run: ShardRun, people: number): void => {
  const { watch, policy, quiet, permit } = run.current
  if (quiet || run.policy.permitNeeded[policy] === 0 || permit !== 0) return
  happened(run, watch, CONDITION.passageUnpermitted, people)
}
