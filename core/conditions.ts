import { ALARM, alarmKindName } from './kinds.ts'
import { SIGNAL_STATE } from './signal.ts'
import { CONDITION, CONDITIONS, holdsBit, toldBit, WATCH_FLAG } from './state.ts'
import { addTo, takeList } from './shard-list.ts'
import { isInForce, shardOf, signal, type ShardRun } from './shard-run.ts'

// How often a watch may speak: a condition of one watch is told at once, then at most once between two ticks; what happened
// in between is counted and told at the next tick, as one `again` and, where it changed, the state as it then is. The interval
// is that between two tick entries of the log, so batching, splitting and threads change nothing.

const KIND_OF: readonly number[] = [
  ALARM['door-opened'].no,
  ALARM.tamper.no,
  ALARM['low-battery'].no,
  ALARM['clock-wrong'].no,
  ALARM['passage-unpermitted'].no,
  ALARM.fever.no,
]
const PERSON_CLOSES: readonly boolean[] = KIND_OF.map((no) => ALARM[alarmKindName(no)].closing === 'person')
/** Fevers are alarms of their own, each a person, so they are not merged until a terminal reports more than people could walk: 16 a second. */
const FEVERS_A_TICK_MAX = 16
const MISSED_MAX = 0xffff

/** Whether `condition` may be told now; if so it counts as told in this interval. */
const mayTell = (run: ShardRun, watch: number, condition: number): boolean => {
  const { toldTick, toldMask } = run.watches
  if (toldTick[watch] !== run.tick) {
    toldTick[watch] = run.tick
    toldMask[watch] = 0
  }
  const mask = toldMask[watch] as number
  if ((mask & (1 << condition)) !== 0) return false
  toldMask[watch] = mask | (1 << condition)
  return true
}

/** Of these kinds (bit `no - 1`) nothing counts as told: what holds is told at the next tick. */
export const forgetConditions = (run: ShardRun, watch: number, kinds: number): void => {
  const { flags } = run.watches
  for (let condition = 0; condition < CONDITIONS; condition += 1) {
    if ((kinds & (1 << ((KIND_OF[condition] as number) - 1))) === 0 || ((flags[watch] as number) & toldBit(condition)) === 0) continue
    flags[watch] = (flags[watch] as number) & ~toldBit(condition)
    tellLater(run, watch, condition, 0)
  }
}

const tellLater = (run: ShardRun, watch: number, condition: number, occurrences: number): void => {
  const { flags, missed } = run.watches
  const at = watch * CONDITIONS + condition
  missed[at] = Math.min((missed[at] as number) + occurrences, MISSED_MAX)
  const old = flags[watch] as number
  if ((old & WATCH_FLAG.dirty) !== 0) return
  flags[watch] = old | WATCH_FLAG.dirty
  addTo(shardOf(run, run.directory.watches.columns.site[watch] as number), 'dirty', watch)
}

const tell = (run: ShardRun, watch: number, told: Told): void => {
  const site = run.directory.watches.columns.site[watch] as number
  signal(run, {
    kind: KIND_OF[told.condition] as number,
    state: told.state,
    watch,
    site,
    time: told.time,
    value: told.value,
    boot: told.boot ?? 0,
    seq: told.seq ?? 0,
  })
  const { flags } = run.watches
  if (told.state === SIGNAL_STATE.began) flags[watch] = (flags[watch] as number) | toldBit(told.condition)
  if (told.state === SIGNAL_STATE.ended) flags[watch] = (flags[watch] as number) & ~toldBit(told.condition)
}
type Told = { readonly condition: number; readonly state: number; readonly time: number; readonly value: number; readonly boot?: number; readonly seq?: number }

/** The condition holds, as of an event of now: it began, or was seen again. */
export const conditionHolds = (run: ShardRun, watch: number, condition: number, value: number): void => {
  const { flags } = run.watches
  const old = flags[watch] as number
  flags[watch] = old | holdsBit(condition)
  if (!mayTell(run, watch, condition)) return tellLater(run, watch, condition, 1)
  const state = (old & toldBit(condition)) === 0 ? SIGNAL_STATE.began : SIGNAL_STATE.again
  tell(run, watch, { condition, state, time: run.current.time, value: state === SIGNAL_STATE.again ? 1 : value })
}

