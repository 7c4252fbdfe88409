// What happens to devices: incidents and near misses of tamper, offline, wrong clocks and lost events, and the ordinary mischief that
// must raise nothing: reboots, clocks that run ahead or behind. Every seal has at most one of the former a day.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { cast, type Casting, type Scene } from './casting.ts'
import { BATTERIES } from './batteries.ts'
import { act, CONTROL, DAY, DELIVERY, HOUR, incident, MINUTE, nearMiss, SECOND, steadyWithin, type Draft } from './plan.ts'

const { residence } = POLICY_DEFAULT.kinds
const AHEAD = POLICY_DEFAULT.clockAheadMsMax
const OFFLINE = residence.heartbeatMs * residence.heartbeatsMissedMax
const { prompt, twice } = DELIVERY
/** The nearest to three missed heartbeats that the grid of 5 s allows: 2.92 of them. */
const NEARLY_OFFLINE = OFFLINE - 5 * SECOND
/** What is on its way when a scene begins has arrived: nothing ordinary is later than ten minutes. */
const IN_FLIGHT = 11 * MINUTE

const beat = (draft: Draft, seal: number, at: number, shift = 0): void => act(draft, { at, seal, kind: EVENT.HEARTBEAT, delivery: prompt, shift })

/** `clock`: what its clock says meanwhile; a tamper alarm must be raised by any. */
const tampered =
  (clock: number | undefined): Scene =>
  (draft, seal, at) => {
    if (clock !== undefined) {
      steadyWithin(draft, seal, [at - IN_FLIGHT, at + MINUTE])
      act(draft, { at: at - SECOND, seal, kind: clock })
      incident(draft, { kind: 'clock-wrong', seal, at: at, note: 'with a tamper' })
    }
    act(draft, { at, seal, kind: EVENT.TAMPERED, value: draft.random.int(1, 4), delivery: twice })
    incident(draft, { kind: 'tamper', seal, at, note: clock === undefined ? 'tampered' : 'tampered, with a wrong clock' })
    if (clock !== undefined) act(draft, { at: at + 20 * SECOND, seal, kind: CONTROL.clock, value: 0 })
    if (draft.random.chance(0.6)) act(draft, { at: at + draft.random.int(1, 30) * MINUTE, seal, kind: EVENT.TAMPER_RESTORED })
  }
const restoredOnly: Scene = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.TAMPER_RESTORED, delivery: prompt })
  nearMiss(draft, { kind: 'tamper', seal, at, note: 'restored, never tampered' })
}
const beamOnly: Scene = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.BEAM_BLOCKED, delivery: prompt })
  act(draft, { at: at + 30 * SECOND, seal, kind: EVENT.BEAM_CLEARED, delivery: prompt })
  nearMiss(draft, { kind: 'tamper', seal, at, note: 'only the beam' })
}
/** Buffered for longer than anybody would act on: stored, no alarm. */
const tamperedLongAgo: Scene = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.TAMPERED, value: 1, delivery: twice, shift: -(POLICY_DEFAULT.alarmAgeMsMax + SECOND) })
  nearMiss(draft, { kind: 'tamper', seal, at, note: 'a day and a second late' })
}

/** Nothing is heard for longer than the set time; `down` and `up` say why. A last heartbeat on the grid starts the count. */
const offline =
  (down: number, up: number, note: string): Scene =>
  (draft, seal, at) => {
    const minutesMax = draft.sites[draft.seals[seal]?.site as number]?.kind === 'building' ? 9 : 30
    const until = at + draft.random.int(4, minutesMax) * MINUTE
    steadyWithin(draft, seal, [at - IN_FLIGHT, until + SECOND])
    beat(draft, seal, at)
    act(draft, { at: at + 1, seal, kind: down })
    act(draft, { at: until, seal, kind: up })
    incident(draft, { kind: 'offline', seal, at, limitMs: OFFLINE, note })
  }
