import { type AlarmRecord, type AlarmSubject, alarmStep, type StepDetail } from './desk-alarm.ts'
import type { AlarmStep } from './rows.ts'

// What the desk holds: alarms that are open, and for a while those that closed (so that one that comes right back is known, a late
// click is told "closed" and not "unknown", and an id is never given twice). Indexes follow from the two maps and are rebuilt at a restore.

/** A condition that returns this soon after its end is the same alarm again: three heartbeats of a minute would be too slow, a bouncing contact takes seconds. */
export const HOLD_DOWN_MS = 60_000
/** Closed alarms are kept this long: longer than a person looks at a page before clicking, and than the hold-down. */
export const CLOSED_KEPT_MS = 600_000
/** … and at most so many, at about 500 bytes each: a city that loses and regains its network may close 200,000 at once. */
export const CLOSED_KEPT_MAX = 200_000

export type DeskDeps = {
  /** undefined = not alarmed about: the site has ended, or is unknown. */
  readonly subject: (siteNo: number) => AlarmSubject | undefined
  readonly sealId: (sealNo: number) => string
  readonly areaName: (areaKey: number) => string
  readonly otherRetentionMs: number
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
  readonly shelved: Set<AlarmRecord>
}
/** Plain values, msgpack-able. */
export type DeskDump = { readonly open: readonly AlarmRecord[]; readonly closed: readonly AlarmRecord[] }

export const createDeskState = (deps: DeskDeps): DeskState => ({
  deps,
  open: new Map(),
  closed: new Map(),
  openById: new Map(),
  openBySite: new Map(),
  heldDown: new Map(),
  shelved: new Set(),
})

export const dumpDesk = (state: DeskState): DeskDump => ({
  open: [...state.open.values()].map((alarm) => ({ ...alarm })),
  closed: [...state.closed.values()].map((alarm) => ({ ...alarm })),
})

export const restoreDeskState = (deps: DeskDeps, dump: DeskDump): DeskState => {
  const state = createDeskState(deps)
  for (const alarm of dump.open) {
    const own = { ...alarm }
    addOpen(state, own)
    if (own.shelvedUntil !== null) state.shelved.add(own)
  }
  for (const alarm of dump.closed) keepClosed(state, { ...alarm })
  return state
}

export const addOpen = (state: DeskState, alarm: AlarmRecord): void => {
  state.open.set(alarm.key, alarm)
  state.openById.set(alarm.id, alarm)
  const ofSite = state.openBySite.get(alarm.siteNo)
  if (ofSite === undefined) state.openBySite.set(alarm.siteNo, new Set([alarm]))
  else ofSite.add(alarm)
}

const keepClosed = (state: DeskState, alarm: AlarmRecord): void => {
  state.closed.set(alarm.id, alarm)
  if (alarm.closedByCondition) state.heldDown.set(alarm.key, alarm)
}

export type Closing = StepDetail & { readonly byCondition: boolean }

/** The alarm's last step: it leaves the open ones. */
export const closeAlarm = (state: DeskState, alarm: AlarmRecord, { byCondition, ...detail }: Closing): AlarmStep => {
  state.open.delete(alarm.key)
  state.openById.delete(alarm.id)
  state.shelved.delete(alarm)
  const ofSite = state.openBySite.get(alarm.siteNo)
  ofSite?.delete(alarm)
  if (ofSite?.size === 0) state.openBySite.delete(alarm.siteNo)
  alarm.closedAt = detail.received
  alarm.shelvedUntil = null
  alarm.closedByCondition = byCondition
  keepClosed(state, alarm)
  if (state.closed.size > CLOSED_KEPT_MAX) forgetOldest(state)
  return alarmStep(alarm, 'closed', detail)
}

/** A closed alarm is open again. */
export const reopen = (state: DeskState, alarm: AlarmRecord): void => {
  state.closed.delete(alarm.id)
  state.heldDown.delete(alarm.key)
  alarm.closedAt = null
  alarm.closedByCondition = false
  addOpen(state, alarm)
}

const forgetOldest = (state: DeskState): void => {
  for (const alarm of state.closed.values()) return forget(state, alarm)
}
const forget = (state: DeskState, alarm: AlarmRecord): void => {
  state.closed.delete(alarm.id)
  if (state.heldDown.get(alarm.key) === alarm) state.heldDown.delete(alarm.key)
}

/** Drops closed alarms that are old enough. Closing times never go back, so the oldest come first. */
export const forgetClosed = (state: DeskState, now: number): void => {
  for (const alarm of state.closed.values()) {
    if ((alarm.closedAt as number) + CLOSED_KEPT_MS > now) return
    forget(state, alarm)
  }
}
