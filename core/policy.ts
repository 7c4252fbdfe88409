import type { AlarmKindName, Severity, SiteKindName } from './kinds.ts'

// The figures that detectors and alarm life work with, and the built-in defaults of each, by kind of site (docs/policy.md says what each
// means). A policy document (core/policy-document.ts) changes them by kind, area and site, by an entry of the log. Null: no such rule.

/** Opening hours of one day, minutes of the local day: open in [opens, closes), 1440 = midnight at its end. */
export type OpenHours = readonly [opens: number, closes: number]
/** Monday to Sunday; null is a closed day. */
export type WeekSchedule = readonly (OpenHours | null)[]

export type KindPolicy = {
  /** Expected time between heartbeats. EN 50131 grade 3 wants loss noticed within 180 s: 3 missed of 60 s. */
  readonly heartbeatMs: number
  readonly heartbeatsMissedMax: number
  /** Doors and passages need a permit (home observation). */
  readonly permitNeeded: boolean
  readonly permitGraceMs: number
  readonly doorHeldOpenMs: number | null
  /** Events are out of order by so much at most: what may still be explained by one to come is not judged before. */
  readonly settleMs: number
  readonly doorSlackMs: number
  readonly beamBlockedMs: number | null
  readonly passageDoorShut: boolean
  readonly doorWithoutPassageMin: number | null
  readonly flapWindowMs: number
  readonly flapEventsMin: number | null
  readonly openingsPerHourMax: number | null
  readonly gapGraceMs: number
  readonly gapEventsMin: number | null
  /** Lithium primary cells (3.6 V nominal): low below, well again at the second figure or above (hysteresis). */
  readonly batteryLowMv: number
  readonly batteryOkMv: number
  readonly batteryEndMv: number
  readonly batteryForecastDays: number | null
  /** Thousandths of a degree Celsius; 37.3 °C is the limit Chinese entrance checks used. */
  readonly feverMilliC: number
  readonly feverAboveMilliC: number | null
  readonly thermalNominalMilliC: number
  readonly thermalDriftMilliC: number | null
  readonly thermalReadingsMin: number
  readonly headcountOver: boolean
  readonly headcountUnder: boolean
  readonly headcountGraceMs: number
  readonly headcountSigmas: number
  readonly headcountConfidenceMin: number
  readonly capacityWarnShare: number
  readonly capacityClearShare: number
  /** Null: always open. */
  readonly schedule: WeekSchedule | null
  readonly offScheduleHoldMs: number
  readonly closingGraceMs: number
  readonly quietMinute: number | null
  readonly quietMs: number
  readonly quietInside: number
  readonly holdDownMs: number
  /** By alarm kind, where it is not the kind's own; `off` silences it. */
  readonly severity: Readonly<Partial<Record<AlarmKindName, Severity | 'off'>>>
  /** How long an alarm of that severity may wait for a person before each step up. */
  readonly escalateMs: Readonly<Record<Severity, readonly number[]>>
}

/** What holds for the whole fleet. */
export type FleetPolicy = {
  readonly outageSealsMin: number
  readonly outageShare: number
  /** Local time is UTC plus this. */
  readonly utcOffsetMinutes: number
  /** Local dates (`2026-10-01`), closed all day where there is a schedule. */
  readonly holidays: readonly string[]
}
export type Policy = FleetPolicy & typeof FIXED & { readonly kinds: Readonly<Record<SiteKindName, KindPolicy>> }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Not in the document: what is stored, and when it is erased, must not depend on what may be changed later. */
export const FIXED = {
  /** A clock this far ahead of the time received is wrong (contract). */
  clockAheadMsMax: 2 * MINUTE,
  /** Events older than this when received are stored and counted but raise nothing: nobody acts on a door of yesterday. */
  alarmAgeMsMax: DAY,
  /** A device time further back than the longest retention that no assignment covers is a clock fault, not history. */
  clockBehindMsMax: 90 * DAY,
  /** Event-time events of a residence are accepted this long after its observation ended (contract: within a minute). */
  observationTailMs: MINUTE,
  residenceRetentionMs: 14 * DAY,
  otherRetentionMs: 90 * DAY,
} as const

const shared = {
  heartbeatMs: MINUTE,
  heartbeatsMissedMax: 3,
  permitGraceMs: 10 * MINUTE,
  settleMs: 12 * MINUTE,
  doorSlackMs: 3000,
  beamBlockedMs: 2 * MINUTE,
  flapWindowMs: 5 * MINUTE,
  gapGraceMs: 30 * MINUTE,
  gapEventsMin: 12,
  batteryLowMv: 3000,
  batteryOkMv: 3100,
  batteryEndMv: 2800,
  batteryForecastDays: 30,
  feverMilliC: 37_300,
  thermalNominalMilliC: 36_400,
  thermalReadingsMin: 30,
  headcountGraceMs: 10 * MINUTE,
  capacityWarnShare: 0.9,
  capacityClearShare: 0.85,
  offScheduleHoldMs: 10 * MINUTE,
  closingGraceMs: 15 * MINUTE,
  quietMs: HOUR,
  quietInside: 0,
  holdDownMs: MINUTE,
  severity: {},
  escalateMs: { critical: [2 * MINUTE, 10 * MINUTE], major: [10 * MINUTE, HOUR], minor: [DAY], info: [] },
} as const

const DAY_OPEN: OpenHours = [5 * 60, 23 * 60 + 30]

export const POLICY_DEFAULT: Policy = {
  ...FIXED,
  outageSealsMin: 20,
  outageShare: 0.5,
  utcOffsetMinutes: 8 * 60,
  holidays: [],
  kinds: {
    residence: {
      ...shared,
      permitNeeded: true,
      doorHeldOpenMs: 2 * MINUTE,
      passageDoorShut: true,
      // Deliveries are taken at a flat's door with nobody passing: meals alone are three a day.
      doorWithoutPassageMin: null,
      flapEventsMin: 20,
      openingsPerHourMax: 12,
      feverAboveMilliC: null,
      thermalDriftMilliC: null,
      headcountOver: true,
      headcountUnder: true,
      headcountSigmas: 0,
      headcountConfidenceMin: 0.5,
      schedule: null,
      quietMinute: null,
    },
    building: {
      ...shared,
      permitNeeded: false,
      doorHeldOpenMs: 5 * MINUTE,
      passageDoorShut: true,
      doorWithoutPassageMin: 4,
      flapEventsMin: 40,
      openingsPerHourMax: null,
      feverAboveMilliC: null,
      thermalDriftMilliC: null,
      headcountOver: true,
      headcountUnder: false,
      headcountSigmas: 2,
      headcountConfidenceMin: 0,
      schedule: Array.from({ length: 7 }, () => DAY_OPEN),
      quietMinute: 4 * 60,
    },
    gate: {
      ...shared,
      permitNeeded: false,
      doorHeldOpenMs: null,
      passageDoorShut: false,
      doorWithoutPassageMin: null,
      flapEventsMin: 20,
      openingsPerHourMax: null,
      feverAboveMilliC: 1500,
      thermalDriftMilliC: 700,
      headcountOver: false,
      headcountUnder: false,
      headcountSigmas: 2,
      headcountConfidenceMin: 0,
      schedule: null,
      quietMinute: null,
    },
  },
}