const nearlyOffline: Scene = (draft, seal, at) => {
  steadyWithin(draft, seal, [at - IN_FLIGHT, at + NEARLY_OFFLINE + SECOND])
  beat(draft, seal, at)
  act(draft, { at: at + 1, seal, kind: CONTROL.linkDown })
  act(draft, { at: at + NEARLY_OFFLINE, seal, kind: CONTROL.linkUp })
  nearMiss(draft, { kind: 'offline', seal, at, limitMs: OFFLINE, note: '2.9 missed heartbeats' })
}

/** The clock is wrong for some minutes, for every event. Their time is then that of their arrival, so what is late would lie wrong. */
const clockWrong =
  (control: number, value: number, note: string): Scene =>
  (draft, seal, at) => {
    const until = at + draft.random.int(5, 40) * MINUTE
    steadyWithin(draft, seal, [at - IN_FLIGHT, until + SECOND])
    act(draft, { at: at - SECOND, seal, kind: control, value })
    beat(draft, seal, at)
    incident(draft, { kind: 'clock-wrong', seal, at, note })
    act(draft, { at: until, seal, kind: CONTROL.clock, value: 0 })
  }
/** One event from a clock this far ahead or behind. */
const clockShift =
  (shift: number, note: string): Scene =>
  (draft, seal, at) => {
    steadyWithin(draft, seal, [at - IN_FLIGHT, at + MINUTE])
    beat(draft, seal, at, shift)
    const claim = { kind: 'clock-wrong', seal, at, note } as const
    if (shift > AHEAD) incident(draft, claim)
    else nearMiss(draft, claim)
  }

const GAP_MIN = residence.gapEventsMin as number
const GAP_GRACE = residence.gapGraceMs
/** Every other heartbeat is lost (or, negative, comes eight minutes late), `count` in all, in one of the seal's own windows. */
const heartbeatsLost =
  (count: number, note: string): Scene =>
  (draft, seal, at) => {
    const phase = ((draft.seals[seal]?.low as number) % (GAP_GRACE / SECOND)) * SECOND
    const opens = Math.ceil((at - phase) / GAP_GRACE) * GAP_GRACE + phase
    steadyWithin(draft, seal, [opens - IN_FLIGHT, opens + 2 * GAP_GRACE])
    act(draft, { at: opens + 10 * SECOND, seal, kind: CONTROL.lossy, value: count })
    const claim = { kind: 'sequence-gap', seal, at: opens, limitMs: 2 * GAP_GRACE, note } as const
    if (count >= GAP_MIN) incident(draft, claim)
    else nearMiss(draft, { ...claim, lastsMs: 4 * GAP_GRACE })
  }

const FAULTS: readonly Casting[] = [
  { scene: tampered(undefined), times: 36 },
  { scene: tampered(CONTROL.clock1970), times: 4 },
  { scene: tampered(CONTROL.clockNone), times: 4 },
  { scene: restoredOnly, times: 45 },
  { scene: tamperedLongAgo, times: 35 },
  { scene: beamOnly, times: 25 },
  { scene: offline(CONTROL.linkDown, CONTROL.linkUp, 'the link was down'), times: 20 },
  { scene: offline(CONTROL.powerDown, CONTROL.powerUp, 'the power was off'), times: 20 },
  { scene: nearlyOffline, times: 90 },
  { scene: clockWrong(CONTROL.clockNone, 0, 'no clock'), times: 10 },
  { scene: clockWrong(CONTROL.clock1970, 0, '1970'), times: 10 },
  { scene: clockWrong(CONTROL.clock, DAY, 'tomorrow'), times: 8 },
  { scene: clockShift(AHEAD + SECOND, '121 s ahead'), times: 12 },
  { scene: clockShift(AHEAD - SECOND, '119 s ahead'), times: 50 },
  { scene: clockShift(AHEAD, '120 s ahead'), times: 30 },
  { scene: clockShift(-20 * HOUR, '20 h behind'), times: 25 },
  { scene: heartbeatsLost(GAP_MIN + 2, 'fourteen heartbeats lost'), times: 32 },
  { scene: heartbeatsLost(GAP_MIN - 1, 'eleven heartbeats lost'), times: 60 },
  { scene: heartbeatsLost(-(GAP_MIN + 2), 'fourteen heartbeats late'), times: 45 },
]
/** Of all seals: those whose clock is off all day, by up to so much; and those that start again once. */
const SHARE = { clocks: 0.02, rebooting: 0.01 }
const CLOCK_MS_MAX = 5 * MINUTE

