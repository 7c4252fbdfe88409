import { ALARM } from '../kinds.ts'
import { conditionGone, conditionHolds, happened } from '../conditions.ts'
import { keptCount, receivedAt, RING, slotOf, timeAt } from '../newest.ts'
import { isInForce, shardOf, signal, siteChanged, type ShardRun } from '../shard-run.ts'
import { SIGNAL_STATE } from '../signal.ts'
import { CONDITION, WATCH_FLAG } from '../state.ts'
import { setTimer, TIMER } from '../timers.ts'
import { doorKept } from '../watch-kept.ts'
import { isUnbroken } from '../window.ts'
import { permitAt } from './permit.ts'
import { siteDoorClosed, siteDoorOpened } from './site-doors.ts'

// The door of one watch: its newest state wins, by event time, then boot and seq.
// door-opened: opened where a permit is needed and none with an opening left covers the event's time; ends when the door closes.
// An opening that arrives behind a newer state of the door has happened and is over.
// door-held-open: stands open for the limit or longer, counted from the newest DOOR_OPENED (a second one without a close
// between means a close was lost). A permit that covers now excuses it until the permit ends. A door whose opening and closing
// arrive late, in either order, and that stood open for the limit, is told as begun and ended. Of late ones only those that arrive next
// to each other are paired (batches in order or newest-first): `spanFrom` to `spanUntil` is the opening and the closing
// that arrived last; an opening is paired with that closing where none between the two is known. It is told only where nothing was lost
// between the two, and none of the newest door events lies there: else they may be of different openings.

const isNewer = (run: ShardRun): boolean => {
  const { watch, time, boot, seq } = run.current
  const { flags, doorTime, doorBoot, doorSeq } = run.watches
  if (((flags[watch] as number) & WATCH_FLAG.doorKnown) === 0 || time !== doorTime[watch]) return time >= (doorTime[watch] as number)
  return boot !== doorBoot[watch] ? boot > (doorBoot[watch] as number) : seq > (doorSeq[watch] as number)
}

const remember = (run: ShardRun, open: boolean): void => {
  const { watch, site, time, boot, seq, quiet } = run.current
  const { flags, doorTime, doorBoot, doorSeq } = run.watches
  doorTime[watch] = time
  doorBoot[watch] = boot
  doorSeq[watch] = seq
  const others = (flags[watch] as number) & ~(WATCH_FLAG.doorOpen | WATCH_FLAG.doorQuiet)
  const now = others | WATCH_FLAG.doorKnown | (open ? WATCH_FLAG.doorOpen : 0) | (open && quiet ? WATCH_FLAG.doorQuiet : 0)
  if (now !== flags[watch]) siteChanged(run, site)
  flags[watch] = now
}

export const doorOpened = (run: ShardRun): void => {
  const { watch, policy, time, permit, quiet } = run.current
  const newer = isNewer(run)
  if (newer) openedAgain(run)
  if (newer) remember(run, true)
  doorKept(run, true, newer)
  const closing = spanOpened(run)
  siteDoorOpened(run, newer)
  const permitted = run.policy.permitNeeded[policy] === 0 || permit !== 0
  if (quiet) return
  if (!newer && closing !== null) stoodOpen(run, run.current, closing)
  if (!permitted && newer) conditionHolds(run, watch, CONDITION.doorOpened, 0)
  else if (!permitted) happened(run, watch, CONDITION.doorOpened, 0)
  if (newer) watchOpenDoor(run, watch, standsSince(time, run.received) + (run.policy.doorHeldOpenMs[policy] as number))
}

/** Open, and opened again: a closing was lost, so it has stood open from now only; unless that too is longer than the limit. */
const openedAgain = (run: ShardRun): void => {
  const { watch, policy, time } = run.current
  if (((run.watches.flags[watch] as number) & WATCH_FLAG.heldOpen) === 0) return
  if (standsSince(time, run.received) + (run.policy.doorHeldOpenMs[policy] as number) > run.received) heldOpenEnds(run, watch, time)
}

/** A seal whose clock is behind, or whose opening came late, is not told so much sooner: at most a minute counts of what nobody here saw. */
const UNSEEN_MS_MAX = 60_000
const standsSince = (time: number, received: number): number => Math.max(time, received - UNSEEN_MS_MAX)

type DoorEvent = { readonly time: number; readonly boot: number; readonly seq: number }

/** An opening arrived: returns the closing that it belongs to, or null. */
const spanOpened = (run: ShardRun): DoorEvent | null => {
  const { watch, time, boot, seq } = run.current
  const { spanFrom, spanFromBoot, spanFromSeq, spanUntil, spanUntilBoot, spanUntilSeq } = run.watches
  const [from, until] = [spanFrom[watch] as number, spanUntil[watch] as number]
  const within = until !== 0 && time < until
  if (!within || time < from) spanUntil[watch] = 0
  spanFrom[watch] = time
  spanFromBoot[watch] = boot
  spanFromSeq[watch] = seq
  return within && from === 0 ? { time: until, boot: spanUntilBoot[watch] as number, seq: spanUntilSeq[watch] as number } : null
}

