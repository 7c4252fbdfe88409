import type { FleetPolicy, KindPolicy } from './policy.ts'

// What each parameter of the policy may be, and what it means: the one table from which documents are checked (core/policy-document.ts)
// and docs/policy.md is written. Bounds are wide: they keep out what rules cannot work with, not what is unwise.

export type NumberSpec = {
  readonly form: 'number'
  readonly min: number
  readonly max: number
  /** Whole numbers only. */
  readonly whole: boolean
  /** Null is allowed: no such rule. */
  readonly orNull: boolean
  readonly unit: string
  readonly meaning: string
}
export type ParameterSpec = NumberSpec | { readonly form: 'flag' | 'schedule' | 'severity' | 'escalate'; readonly unit: string; readonly meaning: string }

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY

type Range = readonly [min: number, max: number]
const whole = (unit: string, [min, max]: Range, meaning: string): NumberSpec => ({ form: 'number', min, max, whole: true, orNull: false, unit, meaning })
const wholeOrNull = (unit: string, range: Range, meaning: string): NumberSpec => ({ ...whole(unit, range, meaning), orNull: true })
const real = (unit: string, range: Range, meaning: string): NumberSpec => ({ ...whole(unit, range, meaning), whole: false })
const flag = (meaning: string): ParameterSpec => ({ form: 'flag', unit: 'true or false', meaning })

export const PARAMETERS: Readonly<Record<keyof KindPolicy, ParameterSpec>> = {
  heartbeatMs: whole('ms', [SECOND, DAY], 'time between two heartbeats of a seal'),
  heartbeatsMissedMax: whole('heartbeats', [1, 1000], 'so many missed in a row make it `offline`'),
  permitNeeded: flag('doors and passages need a permit: `door-opened`, `passage-unpermitted`'),
  permitGraceMs: whole('ms', [0, WEEK], 'people let in under a permit may stay so long after its end: `permit-overrun`'),
  doorHeldOpenMs: wholeOrNull('ms', [SECOND, WEEK], 'a door may stand open so long: `door-held-open`'),
  settleMs: whole('ms', [0, DAY], 'what a late event may still explain is not judged before so long has passed'),
  doorSlackMs: whole('ms', [0, 10 * MINUTE], 'a passage and its door may be so far apart in order'),
  beamBlockedMs: wholeOrNull('ms', [SECOND, WEEK], 'the beam may be blocked so long: `beam-blocked`'),
  passageDoorShut: flag('passages through a closed door are told: `passage-door-shut`'),
  doorWithoutPassageMin: wholeOrNull('openings', [1, 4], 'so many of the newest openings without a passage are `door-without-passage`'),
  flapWindowMs: whole('ms', [10 * SECOND, HOUR], 'the window of `flapping`'),
  flapEventsMin: wholeOrNull('events', [1, 60_000], 'so many door, tamper and beam events in the window are `flapping`'),
  openingsPerHourMax: wholeOrNull('openings', [0, 60_000], 'more openings of a site in an hour are `too-many-openings`'),
  gapGraceMs: whole('ms', [MINUTE, DAY], 'lost events are looked for so often, and after so long'),
  gapEventsMin: wholeOrNull('events', [1, 128], 'so many events lost are a `sequence-gap`'),
  batteryLowMv: whole('mV', [1, 60_000], 'below it: `low-battery`'),
  batteryOkMv: whole('mV', [1, 60_000], 'at or above it the battery is well again; above `batteryLowMv`'),
  batteryEndMv: whole('mV', [1, 60_000], 'the seal stops here: what `battery-forecast` reckons with'),
  batteryForecastDays: wholeOrNull('days', [1, 3650], 'told so long before: `battery-forecast`'),
  feverMilliC: whole('m°C', [20_000, 50_000], 'at or above it: `fever`'),
  feverAboveMilliC: wholeOrNull('m°C', [1, 20_000], "also this far above the terminal's own baseline: `fever`"),
  thermalNominalMilliC: whole('m°C', [20_000, 50_000], 'where the baseline of a good terminal lies'),
  thermalDriftMilliC: wholeOrNull('m°C', [201, 20_000], 'a baseline further off is `thermal-drift`; it is over 200 m°C nearer'),
  thermalReadingsMin: whole('readings', [1, 60_000], 'so many make a baseline'),
  headcountOver: flag('more people than registered are told: `headcount-over`'),
  headcountUnder: flag('fewer people than registered are told: `headcount-under`'),
  headcountGraceMs: whole('ms', [0, WEEK], 'the count may differ so long'),
  headcountSigmas: real('standard deviations', [0, 10], 'the count may be off by so much without being told'),
  headcountConfidenceMin: real('probability', [0, 1], 'below this confidence the alarm is one step less severe'),
  capacityWarnShare: real('of the capacity', [0.01, 1], 'at or above it `capacity-over` warns; above `capacityClearShare`'),
  capacityClearShare: real('of the capacity', [0, 1], 'below it the warning ends'),
  schedule: { form: 'schedule', unit: 'minutes of the local day', meaning: 'opening hours, Monday to Sunday: `opened-off-schedule`, `left-open-at-closing`' },
  offScheduleHoldMs: whole('ms', [SECOND, DAY], '`opened-off-schedule` lasts so long after an opening'),
  closingGraceMs: whole('ms', [0, DAY], 'doors may be open so long after closing time: `left-open-at-closing`'),
  quietMinute: wholeOrNull('minute of the local day', [0, 1439], 'the building is known to be empty then: the count is anchored'),
  quietMs: whole('ms', [MINUTE, DAY], 'nobody may have passed for so long before'),
  quietInside: whole('people', [0, 1_000_000], 'how many are inside then'),
  holdDownMs: whole('ms', [0, DAY], 'a condition that comes back so soon is the same alarm again'),
  severity: { form: 'severity', unit: 'by alarm kind', meaning: "`critical`, `major`, `minor` or `info` in place of the kind's own; `off` silences it" },
  escalateMs: { form: 'escalate', unit: 'ms, by severity', meaning: 'an alarm that waits for a person goes a step up after each of these times' },
}
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as (keyof KindPolicy)[]

export const FLEET_PARAMETERS: Readonly<Record<Exclude<keyof FleetPolicy, 'holidays'>, NumberSpec>> = {
  utcOffsetMinutes: whole('minutes', [-720, 840], 'local time is UTC plus this'),
  outageSealsMin: whole('seals', [2, 1_000_000], 'so many silent seals of an area are an `area-outage`, and not alarms of their own'),
  outageShare: real("of the area's seals", [0.01, 1], 'and so large a share of them'),
}

/** Parameters that must be in order, in every policy that a document can give: the first is less than the second. */
export const ORDERED: readonly (readonly [less: keyof KindPolicy, more: keyof KindPolicy])[] = [
  ['batteryLowMv', 'batteryOkMv'],
  ['capacityClearShare', 'capacityWarnShare'],
]
