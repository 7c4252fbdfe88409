import type { Figures, Fleet, PolicyPaper } from './figures.ts'
import { figuresOf, fleetOf } from './figures.ts'
import type { AlarmKind, EventKind, SiteKind, Weekly } from './words.ts'

// What the oracle remembers: plain objects, and every event that was ever fresh. Nothing is summed up, nothing is forgotten.

/** A fresh event, as it was when it arrived. */
export type Heard = {
  readonly time: number
  readonly boot: number
  readonly seq: number
  readonly kind: EventKind
  readonly value: number
  readonly totals: readonly [number, number]
  readonly received: number
  /** 1, 2, 3 … over all events of the history. */
  readonly order: number
  readonly quiet: boolean
  /** By the figures of then: outside the schedule, permitted by nothing, not quiet. */
  offSchedule: boolean
  readonly belowFever: boolean
  readonly low: boolean
  readonly ok: boolean
}

/** One instant condition of a watch: what holds, what was told, whether it spoke since the last tick, and what it kept back. */
export type Voice = { holds: boolean; told: boolean; spoke: boolean; missed: number; since: number; value: number }
export const VOICES = ['door-opened', 'tamper', 'low-battery', 'clock-wrong', 'passage-unpermitted', 'fever'] as const
export type VoiceKind = (typeof VOICES)[number]

/** What a seal at a site has said, and what was said of it; it goes along when its site takes another area. */
export type Memory = {
  events: Heard[]
  lastHeard: number
  offline: boolean
  heldOpen: boolean
  /** The opening and the closing that arrived last, as far as they belong together. */
  span: { opened: Heard | null; closed: Heard | null }
  readonly voices: Record<VoiceKind, Voice>
  /** Checks that were told to hold, with their level. */
  readonly told: Map<AlarmKind, number>
  counters: Heard[]
  samplesJudged: number
  /** When lost events were last looked for, or since when; 0 = not yet. And the tops as of the instants before. */
  gapLast: number
  gapTops: { readonly boot: number; readonly top: number }[]
  /** Passages noted under the door event that was the newest then. */
  noted: Set<Heard>
  notedUnder: Heard | undefined
  /** The window that was last counted by; only events after `order` count. */
  flap: { window: number; order: number }
}
export const newMemory = (lastHeard: number): Memory => ({
  events: [],
  lastHeard,
  offline: false,
  heldOpen: false,
  span: { opened: null, closed: null },
  voices: Object.fromEntries(VOICES.map((kind) => [kind, { holds: false, told: false, spoke: false, missed: 0, since: 0, value: 0 }])) as Record<
    VoiceKind,
    Voice
  >,
  told: new Map(),
  counters: [],
  samplesJudged: 0,
  gapLast: 0,
  gapTops: [],
  noted: new Set(),
  notedUnder: undefined,
  flap: { window: 0, order: 0 },
})

export type Watch = {
  readonly seal: Seal
  readonly site: Site
  from: number
  until: number
  observedFrom: number
  observedUntil: number
  readonly kind: SiteKind
  memory: Memory
  /** The same seal at the same site under a newer name: what is said of this one is said of that. */
  heir: Watch | null
}
export type Seal = {
  readonly no: number
  readonly id: string
  /** In the order they were made. */
  readonly watches: Watch[]
  /** Every (boot, seq) that was fresh, and the two highest boots. */
  readonly seen: Map<number, Set<number>>
  boots: number[]
}
export type Permit = {
  readonly no: number
  readonly from: number
  until: number
  readonly openings: number | null
  readonly weekly: Weekly | null
  /** Local days of the occurrences in which an opening was taken, one for each opening; of a plain permit 0. */
  readonly taken: number[]
}
export type Change = {
  readonly time: number
  readonly people: number
  readonly isPassage: boolean
  readonly order: number
  /** A passage in a quiet time, by the figures in force when it arrived. */
  readonly brokeQuiet: boolean
}
export type Site = {
  readonly no: number
  readonly name: string
  kind: SiteKind
  area: string
  headcount: number
  capacity: number | null
  readonly inside: number
  observedFrom: number
  observedUntil: number
  ended: boolean
  readonly watches: Watch[]
  readonly permits: Permit[]
  /** Of raw, in order of arrival. */
  readonly changes: Change[]
  anchor: { time: number; value: number; isQuiet: boolean; isRollCall: boolean; netAfter: number; passagesAfter: number }
  bias: { errors: number; passages: number }
  side: 'over' | 'under' | 'equal'
  since: number
  toldSide: 'over' | 'under' | 'equal'
  toldLevel: number
  capacityState: 'none' | 'warning' | 'limit'
  readonly told: Map<AlarmKind, number>
  offScheduleCount: number
  offScheduleLast: Heard | null
  offScheduleRecent: boolean
}

