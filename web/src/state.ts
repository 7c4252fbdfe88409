import type { Severity } from '../../core/kinds.ts'
import type { LiveMessage, Stats, Topic } from '../../live/protocol.ts'
import type { AlarmBody } from '../../core/alarm-body.ts'
import type { OccupancyBody } from '../../live/view.ts'
import type { Language } from './text.ts'

// What the page knows, changed only by messages of the stream and by the person. Views read it and draw; at most once a frame.

export type Connection = 'connecting' | 'live' | 'lost'
export type Filter = {
  readonly area: string
  readonly kind: string
  readonly severities: ReadonlySet<Severity>
  readonly search: string
  readonly onlyDiffering: boolean
}
export type Panel = 'alarms' | 'sites'
export type State = {
  language: Language
  connection: Connection
  topics: readonly Topic[]
  cursor: string | undefined
  /** Engine's clock minus ours, ms: waiting times are told by the engine's clock. */
  skewMs: number
  alarms: Map<string, AlarmBody>
  /** Those that closed lately, newest last: what has become of an alarm that just left the list. */
  closed: Map<string, AlarmBody>
  sites: Map<string, OccupancyBody>
  stats: Stats | undefined
  filter: Filter
  panel: Panel
  tab: 'waiting' | 'handled'
  /** Alarms on their way to being acknowledged, and those where that failed. */
  readonly acknowledging: Set<string>
  readonly failed: Set<string>
  /** Raised a moment ago, by our clock's ms; drawn with a mark. */
  readonly fresh: Map<string, number>
}
export const NO_FILTER: Filter = { area: '', kind: '', severities: new Set(), search: '', onlyDiffering: false }

/** How long a new alarm is marked: as long as its mark takes to fade. */
const FRESH_MS = 2_500
/** Closed alarms that are kept: more than a person reads back. */
const CLOSED_MAX = 30

export const closedAt = (alarm: AlarmBody): number => Math.max(Date.parse(alarm.goneAt ?? alarm.raisedAt), Date.parse(alarm.acknowledgedAt ?? alarm.raisedAt))
export const keepClosed = (state: State, closed: readonly AlarmBody[]): void => {
  const all = new Map([...state.closed.values(), ...closed].map((alarm) => [alarm.id, alarm]))
  const newest = [...all.values()].sort((a, b) => closedAt(a) - closedAt(b)).slice(-CLOSED_MAX)
  state.closed = new Map(newest.map((alarm) => [alarm.id, alarm]))
}

export type Store = {
  readonly state: State
  readonly hear: (message: LiveMessage) => void
  readonly change: (change: (state: State) => void) => void
  readonly onChange: (draw: () => void) => void
  readonly onRaised: (listener: (alarm: AlarmBody) => void) => void
  /** A whole snapshot is shown. */
  readonly onSnapshot: (listener: () => void) => void
  readonly now: () => number
}
/** A snapshot being received: shown when it is whole, so that nothing flickers. */
type Staged = { readonly alarms: Map<string, AlarmBody>; readonly sites: Map<string, OccupancyBody> }

export const createStore = (language: Language): Store => {
  const state: State = {
    language,
    connection: 'connecting',
    topics: ['alarms', 'occupancy', 'stats'],
    cursor: undefined,
    skewMs: 0,
    alarms: new Map(),
    closed: new Map(),
    sites: new Map(),
    stats: undefined,
    filter: NO_FILTER,
    panel: 'alarms',
    tab: 'waiting',
    acknowledging: new Set(),
    failed: new Set(),
    fresh: new Map(),
  }
  let staged: Staged | undefined
  let draw = (): void => undefined
  let raised = (_: AlarmBody): void => undefined
  let snapshotShown = (): void => undefined
  let asked = false
  const redraw = (): void => {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      draw()
    })
  }
  const setAlarm = (alarms: Map<string, AlarmBody>, alarm: AlarmBody): void => {
    if (alarm.state === 'open') alarms.set(alarm.id, alarm)
    else alarms.delete(alarm.id)
    if (alarm.acknowledged || alarm.state === 'closed') state.acknowledging.delete(alarm.id)
  }
  const hear = (message: LiveMessage): void => {
    switch (message.type) {
      case 'hello':
        state.topics = message.topics
        state.skewMs = Date.parse(message.at) - Date.now()
        staged = message.resumed ? undefined : { alarms: new Map(), sites: new Map() }
        break
      case 'alarms':
        for (const alarm of message.alarms) setAlarm(staged?.alarms ?? state.alarms, alarm)
        break
      case 'alarm':
        if (message.step === 'raised' && !state.alarms.has(message.alarm.id)) {
          state.fresh.set(message.alarm.id, Date.now())
          raised(message.alarm)
        }
        setAlarm(state.alarms, message.alarm)
        if (message.alarm.state === 'closed') keepClosed(state, [message.alarm])
        state.cursor = message.cursor
        break
      case 'occupancy':
        for (const site of message.sites) (staged?.sites ?? state.sites).set(site.site, site)
        break
      case 'ended':
        for (const site of message.sites) state.sites.delete(site)
        break
      case 'snapshot-end':
        state.cursor = message.cursor
        state.connection = 'live'
        if (staged === undefined) break
        Object.assign(state, staged)
        staged = undefined
        snapshotShown()
        break
      case 'stats':
        state.stats = message
        state.skewMs = Date.parse(message.at) - Date.now()
        for (const [id, at] of state.fresh) if (Date.now() - at > FRESH_MS) state.fresh.delete(id)
        if (staged === undefined) state.cursor = message.cursor
        break
    }
    redraw()
  }
  return {
    state,
    hear,
    change: (change) => {
      change(state)
      redraw()
    },
    onChange: (listener) => {
      draw = listener
    },
    onRaised: (listener) => {
      raised = listener
    },
    onSnapshot: (listener) => {
      snapshotShown = listener
    },
    now: () => Date.now() + state.skewMs,
  }
}