/** Call after the scenes at doors: a seal whose observation ends today, and doors with leaves, have no faults of the link. */
export const addFaults = (draft: Draft, reserved: ReadonlySet<number>): void => {
  const pool = draft.random.shuffle([...draft.seals.keys()].filter((index) => mayFail(draft, index, reserved)))
  cast(draft, FAULTS, pool)
  // From the pool's end: no seal has a fault and a battery's day.
  cast(draft, BATTERIES, [...pool].reverse())
  const anySeal = draft.random.shuffle([...draft.seals.keys()].filter((index) => !isSpared(draft, index, reserved)))
  mischief(draft, pool, anySeal)
}

/** What plays in an outage, or whose observation ends today, has no faults beside. */
const isSpared = (draft: Draft, index: number, reserved: ReadonlySet<number>): boolean => {
  const no = draft.seals[index]?.site as number
  return reserved.has(no) || draft.sites[no]?.observedUntil !== undefined
}

const mayFail = (draft: Draft, index: number, reserved: ReadonlySet<number>): boolean => {
  const site = draft.sites[draft.seals[index]?.site as number]
  if (site === undefined || isSpared(draft, index, reserved)) return false
  // An outage that begins between a leaf's opening and its closing would rightly look like a door that stands open.
  return site.kind !== 'building' || index === site.seals[0] || index === site.seals.at(-1)
}

/** Only where no scene is planned: scenes rely on their seal's clock. */
const mischief = (draft: Draft, pool: readonly number[], anySeal: readonly number[]): void => {
  const { random } = draft
  const clocks = anySeal.filter((seal) => draft.slots[seal] === 0).slice(0, Math.round(draft.seals.length * SHARE.clocks))
  for (const seal of clocks) clockOff(draft, seal, random.int(-CLOCK_MS_MAX, CLOCK_MS_MAX + 1))
  const others = pool.filter((seal) => draft.slots[seal] === 0 && !draft.offClock.has(seal))
  for (const seal of others) if (random.chance(SHARE.rebooting)) reboot(draft, seal, random.int(HOUR, 23 * HOUR))
}
/** What a boot has lost and not told by its counter is lost for ever; a device that is told to start again has told. */
const reboot = (draft: Draft, seal: number, at: number): void => {
  steadyWithin(draft, seal, [at - IN_FLIGHT, at + SECOND])
  act(draft, { at, seal, kind: CONTROL.reboot })
}
/** More than two minutes ahead is told, and then the time of arrival stands, so such a seal's events come in order; less, or behind, is believed. */
const clockOff = (draft: Draft, seal: number, by: number): void => {
  if (by > AHEAD - SECOND && by <= AHEAD + 10 * SECOND) return
  const told = by > AHEAD
  draft.offClock.add(seal)
  const at = told ? 10 * MINUTE : 0
  if (told) act(draft, { at: 1, seal, kind: CONTROL.steady, value: 1 })
  act(draft, { at: Math.max(1, at - SECOND), seal, kind: CONTROL.clock, value: by })
  const note = `${Math.round(by / SECOND)} s ahead all day`
  if (!told) return void nearMiss(draft, { kind: 'clock-wrong', seal, at, note, lastsMs: DAY })
  beat(draft, seal, at)
  incident(draft, { kind: 'clock-wrong', seal, at, note })
}
