// The oracle's own vocabulary, written out again from the contract and docs/detectors.md: it shares no code with core. What a history is
// made of (events as a sender sends them, ops, alarm work, ticks) and what is compared (lines about alarms, rows of occupancy, counts).

export type EventKind =
  | 'PASSAGE_IN'
  | 'PASSAGE_OUT'
  | 'DOOR_OPENED'
  | 'DOOR_CLOSED'
  | 'TAMPERED'
  | 'TAMPER_RESTORED'
  | 'BEAM_BLOCKED'
  | 'BEAM_CLEARED'
  | 'HEARTBEAT'
  | 'ROLL_CALL'
  | 'TEMPERATURE'
  | 'COUNTER'
export type SiteKind = 'residence' | 'building' | 'gate'
export type Severity = 'critical' | 'major' | 'minor' | 'info'
export const SEVERITIES: readonly Severity[] = ['critical', 'major', 'minor', 'info']

type About = 'seal' | 'site' | 'event' | 'area'
type AlarmWord = { readonly no: number; readonly about: About; readonly personCloses: boolean; readonly severity: Severity }
const word = (no: number, about: About, severity: Severity, closes: 'person' | 'gone' = 'gone'): AlarmWord => ({
  no,
  about,
  severity,
  personCloses: closes === 'person',
})
/** The contract's table of keys, the severities of core/kinds.ts's documentation; `no` only orders what is said at one instant. */
export const ALARMS = {
  tamper: word(1, 'seal', 'critical', 'person'),
  'door-opened': word(2, 'seal', 'major', 'person'),
  'passage-unpermitted': word(3, 'seal', 'critical', 'person'),
  'door-held-open': word(4, 'seal', 'major'),
  'passage-door-shut': word(5, 'seal', 'minor'),
  'beam-blocked': word(6, 'seal', 'minor'),
  offline: word(7, 'seal', 'major'),
  'low-battery': word(8, 'seal', 'minor'),
  'battery-forecast': word(9, 'seal', 'info'),
  'sequence-gap': word(10, 'seal', 'minor'),
  'clock-wrong': word(11, 'seal', 'minor'),
  flapping: word(12, 'seal', 'minor'),
  'thermal-drift': word(14, 'seal', 'minor'),
  'door-without-passage': word(15, 'seal', 'info'),
  'headcount-over': word(16, 'site', 'major'),
  'headcount-under': word(17, 'site', 'major'),
  'capacity-over': word(18, 'site', 'major'),
  'opened-off-schedule': word(19, 'site', 'major'),
  'left-open-at-closing': word(20, 'site', 'minor'),
  'too-many-openings': word(21, 'site', 'minor'),
  'permit-overrun': word(22, 'site', 'major'),
  fever: word(24, 'event', 'critical', 'person'),
  'area-outage': word(25, 'area', 'critical'),
} as const satisfies Readonly<Record<string, AlarmWord>>
export type AlarmKind = keyof typeof ALARMS
export const ALARM_KINDS = Object.keys(ALARMS) as AlarmKind[]

/** One event as its sender says it. `clock` 0: the seal has none. */
export type SentEvent = {
  readonly seal: string
  readonly clock: number
  readonly boot: number
  readonly seq: number
  readonly kind: EventKind
  readonly value: number
  readonly totals?: readonly [peopleIn: number, peopleOut: number]
}

export type Weekly = { readonly days: readonly number[]; readonly from: number; readonly until: number }
export type PermitWish = {
  readonly site: string
  readonly from: number
  readonly until: number
  readonly openings: number | null
  readonly weekly: Weekly | null
}
export type SiteWish = {
  readonly site: string
  readonly area: string
  readonly kind: SiteKind
  readonly headcount: number
  readonly capacity: number | null
  readonly inside: number | null
  readonly observation: { readonly from: number; readonly until: number } | null
  readonly seals: readonly { readonly id: string; readonly from: number | null; readonly until: number | null }[]
}

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
