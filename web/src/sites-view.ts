import { areaCovers } from '../../core/ids.ts'
import type { OccupancyBody } from '../../live/view.ts'
import { arrange, h, setAttribute, setText } from './dom.ts'
import { areaParts, count, duration, signed } from './format.ts'
import type { State, Store } from './state.ts'
import type { Text } from './text.ts'
import type { View } from './view.ts'

// Sites: people inside against people registered. A virtual list: only the rows in sight exist, so that thousands cost as little
// as twenty. Sites that differ come first, those that have differed longest on top.

const ROW_PX = 48
const ROWS_BEYOND = 6

export const createSitesView = (store: Store, text: Text): View => {
  const { state } = store
  const search = h('input', {
    type: 'search',
    id: 'site-search',
    'aria-label': text.sites.search,
    placeholder: text.sites.search,
    autocomplete: 'off',
    spellcheck: 'false',
    value: state.filter.search,
  })
  search.addEventListener('input', () =>
    store.change(() => {
      state.filter = { ...state.filter, search: search.value.trim().toLowerCase() }
    }),
  )
  const only = h('input', { type: 'checkbox', id: 'only-differing' })
  only.checked = state.filter.onlyDiffering
  only.addEventListener('change', () =>
    store.change(() => {
      state.filter = { ...state.filter, onlyDiffering: only.checked }
    }),
  )
  const number = h('span', { class: 'number plain' })
  const body = h('div', { class: 'site-rows', role: 'rowgroup' })
  const spacer = h('div', { class: 'site-spacer', role: 'none' }, body)
  const scroll = h('div', { class: 'scroll', role: 'presentation', tabindex: '0' }, spacer)
  const empty = h('p', { class: 'empty' }, text.sites.none)
  const table = h('div', { class: 'site-table', role: 'table', 'aria-label': text.panels.sites }, headRow(text), scroll)
  const element = h(
    'section',
    { class: 'panel sites', id: 'sites', 'aria-label': text.panels.sites },
    h(
      'div',
      { class: 'panel-head' },
      h('h2', {}, text.panels.sites),
      number,
      search,
      h('label', { class: 'check', for: 'only-differing' }, only, text.sites.onlyDiffering),
    ),
    table,
    empty,
  )

  let shown: readonly OccupancyBody[] = []
  const pool: SiteRow[] = []
  const drawRows = (): void => {
    const first = Math.max(0, Math.floor(scroll.scrollTop / ROW_PX) - ROWS_BEYOND)
    const last = Math.min(shown.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / ROW_PX) + ROWS_BEYOND)
    while (pool.length < last - first) pool.push(createSiteRow(text))
    const now = store.now()
    const used = pool.slice(0, last - first)
    used.forEach((row, i) => row.show(shown[first + i] as OccupancyBody, first + i, now))
    spacer.style.height = `${shown.length * ROW_PX}px`
    body.style.transform = `translateY(${first * ROW_PX}px)`
    arrange(
      body,
      used.map((row) => row.element),
    )
  }
  scroll.addEventListener('scroll', drawRows, { passive: true })
  const draw = (): void => {
    shown = [...state.sites.values()].filter((site) => passes(site, state.filter)).sort(order)
    setText(number, text.sites.count(count(shown.length, state.language), count(state.sites.size, state.language)))
    setAttribute(table, 'aria-rowcount', String(shown.length + 1))
    empty.hidden = shown.length > 0
    table.hidden = shown.length === 0
    drawRows()
  }
  new ResizeObserver(drawRows).observe(scroll)
  return { element, draw, tick: drawRows }
}

const passes = (site: OccupancyBody, { area, search, onlyDiffering }: State['filter']): boolean =>
  areaCovers(area, site.area) &&
  (!onlyDiffering || differs(site)) &&
  (search === '' || site.site.toLowerCase().includes(search) || site.area.toLowerCase().includes(search))
/** A place without a register of people (a mall, a gate) has nothing to differ from. */
const differs = (site: OccupancyBody): boolean => site.difference !== 0 && site.kind === 'residence'
const order = (a: OccupancyBody, b: OccupancyBody): number => {
  const differing = Number(differs(b)) - Number(differs(a))
  if (differing !== 0) return differing
  if (differs(a)) return (a.since ?? '') < (b.since ?? '') ? -1 : 1
  return a.site < b.site ? -1 : 1
}

const headRow = (text: Text): HTMLElement => {
  const head = (label: string, long: string, name: string): HTMLElement => h('span', { role: 'columnheader', class: name, title: long }, label)
  const { sites } = text
  return h(
    'div',
    { class: 'site-row head', role: 'row', 'aria-rowindex': '1' },
    head(sites.site, sites.site, 'name'),
    head(sites.registered, sites.registeredLong, 'num'),
    head(sites.inside, sites.inside, 'num'),
    head(sites.difference, sites.differenceLong, 'num'),
    head(sites.since, sites.since, 'num since'),
    h('span', { class: 'state', role: 'none' }, head(sites.door, sites.door, 'door'), head(sites.online, sites.online, 'link')),
  )
}

type SiteRow = { readonly element: HTMLElement; readonly show: (site: OccupancyBody, index: number, now: number) => void }
const createSiteRow = (text: Text): SiteRow => {
  const cell = (name: string): HTMLElement => h('span', { role: 'cell', class: name })
  const site = h('span', { class: 'site', translate: 'no' })
  const area = h('span', { class: 'area', translate: 'no' })
  const registered = cell('num')
  const inside = cell('num strong')
  const difference = h('span', { class: 'difference' })
  const since = cell('num since')
  const door = cell('door')
  const link = cell('link')
  const element = h(
    'div',
    { class: 'site-row', role: 'row' },
    h('span', { role: 'cell', class: 'name' }, site, area),
    registered,
    inside,
    h('span', { role: 'cell', class: 'num' }, difference),
    since,
    h('span', { class: 'state', role: 'none' }, door, link),
  )
  const show = (body: OccupancyBody, index: number, now: number): void => {
    const hasRegister = body.kind === 'residence'
    setAttribute(element, 'aria-rowindex', String(index + 2))
    setText(site, body.site)
    setAttribute(site, 'title', body.site)
    setText(area, areaParts(body.area).fine)
    setAttribute(area, 'title', body.area)
    setText(registered, hasRegister ? String(body.registered) : '–')
    setText(inside, String(body.inside))
    setText(difference, hasRegister ? signed(body.difference) : '–')
    setText(since, hasRegister && body.since !== null ? duration(now - Date.parse(body.since), text) : '')
    element.classList.toggle('differs', differs(body))
    setText(door, text.sites.doors[body.door as keyof Text['sites']['doors']])
    setAttribute(door, 'data-door', body.door)
    setAttribute(door, 'title', text.sites.doorsLong[body.door as keyof Text['sites']['doorsLong']])
    setText(link, text.sites.links[body.link])
    setAttribute(link, 'data-link', body.link)
  }
  return { element, show }
}
