import type { Severity } from '../../core/kinds.ts'
import { arrange, h, setAttribute, setText } from './dom.ts'
import { count } from './format.ts'
import { NO_FILTER, type State, type Store } from './state.ts'
import type { Text } from './text.ts'
import { passes, type View } from './view.ts'

// What to look at: an area (indented as the tree it is), a kind, severities. Applies to alarms; the area to sites too.

const SEVERITIES: readonly Severity[] = ['critical', 'major', 'minor', 'info']
/** A select with more lines than this helps nobody: the finest levels are then left out. */
const AREAS_MAX = 400

export const createFilterView = (store: Store, text: Text): View => {
  const { state } = store
  const set = (filter: Partial<State['filter']>): void =>
    store.change(() => {
      state.filter = { ...state.filter, ...filter }
    })
  const area = h('select', { id: 'filter-area', 'aria-label': text.filter.area, change: () => set({ area: area.value }) })
  const kind = h('select', { id: 'filter-kind', 'aria-label': text.filter.kind, change: () => set({ kind: kind.value }) })
  const chips = SEVERITIES.map((severity) => {
    const number = h('span', { class: 'number' })
    const button = h(
      'button',
      { type: 'button', class: `chip ${severity}`, click: () => set({ severities: toggled(state.filter.severities, severity) }) },
      h('span', { class: 'shape', 'aria-hidden': 'true' }),
      text.severities[severity],
      number,
    )
    return { severity, number, button }
  })
  const clear = h(
    'button',
    {
      type: 'button',
      class: 'plain-button',
      click: () =>
        store.change(() => {
          state.filter = { ...NO_FILTER, search: state.filter.search, onlyDiffering: state.filter.onlyDiffering }
        }),
    },
    text.filter.clear,
  )
  const element = h(
    'form',
    { class: 'filters', role: 'search', 'aria-label': text.filter.label, submit: (event) => event.preventDefault() },
    area,
    kind,
    h('div', { class: 'chips', role: 'group', 'aria-label': text.filter.severity }, ...chips.map((chip) => chip.button)),
    clear,
  )

  let areasDrawn = ''
  let kindsDrawn = ''
  const draw = (): void => {
    const areas = areasOf(state)
    if (areasDrawn !== areas.join('\n')) {
      areasDrawn = areas.join('\n')
      const options = areas.map((path) =>
        h('option', { value: path, translate: 'no' }, `${' '.repeat(path.split('/').length - 1)}${path.split('/').at(-1) ?? path}`),
      )
      arrange(area, [h('option', { value: '' }, text.filter.allAreas), ...options])
    }
    const kinds = [...new Set([...state.alarms.values()].map((alarm) => alarm.kind).concat(state.filter.kind === '' ? [] : [state.filter.kind]))].sort()
    if (kindsDrawn !== kinds.join('\n')) {
      kindsDrawn = kinds.join('\n')
      arrange(kind, [
        h('option', { value: '' }, text.filter.allKinds),
        ...kinds.map((one) => h('option', { value: one }, text.kinds[one as keyof Text['kinds']])),
      ])
    }
    area.value = state.filter.area
    kind.value = state.filter.kind
    const counts = new Map<string, number>()
    const filter = { ...state.filter, severities: NO_FILTER.severities }
    for (const alarm of state.alarms.values()) if (passes(alarm, filter)) counts.set(alarm.severity, (counts.get(alarm.severity) ?? 0) + 1)
    for (const { severity, number, button } of chips) {
      setText(number, count(counts.get(severity) ?? 0, state.language))
      setAttribute(button, 'aria-pressed', String(state.filter.severities.has(severity)))
    }
    clear.hidden = state.filter.area === '' && state.filter.kind === '' && state.filter.severities.size === 0
  }
  return { element, draw, tick: () => undefined }
}

const toggled = (severities: ReadonlySet<Severity>, severity: Severity): ReadonlySet<Severity> => {
  const next = new Set(severities)
  if (!next.delete(severity)) next.add(severity)
  return next
}

/** Every area above a site or an alarm, as a sorted tree; cut to coarse levels where there are too many. */
const areasOf = (state: State): readonly string[] => {
  const leaves = new Set<string>()
  for (const site of state.sites.values()) leaves.add(site.area)
  for (const alarm of state.alarms.values()) leaves.add(alarm.area)
  if (state.filter.area !== '') leaves.add(state.filter.area)
  for (let depth = 8; depth > 0; depth--) {
    const all = new Set<string>()
    for (const leaf of leaves) {
      const parts = leaf.split('/')
      for (let i = 1; i <= Math.min(depth, parts.length); i++) all.add(parts.slice(0, i).join('/'))
    }
    if (all.size <= AREAS_MAX) return [...all].filter((path) => path !== '').sort()
  }
  return []
}
