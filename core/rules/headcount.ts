import { lookSiteAt, markSite } from '../checks.ts'
import { ALARM } from '../kinds.ts'
import { ANCHOR, anchorKindOf, confidenceOf, correctedOf, MISCOUNT, passagesAfterOf } from '../occupancy.ts'
import { signal, type ShardRun } from '../shard-run.ts'
import { SIGNAL_STATE } from '../signal.ts'
import { lastPermitEnd, nextPermitEdge, permitAt } from './permit.ts'

// headcount-over, headcount-under: the corrected count has differed from the people registered, on one side, by more than is likely
// to be miscounted, for longer than the grace. It ends as soon as the count is equal or on the other side. A side that the policy
// does not watch counts as equal. While a permit covers the time nothing begins, and the grace runs from its end: who was let in has to
// leave first. The grace runs from the event's time, but from no earlier than LATENESS_MS before its receipt: a back-fill of old
// passages passes through counts that never were, and must not raise one.

/** Deliveries are seconds late in ordinary work; a minute is beyond all that and far below the grace of ten. */
const LATENESS_MS = 60_000
/** Of the corrected count, as `SITE_STATE.side` has it. */
export const SIDE = { equal: 0, over: 1, under: 2 } as const

/** People that the corrected count is above those registered. */
export const differenceOf = (run: ShardRun, site: number): number => correctedOf(run, site) - Math.max(0, run.sites.headcount[site] as number)

/** On which side of the people registered the corrected count is now. */
export const sideOf = (run: ShardRun, site: number): number => {
  const { headcount, kind, ended, observedUntil, policy } = run.sites
  if ((headcount[site] as number) < 0 || kind[site] === 0 || ended[site] !== 0 || run.received >= (observedUntil[site] as number)) return SIDE.equal
  const difference = differenceOf(run, site)
  if (difference === 0) return SIDE.equal
  const row = policy[site] as number
  const tolerated = (run.policy.headcountSigmas[row] as number) * Math.sqrt(passagesAfterOf(run, site) * MISCOUNT)
  if (difference > tolerated) return run.policy.headcountOver[row] === 1 ? SIDE.over : SIDE.equal
  return -difference > tolerated && run.policy.headcountUnder[row] === 1 ? SIDE.under : SIDE.equal
}

/** After anything that can change the counts, or what they are compared with. */
export const compareHeadcount = (run: ShardRun, site: number, time: number): void => {
  const { side, toldSide, toldLow, differsSince } = run.siteState
  const now = sideOf(run, site)
  if (now !== side[site]) {
    side[site] = now
    if (toldSide[site] !== SIDE.equal) tell(run, site, { state: SIGNAL_STATE.ended, time })
    // Never earlier than the one before: what was looked for may be for that.
    if (now !== SIDE.equal) differsSince[site] = Math.max(differsSince[site] as number, Math.min(time, run.received), run.received - LATENESS_MS)
    markSite(run, site)
  } else if (toldSide[site] !== SIDE.equal && toldLow[site] !== levelOf(run, site)) markSite(run, site)
}

const levelOf = (run: ShardRun, site: number): number =>
  confidenceOf(run, site) < (run.policy.headcountConfidenceMin[run.sites.policy[site] as number] as number) ? 1 : 0

const tell = (run: ShardRun, site: number, { state, time }: { readonly state: number; readonly time: number }): void => {
  const { side, toldSide, toldLow } = run.siteState
  const told = (state === SIGNAL_STATE.ended ? toldSide[site] : side[site]) as number
  const level = state === SIGNAL_STATE.ended ? 0 : levelOf(run, site)
  toldSide[site] = state === SIGNAL_STATE.ended ? SIDE.equal : told
  toldLow[site] = level
  const kind = told === SIDE.over ? ALARM['headcount-over'].no : ALARM['headcount-under'].no
  signal(run, { kind, state, watch: 0, site, time, value: differenceOf(run, site), level })
}

/** At a tick: whether the side has been what it is for long enough. */
export const headcountCheck = (run: ShardRun, site: number, live: boolean): void => {
  compareHeadcount(run, site, run.received)
  const { side, toldSide, toldLow, differsSince } = run.siteState
  const now = side[site] as number
  if (now === SIDE.equal) return
  if (toldSide[site] === now) {
    if (toldLow[site] !== levelOf(run, site)) tell(run, site, { state: SIGNAL_STATE.level, time: run.received })
    return
  }
  if (!live) return lookSiteAt(run, site, Math.max(run.received, run.sites.observedFrom[site] as number))
  const due = dueAt(run, site)
  if (due > run.received) return lookSiteAt(run, site, due)
  tell(run, site, { state: SIGNAL_STATE.began, time: differsSince[site] as number })
}

/** When what differs now is to be told, or looked at again; Infinity: never, for it is permit-overrun's. */
const dueAt = (run: ShardRun, site: number): number => {
  const { received } = run
  const since = run.siteState.differsSince[site] as number
  if (run.sites.permitHead[site] === 0) return since + graceOf(run, site)
  if (permitAt(run, site, received) !== 0) return nextPermitEdge(run, site, received)
  const ended = lastPermitEnd(run, site, received)
  if (run.siteState.side[site] === SIDE.over && since < ended && permitAt(run, site, since) !== 0) return Infinity
  return Math.max(since, ended) + graceOf(run, site)
}

/** None right after people were counted by people. */
const graceOf = (run: ShardRun, site: number): number =>
  anchorKindOf(run, site) === ANCHOR.rollCall && passagesAfterOf(run, site) === 0
    ? 0
    : (run.policy.headcountGraceMs[run.sites.policy[site] as number] as number)
