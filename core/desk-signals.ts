import { type AlarmRecord, type AlarmSubject, alarmStep, compareSeverity, hash64, severityAt } from './desk-alarm.ts'
import { addOpen, closeAlarm, type DeskState, planEscalation, reopen } from './desk-state.ts'
import { ALARM, type AlarmKindName, alarmKindName, type Severity } from './kinds.ts'
import type { AlarmStep } from './rows.ts'
import { SIGNAL, SIGNAL_STATE, SIGNAL_STRIDE } from './signal.ts'

// The condition's side of alarms. What a signal does, by what is there under its key:
//             nothing open                         open, active                  open, gone (waits for a person)
//   began     raised (held down: condition-back)   repeated                      condition-back
//   momentary raised, condition-gone               repeated                      repeated
//   again n   person kinds: as momentary, else –   repeated (n more)             repeated (n more)
//   level     –                                    escalated or eased            –
//   ended     –                                    condition-gone; closed if     –
//                                                  nobody is waited for
// Closing: kinds that a person closes wait for the acknowledgement; the others are closed with their condition's end, and one of
// those that comes back within the hold-down is the same alarm again, with its acknowledgement. A new opening after a person closed is new.

export type Signal = {
  readonly kind: AlarmKindName
  readonly seal: number
  /** siteNo; for an alarm of an area 0, or an areaKey where `area` is not given. */
  readonly site: number
  readonly watch: number
  readonly state: number
  readonly time: number
  readonly value: number
  readonly boot: number
  readonly seq: number
  readonly level: number
  readonly area?: string
}

/** Rows of `signals` in the order that leaves nothing to the order of arrival: by time, site, seal, kind, state, boot, seq, value, level. */
export const sortedSignals = (signals: Float64Array): Signal[] => {
  const order = Array.from({ length: signals.length / SIGNAL_STRIDE }, (_, row) => row * SIGNAL_STRIDE)
  const at = (row: number, field: number): number => signals[row + field] as number
  order.sort((a, b) => {
    for (const field of SORT_FIELDS) {
      const difference = at(a, field) - at(b, field)
      if (difference !== 0) return difference
    }
    return 0
  })
  return order.map((row) => ({
    kind: alarmKindName(at(row, SIGNAL.kind)),
    seal: at(row, SIGNAL.seal),
    site: at(row, SIGNAL.site),
    watch: at(row, SIGNAL.watch),
    state: at(row, SIGNAL.state),
    time: at(row, SIGNAL.time),
    value: at(row, SIGNAL.value),
    boot: at(row, SIGNAL.boot),
    seq: at(row, SIGNAL.seq),
    level: at(row, SIGNAL.level),
  }))
}
const SORT_FIELDS = [
  SIGNAL.time,
  SIGNAL.site,
  SIGNAL.seal,
  SIGNAL.kind,
  SIGNAL.state,
  SIGNAL.boot,
  SIGNAL.seq,
  SIGNAL.value,
  SIGNAL.level,
  SIGNAL.watch,
] as const

/** The key under which only one alarm may be open. */
export const keyOf = (state: DeskState, signal: Pick<Signal, 'kind' | 'seal' | 'site' | 'boot' | 'seq' | 'area'>): string => {
  const { kind, seal, site, boot, seq } = signal
  switch (ALARM[kind].scope) {
    case 'seal':
      return `${kind} seal ${seal}`
    case 'site':
      return `${kind} site ${site}`
    case 'event':
      return `${kind} event ${seal} ${boot} ${seq}`
    case 'area':
      return `${kind} area ${signal.area ?? state.deps.areaName(site)}`
  }
}

export const applySignal = (state: DeskState, signal: Signal, now: number, steps: AlarmStep[]): void => {
  const key = keyOf(state, signal)
  const alarm = state.open.get(key)
  if (alarm === undefined) return onNothing(state, key, { signal, now }, steps)
  if (subjectOf(state, signal) === undefined) return
  switch (signal.state) {
    case SIGNAL_STATE.began:
      return beginAgain(state, alarm, { signal, now }, steps)
    case SIGNAL_STATE.momentary:
      return repeat(alarm, signal, { count: 1, now }, steps)
    case SIGNAL_STATE.again:
      return repeat(alarm, signal, { count: signal.value, now }, steps)
    case SIGNAL_STATE.level:
      if (alarm.active) changeLevel(state, alarm, { signal, now }, steps)
      return
    case SIGNAL_STATE.ended:
      if (alarm.active) end(state, alarm, { signal, now }, steps)
  }
}

type Told = { readonly signal: Signal; readonly now: number }
type Raise = Told & { readonly subject: AlarmSubject; readonly severity: Severity; readonly repeats?: number }

const onNothing = (state: DeskState, key: string, { signal, now }: Told, steps: AlarmStep[]): void => {
  if (signal.state === SIGNAL_STATE.ended || signal.state === SIGNAL_STATE.level) return
  const subject = subjectOf(state, signal)
  const severity = severityOf(state, signal)
  if (subject === undefined || severity === 'off') return
  const raise = { signal, subject, severity, now }
  if (signal.state === SIGNAL_STATE.began) return beginNew(state, key, raise, steps)
  if (signal.state === SIGNAL_STATE.momentary) return momentary(state, key, raise, steps)
  if (ALARM[signal.kind].closing === 'person')
    momentary(state, key, { ...raise, signal: { ...signal, value: 0 }, repeats: Math.max(0, signal.value - 1) }, steps)
}