export type Saying = {
  readonly kind: AlarmKind
  readonly state: 'began' | 'momentary' | 'again' | 'ended' | 'level'
  readonly site: Site
  readonly seal: Seal | null
  readonly time: number
  readonly value: number
  readonly boot: number
  readonly seq: number
  readonly level: number
}
export type World = {
  now: number
  lastTick: number
  heardCount: number
  paper: PolicyPaper
  readonly sites: Map<string, Site>
  readonly seals: Map<string, Seal>
  readonly permits: { readonly site: Site; readonly permit: Permit }[]
  /** What the detectors said during the entry at hand. */
  sayings: Saying[]
  readonly rows: string[]
}
export const newWorld = (paper: PolicyPaper): World => ({
  now: 0,
  lastTick: 0,
  heardCount: 0,
  paper,
  sites: new Map(),
  seals: new Map(),
  permits: [],
  sayings: [],
  rows: [],
})

/** Asked very often: kept for as long as a paper is in force. */
type Kept = { readonly paper: PolicyPaper; readonly kind: SiteKind; readonly area: string; readonly figures: Figures }
const kept = new WeakMap<Site, Kept>()
export const figuresFor = ({ paper }: World, site: Site): Figures => {
  const { kind, area, name } = site
  const known = kept.get(site)
  if (known !== undefined && known.paper === paper && known.kind === kind && known.area === area) return known.figures
  const figures = figuresOf(paper, { kind, area, site: name })
  kept.set(site, { paper, kind, area, figures })
  return figures
}
const fleets = new WeakMap<PolicyPaper, Fleet>()
export const fleetFor = ({ paper }: World): Fleet => {
  const fleet = fleets.get(paper) ?? fleetOf(paper)
  fleets.set(paper, fleet)
  return fleet
}

export const isInForce = (world: World, watch: Watch): boolean => world.now < watch.until && world.now < watch.observedUntil && !watch.site.ended
export const isLive = (world: World, site: Site): boolean => !site.ended && world.now >= site.observedFrom && world.now < site.observedUntil
export const allWatches = (world: World): Watch[] => [...world.seals.values()].flatMap(({ watches }) => watches)

export const say = (world: World, saying: Partial<Saying> & Pick<Saying, 'kind' | 'state' | 'site' | 'time'>): void => {
  // An observation that is over says nothing more: its alarms are cleared at the next tick.
  if (world.now >= saying.site.observedUntil) return
  world.sayings.push({ seal: null, value: 0, boot: 0, seq: 0, level: 0, ...saying })
}

/** By (time, boot, seq); events of one time, boot and seq are of different seals. */
export const byTime = (a: Heard, b: Heard): number => a.time - b.time || a.boot - b.boot || a.seq - b.seq
export const newestOf = (events: readonly Heard[], ...kinds: EventKind[]): Heard | undefined =>
  events.reduce<Heard | undefined>((best, event) => (kinds.includes(event.kind) && (best === undefined || byTime(event, best) > 0) ? event : best), undefined)
/** The newest so many of these kinds, oldest first. */
export const newestMany = (events: readonly Heard[], count: number, ...kinds: EventKind[]): Heard[] =>
  events
    .filter(({ kind }) => kinds.includes(kind))
    .toSorted(byTime)
    .slice(-count)
