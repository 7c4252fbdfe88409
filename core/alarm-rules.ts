import type { AlarmKindName, EventKindName } from './kinds.ts'
import type { FleetPolicy, KindPolicy } from './policy.ts'

// Each kind of alarm in words: what was seen, the rule with the figures in force, which parameters and events it looks at and how far
// back. One entry for every kind of core/kinds.ts; docs/detectors.md is the definition, this is what staff read of it (docs/evidence.md).

export type Figures = KindPolicy & FleetPolicy
export type AlarmRule = {
  readonly saw: (value: number) => string
  readonly rule: (figures: Figures) => string
  readonly parameters: readonly (keyof Figures)[]
  /** Events of the alarm's seal or, for an alarm about a site, of all its seals. */
  readonly looksAt: readonly EventKindName[]
  /** How long before `since` what it looked at may lie. */
  readonly backMs: (figures: Figures) => number
  /** Raised by an event, or at a tick: then the time of the raise is that of a tick. */
  readonly raisedAt: 'event' | 'tick'
  /** The value is measured up to the tick of the raise, and moves with it. */
  readonly valueFollowsTick?: true
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const PASSAGES = ['PASSAGE_IN', 'PASSAGE_OUT'] as const
const DOORS = ['DOOR_OPENED', 'DOOR_CLOSED'] as const
const COUNTS = [...PASSAGES, 'ROLL_CALL', 'COUNTER'] as const
const EVERYTHING = [
  ...PASSAGES,
  ...DOORS,
  'TAMPERED',
  'TAMPER_RESTORED',
  'BEAM_BLOCKED',
  'BEAM_CLEARED',
  'HEARTBEAT',
  'ROLL_CALL',
  'TEMPERATURE',
  'COUNTER',
] as const satisfies readonly EventKindName[]

const people = (n: number): string => (Math.abs(n) === 1 ? `${n} person` : `${n} people`)
const times = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
export const span = (ms: number | null): string => {
  if (ms === null) return 'never'
  const units = [
    [DAY, 'day'],
    [HOUR, 'hour'],
    [MINUTE, 'minute'],
    [1000, 'second'],
  ] as const
  const unit = units.find(([size]) => Math.abs(ms) >= size && ms % size === 0) ?? units.find(([size]) => Math.abs(ms) >= size)
  if (unit === undefined) return `${ms} ms`
  const amount = Math.round((ms / unit[0]) * 10) / 10
  return times(amount, unit[1])
}
const degrees = (milliC: number): string => `${(milliC / 1000).toFixed(1)} °C`
const volts = (mv: number): string => `${(mv / 1000).toFixed(2)} V`
const TAMPER: Readonly<Record<number, string>> = { 1: 'the seal was removed', 2: 'the case of the seal was opened', 3: 'a magnet was held to the seal' }
const backHour = (): number => HOUR

const SEAL_RULES = {
  tamper: {
    saw: (value) => TAMPER[value] ?? 'the seal was tampered with',
    rule: () => 'TAMPERED is told at once and lasts until TAMPER_RESTORED; of the two the newest counts. A person closes it.',
    parameters: [],
    looksAt: ['TAMPERED', 'TAMPER_RESTORED'],
    backMs: backHour,
    raisedAt: 'event',
  },
  'door-opened': {
    saw: () => 'the door was opened without a permit',
    rule: () =>
      'An opening of the door of a residence needs a permit that covers its time and has an opening left. It lasts until the door is closed; a person closes the alarm.',
    parameters: ['permitNeeded'],
    looksAt: DOORS,
    backMs: backHour,
    raisedAt: 'event',
  },
  'passage-unpermitted': {
    saw: (value) => `${people(value)} passed without a permit`,
    rule: () => 'A passage at a residence needs a permit that covers its time, used up or not. Told at once, without a grace; a person closes the alarm.',
    parameters: ['permitNeeded'],
    looksAt: PASSAGES,
    backMs: backHour,
    raisedAt: 'event',
  },
  'door-held-open': {
    saw: () => 'the door stands open too long',
    rule: ({ doorHeldOpenMs }) => `The newest state of the door is open, for ${span(doorHeldOpenMs)} or longer, and no permit covers the moment.`,
    parameters: ['doorHeldOpenMs'],
    looksAt: DOORS,
    backMs: ({ doorHeldOpenMs }) => HOUR + (doorHeldOpenMs ?? 0),
    raisedAt: 'tick',
  },
  'passage-door-shut': {
    saw: (value) => `${times(value, 'passage')} through a door that says it is shut: the contact, or its magnet, does not follow the door`,
    rule: ({ doorSlackMs, settleMs }) =>
      `The newest door event is a closing, and a passage is at least ${span(doorSlackMs)} newer; judged ${span(settleMs)} after the passage was received, and only where no event between the two was lost.`,
    parameters: ['passageDoorShut', 'doorSlackMs', 'settleMs'],
    looksAt: [...PASSAGES, ...DOORS],
    backMs: ({ settleMs }) => HOUR + settleMs,
    raisedAt: 'tick',
  },
  'beam-blocked': {
    saw: (value) => `the beam has been blocked for ${span(value)}: covered, or blind`,
    rule: ({ beamBlockedMs }) => `The newest state of the beam is blocked, for ${span(beamBlockedMs)} or longer, and nobody has passed since.`,
    parameters: ['beamBlockedMs'],
    looksAt: ['BEAM_BLOCKED', 'BEAM_CLEARED', ...PASSAGES],
    backMs: ({ beamBlockedMs }) => HOUR + (beamBlockedMs ?? 0),
    raisedAt: 'tick',
    valueFollowsTick: true,
  },
  offline: {
    saw: (value) => `nothing was heard of the seal for ${span(value)}`,
    rule: ({ heartbeatMs, heartbeatsMissedMax }) =>
      `Nothing new was heard of the seal for ${heartbeatsMissedMax} heartbeats of ${span(heartbeatMs)}, by the engine's clock. Where many seals of an area fall silent together, area-outage stands for them.`,
    parameters: ['heartbeatMs', 'heartbeatsMissedMax', 'outageSealsMin', 'outageShare'],
    looksAt: EVERYTHING,
    backMs: ({ heartbeatMs, heartbeatsMissedMax }) => heartbeatMs * heartbeatsMissedMax * 3,
    raisedAt: 'tick',
    valueFollowsTick: true,
  },
  'low-battery': {
    saw: (value) => `the battery is at ${volts(value)}`,
    rule: ({ batteryLowMv, batteryOkMv }) => `A heartbeat told of less than ${volts(batteryLowMv)}; it lasts until one tells of ${volts(batteryOkMv)} or more.`,
    parameters: ['batteryLowMv', 'batteryOkMv'],
    looksAt: ['HEARTBEAT'],
    backMs: backHour,
    raisedAt: 'event',
  },
  'battery-forecast': {
    saw: (value) => `at this rate the battery ends on ${new Date(value * 1000).toISOString().slice(0, 10)}`,
    rule: ({ batteryEndMv, batteryForecastDays }) =>
      `A straight line through every sixteenth heartbeat of the last 14 to 28 days (48 of them at least, half of whose spread it explains) falls and reaches ${volts(batteryEndMv)} within ${batteryForecastDays} days.`,
    parameters: ['batteryEndMv', 'batteryForecastDays'],
    looksAt: ['HEARTBEAT'],
    backMs: () => 28 * DAY,
    raisedAt: 'tick',
  },
  'sequence-gap': {
    saw: (value) => `${times(value, 'event')} of the seal never arrived`,
    rule: ({ gapEventsMin, gapGraceMs }) =>
      `Every ${span(gapGraceMs)} the numbers that were new at the time before the last are looked at: at least ${gapEventsMin} of them are missing still.`,
    parameters: ['gapEventsMin', 'gapGraceMs'],
    looksAt: EVERYTHING,
    backMs: ({ gapGraceMs }) => 3 * gapGraceMs,
    raisedAt: 'tick',
  },
  'clock-wrong': {
    saw: (value) => (value === 0 ? 'the seal has no clock' : `the clock of the seal is ${span(Math.abs(value))} ${value > 0 ? 'ahead' : 'behind'}`),
    rule: () =>
      'The time of an event was not to be believed (no clock, more than 2 minutes ahead, or more than 90 days behind), so the time received stands for it. It lasts until the next event whose clock is right.',
    parameters: [],
    looksAt: EVERYTHING,
    backMs: backHour,
    raisedAt: 'event',
  },
  flapping: {
    saw: (value) => `${times(value, 'event')} of door, case and beam within one window`,
    rule: ({ flapEventsMin, flapWindowMs }) => `At least ${flapEventsMin} events of door, case and beam in ${span(flapWindowMs)}: a loose contact, not people.`,
    parameters: ['flapEventsMin', 'flapWindowMs'],
    looksAt: [...DOORS, 'TAMPERED', 'TAMPER_RESTORED', 'BEAM_BLOCKED', 'BEAM_CLEARED'],
    backMs: ({ flapWindowMs }) => 3 * flapWindowMs,
    raisedAt: 'tick',
  },
  'link-quality': {
    saw: (value) => `the link of the seal is poor (${value})`,
    rule: () => 'No detector of this version raises it.',
    parameters: [],
    looksAt: EVERYTHING,
    backMs: backHour,
    raisedAt: 'tick',
  },
  'thermal-drift': {
    saw: (value) => `the terminal reads ${degrees(Math.abs(value))} ${value > 0 ? 'high' : 'low'}`,
    rule: ({ thermalDriftMilliC, thermalNominalMilliC, thermalReadingsMin }) =>
      `The mean of the terminal's readings of this hour and the one before (${thermalReadingsMin} at least, fevers left out) is more than ${degrees(thermalDriftMilliC ?? 0)} off ${degrees(thermalNominalMilliC)}.`,
    parameters: ['thermalDriftMilliC', 'thermalNominalMilliC', 'thermalReadingsMin', 'feverMilliC'],
    looksAt: ['TEMPERATURE'],
    backMs: () => 2 * HOUR,
    raisedAt: 'tick',
  },
  'door-without-passage': {
    saw: (value) => `${times(value, 'opening')} of the door and nobody passed: the beam is blind, or looks the wrong way`,
    rule: ({ doorWithoutPassageMin, doorSlackMs, settleMs }) =>
      `Of the newest door events at least ${doorWithoutPassageMin} are openings more than ${span(doorSlackMs)} after the newest passage; judged ${span(settleMs)} after each was received.`,
    parameters: ['doorWithoutPassageMin', 'doorSlackMs', 'settleMs'],
    looksAt: [...PASSAGES, ...DOORS],
    backMs: () => DAY,
    raisedAt: 'tick',
  },
} as const satisfies Readonly<Partial<Record<AlarmKindName, AlarmRule>>>

const headcount = (side: string): Omit<AlarmRule, 'saw'> => ({
  rule: ({ headcountGraceMs, headcountSigmas }) =>
    `The people counted inside are ${side} than registered${headcountSigmas > 0 ? `, by more than ${headcountSigmas} standard deviations of the count` : ''}, for ${span(headcountGraceMs)} or longer, not counting the time of permits. After a roll-call there is no grace.`,
  parameters: ['headcountOver', 'headcountUnder', 'headcountGraceMs', 'headcountSigmas', 'headcountConfidenceMin', 'quietMinute', 'quietMs', 'quietInside'],
  looksAt: COUNTS,
  backMs: () => DAY,
  raisedAt: 'tick',
})

export const ALARM_RULES: Readonly<Record<AlarmKindName, AlarmRule>> = {
  ...SEAL_RULES,
  'headcount-over': { saw: (value) => `${people(value)} more inside than registered`, ...headcount('more') },
  'headcount-under': { saw: (value) => `${people(-value)} fewer inside than registered`, ...headcount('fewer') },
  'capacity-over': {
    saw: (value) => `${people(value)} inside`,
    rule: ({ capacityWarnShare, capacityClearShare }) =>
      `More people inside than the capacity; from ${Math.round(capacityWarnShare * 100)} % of it on a warning, over below ${Math.round(capacityClearShare * 100)} %.`,
    parameters: ['capacityWarnShare', 'capacityClearShare'],
    looksAt: COUNTS,
    backMs: () => 2 * HOUR,
    raisedAt: 'tick',
  },
  'opened-off-schedule': {
    saw: (value) => `${times(value, 'opening')} outside the opening hours`,
    rule: ({ offScheduleHoldMs }) =>
      `A door was opened outside the opening hours without a permit that has an opening left. It lasts while that door is open, and ${span(offScheduleHoldMs)} after the last such opening.`,
    parameters: ['schedule', 'offScheduleHoldMs', 'holidays', 'utcOffsetMinutes'],
    looksAt: DOORS,
    backMs: backHour,
    raisedAt: 'tick',
  },
  'left-open-at-closing': {
    saw: (value) => `${times(value, 'door')} left open at closing time`,
    rule: ({ closingGraceMs }) => `A door that was opened before the closing time is open still, ${span(closingGraceMs)} after it.`,
    parameters: ['schedule', 'closingGraceMs', 'holidays', 'utcOffsetMinutes'],
    looksAt: DOORS,
    backMs: () => 6 * HOUR,
    raisedAt: 'tick',
  },
  'too-many-openings': {
    saw: (value) => `${times(value, 'opening')} in one hour`,
    rule: ({ openingsPerHourMax }) => `More than ${openingsPerHourMax} openings of all doors of the site in one hour of the clock.`,
    parameters: ['openingsPerHourMax'],
    looksAt: ['DOOR_OPENED'],
    backMs: () => 2 * HOUR,
    raisedAt: 'tick',
  },
  'permit-overrun': {
    saw: (value) => `${people(value)} more inside than registered after the permit has ended: who was let in has not left`,
    rule: ({ permitGraceMs }) =>
      `More people inside than registered since a time that a permit covered, and the permit ended ${span(permitGraceMs)} ago or longer.`,
    parameters: ['permitGraceMs', 'headcountSigmas'],
    looksAt: COUNTS,
    backMs: () => DAY,
    raisedAt: 'tick',
  },
  'unusual-traffic': {
    saw: (value) => `traffic is unusual (${value})`,
    rule: () => 'No detector of this version raises it.',
    parameters: [],
    looksAt: PASSAGES,
    backMs: () => DAY,
    raisedAt: 'tick',
  },
  fever: {
    saw: (value) => `a temperature of ${degrees(value)}`,
    rule: ({ feverMilliC, feverAboveMilliC }) =>
      `A reading of ${degrees(feverMilliC)} or more${feverAboveMilliC === null ? '' : `, or ${degrees(feverAboveMilliC)} above what the terminal reads on average`}. Each is one person, and an alarm of its own; a person closes it.`,
    parameters: ['feverMilliC', 'feverAboveMilliC', 'thermalReadingsMin'],
    looksAt: ['TEMPERATURE'],
    backMs: () => 2 * HOUR,
    raisedAt: 'event',
  },
  'area-outage': {
    saw: (value) => `${times(value, 'seal')} of the area are silent`,
    rule: ({ outageSealsMin, outageShare }) =>
      `When a seal goes offline, at least ${outageSealsMin} seals of its area, and ${Math.round(outageShare * 100)} % of them, have not been heard for two heartbeats. One alarm stands for all of them, in the largest area of which that is so.`,
    parameters: ['outageSealsMin', 'outageShare', 'heartbeatMs', 'heartbeatsMissedMax'],
    looksAt: EVERYTHING,
    backMs: ({ heartbeatMs, heartbeatsMissedMax }) => heartbeatMs * heartbeatsMissedMax * 3,
    raisedAt: 'tick',
  },
}