/** A closing arrived: returns the opening that it belongs to, or null. */
const spanClosed = (run: ShardRun): DoorEvent | null => {
  const { watch, time, boot, seq } = run.current
  const { spanFrom, spanFromBoot, spanFromSeq, spanUntil, spanUntilBoot, spanUntilSeq } = run.watches
  const from = spanUntil[watch] === 0 && (spanFrom[watch] as number) < time ? (spanFrom[watch] as number) : 0
  spanFrom[watch] = from
  spanUntil[watch] = time
  spanUntilBoot[watch] = boot
  spanUntilSeq[watch] = seq
  return from === 0 ? null : { time: from, boot: spanFromBoot[watch] as number, seq: spanFromSeq[watch] as number }
}

/** An opening and a closing of which one is behind the door's state: told where the door stood open for the limit, without a permit at the closing. */
const stoodOpen = (run: ShardRun, opened: DoorEvent, closed: DoorEvent): void => {
  const { watch, site, policy } = run.current
  const limit = run.policy.doorHeldOpenMs[policy] as number
  if (closed.time - opened.time < limit || ((run.watches.flags[watch] as number) & WATCH_FLAG.heldOpen) !== 0 || permitAt(run, site, closed.time) !== 0) return
  const seal = run.directory.watches.columns.seal[watch] as number
  if (opened.boot !== closed.boot || !isUnbroken(run.windows, seal, opened.boot, { after: opened.seq, before: closed.seq })) return
  if (movedBetween(run, watch, opened.time, closed.time)) return
  const told = { kind: ALARM['door-held-open'].no, watch, site }
  signal(run, { ...told, state: SIGNAL_STATE.began, time: opened.time + limit, value: closed.time - opened.time })
  signal(run, { ...told, state: SIGNAL_STATE.ended, time: closed.time, value: 0 })
}

/** One of the newest door events lies between the two times. */
const movedBetween = ({ watchChecks }: ShardRun, watch: number, from: number, until: number): boolean => {
  for (let age = 0; age < keptCount(watchChecks, watch, RING.doors); age += 1) {
    const time = timeAt(watchChecks, watch, RING.doors, slotOf(watchChecks, watch, RING.doors, age))
    if (time <= from) return false
    if (time < until) return true
  }
  return false
}

const watchOpenDoor = (run: ShardRun, watch: number, deadline: number): void => {
  const { flags } = run.watches
  if (deadline === Infinity || ((flags[watch] as number) & (WATCH_FLAG.timerHeld | WATCH_FLAG.heldOpen)) !== 0) return
  flags[watch] = (flags[watch] as number) | WATCH_FLAG.timerHeld
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), deadline, TIMER.heldOpen, watch)
}

export const doorClosed = (run: ShardRun): void => {
  const { watch, time, quiet } = run.current
  const newer = isNewer(run)
  const late = spanClosed(run)
  if (!newer) {
    doorKept(run, false, false)
    if (!quiet && late !== null) stoodOpen(run, late, run.current)
    return
  }
  const before = run.watches.flags[watch] as number
  const opening = openingBefore(run)
  remember(run, false)
  doorKept(run, false, true)
  siteDoorClosed(run)
  conditionGone(run, watch, CONDITION.doorOpened, 0)
  if ((before & WATCH_FLAG.heldOpen) !== 0) return heldOpenEnds(run, watch, time)
  if (!quiet && opening !== null) stoodOpen(run, opening, run.current)
}

/** The opening that the newest state is, before a newer closing: it is the closing's own. */
const openingBefore = (run: ShardRun): DoorEvent | null => {
  const { watch } = run.current
  const { flags, doorTime, doorBoot, doorSeq, spanFrom, spanFromBoot, spanFromSeq } = run.watches
  const isOpen = ((flags[watch] as number) & WATCH_FLAG.doorOpen) !== 0
  spanFrom[watch] = isOpen ? (doorTime[watch] as number) : 0
  if (!isOpen) return null
  spanFromBoot[watch] = doorBoot[watch] as number
  spanFromSeq[watch] = doorSeq[watch] as number
  return { time: doorTime[watch] as number, boot: doorBoot[watch] as number, seq: doorSeq[watch] as number }
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
  const { watchChecks } = run
  const { site } = run.directory.watches.columns
  flags[watch] = (flags[watch] as number) & ~WATCH_FLAG.timerHeld
  if ((flags[watch] & (WATCH_FLAG.doorOpen | WATCH_FLAG.doorQuiet)) !== WATCH_FLAG.doorOpen || !isInForce(run, watch)) return
  // The newest that is kept of the door is its state.
  const received = receivedAt(watchChecks, watch, RING.doors, slotOf(watchChecks, watch, RING.doors, 0))
  const deadline = standsSince(doorTime[watch] as number, received) + (run.policy.doorHeldOpenMs[run.sites.policy[site[watch] as number] as number] as number)
  const told = (flags[watch] & WATCH_FLAG.heldOpen) !== 0
  if (deadline > run.received) {
    // Told already: the policy allows longer now.
    if (told) heldOpenEnds(run, watch, run.received)
    return watchOpenDoor(run, watch, deadline)
  }
  if (told) return
  const permit = permitAt(run, site[watch] as number, run.received)
  // Looked at again a second later, not at the end of the permit: it may be revoked, or another be made.
  if (permit !== 0) return watchOpenDoor(run, watch, Math.min(run.permits.until[permit] as number, run.received + 1000))
  flags[watch] = flags[watch] | WATCH_FLAG.heldOpen
  heldOpen(run, watch, SIGNAL_STATE.began, deadline)
}
