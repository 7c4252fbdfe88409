import type { Severity } from '../../core/kinds.ts'
import type { AlarmBody } from '../../core/alarm-body.ts'
import { h, setAttribute, setText } from './dom.ts'
import { areaParts, duration } from './format.ts'
import type { State } from './state.ts'
import type { Text } from './text.ts'

// One alarm as a row: how bad (shape, word and colour), what and why, where, how long it has waited, and the one button.
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
  const severity = text.severities[first.severity as Severity]
  const why = h('p', { class: 'why' })
  const condition = h('span', { class: 'tag' })
  const repeats = h('span', { class: 'tag quiet' })
  const person = h('span', { class: 'tag quiet' })
  const waiting = h('span', { class: 'clock' })
  const problem = h('p', { class: 'problem', role: 'alert' })
  const button = h('button', { type: 'button', class: 'acknowledge', click: () => onAcknowledge(alarm.id) })
  button.setAttribute('aria-label', text.alarms.acknowledgeFor(kind, first.site))
  const element = h(
    'li',
    { class: `alarm ${first.severity}`, 'data-id': first.id },
    h('span', { class: 'severity' }, h('span', { class: 'shape', 'aria-hidden': 'true' }), h('span', { class: 'word' }, severity)),
    h(
      'div',
      { class: 'what' },
      h('div', { class: 'title' }, h('h3', {}, kind), h('div', { class: 'tags' }, h('span', { class: 'tag word' }, severity), condition, repeats, person)),
      why,
      h('p', { class: 'where', translate: 'no' }, h('span', { class: 'site' }, first.site), areaOf(first.area), sealOf(first, text)),
      problem,
    ),
    h('div', { class: 'waited' }, h('span', { class: 'label' }, text.alarms.waitingFor), waiting),
    button,
  )

  const tick = (now: number): void => {
    const waited = (alarm.acknowledgedAt === null ? now : Date.parse(alarm.acknowledgedAt)) - Date.parse(alarm.raisedAt)
    setText(waiting, duration(waited, text))
    waiting.classList.toggle('long', !alarm.acknowledged && waited > WAITING_LONG_MS)
  }
  const update = (next: AlarmBody, state: State, now: number): void => {
    alarm = next
    setText(why, text.why[next.kind as keyof Text['why']](next.value))
    setText(condition, next.active ? text.alarms.active : text.alarms.gone)
    condition.classList.toggle('ongoing', next.active)
    setText(repeats, next.repeats > 0 ? text.alarms.repeats(next.repeats) : '')
    setText(person, next.acknowledged ? text.alarms.by(next.acknowledgedBy) : next.assignedTo === '' ? '' : text.alarms.assigned(next.assignedTo))
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

const areaOf = (area: string): HTMLElement => {
  const { coarse, fine } = areaParts(area)
  return h('span', { class: 'area', title: area }, h('span', { class: 'coarse' }, coarse), fine)
}
const sealOf = (alarm: AlarmBody, text: Text): HTMLElement | null =>
  alarm.seal === ''
    ? null
    : h('span', { class: 'seal', title: `${text.alarms.seal} ${alarm.seal}` }, h('span', { class: 'label' }, `${text.alarms.seal} `), alarm.seal)
