import { type AlarmRecord, type AlarmSubject, alarmStep, copyAlarm, isWaiting, type StepDetail } from './desk-alarm.ts'
import { createPlans, PLAN, type Plans } from './desk-plans.ts'
import type { Delivery, WebhookRecord } from './ops.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import type { Silence } from './outage.ts'
import type { FleetPolicy, KindPolicy } from './policy.ts'
import type { AlarmStep } from './rows.ts'

// What the desk holds: alarms that are open, and for a while those that closed (so that one that comes right back is known, a late
// click is told "closed" and not "unknown", and an id is never given twice), and notices that wait for their webhooks. Indexes and
// plans follow from these and are rebuilt at a restore.

/** Closed alarms are kept this long: longer than a person looks at a page before clicking, and than the longest hold-down. */
export const CLOSED_KEPT_MS = 600_000
/** … and at most so many, at about 700 bytes each: a city that loses and regains its network may close 200,000 at once. */
export const CLOSED_KEPT_MAX = 200_000

export type DeskPolicy = Pick<KindPolicy, 'severity' | 'escalateMs' | 'holdDownMs'>
export type DeskDeps = {
  /** undefined = not alarmed about: the site has ended, or is unknown. */
  readonly subject: (siteNo: number) => AlarmSubject | undefined
  readonly sealId: (sealNo: number) => string
  readonly areaName: (areaKey: number) => string
  readonly otherRetentionMs: number
  /** In force for a site now; 0 = what no site's policy covers (areas). */
  readonly policyOf: (siteNo: number) => DeskPolicy
  readonly fleet: () => Pick<FleetPolicy, 'outageSealsMin' | 'outageShare'>
  readonly webhooks: () => readonly WebhookRecord[]
  /** Which seals are silent where (core/outage.ts). */
  readonly silence: Silence
}
export type DeskState = {
  readonly deps: DeskDeps
  /** In the order they were raised (or came back), by key. */
  readonly open: Map<string, AlarmRecord>
  /** In the order they were closed, by id. */
  readonly closed: Map<string, AlarmRecord>
  readonly openById: Map<string, AlarmRecord>
  readonly openBySite: Map<number, Set<AlarmRecord>>
  /** The newest closed alarm of a key that its condition may bring back. */
  readonly heldDown: Map<string, AlarmRecord>
  /** Open area outages, by area. */
  readonly outages: Map<string, AlarmRecord>
  readonly plans: Plans
  /** Notices not delivered yet. */
  readonly outbox: Outbox
  /** Those made since they were last taken, and how many were ever given up. */
  fresh: Delivery[]
  dropped: number
}
/** Plain values, msgpack-able. */
export type DeskDump = {
  readonly open: readonly AlarmRecord[]
  readonly closed: readonly AlarmRecord[]
  readonly outbox: readonly Delivery[]
  readonly dropped: number
}

export const createDeskState = (deps: DeskDeps, waiting: readonly Delivery[] = []): DeskState => ({
  deps,
  open: new Map(),
  closed: new Map(),
  openById: new Map(),
  openBySite: new Map(),
  heldDown: new Map(),
  outages: new Map(),
  plans: createPlans(),
  outbox: createOutbox(waiting),
  fresh: [],
  dropped: 0,
})

export const dumpDesk = (state: DeskState): DeskDump => ({
  open: [...state.open.values()].map(copyAlarm),
  closed: [...state.closed.values()].map(copyAlarm),
  outbox: [...state.outbox.byId.values()],
  dropped: state.dropped,
})

