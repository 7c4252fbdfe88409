import type { SiteKindName } from './kinds.ts'

// The figures detectors work with. Data, so that a later policy is a log entry; these are the defaults, each with its source.

export type KindPolicy = {
  /** Expected time between heartbeats. EN 50131 grade 3 wants loss noticed within 180 s: 3 missed of 60 s. */
  readonly heartbeatMs: number
  readonly heartbeatsMissedMax: number
  /** A door may stand open this long. Null: no rule. */
  readonly doorHeldOpenMs: number | null
  /** Doors and passages need a permit (home observation). */
  readonly permitNeeded: boolean
  /** People counted may differ from people registered for this long before it is an alarm. */
  readonly headcountGraceMs: number
  readonly headcountOver: boolean
  readonly headcountUnder: boolean
  /** Lithium primary cells (3.6 V nominal): low below, well again at the second figure or above (hysteresis). */
  readonly batteryLowMv: number
  readonly batteryOkMv: number
  /** Thousandths of a degree Celsius; 37.3 °C is the limit Chinese entrance checks used. */
  readonly feverMilliC: number
}
export type Policy = {
  readonly kinds: Readonly<Record<SiteKindName, KindPolicy>>
  /** A clock this far ahead of the time received is wrong (contract). */
  readonly clockAheadMsMax: number
  /** Events older than this when received are stored and counted but raise nothing: nobody acts on a door of yesterday. */
  readonly alarmAgeMsMax: number
  /** A device time further back than the longest retention that no assignment covers is a clock fault, not history. */
  readonly clockBehindMsMax: number
  /** Event-time events of a residence are accepted this long after its observation ended (contract: within a minute). */
  readonly observationTailMs: number
  readonly residenceRetentionMs: number
  readonly otherRetentionMs: number
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const shared = {
  heartbeatMs: MINUTE,
  heartbeatsMissedMax: 3,
  batteryLowMv: 3000,
  batteryOkMv: 3100,
  feverMilliC: 37_300,
  headcountGraceMs: 10 * MINUTE,
} as const

export const POLICY_DEFAULT: Policy = {
  kinds: {
    residence: { ...shared, doorHeldOpenMs: 2 * MINUTE, permitNeeded: true, headcountOver: true, headcountUnder: true },
    building: { ...shared, doorHeldOpenMs: 5 * MINUTE, permitNeeded: false, headcountOver: true, headcountUnder: false },
    gate: { ...shared, doorHeldOpenMs: null, permitNeeded: false, headcountOver: false, headcountUnder: false },
  },
  clockAheadMsMax: 2 * MINUTE,
  alarmAgeMsMax: DAY,
  clockBehindMsMax: 90 * DAY,
  observationTailMs: MINUTE,
  residenceRetentionMs: 14 * DAY,
  otherRetentionMs: 90 * DAY,
}