/** The condition is gone, as of an event of now. */
export const conditionGone = (run: ShardRun, watch: number, condition: number, value: number): void => {
  const { flags } = run.watches
  const old = flags[watch] as number
  flags[watch] = old & ~holdsBit(condition)
  if ((old & toldBit(condition)) === 0) return
  if (!mayTell(run, watch, condition)) return tellLater(run, watch, condition, 0)
  tell(run, watch, { condition, state: SIGNAL_STATE.ended, time: run.current.time, value })
}

/** It happened and is over. */
export const happened = (run: ShardRun, watch: number, condition: number, value: number): void => {
  if (!mayTell(run, watch, condition)) return tellLater(run, watch, condition, 1)
  const { time, boot, seq } = run.current
  tell(run, watch, { condition, state: SIGNAL_STATE.momentary, time, value, boot, seq })
}

/** One person's fever, under a key of its own. */
export const feverSeen = (run: ShardRun, watch: number, value: number): void => {
  const { missed } = run.watches
  const { time, boot, seq } = run.current
  const condition = CONDITION.fever
  tellLater(run, watch, condition, 1)
  if ((missed[watch * CONDITIONS + condition] as number) > FEVERS_A_TICK_MAX) return
  tell(run, watch, { condition, state: SIGNAL_STATE.momentary, time, value, boot, seq })
}

/** At a tick: what the shard's watches have not told yet. */
export const tellMissed = (run: ShardRun, shardIndex: number): void => {
  const shard = run.shards[shardIndex]
  if (shard === undefined) return
  for (const watch of takeList(shard, 'dirty')) {
    run.watches.flags[watch] = (run.watches.flags[watch] as number) & ~WATCH_FLAG.dirty
    for (let condition = 0; condition < CONDITIONS; condition += 1) tellMissedOf(run, watch, condition)
  }
}

const tellMissedOf = (run: ShardRun, watch: number, condition: number): void => {
  const { missed, flags } = run.watches
  const at = watch * CONDITIONS + condition
  const count = missed[at] as number
  missed[at] = 0
  if (condition === CONDITION.fever) return tellFevers(run, watch, count)
  const holds = ((flags[watch] as number) & holdsBit(condition)) !== 0
  const told = ((flags[watch] as number) & toldBit(condition)) !== 0
  if (count === 0 && holds === told) return
  const time = timeOf(run, watch, condition)
  const say = (state: number, value: number): void => tell(run, watch, { condition, state, time, value })
  if (isInForce(run, watch)) {
    mayTell(run, watch, condition)
    // What happened and is over, of a kind that waits for a person: one `again` for all, which the desk makes an alarm of where none is open.
    const known = told || (!holds && PERSON_CLOSES[condition] === true)
    if (!known) say(holds ? SIGNAL_STATE.began : SIGNAL_STATE.momentary, valueOf(run, watch, condition))
    const more = known ? count : count - 1
    if (more > 0) say(SIGNAL_STATE.again, more)
  }
  if (told && !holds) say(SIGNAL_STATE.ended, 0)
}

const tellFevers = (run: ShardRun, watch: number, count: number): void => {
  if (count <= FEVERS_A_TICK_MAX) return
  tell(run, watch, { condition: CONDITION.fever, state: SIGNAL_STATE.again, time: run.received, value: count - FEVERS_A_TICK_MAX })
}

/** Event time of the state that a condition is in. */
const timeOf = (run: ShardRun, watch: number, condition: number): number => {
  if (condition === CONDITION.doorOpened) return run.watches.doorTime[watch] as number
  if (condition === CONDITION.tamper) return run.watches.tamperTime[watch] as number
  if (condition === CONDITION.lowBattery) return run.watches.batteryTime[watch] as number
  return run.received
}
const valueOf = (run: ShardRun, watch: number, condition: number): number => {
  if (condition === CONDITION.tamper) return run.watches.tamperReason[watch] as number
  if (condition === CONDITION.lowBattery) return run.watches.batteryMv[watch] as number
  return 0
}

/** The watch is over: whatever the desk was told of it ends. */
export const endConditions = (run: ShardRun, watch: number): void => {
  const { flags } = run.watches
  for (let condition = 0; condition < CONDITIONS; condition += 1) {
    flags[watch] = (flags[watch] as number) & ~holdsBit(condition)
    if ((flags[watch] & toldBit(condition)) !== 0) tell(run, watch, { condition, state: SIGNAL_STATE.ended, time: run.received, value: 0 })
  }
}
