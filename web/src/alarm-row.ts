import type { Severity } from '../../core/kinds.ts'
import type { AlarmBody } from '../../core/alarm-body.ts'
import { h, setAttribute, setText } from './dom.ts'
import { areaParts, clockTime, duration } from './format.ts'
import type { State } from './state.ts'
import type { Text } from './text.ts'

// One alarm as a row: how bad (shape, word and colour), what and why, where, who has it and who was told, how long it has waited, and
// the one button.
// The row is made once and then only what changes is touched.

/** Waiting longer than this is marked: a drill took three minutes from alarm to a person at the door. */
const WAITING_LONG_MS = 3 * 60_000

export type AlarmRow = {
  readonly element: HTMLElement
  readonly update: (alarm: AlarmBody, state: State, now: number) => void
  readonly tick: (now: number) => void
}

export const createAlarmRow = (first: AlarmBody, text: Text, onAcknowledge: (id: string) => void): AlarmRow => {
  let alarm = first
  const kind = text.kinds[first.kind as keyof Text['kinds']]
  const why = h('p', { class: 'why' })
  const condition = h('span', { class: 'tag' })
  const repeats = h('span', { class: 'tag quiet' })
  const person = h('span', { class: 'tag quiet' })
  const escalation = h('span', { class: 'tag escalated' })
  const told = h('p', { class: 'told' })
  const severityWord = h('span', { class: 'word' })
  const severityTag = h('span', { class: 'tag word' })
  const waiting = h('span', { class: 'clock' })
  const problem = h('p', { class: 'problem', role: 'alert' })
  const button = h('button', { type: 'button', class: 'acknowledge', click: () => onAcknowledge(alarm.id) })
  button.setAttribute('aria-label', text.alarms.acknowledgeFor(kind, first.site))
  const element = h(
    'li',
    { class: `alarm ${first.severity}`, 'data-id': first.id },
    h('span', { class: 'severity' }, h('span', { class: 'shape', 'aria-hidden': 'true' }), severityWord),
    h(
      'div',
      { class: 'what' },
      h('div', { class: 'title' }, h('h3', {}, kind), h('div', { class: 'tags' }, severityTag, condition, repeats, escalation, person)),
      why,
      h('p', { class: 'where', translate: 'no' }, h('span', { class: 'site' }, first.site), areaOf(first.area), sealOf(first, text), evidenceOf(first, text)),
      told,
      problem,
    ),
    h('div', { class: 'waited' }, h('span', { class: 'label' }, text.alarms.waitingFor), waiting),
    button,
  )

  const tick = (now: number): void => {
    const waited = (alarm.acknowledgedAt === null ? now : Date.parse(alarm.acknowledgedAt)) - Date.parse(alarm.waitingSince ?? alarm.raisedAt)
    setText(waiting, duration(waited, text))
    waiting.classList.toggle('long', alarm.waitingSince !== null && waited > WAITING_LONG_MS)
  }
  const update = (next: AlarmBody, state: State, now: number): void => {
    alarm = next
    const severity = text.severities[next.severity as Severity]
    setAttribute(element, 'class', `alarm ${next.severity}`)
    setText(severityWord, severity)
    setText(severityTag, severity)
    setText(escalation, next.escalation > 0 && !next.acknowledged ? text.alarms.escalated(next.escalation) : '')
    setText(told, toldText(next, text))
    told.classList.toggle('late', next.deliveries.some(isLate))
    setText(why, text.why[next.kind as keyof Text['why']](next.value))
    setText(condition, next.active ? text.alarms.active : text.alarms.gone)
    condition.classList.toggle('ongoing', next.active)
    setText(repeats, next.repeats > 0 ? text.alarms.repeats(next.repeats) : '')
    setText(person, personText(next, state, text))
    setText(problem, state.failed.has(next.id) ? text.alarms.failed : '')
    const sending = state.acknowledging.has(next.id)
    setText(button, sending ? text.alarms.acknowledging : text.alarms.acknowledge)
    button.disabled = sending
    button.hidden = next.acknowledged
    setAttribute(element, 'data-fresh', state.fresh.has(next.id) ? '' : undefined)
    tick(now)
  }
  return { element, update, tick }
}

/** Who has it: acknowledged by, put aside by, or given to. */
const personText = (alarm: AlarmBody, { language }: State, text: Text): string => {
  if (alarm.acknowledged) return text.alarms.by(alarm.acknowledgedBy)
  if (alarm.shelvedUntil !== null) return text.alarms.shelved(clockTime(Date.parse(alarm.shelvedUntil), language), alarm.shelvedBy)
  return alarm.assignedTo === '' ? '' : text.alarms.assigned(alarm.assignedTo)
}

type Delivery = AlarmBody['deliveries'][number]
const isLate = ({ state, attempts }: Delivery): boolean => state === 'dropped' || (state === 'waiting' && attempts > 0)
/** The newest notice of each webhook: it says whether they know how it stands. */
const toldText = ({ deliveries }: AlarmBody, text: Text): string =>
  [...new Map(deliveries.map((delivery) => [delivery.webhook, delivery])).values()]
    .map(({ webhook, state, attempts, error }) => {
      if (state === 'delivered') return text.alarms.notified(webhook)
      return state === 'dropped' ? text.alarms.unnotified(webhook) : text.alarms.notifying(webhook, attempts, error ?? '')
    })
    .join(', ')

/** A document of its own, in a tab of its own: the list stays where it is. */
const evidenceOf = (alarm: AlarmBody, text: Text): HTMLElement =>
  h('a', { class: 'evidence', href: `/v1/alarms/${encodeURIComponent(alarm.id)}/evidence`, target: '_blank', rel: 'noopener' }, text.alarms.evidence)
const areaOf = (area: string): HTMLElement => {
  const { coarse, fine } = areaParts(area)
  return h('span', { class: 'area', title: area }, h('span', { class: 'coarse' }, coarse), fine)
}
const sealOf = (alarm: AlarmBody, text: Text): HTMLElement | null =>
  alarm.seal === ''
    ? null
    : h('span', { class: 'seal', title: `${text.alarms.seal} ${alarm.seal}` }, h('span', { class: 'label' }, `${text.alarms.seal} `), alarm.seal)
