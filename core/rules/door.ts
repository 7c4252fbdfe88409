import { ALARM } from '../kinds.ts'
import { conditionGone, conditionHolds, happened } from '../conditions.ts'
import { isInForce, shardOf, signal, type ShardRun } from '../shard-run.ts'
import { SIGNAL_STATE } from '../signal.ts'
import { CONDITION, WATCH_FLAG } from '../state.ts'
import { setTimer, TIMER } from '../timers.ts'
import { permitAt, useOpening } from './permit.ts'

// The door of one watch: its newest state wins, by event time, then boot and seq.
// door-opened: opened where a permit is needed and none with an opening left covers the event's time; ends when the door closes.
// An opening that arrives behind a newer state of the door has happened and is over.
// door-held-open: stands open for the limit or longer, counted from the newest DOOR_OPENED (a second one without a close
// between means a close was lost). A permit that covers now excuses it until the permit ends. A door whose opening and closing
// arrive late, together, and that stood open for the limit, is told as begun and ended.

const isNewer = (run: ShardRun): boolean => {
  const { watch, time, boot, seq } = run.current
  const { flags, doorTime, doorBoot, doorSeq } = run.watches
  if (((flags[watch] as number) & WATCH_FLAG.doorKnown) === 0 || time !== doorTime[watch]) return time >= (doorTime[watch] as number)
  return boot !== doorBoot[watch] ? boot > (doorBoot[watch] as number) : seq > (doorSeq[watch] as number)
}

const remember = (run: ShardRun, open: boolean): void => {
  const { watch, time, boot, seq } = run.current
  const { flags, doorTime, doorBoot, doorSeq } = run.watches
  doorTime[watch] = time
  doorBoot[watch] = boot
  doorSeq[watch] = seq
  const others = (flags[watch] as number) & ~WATCH_FLAG.doorOpen
  flags[watch] = others | WATCH_FLAG.doorKnown | (open ? WATCH_FLAG.doorOpen : 0)
}

export const doorOpened = (run: ShardRun): void => {
  const { watch, site, kind, time, quiet } = run.current
  const newer = isNewer(run)
  if (newer) remember(run, true)
  const permitted = run.policy.permitNeeded[kind] === 0 || useOpening(run, site, time)
  if (quiet) return
  if (!permitted && newer) conditionHolds(run, watch, CONDITION.doorOpened, 0)
  else if (!permitted) happened(run, watch, CONDITION.doorOpened, 0)
  if (newer) watchOpenDoor(run, watch, time + (run.policy.heldOpenMs[kind] as number))
}

const watchOpenDoor = (run: ShardRun, watch: number, deadline: number): void => {
  const { flags } = run.watches
  if (deadline === Infinity || ((flags[watch] as number) & (WATCH_FLAG.timerHeld | WATCH_FLAG.heldOpen)) !== 0) return
  flags[watch] = (flags[watch] as number) | WATCH_FLAG.timerHeld
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), deadline, TIMER.heldOpen, watch)
}

export const doorClosed = (run: ShardRun): void => {
  const { watch, site, kind, time, quiet } = run.current
  if (!isNewer(run)) return
  const { flags, doorTime } = run.watches
  const before = flags[watch] as number
  const openedAt = doorTime[watch] as number
  remember(run, false)
  conditionGone(run, watch, CONDITION.doorOpened, 0)
  if ((before & WATCH_FLAG.heldOpen) !== 0) return heldOpenEnds(run, watch, time)
  const limit = run.policy.heldOpenMs[kind] as number
  if (quiet || (before & WATCH_FLAG.doorOpen) === 0 || time - openedAt < limit || permitAt(run, site, time) !== 0) return
  heldOpen(run, watch, SIGNAL_STATE.began, openedAt + limit)
  heldOpenEnds(run, watch, time)
}

export const heldOpenEnds = (run: ShardRun, watch: number, time: number): void => {
  run.watches.flags[watch] = (run.watches.flags[watch] as number) & ~WATCH_FLAG.heldOpen
  heldOpen(run, watch, SIGNAL_STATE.ended, time)
}

const heldOpen = (run: ShardRun, watch: number, state: number, time: number): void => {
  const site = run.directory.watches.columns.site[watch] as number
  const openMs = Math.max(0, (state === SIGNAL_STATE.began ? run.received : time) - (run.watches.doorTime[watch] as number))
  signal(run, { kind: ALARM['door-held-open'].no, state, watch, site, time, value: state === SIGNAL_STATE.began ? openMs : 0 })
}

export const heldOpenDue = (run: ShardRun, watch: number): void => {
  const { flags, doorTime } = run.watches
  const { site, kind } = run.directory.watches.columns
  flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.timerHeld
  if (((flags[watch]) & WATCH_FLAG.doorOpen) === 0 || !isInForce(run, watch)) return
  const opened = doorTime[watch] as number
  const deadline = opened + (run.policy.heldOpenMs[kind[watch] as number] as number)
  if (deadline > run.received) return watchOpenDoor(run, watch, deadline)
  const permit = permitAt(run, site[watch] as number, run.received)
  if (permit !== 0) return watchOpenDoor(run, watch, run.permits.until[permit] as number)
  flags[watch] = (flags[watch]) | WATCH_FLAG.heldOpen
  heldOpen(run, watch, SIGNAL_STATE.began, deadline)
}
