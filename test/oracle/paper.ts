import type { Figures, PolicyPaper, PolicyRule } from './figures.ts'
import { MINUTE, SECOND } from './words.ts'

// Policies of the histories: figures scaled to minutes of play, chosen by a number, with rules for kinds, areas and sites. The rules of
// detectors know no figure, so what holds for these holds for hours.

/** Digits of a number in mixed bases, one after another. */
export const choices = (seed: number): ((count: number) => number) => {
  let left = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) ^ 0x5f356495) >>> 0
  return (count) => {
    left = (Math.imul(left ^ (left >>> 13), 0x85ebca6b) + 0x9e3779b9) >>> 0
    const mixed = (left ^ (left >>> 16)) >>> 0
    return mixed % count
  }
}
const pick = <T>(choose: (count: number) => number, ...values: readonly T[]): T => values[choose(values.length)] as T

/** `minute`: the local minute at which the history begins. */
export const paperOf = (seed: number, minute: number): PolicyPaper => {
  const choose = choices(seed)
  const soon = (after: number): number => Math.min(1439, Math.max(1, minute + after))
  const hours = [Math.min(soon(-60), soon(pick(choose, 2, 4, 5)) - 1), soon(pick(choose, 2, 4, 5))] as const
  const schedule = pick(
    choose,
    null,
    [hours, hours, hours, hours, hours, hours, hours],
    [hours, null, hours, null, hours, null, [0, 1440] as const],
    [null, hours, null, hours, null, hours, null],
  )
  const all: PolicyRule['set'] = {
    heartbeatMs: pick(choose, 20 * SECOND, 60 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE),
    heartbeatsMissedMax: pick(choose, 1, 3, 3),
    permitGraceMs: pick(choose, 0, 10 * SECOND, 30 * SECOND),
    doorHeldOpenMs: pick(choose, 20 * SECOND, 35 * SECOND, null),
    settleMs: pick(choose, 0, 10 * SECOND, 20 * SECOND, 60 * SECOND),
    doorSlackMs: pick(choose, 0, 3 * SECOND),
    beamBlockedMs: pick(choose, 15 * SECOND, 15 * SECOND, null),
    flapWindowMs: pick(choose, 10 * SECOND, 30 * SECOND, 60 * SECOND),
    flapEventsMin: pick(choose, 4, 6, null),
    gapGraceMs: pick(choose, MINUTE, 2 * MINUTE),
    gapEventsMin: pick(choose, 2, 3, 4, null),
    headcountGraceMs: pick(choose, 0, 15 * SECOND, 40 * SECOND),
    offScheduleHoldMs: pick(choose, 5 * SECOND, 20 * SECOND),
    closingGraceMs: pick(choose, 0, 15 * SECOND),
    holdDownMs: pick(choose, 0, 5 * SECOND, 30 * SECOND),
    thermalReadingsMin: pick(choose, 1, 3),
    batteryForecastDays: pick(choose, 30, 60, null),
    escalateMs: pick<PolicyRule['set']['escalateMs'] & object>(
      choose,
      { critical: [5 * SECOND, 15 * SECOND], major: [10 * SECOND, 60 * SECOND], minor: [30 * SECOND] },
      {},
      { critical: [], major: [] },
    ),
  }
  const residence: PolicyRule['set'] = {
    doorWithoutPassageMin: pick(choose, 1, 2, 4, null),
    openingsPerHourMax: pick(choose, 2, 3, null),
    headcountConfidenceMin: pick(choose, 0, 0.5, 0.95),
    ...(choose(6) === 0 ? { schedule } : {}),
  }
  const building: PolicyRule['set'] = {
    schedule,
    doorWithoutPassageMin: pick(choose, 1, 2),
    openingsPerHourMax: pick(choose, 2, 4, null),
    quietMinute: pick(choose, soon(2), soon(4), null),
    quietMs: pick(choose, MINUTE, 2 * MINUTE),
    quietInside: pick(choose, 0, 0, 1),
    headcountUnder: pick(choose, false, true),
    headcountSigmas: pick(choose, 0, 2),
    capacityWarnShare: pick(choose, 0.9, 0.7),
    capacityClearShare: pick(choose, 0.5, 0.65),
  }
  const gate: PolicyRule['set'] = {
    feverAboveMilliC: pick(choose, 1000, 1500, null),
    thermalDriftMilliC: pick(choose, 300, 700, null),
    flapEventsMin: pick(choose, 4, 5),
  }
  const rules: PolicyRule[] = [
    { for: {}, set: all },
    { for: { kind: 'residence' }, set: residence },
    { for: { kind: 'building' }, set: building },
    { for: { kind: 'gate' }, set: gate },
    ...extras(choose, { minute, schedule }),
  ]
  const offset = pick(choose, 480, 480, 480, 481)
  return {
    outageSealsMin: pick(choose, 2, 3, 5),
    outageShare: pick(choose, 0.5, 0.3, 1),
    utcOffsetMinutes: offset,
    holidays: choose(5) === 0 ? ['2026-10-01'] : [],
    rules,
  }
}

const extras = (choose: (count: number) => number, { schedule }: { readonly minute: number; readonly schedule: Figures['schedule'] }): PolicyRule[] => {
  const every: readonly PolicyRule[] = [
    { for: { area: 'c/d' }, set: { severity: { tamper: 'major', 'headcount-over': 'critical', 'capacity-over': 'minor' } } },
    { for: { site: 'home-1' }, set: { severity: { 'door-opened': 'off', offline: 'info' }, doorHeldOpenMs: 5 * SECOND } },
    { for: { area: 'c', kind: 'residence' }, set: { heartbeatMs: 30 * SECOND, heartbeatsMissedMax: 2 } },
    { for: { site: 'tower' }, set: { schedule: null, severity: { flapping: 'off', 'sequence-gap': 'major' } } },
    { for: { area: 'c/e/1' }, set: { permitNeeded: true, schedule } },
    { for: { kind: 'building' }, set: { headcountConfidenceMin: 0.99, capacityWarnShare: 1, capacityClearShare: 0.9 } },
    { for: {}, set: { severity: { 'area-outage': 'off', fever: 'minor' } } },
    {
      for: {},
      set: {
        severity: {
          offline: 'off',
          'door-held-open': 'off',
          'headcount-over': 'off',
          'headcount-under': 'off',
          'capacity-over': 'off',
          tamper: 'off',
          'low-battery': 'off',
          'passage-door-shut': 'off',
          'too-many-openings': 'off',
        },
      },
    },
    { for: { site: 'home-2' }, set: { permitNeeded: false, headcountUnder: false } },
  ]
  return every.filter(() => choose(7) === 0)
}
