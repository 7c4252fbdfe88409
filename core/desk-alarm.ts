import { ALARM, type AlarmKindName } from './kinds.ts'
import type { AlarmView } from './ops.ts'
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
  active: boolean
  goneAt: number | null
  acknowledgedAt: number | null
  acknowledgedBy: string
  assignedTo: string
  shelvedUntil: number | null
  repeats: number
  value: number
  closedAt: number | null
  /** Closed because its condition ended: may come back within the hold-down. */
  closedByCondition: boolean
}

/** Who or what an alarm is about, as of now. `expires` as in {@link AlarmRecord}. */
export type AlarmSubject = { readonly site: string; readonly area: string; readonly siteKey: number; readonly expires: number }

export const alarmView = (alarm: AlarmRecord): AlarmView => ({
  id: alarm.id,
  kind: alarm.kind,
  severity: ALARM[alarm.kind].severity,
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
  repeats: alarm.repeats,
  value: alarm.value,
})

export type StepDetail = { readonly time: number; readonly received: number; readonly by?: string; readonly note?: string }

export const alarmStep = (alarm: AlarmRecord, step: AlarmStepName, { time, received, by = '', note = '' }: StepDetail): AlarmStep => ({
  id: alarm.id,
  kind: alarm.kind,
  severity: ALARM[alarm.kind].severity,
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
