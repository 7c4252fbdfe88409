import { ALARM } from '../kinds.ts'
import { endWatchChecks } from '../checks.ts'
import { endConditions } from '../conditions.ts'
import { isInForce, shardOf, signal, siteChanged, type ShardRun } from '../shard-run.ts'
import { SIGNAL_STATE } from '../signal.ts'
import { WATCH_FLAG } from '../state.ts'
import { setTimer, TIMER } from '../timers.ts'
import { heldOpenEnds } from './door.ts'
import { gapOver } from './gap.ts'

// offline: nothing was heard of a watch's seal for as long as its kind's missed heartbeats take, in wall time, counted from the
// last event that was no repeat, or from when the watch began where there was none. Ends with the next event. The timer lives as
// long as the watch does, and comes up once in that time; a watch that is over ends what it had told, and its timer with it.

const limitOf = (run: ShardRun, watch: number): number => {
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  return (run.policy.heartbeatMs[row] as number) * (run.policy.heartbeatsMissedMax[row] as number)
}

/** Sets the timer of a watch that has none. For a new watch, and for one that is in force again; `soon`: it is looked at at the next tick. */
export const watchHeartbeat = (run: ShardRun, watch: number, soon = false): void => {
  const { flags, lastHeard } = run.watches
  const { from, observedFrom, site } = run.directory.watches.columns
  if (((flags[watch] as number) & WATCH_FLAG.timerOffline) !== 0 || !isInForce(run, watch)) return
  if (lastHeard[watch] === 0) lastHeard[watch] = -Math.max(run.received, from[watch] as number, observedFrom[watch] as number)
  flags[watch] = (flags[watch] as number) | WATCH_FLAG.timerOffline
  const deadline = soon ? run.received : Math.abs(lastHeard[watch] as number) + limitOf(run, watch)
  setTimer(shardOf(run, site[watch] as number), deadline, TIMER.offline, watch)
}

/** A watch begins, or its site is observed again: silence counts from now, for what came meanwhile was not admitted. */
export const watchBegins = (run: ShardRun, watch: number): void => {
  const { from, observedFrom } = run.directory.watches.columns
  run.watches.lastHeard[watch] = -Math.max(run.received, from[watch] as number, observedFrom[watch] as number)
  watchHeartbeat(run, watch)
}

/** An event that was no repeat was received. */
export const heard = (run: ShardRun, watch: number): void => {
  const { flags, lastHeard } = run.watches
  lastHeard[watch] = run.received
  const before = flags[watch] as number
  if ((before & (WATCH_FLAG.online | WATCH_FLAG.timerOffline)) === (WATCH_FLAG.online | WATCH_FLAG.timerOffline)) return
  if (!isInForce(run, watch)) return
  if ((before & WATCH_FLAG.online) === 0) {
    run.online += 1
    siteChanged(run, run.directory.watches.columns.site[watch] as number)
  }
  flags[watch] = (before | WATCH_FLAG.online) & ~WATCH_FLAG.offline
  if ((before & WATCH_FLAG.offline) !== 0) tell(run, watch, SIGNAL_STATE.ended, { time: run.received, value: 0 })
  watchHeartbeat(run, watch)
}

const tell = (run: ShardRun, watch: number, state: number, { time, value }: { readonly time: number; readonly value: number }): void =>
  signal(run, { kind: ALARM.offline.no, state, watch, site: run.directory.watches.columns.site[watch] as number, time, value })

const leaveOnline = (run: ShardRun, watch: number): void => {
  const { flags } = run.watches
  siteChanged(run, run.directory.watches.columns.site[watch] as number)
  if (((flags[watch] as number) & WATCH_FLAG.online) !== 0) run.online -= 1
  flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.online
}

export const offlineDue = (run: ShardRun, watch: number): void => {
  const { flags, lastHeard } = run.watches
  flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.timerOffline
  if (!isInForce(run, watch)) return watchOver(run, watch)
  const since = Math.abs(lastHeard[watch] as number)
  let deadline = since + limitOf(run, watch)
  if (deadline <= run.received) {
    if ((flags[watch] & WATCH_FLAG.offline) === 0) {
      leaveOnline(run, watch)
      flags[watch] = flags[watch] | WATCH_FLAG.offline
      tell(run, watch, SIGNAL_STATE.began, { time: deadline, value: run.received - since })
    }
    // Still alive as a watch: looked at again, to see when it is over.
    deadline = run.received + limitOf(run, watch)
  } else if ((flags[watch] & WATCH_FLAG.online) === 0) backInTime(run, watch)
  flags[watch] = flags[watch] | WATCH_FLAG.timerOffline
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), deadline, TIMER.offline, watch)
}

/** Nothing was heard, but the policy allows longer now: it is not offline any more, or not yet. */
const backInTime = (run: ShardRun, watch: number): void => {
  const { flags, lastHeard } = run.watches
  const before = flags[watch] as number
  const wasHeard = (lastHeard[watch] as number) > 0
  if (wasHeard) run.online += 1
  flags[watch] = (before & ~WATCH_FLAG.offline) | (wasHeard ? WATCH_FLAG.online : 0)
  if (wasHeard || (before & WATCH_FLAG.offline) !== 0) siteChanged(run, run.directory.watches.columns.site[watch] as number)
  if ((before & WATCH_FLAG.offline) !== 0) tell(run, watch, SIGNAL_STATE.ended, { time: run.received, value: 0 })
}

/** A watch that is no longer in force: the desk hears that its conditions are gone. */
export const watchOver = (run: ShardRun, watch: number): void => {
  const { flags } = run.watches
  leaveOnline(run, watch)
  endConditions(run, watch)
  endWatchChecks(run, watch)
  gapOver(run, watch)
  if (((flags[watch] as number) & WATCH_FLAG.heldOpen) !== 0) heldOpenEnds(run, watch, run.received)
  if (((flags[watch] as number) & WATCH_FLAG.offline) !== 0) tell(run, watch, SIGNAL_STATE.ended, { time: run.received, value: 0 })
  flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.offline
}
