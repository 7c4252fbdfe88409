import { createAlarmsView } from './alarms-view.ts'
import { h, setAttribute, setText } from './dom.ts'
import { closedAlarms, signOut } from './api.ts'
import { createFilterView } from './filter-view.ts'
import { createHeadView } from './head-view.ts'
import { createSignIn } from './sign-in.ts'
import { createSitesView } from './sites-view.ts'
import { createStore, keepClosed, type Panel } from './state.ts'
import { openStream } from './stream.ts'
import { TEXT, type Language } from './text.ts'
import type { View } from './view.ts'

// The page's table of contents: a store fed by the stream, views that draw it, the language they draw in.

const LANGUAGE_KEY = 'language'
const languageAtStart = (): Language => {
  const kept = localStorage.getItem(LANGUAGE_KEY)
  if (kept === 'en' || kept === 'zh-CN') return kept
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

const store = createStore(languageAtStart())
let views: readonly View[] = []
let signedOut = document.documentElement.hasAttribute('data-signed-out')
const announcer = h('div', { class: 'unseen', role: 'log', 'aria-live': 'polite' })

const build = (): void => {
  const text = TEXT[store.state.language]
  document.documentElement.lang = store.state.language
  document.title = `${text.product} · ${text.title}`
  if (signedOut) {
    document.body.replaceChildren(createSignIn(text, switchLanguage))
    return
  }
  const head = createHeadView(store, text, { onLanguage: switchLanguage, onSignOut: () => void signOut().then(() => location.replace('/')) })
  const filter = createFilterView(store, text)
  const alarms = createAlarmsView(store, text)
  const sites = createSitesView(store, text)
  const panels = (['alarms', 'sites'] as const).map((name) => ({
    name,
    button: h('button', { type: 'button', class: 'panel-choice', click: () => choosePanel(name) }, text.panels[name]),
  }))
  const main = h('main', { class: 'console' }, alarms.element, sites.element)
  document.body.replaceChildren(
    head.element,
    filter.element,
    h('nav', { class: 'panel-choices', 'aria-label': text.filter.label }, ...panels.map((panel) => panel.button)),
    main,
    announcer,
  )
  const shell: View = {
    element: main,
    draw: () => {
      setAttribute(main, 'data-panel', store.state.panel)
      for (const { name, button } of panels) setAttribute(button, 'aria-pressed', String(name === store.state.panel))
    },
    tick: () => undefined,
  }
  views = [shell, head, filter, alarms, sites]
  draw()
}
const draw = (): void => {
  for (const view of views) view.draw()
}
const switchLanguage = (): void => {
  store.state.language = store.state.language === 'en' ? 'zh-CN' : 'en'
  localStorage.setItem(LANGUAGE_KEY, store.state.language)
  build()
  document.getElementById('language')?.focus()
}
const choosePanel = (panel: Panel): void =>
  store.change((state) => {
    state.panel = panel
  })

/** New alarms are told to screen readers together, at most every two seconds. */
const ANNOUNCE_MS = 2_000
let unannounced: string[] = []
store.onRaised((alarm) => {
  const text = TEXT[store.state.language]
  unannounced.push(text.alarms.announce(text.kinds[alarm.kind as keyof typeof text.kinds], alarm.site))
})
setInterval(() => {
  const [first] = unannounced
  if (first === undefined) return
  setText(announcer, unannounced.length === 1 ? first : TEXT[store.state.language].alarms.announceMany(unannounced.length))
  unannounced = []
}, ANNOUNCE_MS)

/** As many as the list of closed ones shows. */
const CLOSED_ASKED = 20
store.onSnapshot(() => {
  if (store.state.topics.includes('alarms')) void closedAlarms(CLOSED_ASKED).then((closed) => store.change((state) => keepClosed(state, closed)))
})

build()
store.onChange(draw)
setInterval(() => {
  for (const view of views) view.tick()
}, 1_000)
const askToSignIn = (): void => {
  signedOut = true
  build()
}
if (!signedOut) openStream(store, askToSignIn)
