import type { AlarmBody } from '../../core/alarm-body.ts'
import { createAlarmRow, type AlarmRow } from './alarm-row.ts'
import { acknowledge } from './api.ts'
import { createClosedView } from './closed-view.ts'
import { arrange, h, setAttribute, setText } from './dom.ts'
import { count } from './format.ts'
import type { State, Store } from './state.ts'
import type { Text } from './text.ts'
import { passes, type View } from './view.ts'

// The list of open alarms: most severe first, then who has waited longest. Two lists behind two tabs: what waits for a person,
// and what a person has acknowledged while the condition goes on. At most ROWS_MAX rows are drawn, the rest is counted.

const ROWS_MAX = 200
const RANK: Readonly<Record<string, number>> = { critical: 0, major: 1, minor: 2, info: 3 }

const order = (a: AlarmBody, b: AlarmBody): number =>
  (RANK[a.severity] ?? 9) - (RANK[b.severity] ?? 9) || Date.parse(a.raisedAt) - Date.parse(b.raisedAt) || (a.id < b.id ? -1 : 1)

export const createAlarmsView = (store: Store, text: Text): View => {
  const { state } = store
  const rows = new Map<string, AlarmRow>()
  const list = h('ol', { class: 'alarm-list', 'aria-label': text.panels.alarms })
  const emptyTitle = h('p', { class: 'empty-title' })
  const emptyHint = h('p', {})
  const empty = h('div', { class: 'empty' }, emptyTitle, emptyHint)
  const more = h('p', { class: 'more' })
  const closed = createClosedView(store, text)
  const tabs = (['waiting', 'handled'] as const).map((name) => {
    const number = h('span', { class: 'number' })
    const button = h(
      'button',
      {
        type: 'button',
        class: 'tab',
        click: () =>
          store.change(() => {
            state.tab = name
          }),
      },
      text.alarms[name],
      number,
    )
    return { name, number, button }
  })
  const element = h(
    'section',
    { class: 'panel alarms', id: 'alarms', 'aria-label': text.panels.alarms, tabindex: '-1' },
    h('div', { class: 'panel-head' }, h('div', { class: 'tabs', role: 'group', 'aria-label': text.panels.alarms }, ...tabs.map((tab) => tab.button))),
    h('div', { class: 'scroll' }, list, empty, more, closed.element),
  )

  const onAcknowledge = (id: string): void => void send(store, id)
  const draw = (): void => {
    const found = [...state.alarms.values()].filter((alarm) => passes(alarm, state.filter))
    const waiting = found.filter((alarm) => !alarm.acknowledged)
    const chosen = state.tab === 'waiting' ? waiting : found.filter((alarm) => alarm.acknowledged)
    for (const { name, number, button } of tabs) {
      setText(number, count(name === 'waiting' ? waiting.length : found.length - waiting.length, state.language))
      setAttribute(button, 'aria-pressed', String(name === state.tab))
    }
    const shown = chosen.sort(order).slice(0, ROWS_MAX)
    const now = store.now()
    const wanted = shown.map((alarm) => {
      const row = rows.get(alarm.id) ?? createAlarmRow(alarm, text, onAcknowledge)
      rows.set(alarm.id, row)
      row.update(alarm, state, now)
      return row.element
    })
    const ids = new Set(shown.map((alarm) => alarm.id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    arrange(list, wanted)
    empty.hidden = shown.length > 0
    setText(emptyTitle, emptyText(state, text))
    setText(emptyHint, state.tab === 'waiting' && state.alarms.size === 0 ? text.alarms.noneHint : '')
    more.hidden = shown.length === 0
    setText(more, chosen.length > ROWS_MAX ? text.alarms.more(chosen.length - ROWS_MAX) : text.alarms.end)
    closed.draw()
  }
  return {
    element,
    draw,
    tick: () => {
      for (const row of rows.values()) row.tick(store.now())
    },
  }
}

const emptyText = (state: State, text: Text): string => {
  if (!state.topics.includes('alarms')) return text.alarms.noRight
  const any = [...state.alarms.values()].some((alarm) => alarm.acknowledged === (state.tab === 'handled'))
  if (any) return text.alarms.noneMatch
  return state.tab === 'waiting' ? text.alarms.none : text.alarms.noneHandled
}

/** Shown as sent at once; the row leaves when the stream says that the alarm is acknowledged. */
const send = async (store: Store, id: string): Promise<void> => {
  store.change((state) => {
    state.acknowledging.add(id)
    state.failed.delete(id)
  })
  if (await acknowledge(id)) return
  store.change((state) => {
    state.acknowledging.delete(id)
    state.failed.add(id)
  })
}