const subjectOf = (state: DeskState, { kind, site, area }: Signal): AlarmSubject | undefined =>
  ALARM[kind].scope === 'area' ? { site: '', area: area ?? state.deps.areaName(site), siteKey: 0, expires: 0 } : state.deps.subject(site)

/** By the policy of now: the kind's own, another, or none. */
export const severityOf = (state: DeskState, signal: Pick<Signal, 'kind' | 'site'>): Severity | 'off' =>
  state.deps.policyOf(ownSite(signal)).severity[signal.kind] ?? ALARM[signal.kind].severity

const beginNew = (state: DeskState, key: string, raise: Raise, steps: AlarmStep[]): void => {
  const { signal, subject, now } = raise
  const held = state.heldDown.get(key)
  if (held === undefined || held.holdUntil <= now || held.siteNo !== ownSite(signal)) {
    steps.push(alarmStep(raiseAlarm(state, key, raise), 'raised', { time: signal.time, received: now }))
    return
  }
  reopen(state, held)
  held.siteKey = subject.siteKey
  held.area = subject.area
  held.expires = subject.expires
  beginAgain(state, held, { signal, now }, steps)
}

const beginAgain = (state: DeskState, alarm: AlarmRecord, { signal, now }: Told, steps: AlarmStep[]): void => {
  if (alarm.active) return repeat(alarm, signal, { count: 1, now }, steps)
  alarm.active = true
  alarm.goneAt = null
  alarm.repeats += 1
  alarm.value = signal.value
  steps.push(alarmStep(alarm, 'condition-back', { time: signal.time, received: now }))
  changeLevel(state, alarm, { signal, now }, steps)
}

/** The severity follows the level; what did not change is no step. */
const changeLevel = (state: DeskState, alarm: AlarmRecord, { signal, now }: Told, steps: AlarmStep[]): void => {
  const before = alarm.severity
  alarm.value = signal.value
  alarm.severity = severityAt(alarm.severityOwn, signal.level)
  const change = compareSeverity(alarm.severity, before)
  if (change === 0) return
  steps.push(alarmStep(alarm, change < 0 ? 'escalated' : 'eased', { time: signal.time, received: now, note: `${before} to ${alarm.severity}` }))
  planEscalation(state, alarm)
}

const momentary = (state: DeskState, key: string, raise: Raise, steps: AlarmStep[]): void => {
  const { signal, now } = raise
  const alarm = raiseAlarm(state, key, raise)
  const detail = { time: signal.time, received: now }
  steps.push(alarmStep(alarm, 'raised', detail))
  end(state, alarm, { signal, now }, steps)
}

const repeat = (alarm: AlarmRecord, signal: Signal, { count, now }: { count: number; now: number }, steps: AlarmStep[]): void => {
  alarm.repeats += count
  // What `again` measures is how many, not how much.
  if (signal.state !== SIGNAL_STATE.again) alarm.value = signal.value
  if (!alarm.active) alarm.goneAt = Math.max(alarm.goneAt ?? 0, signal.time)
  steps.push(alarmStep(alarm, 'repeated', { time: signal.time, received: now }))
}

const end = (state: DeskState, alarm: AlarmRecord, { signal, now }: Told, steps: AlarmStep[]): void => {
  alarm.active = false
  alarm.goneAt = signal.time
  const detail = { time: signal.time, received: now }
  steps.push(alarmStep(alarm, 'condition-gone', detail))
  const byCondition = ALARM[alarm.kind].closing === 'condition'
  if (byCondition || alarm.acknowledgedAt !== null) steps.push(closeAlarm(state, alarm, { ...detail, byCondition }))
}

const ownSite = ({ kind, site }: Pick<Signal, 'kind' | 'site'>): number => (ALARM[kind].scope === 'area' ? 0 : site)

const raiseAlarm = (state: DeskState, key: string, { signal, subject, severity, now, repeats = 0 }: Raise): AlarmRecord => {
  const seal = signal.seal === 0 ? '' : state.deps.sealId(signal.seal)
  const alarm: AlarmRecord = {
    id: freeId(state, `${signal.kind}|${seal}|${subject.site}|${subject.site === '' ? subject.area : ''}|${signal.boot}|${signal.seq}|${now}`),
    key,
    kind: signal.kind,
    siteNo: ownSite(signal),
    sealNo: signal.seal,
    site: subject.site,
    seal,
    siteKey: subject.siteKey,
    area: subject.area,
    expires: subject.expires,
    retentionMs: state.deps.otherRetentionMs,
    since: signal.time,
    raisedAt: now,
    severityOwn: severity,
    severity: severityAt(severity, signal.level),
    waitingSince: now,
    escalation: 0,
    escalateAt: 0,
    active: true,
    goneAt: null,
    acknowledgedAt: null,
    acknowledgedBy: '',
    assignedTo: '',
    shelvedUntil: null,
    shelvedBy: '',
    shelvedReason: '',
    repeats,
    value: signal.value,
    closedAt: null,
    holdUntil: 0,
    lowSince: 0,
    told: [],
    notices: 0,
    deliveries: [],
  }
  addOpen(state, alarm)
  planEscalation(state, alarm)
  return alarm
}

/** From what the alarm is about and when it was raised, so that a replay gives the same; a second one within that millisecond gets the next. */
const freeId = (state: DeskState, text: string): string => {
  for (let salt = 0; ; salt++) {
    const id = hash64(`${text}|${salt}`)
    if (!state.openById.has(id) && !state.closed.has(id)) return id
  }
}
