// Batteries: low ones, and those whose end can be foreseen from the heartbeats that the seal has kept of the days before.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { Casting, Scene } from './casting.ts'
import { act, CONTROL, DAY, DELIVERY, incident, MINUTE, nearMiss, SECOND, type Draft, type Seal } from './plan.ts'
import { GRID_MS } from './slots.ts'

const { residence } = POLICY_DEFAULT.kinds
const LOW = residence.batteryLowMv
const OK = residence.batteryOkMv
const { prompt } = DELIVERY

const beat = (draft: Draft, seal: number, at: number): void => act(draft, { at, seal, kind: EVENT.HEARTBEAT, delivery: prompt })
const set = (draft: Draft, seal: number, battery: Partial<Pick<Seal, 'batteryMv' | 'batteryFallMv' | 'batterySwingMv' | 'stored'>>): void => {
  Object.assign(draft.seals[seal] as Seal, battery)
}

/** A worn cell that holds its voltage, and falls below the limit for two minutes under load: it stays one alarm, for it is never well. */
const low: Scene = (draft, seal, at) => {
  set(draft, seal, { batteryMv: draft.random.int(LOW + 5, OK - 5), batteryFallMv: 0 })
  act(draft, { at: at - SECOND, seal, kind: CONTROL.battery, value: LOW - draft.random.int(1, 80) })
  beat(draft, seal, at)
  incident(draft, { kind: 'low-battery', seal, at, note: 'below the limit' })
  act(draft, { at: at + 2 * MINUTE, seal, kind: CONTROL.battery, value: 0 })
}
const nearlyLow: Scene = (draft, seal, at) => {
  set(draft, seal, { batteryMv: LOW + 1, batteryFallMv: 0 })
  act(draft, { at, seal, kind: CONTROL.battery, value: LOW })
  nearMiss(draft, { kind: 'low-battery', seal, at, note: '3,001 mV, then 3,000', lastsMs: DAY })
}

/**
 * What a device can keep is some hundreds of messages, so it keeps one heartbeat in about twenty minutes: 13 days of them. The engine
 * tells repeats 1,024 numbers back; what is live until a scene lets the stored ones go fits beside them.
 */
const STORED = 900
/** Early, before the first time that losses are judged (docs/detectors.md, sequence-gap). */
const BACKFILL_MS: readonly [number, number] = [MINUTE, 15 * MINUTE]
const backfill = (draft: Draft, seal: number): number => {
  const at = draft.random.int(BACKFILL_MS[0] / GRID_MS, BACKFILL_MS[1] / GRID_MS) * GRID_MS
  act(draft, { at, seal, kind: CONTROL.backfill })
  return at
}
const DAYS = residence.batteryForecastDays as number
const END = residence.batteryEndMv
const ending =
  (days: number, fallMv: number, note: string): Scene =>
  (draft, seal) => {
    set(draft, seal, { batteryMv: Math.round(END + days * fallMv), batteryFallMv: fallMv, stored: STORED })
    const at = backfill(draft, seal)
    const claim = { kind: 'battery-forecast', seal, at, note: `${note}: ends in ${days} days` } as const
    if (days < DAYS) incident(draft, claim)
    else nearMiss(draft, { ...claim, lastsMs: DAY })
  }
/** Its voltage follows the temperature of the door by far more than it falls: no line fits. */
const swinging: Scene = (draft, seal) => {
  set(draft, seal, { batteryMv: END + 350, batteryFallMv: 10, batterySwingMv: 90, stored: STORED })
  const at = backfill(draft, seal)
  nearMiss(draft, { kind: 'battery-forecast', seal, at, note: 'a voltage that swings with the day', lastsMs: DAY })
}
const steady: Scene = (draft, seal) => {
  set(draft, seal, { batteryMv: END + 350, batteryFallMv: 0, stored: STORED })
  const at = backfill(draft, seal)
  nearMiss(draft, { kind: 'battery-forecast', seal, at, note: 'worn, and steady', lastsMs: DAY })
}

export const BATTERIES: readonly Casting[] = [
  { scene: low, times: 42 },
  { scene: ending(12, 26, 'falls fast'), times: 20 },
  { scene: ending(DAYS - 2, 12, 'falls slowly'), times: 15 },
  { scene: ending(DAYS + 3, 12, 'falls slowly'), times: 40 },
  { scene: nearlyLow, times: 105 },
  { scene: swinging, times: 35 },
  { scene: steady, times: 30 },
]
