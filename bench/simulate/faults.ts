// What happens to devices: incidents and near misses of tamper, offline, low battery and wrong clock, and the ordinary mischief
// that must raise nothing: reboots, clocks that run a little ahead or behind. Every seal has at most one of the former a day.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { act, CONTROL, DAY, DELIVERY, HOUR, incident, MINUTE, nearMiss, SECOND, takeSlot, type Draft } from './plan.ts'

const { residence } = POLICY_DEFAULT.kinds
const AHEAD = POLICY_DEFAULT.clockAheadMsMax
const OFFLINE = residence.heartbeatMs * residence.heartbeatsMissedMax
const { prompt, twice } = DELIVERY
/** The nearest to three missed heartbeats that the grid of 5 s allows: 2.92 of them. */
const NEARLY_OFFLINE = OFFLINE - 5 * SECOND

type Fault = (draft: Draft, seal: number, at: number) => void
type Casting = { readonly fault: Fault; readonly times: number }

const beat = (draft: Draft, seal: number, at: number, shift = 0): void => act(draft, { at, seal, kind: EVENT.HEARTBEAT, delivery: prompt, shift })

/** `clock`: what its clock says meanwhile; a tamper alarm must be raised by any. */
const tampered =
  (clock: number | undefined): Fault =>
  (draft, seal, at) => {
    if (clock !== undefined) {
      act(draft, { at: 1, seal, kind: CONTROL.steady })
      act(draft, { at: at - SECOND, seal, kind: clock })
      incident(draft, { kind: 'clock-wrong', seal, at: at, note: 'with a tamper' })
    }
    act(draft, { at, seal, kind: EVENT.TAMPERED, value: draft.random.int(1, 4), delivery: twice })
    incident(draft, { kind: 'tamper', seal, at, note: clock === undefined ? 'tampered' : 'tampered, with a wrong clock' })
    if (clock !== undefined) act(draft, { at: at + 20 * SECOND, seal, kind: CONTROL.clock, value: 0 })
    if (draft.random.chance(0.6)) act(draft, { at: at + draft.random.int(1, 30) * MINUTE, seal, kind: EVENT.TAMPER_RESTORED })
  }
const restoredOnly: Fault = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.TAMPER_RESTORED, delivery: prompt })
  nearMiss(draft, { kind: 'tamper', seal, at, note: 'restored, never tampered' })
}
const beamOnly: Fault = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.BEAM_BLOCKED, delivery: prompt })
  act(draft, { at: at + 30 * SECOND, seal, kind: EVENT.BEAM_CLEARED, delivery: prompt })
  nearMiss(draft, { kind: 'tamper', seal, at, note: 'only the beam' })
}
/** Buffered for longer than anybody would act on: stored, no alarm. */
const tamperedLongAgo: Fault = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.TAMPERED, value: 1, delivery: twice, shift: -(POLICY_DEFAULT.alarmAgeMsMax + SECOND) })
  nearMiss(draft, { kind: 'tamper', seal, at, note: 'a day and a second late' })
}

/** Nothing is heard for longer than the set time; `down` and `up` say why. A last heartbeat on the grid starts the count. */
const offline =
  (down: number, up: number, note: string): Fault =>
  (draft, seal, at) => {
    const minutesMax = draft.sites[draft.seals[seal]?.site as number]?.kind === 'building' ? 9 : 30
    beat(draft, seal, at)
    act(draft, { at: at + 1, seal, kind: down })
    act(draft, { at: at + draft.random.int(4, minutesMax) * MINUTE, seal, kind: up })
    incident(draft, { kind: 'offline', seal, at, limitMs: OFFLINE, note })
  }
const nearlyOffline: Fault = (draft, seal, at) => {
  beat(draft, seal, at)
  act(draft, { at: at + 1, seal, kind: CONTROL.linkDown })
  act(draft, { at: at + NEARLY_OFFLINE, seal, kind: CONTROL.linkUp })
  nearMiss(draft, { kind: 'offline', seal, at, limitMs: OFFLINE, note: '2.9 missed heartbeats' })
}

const lowBattery: Fault = (draft, seal, at) => {
  act(draft, { at: at - SECOND, seal, kind: CONTROL.battery, value: residence.batteryLowMv - draft.random.int(1, 80) })
  beat(draft, seal, at)
  incident(draft, { kind: 'low-battery', seal, at, note: 'below the limit' })
  // A little better, but not well: it stays one alarm.
  act(draft, { at: at + 30 * MINUTE, seal, kind: CONTROL.battery, value: residence.batteryOkMv - 5 })
}
const nearlyLowBattery: Fault = (draft, seal, at) => {
  act(draft, { at: at - SECOND, seal, kind: CONTROL.battery, value: residence.batteryLowMv + 1 })
  beat(draft, seal, at)
  act(draft, { at: at + MINUTE, seal, kind: CONTROL.battery, value: residence.batteryLowMv })
  nearMiss(draft, { kind: 'low-battery', seal, at, note: '3,001 mV, then 3,000', lastsMs: DAY })
}

