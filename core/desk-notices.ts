import { type AlarmRecord, alarmStep } from './desk-alarm.ts'
import type { DeskState } from './desk-state.ts'
import { PLAN } from './desk-plans.ts'
import { areaCovers } from './ids.ts'
import { ALARM } from './kinds.ts'
import type { Delivery, DeliveredOp, DeliveryView, NoticeStep, WebhookRecord } from './ops.ts'
import type { AlarmStep } from './rows.ts'

// Notices of alarms for webhooks: made from the desk's own steps, kept in its outbox until their delivery is in the log. A webhook is
// told of what matches its area and severities (raised, escalated); who was told of an alarm is told of all that follows and of
// its end. An end by condition is told when the hold-down has passed, so one that comes right back is no news: flapping makes no
// notices. An id names alarm, step, its count on that alarm, and webhook: a replay makes the same ones.

/** Notices that wait at most, about 500 bytes each: every home of a city of 100,000, once. The oldest goes first. */
export const OUTBOX_MAX = 100_000
/** A receiver that has not come back by then (a long weekend) learns what is open from the API; nobody acts on older news. */
export const OUTBOX_AGE_MS_MAX = 3 * 24 * 60 * 60_000
/** Notices shown on one alarm, the newest: each webhook's first and last steps fit. */
export const DELIVERIES_SHOWN_MAX = 20

export const makeNotices = (state: DeskState, steps: readonly AlarmStep[], now: number): void => {
  const webhooks = state.deps.webhooks()
  if (webhooks.length === 0) return
  for (const step of steps) {
    if (!NEWS.has(step.step)) continue
    const alarm = state.openById.get(step.id) ?? state.closed.get(step.id)
    if (alarm === undefined) continue
    if (step.step !== 'closed') tell(state, alarm, { step, webhooks, now })
    else if (alarm.closedAt !== null && alarm.told.length > 0) {
      if (alarm.holdUntil > now) state.plans.push({ at: alarm.holdUntil, what: PLAN.tellCleared, alarm })
      else tellCleared(state, alarm, now)
    }
  }
}
const NEWS: ReadonlySet<string> = new Set<AlarmStep['step']>(['raised', 'condition-back', 'escalated', 'closed'])

type News = { readonly step: AlarmStep; readonly webhooks: readonly WebhookRecord[]; readonly now: number }
const tell = (state: DeskState, alarm: AlarmRecord, { step, webhooks, now }: News): void => {
  for (const webhook of webhooks) {
    const told = alarm.told.includes(webhook.webhookNo)
    if (told ? step.step !== 'escalated' : !concerns(webhook, alarm, step)) continue
    if (!told) alarm.told.push(webhook.webhookNo)
    put(state, alarm, { webhook, step: step.step === 'escalated' ? 'escalated' : 'raised', note: step.note, severity: step.severity, now })
  }
}
const concerns = (webhook: WebhookRecord, alarm: AlarmRecord, { severity }: AlarmStep): boolean => {
  if (!webhook.severities.some((one) => one === severity)) return false
  // An outage of the whole city is news in each of its streets.
  return areaCovers(webhook.area, alarm.area) || (ALARM[alarm.kind].scope === 'area' && areaCovers(alarm.area, webhook.area))
}

/** All who were told of it learn that it is over. */
export const tellCleared = (state: DeskState, alarm: AlarmRecord, now: number): void => {
  const { told } = alarm
  alarm.told = []
  for (const webhook of state.deps.webhooks())
    if (told.includes(webhook.webhookNo)) put(state, alarm, { webhook, step: 'cleared', note: '', severity: alarm.severity, now })
}

type Notice = { readonly webhook: WebhookRecord; readonly step: NoticeStep; readonly note: string; readonly severity: string; readonly now: number }
const put = (state: DeskState, alarm: AlarmRecord, { webhook, step, note, severity, now }: Notice): void => {
  alarm.notices += 1
  const delivery: Delivery = {
    id: `msg_${alarm.id}_${step}_${alarm.notices}_${webhook.webhookNo}`,
    webhookNo: webhook.webhookNo,
    webhook: webhook.name,
    alarm: alarm.id,
    kind: alarm.kind,
    severity: severity as Delivery['severity'],
    step,
    note,
    site: alarm.site,
    siteNo: alarm.siteNo,
    siteKey: alarm.siteKey,
    area: alarm.area,
    since: alarm.since,
    raisedAt: alarm.raisedAt,
    at: now,
    expires: alarm.expires === 0 ? now + alarm.retentionMs : alarm.expires,
  }
  state.outbox.add(delivery)
  state.fresh.push(delivery)
  alarm.deliveries.push({ id: delivery.id, webhook: webhook.name, step, state: 'waiting', at: now, changed: now, attempts: 0 })
  if (alarm.deliveries.length > DELIVERIES_SHOWN_MAX) alarm.deliveries.shift()
  const oldest = state.outbox.byId.size > OUTBOX_MAX ? state.outbox.oldest() : undefined
  if (oldest !== undefined) drop(state, oldest, now)
}

const mark = (state: DeskState, { id, alarm }: Delivery, change: Partial<DeliveryView>): AlarmRecord | undefined => {
  const record = state.openById.get(alarm) ?? state.closed.get(alarm)
  const at = record?.deliveries.findIndex((one) => one.id === id) ?? -1
  if (record !== undefined && at >= 0) record.deliveries[at] = { ...(record.deliveries[at] as DeliveryView), ...change }
  return record
}

const drop = (state: DeskState, delivery: Delivery, now: number): void => {
  state.outbox.remove(delivery.id)
  state.dropped += 1
  mark(state, delivery, { state: 'dropped', changed: now })
}

/** Receivers have taken these. One that is not waiting any more says nothing: it was reported before. */
export const delivered = (state: DeskState, { deliveries }: DeliveredOp, now: number): AlarmStep[] =>
  deliveries.flatMap(({ id, attempts }) => {
    const delivery = state.outbox.remove(id)
    if (delivery === undefined) return []
    const record = mark(state, delivery, { state: 'delivered', changed: now, attempts })
    const detail = { time: now, received: now, by: 'system', note: `${delivery.webhook}: ${delivery.step}, attempt ${attempts}` }
    return [record === undefined ? forgottenStep(delivery, detail) : alarmStep(record, 'delivered', detail)]
  })

const forgottenStep = (delivery: Delivery, detail: { time: number; received: number; by: string; note: string }): AlarmStep => {
  const { kind, severity, site, siteKey, area, expires } = delivery
  return { id: delivery.alarm, kind, severity, site, siteKey, area, seal: '', step: 'delivered', ...detail, repeats: 0, value: 0, expires }
}

/** At a tick: what is too old is given up. The outbox is in the order of time. */
export const dropOld = (state: DeskState, now: number): void => {
  for (let oldest = state.outbox.oldest(); oldest !== undefined && oldest.at + OUTBOX_AGE_MS_MAX <= now; oldest = state.outbox.oldest())
    drop(state, oldest, now)
}

/** Notices of webhooks that are gone, and of sites whose data has expired, leave the outbox. */
export const dropWhere = (state: DeskState, gone: (delivery: Delivery) => boolean, now: number): void => {
  for (const delivery of state.outbox.byId.values()) if (gone(delivery)) drop(state, delivery, now)
}
