// Incidents and near misses at thermal terminals: fever by the fixed limit, by the terminal's own baseline, and terminals that drift.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { cast, type Casting, type Scene } from './casting.ts'
import { act, DELIVERY, HOUR, incident, MINUTE, nearMiss, SECOND, type Draft } from './plan.ts'
import { wholeHourIn } from './slots.ts'

const { gate } = POLICY_DEFAULT.kinds
const FEVER = gate.feverMilliC
const ABOVE = gate.feverAboveMilliC as number
const DRIFT = gate.thermalDriftMilliC as number
const NOMINAL = gate.thermalNominalMilliC
const READINGS = gate.thermalReadingsMin
const { prompt, twice } = DELIVERY

const reads = (draft: Draft, seal: number, at: number, value: number, delivery: number = prompt): void =>
  act(draft, { at, seal, kind: EVENT.TEMPERATURE, value, delivery })

const temperature =
  (milliC: number | undefined): Scene =>
  (draft, seal, at) => {
    const value = milliC ?? draft.random.int(FEVER, 39_500)
    reads(draft, seal, at, value, twice)
    const claim = { kind: 'fever', seal, at, note: `${value / 1000} °C` } as const
    if (value >= FEVER) incident(draft, claim)
    else nearMiss(draft, claim)
  }

/** So many readings in one hour of the night, when nobody else comes; their mean is `mean` exactly. Answers when the last one was. */
const series = (draft: Draft, seal: number, at: number, { count, mean }: { readonly count: number; readonly mean: number }): number => {
  const hour = wholeHourIn(at)
  const time = (i: number): number => hour + 5 * MINUTE + i * 30 * SECOND
  for (let i = 0; i < count; i++) reads(draft, seal, time(i), mean + (i === count - 1 && count % 2 === 1 ? 0 : i % 2 === 0 ? 120 : -120))
  return time(count - 1)
}
/** A terminal that reads low (or high) by more than the limit: its drift is told at the reading that makes the baseline known. */
const drifts =
  (by: number): Scene =>
  (draft, seal, at) => {
    const last = series(draft, seal, at, { count: READINGS, mean: NOMINAL + by })
    incident(draft, { kind: 'thermal-drift', seal, at: last, note: `${by} m°C` })
    if (by > 0) return
    // Against such a baseline a fever shows that the fixed limit would miss.
    const limit = NOMINAL + by + ABOVE
    if (limit >= FEVER) return
    reads(draft, seal, last + 2 * MINUTE, limit, twice)
    incident(draft, { kind: 'fever', seal, at: last + 2 * MINUTE, note: `${limit / 1000} °C against a low baseline` })
  }
const driftsLess =
  (count: number, by: number, note: string): Scene =>
  (draft, seal, at) => {
    const last = series(draft, seal, at, { count, mean: NOMINAL + by })
    nearMiss(draft, { kind: 'thermal-drift', seal, at: last, note, lastsMs: HOUR })
    const almost = Math.min(FEVER, count < READINGS ? FEVER : NOMINAL + by + ABOVE) - 10
    reads(draft, seal, last + 2 * MINUTE, almost, twice)
    nearMiss(draft, { kind: 'fever', seal, at: last + 2 * MINUTE, note: `${almost / 1000} °C: ${note}` })
  }

const BY_DAY: readonly Casting[] = [
  { scene: temperature(undefined), times: 40 },
  { scene: temperature(FEVER), times: 5 },
  { scene: temperature(FEVER - 10), times: 90 },
]
const BY_NIGHT: readonly Casting[] = [
  { scene: drifts(-1_200), times: 12 },
  { scene: drifts(-(DRIFT + 10)), times: 12 },
  { scene: drifts(DRIFT + 10), times: 10 },
  { scene: driftsLess(READINGS - 2, -1_200, 'too few readings'), times: 40 },
  { scene: driftsLess(READINGS, -(DRIFT - 10), 'just within the limit'), times: 40 },
  { scene: driftsLess(READINGS, DRIFT - 10, 'just within the limit'), times: 30 },
]

export const addTerminals = (draft: Draft): void => {
  const gates = draft.random.shuffle(draft.sites.filter(({ kind }) => kind === 'gate').map(({ seals }) => seals[0] as number))
  cast(draft, BY_NIGHT, draft.random.shuffle([...gates]), [0, 4.5])
  cast(draft, BY_DAY, gates, [6, 22.5])
}
