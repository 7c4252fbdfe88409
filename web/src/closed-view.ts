import { arrange, h, setText } from './dom.ts'
import { areaParts, clockTime } from './format.ts'
import { closedAt, type Store } from './state.ts'
import type { Text } from './text.ts'
import { passes, type View } from './view.ts'

// What closed lately, newest first, below what waits: a person who has acknowledged an alarm sees where it went. Nothing to do here.

const SHOWN_MAX = 20

export const createClosedView = (store: Store, text: Text): View => {
  const { state } = store
  const list = h('ol', { class: 'closed-list' })
  const element = h('section', { class: 'closed', 'aria-label': text.alarms.closed }, h('h2', {}, text.alarms.closed), list)
  const rows = new Map<string, HTMLElement>()
  const draw = (): void => {
    const shown = [...state.closed.values()]
      .filter((alarm) => passes(alarm, state.filter))
      .slice(-SHOWN_MAX)
      .reverse()
    const wanted = shown.map((alarm) => {
      const row = rows.get(alarm.id) ?? createRow(text)
      rows.set(alarm.id, row)
      const [time, kind, site, how] = [...row.children] as HTMLElement[] as [HTMLElement, HTMLElement, HTMLElement, HTMLElement]
      setText(time, clockTime(closedAt(alarm), state.language))
      setText(kind, text.kinds[alarm.kind as keyof Text['kinds']])
      setText(site, alarm.site)
      site.title = areaParts(alarm.area).fine
      setText(how, alarm.acknowledged ? text.alarms.closedBy(alarm.acknowledgedBy) : text.alarms.closedAlone)
      return row
    })
    const ids = new Set(shown.map((alarm) => alarm.id))
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id)
    arrange(list, wanted)
    element.hidden = shown.length === 0
  }
  return { element, draw, tick: () => undefined }
}

const createRow = (text: Text): HTMLElement =>
  h(
    'li',
    {},
    h('span', { class: 'when' }),
    h('span', { class: 'kind' }),
    h('span', { class: 'site', translate: 'no' }),
    h('span', { class: 'how', title: text.alarms.closed }),
  )