export const restoreDeskState = (deps: DeskDeps, dump: DeskDump): DeskState => {
  const state = createDeskState(deps, dump.outbox)
  for (const alarm of dump.open) {
    const own = copyAlarm(alarm)
    addOpen(state, own)
    if (own.shelvedUntil !== null) state.plans.push({ at: own.shelvedUntil, what: PLAN.unshelve, alarm: own })
    if (own.escalateAt > 0) state.plans.push({ at: own.escalateAt, what: PLAN.escalate, alarm: own })
  }
  for (const alarm of dump.closed) {
    const own = copyAlarm(alarm)
    keepClosed(state, own)
    if (own.escalateAt > 0) state.plans.push({ at: own.escalateAt, what: PLAN.escalate, alarm: own })
    if (own.told.length > 0 && own.holdUntil > 0) state.plans.push({ at: own.holdUntil, what: PLAN.tellCleared, alarm: own })
  }
  state.dropped = dump.dropped
  return state
}

export const addOpen = (state: DeskState, alarm: AlarmRecord): void => {
  state.open.set(alarm.key, alarm)
  state.openById.set(alarm.id, alarm)
  if (alarm.kind === 'area-outage') state.outages.set(alarm.area, alarm)
  const ofSite = state.openBySite.get(alarm.siteNo)
  if (ofSite === undefined) state.openBySite.set(alarm.siteNo, new Set([alarm]))
  else ofSite.add(alarm)
}

const keepClosed = (state: DeskState, alarm: AlarmRecord): void => {
  state.closed.set(alarm.id, alarm)
  if (alarm.holdUntil > 0) state.heldDown.set(alarm.key, alarm)
}

/** Plans its next escalation: by how long it has waited already, at its severity, by the policy of now. */
export const planEscalation = (state: DeskState, alarm: AlarmRecord): void => {
  const after = isWaiting(alarm) ? state.deps.policyOf(alarm.siteNo).escalateMs[alarm.severity][alarm.escalation] : undefined
  const at = after === undefined ? 0 : alarm.waitingSince + after
  // The same plan is there already: an alarm that flaps must not make one each time.
  if (at === alarm.escalateAt) return
  alarm.escalateAt = at
  if (at > 0) state.plans.push({ at, what: PLAN.escalate, alarm })
}

export type Closing = StepDetail & { readonly byCondition: boolean }

/** The alarm's last step: it leaves the open ones. */
export const closeAlarm = (state: DeskState, alarm: AlarmRecord, { byCondition, ...detail }: Closing): AlarmStep => {
  state.open.delete(alarm.key)
  state.openById.delete(alarm.id)
  if (state.outages.get(alarm.area) === alarm) state.outages.delete(alarm.area)
  const ofSite = state.openBySite.get(alarm.siteNo)
  ofSite?.delete(alarm)
  if (ofSite?.size === 0) state.openBySite.delete(alarm.siteNo)
  alarm.closedAt = detail.received
  alarm.shelvedUntil = null
  alarm.holdUntil = byCondition ? detail.received + state.deps.policyOf(alarm.siteNo).holdDownMs : 0
  keepClosed(state, alarm)
  return alarmStep(alarm, 'closed', detail)
}

/** A closed alarm is open again. */
export const reopen = (state: DeskState, alarm: AlarmRecord): void => {
  state.closed.delete(alarm.id)
  state.heldDown.delete(alarm.key)
  alarm.closedAt = null
  alarm.holdUntil = 0
  alarm.lowSince = 0
  addOpen(state, alarm)
  planEscalation(state, alarm)
}

const forget = (state: DeskState, alarm: AlarmRecord): void => {
  state.closed.delete(alarm.id)
  if (state.heldDown.get(alarm.key) === alarm) state.heldDown.delete(alarm.key)
}

/** Drops closed alarms that are old enough, or too many; never one of whose end webhooks are still to be told. The oldest come first. */
export const forgetClosed = (state: DeskState, now: number): void => {
  for (const alarm of state.closed.values()) {
    const kept = (alarm.closedAt as number) + CLOSED_KEPT_MS > now || alarm.holdUntil > now
    if ((kept && state.closed.size <= CLOSED_KEPT_MAX) || alarm.told.length > 0) return
    forget(state, alarm)
  }
}