/** The clock is wrong for some minutes, for every event. */
const clockWrong =
  (control: number, value: number, note: string): Fault =>
  (draft, seal, at) => {
    act(draft, { at: 1, seal, kind: CONTROL.steady })
    act(draft, { at: at - SECOND, seal, kind: control, value })
    beat(draft, seal, at)
    incident(draft, { kind: 'clock-wrong', seal, at, note })
    act(draft, { at: at + draft.random.int(5, 40) * MINUTE, seal, kind: CONTROL.clock, value: 0 })
  }
/** One event from a clock this far ahead or behind. */
const clockShift =
  (shift: number, note: string): Fault =>
  (draft, seal, at) => {
    act(draft, { at: 1, seal, kind: CONTROL.steady })
    beat(draft, seal, at, shift)
    const claim = { kind: 'clock-wrong', seal, at, note } as const
    if (shift > AHEAD) incident(draft, claim)
    else nearMiss(draft, claim)
  }

const FAULTS: readonly Casting[] = [
  { fault: tampered(undefined), times: 36 },
  { fault: tampered(CONTROL.clock1970), times: 4 },
  { fault: tampered(CONTROL.clockNone), times: 4 },
  { fault: restoredOnly, times: 50 },
  { fault: tamperedLongAgo, times: 40 },
  { fault: beamOnly, times: 25 },
  { fault: offline(CONTROL.linkDown, CONTROL.linkUp, 'the link was down'), times: 20 },
  { fault: offline(CONTROL.powerDown, CONTROL.powerUp, 'the power was off'), times: 20 },
  { fault: nearlyOffline, times: 125 },
  { fault: lowBattery, times: 42 },
  { fault: nearlyLowBattery, times: 120 },
  { fault: clockWrong(CONTROL.clockNone, 0, 'no clock'), times: 10 },
  { fault: clockWrong(CONTROL.clock1970, 0, '1970'), times: 10 },
  { fault: clockWrong(CONTROL.clock, DAY, 'tomorrow'), times: 8 },
  { fault: clockShift(AHEAD + SECOND, '121 s ahead'), times: 12 },
  { fault: clockShift(AHEAD - SECOND, '119 s ahead'), times: 60 },
  { fault: clockShift(AHEAD, '120 s ahead'), times: 30 },
  { fault: clockShift(-20 * HOUR, '20 h behind'), times: 25 },
]
const FULL_FLEET = 2_000
/** Ordinary clocks are within this of the truth: less than any margin of an ordinary scene. */
const DRIFT_MS_MAX = 45 * SECOND
const SHARE = { drifting: 0.05, rebooting: 0.01 }

/** Call after addScripts: a seal whose observation ends today, and doors with leaves, have no faults of the link. */
export const addFaults = (draft: Draft): void => {
  const share = Math.min(1, draft.seals.length / FULL_FLEET)
  const pool = draft.random.shuffle(draft.seals.map((_, index) => index).filter((index) => mayFail(draft, index)))
  let next = 0
  for (const { fault, times } of FAULTS) {
    for (let i = Math.ceil(times * share); i > 0 && next < pool.length; i--) {
      const seal = pool[next++] as number
      const at = takeSlot(draft, seal)
      if (at !== undefined) fault(draft, seal, at)
    }
  }
  // Only where no scene is planned: scenes rely on their seal's clock.
  for (const seal of pool.slice(next)) if (draft.slots[seal] === 0) mischief(draft, seal)
}

const mayFail = (draft: Draft, index: number): boolean => {
  const site = draft.sites[draft.seals[index]?.site as number]
  if (site === undefined || site.observedUntil !== undefined) return false
  // An outage that begins between a leaf's opening and its closing would rightly look like a door that stands open.
  return site.kind !== 'building' || index === site.seals[0] || index === site.seals.at(-1)
}

const mischief = (draft: Draft, seal: number): void => {
  const { random } = draft
  if (random.chance(SHARE.drifting)) act(draft, { at: 0, seal, kind: CONTROL.clock, value: random.int(-DRIFT_MS_MAX, DRIFT_MS_MAX) })
  if (random.chance(SHARE.rebooting)) act(draft, { at: random.int(HOUR, 23 * HOUR), seal, kind: CONTROL.reboot })
}
