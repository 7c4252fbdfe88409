// The closed vocabularies: event kinds, site kinds, alarm kinds, reasons of rejection. Numbers are on the wire, in the log
// and in ClickHouse: never reuse one.
// (A frozen object with a union type in place of an enum: no run-time surprise, exhaustive in a switch.)

/** `seal.v1.EventKind`, by number. 0 is "unspecified" and always rejected as BAD_KIND. */
export const EVENT = {
  PASSAGE_IN: 1,
  PASSAGE_OUT: 2,
  DOOR_OPENED: 3,
  DOOR_CLOSED: 4,
  TAMPERED: 5,
  TAMPER_RESTORED: 6,
  BEAM_BLOCKED: 7,
  BEAM_CLEARED: 8,
  HEARTBEAT: 9,
  ROLL_CALL: 10,
  TEMPERATURE: 11,
  COUNTER: 12,
} as const
export type EventKindName = keyof typeof EVENT
export type EventKind = (typeof EVENT)[EventKindName]
export const EVENT_KIND_MAX = 12

export const SITE_KIND = { residence: 1, building: 2, gate: 3 } as const
export type SiteKindName = keyof typeof SITE_KIND
export type SiteKind = (typeof SITE_KIND)[SiteKindName]

export type Severity = 'critical' | 'major' | 'minor' | 'info'
/** What an alarm is about: it decides the key under which only one may be open. */
export type AlarmScope = 'seal' | 'site' | 'event' | 'area'
/** Who closes an alarm: `person` waits for an acknowledgement (and the condition's end), `condition` ends by itself. */
export type AlarmClosing = 'person' | 'condition'

type AlarmRow = { readonly no: number; readonly scope: AlarmScope; readonly closing: AlarmClosing; readonly severity: Severity }
const alarm = (no: number, scope: AlarmScope, closing: AlarmClosing, severity: Severity): AlarmRow => ({ no, scope, closing, severity })

/** Every alarm kind of the contract; later issues raise those that no detector raises yet. */
export const ALARM = {
  tamper: alarm(1, 'seal', 'person', 'critical'),
  'door-opened': alarm(2, 'seal', 'person', 'major'),
  'passage-unpermitted': alarm(3, 'seal', 'person', 'critical'),
  'door-held-open': alarm(4, 'seal', 'condition', 'major'),
  'passage-door-shut': alarm(5, 'seal', 'condition', 'minor'),
  'beam-blocked': alarm(6, 'seal', 'condition', 'minor'),
  offline: alarm(7, 'seal', 'condition', 'major'),
  'low-battery': alarm(8, 'seal', 'condition', 'minor'),
  'battery-forecast': alarm(9, 'seal', 'condition', 'info'),
  'sequence-gap': alarm(10, 'seal', 'condition', 'minor'),
  'clock-wrong': alarm(11, 'seal', 'condition', 'minor'),
  flapping: alarm(12, 'seal', 'condition', 'minor'),
  'link-quality': alarm(13, 'seal', 'condition', 'info'),
  'thermal-drift': alarm(14, 'seal', 'condition', 'minor'),
  'door-without-passage': alarm(15, 'seal', 'condition', 'info'),
  'headcount-over': alarm(16, 'site', 'condition', 'major'),
  'headcount-under': alarm(17, 'site', 'condition', 'major'),
  'capacity-over': alarm(18, 'site', 'condition', 'major'),
  'opened-off-schedule': alarm(19, 'site', 'condition', 'major'),
  'left-open-at-closing': alarm(20, 'site', 'condition', 'minor'),
  'too-many-openings': alarm(21, 'site', 'condition', 'minor'),
  'permit-overrun': alarm(22, 'site', 'condition', 'major'),
  'unusual-traffic': alarm(23, 'site', 'condition', 'minor'),
  fever: alarm(24, 'event', 'person', 'critical'),
  'area-outage': alarm(25, 'area', 'condition', 'critical'),
} as const
export type AlarmKindName = keyof typeof ALARM
const alarmNames = Object.keys(ALARM) as AlarmKindName[]
const nameByNo = new Map(alarmNames.map((name) => [ALARM[name].no, name]))
export const alarmKindName = (no: number): AlarmKindName => {
  const name = nameByNo.get(no)
  if (name === undefined) throw new RangeError(`no alarm kind ${no}`)
  return name
}

/** Why an event is not stored in `events`: `seal.v1.RejectReason`, by number. SEQUENCE_TOO_OLD is the shard's, the rest ingest's. */
export const REASON = {
  UNKNOWN_SEAL: 1,
  FORBIDDEN_SEAL: 2,
  BAD_KIND: 3,
  BAD_VALUE: 4,
  NOT_OBSERVED: 5,
  NOT_ASSIGNED: 6,
  SEQUENCE_TOO_OLD: 7,
} as const
export type ReasonName = keyof typeof REASON
