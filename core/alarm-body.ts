import type { AlarmView, DeliveryView } from './ops.ts'

// One alarm as people and programs read it, the same words in REST, in the stream and on the page. Times are ISO-8601 UTC; dense
// numbers never leave.

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : iso(ms))

/** Why a notice that waits has not been taken, as the notifier of this run knows it. */
export type Trouble = { readonly attempts: number; readonly error: string }
export type TroubleOf = (deliveryId: string) => Trouble | undefined

export type DeliveryBody = {
  readonly id: string
  readonly webhook: string
  readonly step: string
  readonly state: string
  readonly at: string
  readonly changed: string
  readonly attempts: number
  readonly error: string | null
}
export type AlarmBody = {
  readonly id: string
  readonly kind: string
  readonly severity: string
  readonly state: string
  readonly active: boolean
  readonly acknowledged: boolean
  readonly site: string
  readonly area: string
  readonly seal: string
  readonly since: string
  readonly raisedAt: string
  readonly goneAt: string | null
  readonly acknowledgedAt: string | null
  readonly acknowledgedBy: string
  readonly assignedTo: string
  readonly shelvedUntil: string | null
  readonly shelvedBy: string
  readonly shelvedReason: string
  /** Since when it waits for a person: raised, or last taken off the shelf; null when nobody is waited for. */
  readonly waitingSince: string | null
  readonly escalation: number
  readonly repeats: number
  readonly value: number
  readonly deliveries: readonly DeliveryBody[]
}

export const alarmBody = (alarm: AlarmView, troubleOf: TroubleOf = noTrouble): AlarmBody => ({
  id: alarm.id,
  kind: alarm.kind,
  severity: alarm.severity,
  state: alarm.state,
  active: alarm.active,
  acknowledged: alarm.acknowledged,
  site: alarm.site,
  area: alarm.area,
  seal: alarm.seal,
  since: iso(alarm.since),
  raisedAt: iso(alarm.raisedAt),
  goneAt: isoOrNull(alarm.goneAt),
  acknowledgedAt: isoOrNull(alarm.acknowledgedAt),
  acknowledgedBy: alarm.acknowledgedBy,
  assignedTo: alarm.assignedTo,
  shelvedUntil: isoOrNull(alarm.shelvedUntil),
  shelvedBy: alarm.shelvedBy,
  shelvedReason: alarm.shelvedReason,
  waitingSince: isoOrNull(alarm.waitingSince),
  escalation: alarm.escalation,
  repeats: alarm.repeats,
  value: alarm.value,
  deliveries: alarm.deliveries.map((one) => deliveryBody(one, troubleOf)),
})
const noTrouble: TroubleOf = () => undefined

const deliveryBody = (delivery: DeliveryView, troubleOf: TroubleOf): DeliveryBody => {
  const trouble = delivery.state === 'waiting' ? troubleOf(delivery.id) : undefined
  return {
    ...delivery,
    at: iso(delivery.at),
    changed: iso(delivery.changed),
    attempts: trouble?.attempts ?? delivery.attempts,
    error: trouble?.error ?? null,
  }
}
