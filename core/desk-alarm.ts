import type { AlarmKindName, Severity } from './kinds.ts'
import type { AlarmView, DeliveryView } from './ops.ts'
import type { AlarmStep, AlarmStepName } from './rows.ts'

// One alarm: its record as the desk keeps it, how people see it, and the rows its steps leave. Two independent sides: the condition
// (active, or gone) and the person (acknowledged, or not). All fields are plain values, so that a dump is a copy.

export type AlarmRecord = {
  readonly id: string
  /** Only one alarm may be open under it: kind and seal, site, event or area. */
  readonly key: string
  readonly kind: AlarmKindName
  readonly siteNo: number
  readonly sealNo: number
  readonly site: string
  readonly seal: string
  /** As of now: a site that moves to another area takes its open alarms along. */
  siteKey: number
  area: string
  /** When rows about it expire; 0 = each by itself, `retentionMs` after it was received. */
  expires: number
  readonly retentionMs: number
  readonly since: number
  readonly raisedAt: number
  /** Of level 0, by the policy as it was raised; `severity` is one step lower while the level is 1. */
  readonly severityOwn: Severity
  severity: Severity
  /** Since when it waits for a person: since it was raised, or last taken off the shelf. */
  waitingSince: number
  /** How many times it was escalated because nobody came, and when it will be next; 0 = no more. */
  escalation: number
  escalateAt: number
  active: boolean
  goneAt: number | null
  acknowledgedAt: number | null
  acknowledgedBy: string
  assignedTo: string
  shelvedUntil: number | null
  shelvedBy: string
  shelvedReason: string
  repeats: number
  value: number
  closedAt: number | null
  /** Closed because its condition ended: the same alarm comes back where the condition does before then. 0 = it does not. */
  holdUntil: number
  /** Of an outage: since which tick too few are silent for one; 0 = they are not. */
  lowSince: number
  /** Webhooks that were told of it and not of its end, and how many deliveries it has had: their ids count them. */
  told: number[]
  notices: number
  deliveries: DeliveryView[]
}

/** Who or what an alarm is about, as of now. `expires` as in {@link AlarmRecord}. */
export type AlarmSubject = { readonly site: string; readonly area: string; readonly siteKey: number; readonly expires: number }

export const alarmView = (alarm: AlarmRecord): AlarmView => ({
  id: alarm.id,
  kind: alarm.kind,
  severity: alarm.severity,
  state: alarm.closedAt === null ? 'open' : 'closed',
  active: alarm.active,
  acknowledged: alarm.acknowledgedAt !== null,
  site: alarm.site,
  siteNo: alarm.siteNo,
  area: alarm.area,
  seal: alarm.seal,
  since: alarm.since,
  raisedAt: alarm.raisedAt,
  goneAt: alarm.goneAt,
  acknowledgedAt: alarm.acknowledgedAt,
  acknowledgedBy: alarm.acknowledgedBy,
  assignedTo: alarm.assignedTo,
  shelvedUntil: alarm.shelvedUntil,
  shelvedBy: alarm.shelvedBy,
  shelvedReason: alarm.shelvedReason,
  waitingSince: isWaiting(alarm) ? alarm.waitingSince : null,
  escalation: alarm.escalation,
  repeats: alarm.repeats,
  value: alarm.value,
  deliveries: alarm.deliveries.length === 0 ? NO_DELIVERIES : [...alarm.deliveries],
})
const NO_DELIVERIES: readonly DeliveryView[] = []

/** Nobody has taken note of it, or put it aside. */
export const isWaiting = (alarm: AlarmRecord): boolean => alarm.closedAt === null && alarm.acknowledgedAt === null && alarm.shelvedUntil === null

const SEVERITIES: readonly Severity[] = ['critical', 'major', 'minor', 'info']
export const severityAt = (own: Severity, level: number): Severity => SEVERITIES[Math.min(SEVERITIES.indexOf(own) + level, 3)] as Severity
/** Negative where `a` is the more severe. */
export const compareSeverity = (a: Severity, b: Severity): number => SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b)

/** A copy that shares nothing with the desk's own. */
export const copyAlarm = (alarm: AlarmRecord): AlarmRecord => ({ ...alarm, told: [...alarm.told], deliveries: alarm.deliveries.map((one) => ({ ...one })) })

export type StepDetail = { readonly time: number; readonly received: number; readonly by?: string; readonly note?: string }

export const alarmStep = (alarm: AlarmRecord, step: AlarmStepName, { time, received, by = '', note = '' }: StepDetail): AlarmStep => ({
  id: alarm.id,
  kind: alarm.kind,
  severity: alarm.severity,
  site: alarm.site,
  siteKey: alarm.siteKey,
  area: alarm.area,
  seal: alarm.seal,
  step,
  time,
  received,
  by,
  note,
  repeats: alarm.repeats,
  value: alarm.value,
  expires: alarm.expires === 0 ? received + alarm.retentionMs : alarm.expires,
})

/** 64 bits of a text, as 16 hex digits: two Murmur3-finished multiplicative hashes with different seeds (after "cyrb53"). Not a secret. */
export const hash64 = (text: string): string => {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x5f356495)
  }
  const high = finish(a) ^ finish(Math.imul(b, 0x85ebca6b))
  const low = finish(b) ^ finish(Math.imul(a, 0xc2b2ae35))
  return hex(high) + hex(low)
}
const finish = (n: number): number => {
  const h = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ (h >>> 16)
}
const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0')
