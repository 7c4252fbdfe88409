import { h, setAttribute, setText } from './dom.ts'
import { count, countShort } from './format.ts'
import type { Store } from './state.ts'
import type { Text } from './text.ts'
import type { View } from './view.ts'

// The bar on top: what this is, the fleet's figures, whether what is shown is live, the language.

export const createHeadView = (store: Store, text: Text, actions: { readonly onLanguage: () => void; readonly onSignOut: () => void }): View => {
  const { state } = store
  const tile = (label: string, name: string): { readonly element: HTMLElement; readonly value: HTMLElement; readonly note: HTMLElement } => {
    const value = h('span', { class: 'value' }, '–')
    const note = h('span', { class: 'note' })
    return { value, note, element: h('div', { class: `tile ${name}` }, h('dt', {}, label), h('dd', {}, value, note)) }
  }
  const alarms = tile(text.counters.alarmsOpen, 'open')
  const online = tile(text.counters.sealsOnline, 'online')
  const events = tile(text.counters.eventsPerSecond, 'events')
  const rows = tile(text.counters.rowsStored, 'rows')
  const lag = tile(text.counters.lag, 'lag')
  const connection = h('span', { class: 'connection', role: 'status' })
  const element = h(
    'header',
    { class: 'bar' },
    h('a', { class: 'skip', href: '#alarms' }, text.skip),
    h(
      'div',
      { class: 'brand' },
      h('span', { class: 'mark', 'aria-hidden': 'true' }),
      h('h1', {}, h('span', { translate: 'no' }, text.product), h('span', { class: 'sub' }, text.title)),
    ),
    h('dl', { class: 'tiles', 'aria-label': text.counters.label }, ...[alarms, online, events, rows, lag].map((one) => one.element)),
    h(
      'div',
      { class: 'session' },
      connection,
      h('button', { type: 'button', id: 'language', class: 'plain-button', 'aria-label': text.languageLabel, click: actions.onLanguage }, text.language),
      h('button', { type: 'button', class: 'plain-button', click: actions.onSignOut }, text.signOut),
    ),
  )

  const draw = (): void => {
    const { stats, language } = state
    setText(connection, text.connection[state.connection])
    setAttribute(connection, 'data-state', state.connection)
    // Whoever may see only some areas is told no totals of the fleet: count what is here.
    const sum = Object.values(stats?.fleet?.alarmsOpen ?? {}).reduce((all, n) => all + n, 0)
    setText(alarms.value, count(stats?.fleet == null || state.topics.includes('alarms') ? state.alarms.size : sum, language))
    online.element.hidden = stats?.fleet == null
    if (stats === undefined) return
    if (stats.fleet !== null) {
      setText(online.value, count(stats.fleet.sealsOnline, language))
      setText(online.note, text.of(count(stats.fleet.sealsKnown, language)))
    }
    setText(events.value, count(stats.eventsPerSecond, language))
    setText(rows.value, countShort(stats.rowsStored, language))
    setText(lag.value, text.seconds(stats.lagSeconds.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })))
  }
  return { element, draw, tick: () => undefined }
}
