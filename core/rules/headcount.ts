import { ALARM } from '../kinds.ts'
import { correctedOf } from '../occupancy.ts'
import { shardOf, signal, type ShardRun } from '../shard-run.ts'
import { SIGNAL_STATE } from '../signal.ts'
import { setTimer, TIMER } from '../timers.ts'

// headcount-over, headcount-under: the corrected count has differed from the people registered, on one side, for longer than the
// grace. It ends as soon as the count is equal or on the other side. A side that the policy does not watch counts as equal.
// The grace runs from the event's time, but from no earlier than LATENESS_MS before its receipt: a back-fill of old passages
// passes through counts that never were, and must not raise one.

/** Deliveries are seconds late in ordinary work; a minute is beyond all that and far below the grace of ten. */
const LATENESS_MS = 60_000
const OVER = 1
const UNDER = 2

const sideOf = (run: ShardRun, site: number): number => {
  const registered = run.sites.headcount[site] as number
  const kind = run.sites.kind[site] as number
  if (registered < 0 || kind === 0 || run.sites.ended[site] !== 0 || run.received >= (run.sites.observedUntil[site] as number)) return 0
  const inside = correctedOf(run, site)
  const row = run.sites.policy[site] as number
  if (inside > registered) return run.policy.headcountOver[row] === 1 ? OVER : 0
  return inside < registered && run.policy.headcountUnder[row] === 1 ? UNDER : 0
}

/** After anything that can change the counts, or what they are compared with. */
export const compareHeadcount = (run: ShardRun, site: number, time: number, quiet: boolean): void => {
  const { side, toldSide, timer, differsSince } = run.siteState
  const now = sideOf(run, site)
  if (now !== side[site]) {
    side[site] = now
    if (toldSide[site] !== 0 && toldSide[site] !== now) tell(run, site, toldSide[site] as number, { state: SIGNAL_STATE.ended, time })
    // Never earlier than the one before: the timer that is set may be for that.
    if (now !== 0) differsSince[site] = Math.max(differsSince[site] as number, Math.min(time, run.received), run.received - LATENESS_MS)
  }
  if (now === 0 || quiet || timer[site] !== 0 || toldSide[site] === now) return
  timer[site] = 1
  setTimer(shardOf(run, site), (differsSince[site] as number) + graceOf(run, site), TIMER.headcount, site)
}

const graceOf = (run: ShardRun, site: number): number => run.policy.headcountGraceMs[run.sites.policy[site] as number] as number

const tell = (run: ShardRun, site: number, side: number, { state, time }: { readonly state: number; readonly time: number }): void => {
  run.siteState.toldSide[site] = state === SIGNAL_STATE.began ? side : 0
  const kind = side === OVER ? ALARM['headcount-over'].no : ALARM['headcount-under'].no
  signal(run, { kind, state, watch: 0, site, time, value: correctedOf(run, site) })
}

export const headcountDue = (run: ShardRun, site: number): void => {
  const { side, toldSide, timer, differsSince } = run.siteState
  timer[site] = 0
  compareHeadcount(run, site, run.received, true)
  const now = side[site] as number
  if (now === 0 || toldSide[site] === now) return
  const due = (differsSince[site] as number) + graceOf(run, site)
  if (due > run.received) {
    timer[site] = 1
    setTimer(shardOf(run, site), due, TIMER.headcount, site)
    return
  }
  tell(run, site, now, { state: SIGNAL_STATE.began, time: differsSince[site] as number })
}
