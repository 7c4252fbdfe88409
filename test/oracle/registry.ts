import { newMemory, type Seal, type Site, type Watch, type World } from './world.ts'
import { DAY, type EventKind, MINUTE, type PermitWish, type SentEvent, type SiteWish } from './words.ts'

// The registry: sites, seals, dated assignments, observations, permits. Each operation answers with what it began and ended, for
// the detectors and the desk to follow. Refused where the contract refuses.

export type Effects = {
  renewed: { readonly from: Watch; readonly to: Watch }[]
  watchesEnded: Watch[]
  watchesBegun: Watch[]
  sitesEnded: Site[]
  /** Made, changed, or observed again. */
  sitesTouched: Site[]
  sitesChanged: Site[]
}
export const noEffects = (): Effects => ({ renewed: [], watchesEnded: [], watchesBegun: [], sitesEnded: [], sitesTouched: [], sitesChanged: [] })

const RETENTION_RESIDENCE = 14 * DAY
const REACH_BACK = 90 * DAY

/** What ends by itself by now. */
export const passTime = (world: World, before: number, effects: Effects): void => {
  for (const seal of world.seals.values())
    for (const watch of seal.watches) if (watch.until <= world.now && watch.until > before && watch.from < watch.until) effects.watchesEnded.push(watch)
  for (const site of world.sites.values()) if (!site.ended && site.observedUntil <= world.now) endSite(site, effects)
}
const endSite = (site: Site, effects: Effects): void => {
  site.ended = true
  effects.sitesEnded.push(site)
}

const isOpenWatch = (world: World, { from, until }: Watch): boolean => until > world.now && from < until
const openWatches = (world: World, site: Site): Watch[] => site.watches.filter((watch) => isOpenWatch(world, watch))

type Plan =
  | { readonly kind: 'keep'; readonly watch: Watch }
  | { readonly kind: 'change'; readonly watch: Watch; readonly until: number }
  | { readonly kind: 'add'; readonly id: string; readonly from: number; readonly until: number; readonly close: readonly Watch[] }

const planSeal = (world: World, wish: SiteWish, { id, from, until }: SiteWish['seals'][number]): Plan | null => {
  const seal = world.seals.get(id)
  if (seal === undefined) return planned(id, from ?? wish.observation?.from ?? Math.max(0, world.now - REACH_BACK), until, [])
  const current = seal.watches.findLast((watch) => watch.site.name === wish.site && isOpenWatch(world, watch))
  if (current !== undefined) {
    const end = until ?? current.until
    if (end === current.until) return { kind: 'keep', watch: current }
    const others = seal.watches.filter((watch) => watch !== current && watch.from < watch.until && watch.from < end && watch.until > current.from)
    return current.from < end && others.length === 0 ? { kind: 'change', watch: current, until: end } : null
  }
  const begin = from ?? world.now
  const end = until ?? Infinity
  const close = seal.watches.filter((watch) => watch.from < watch.until && watch.from < end && watch.until > begin)
  const moves = from === null || from > world.now
  if (close.some((watch) => !moves || watch.from > begin)) return null
  return planned(id, begin, until, close)
}
const planned = (id: string, from: number, until: number | null, close: readonly Watch[]): Plan | null =>
  from < (until ?? Infinity) ? { kind: 'add', id, from, until: until ?? Infinity, close } : null

const addWatch = (world: World, site: Site, { id, from, until }: { readonly id: string; readonly from: number; readonly until: number }): Watch => {
  const seal: Seal = world.seals.get(id) ?? { no: world.seals.size + 1, id, watches: [], seen: new Map(), boots: [] }
  world.seals.set(id, seal)
  const { observedFrom, observedUntil, kind } = site
  const watch: Watch = { seal, site, from, until, observedFrom, observedUntil, kind, memory: newMemory(0), heir: null }
  seal.watches.push(watch)
  site.watches.push(watch)
  return watch
}
const endWatch = (world: World, watch: Watch, until: number, effects: Effects): void => {
  watch.until = Math.max(until, watch.from)
  if (until <= world.now) effects.watchesEnded.push(watch)
}

const carryOut = (world: World, site: Site, plans: readonly Plan[], effects: Effects): boolean => {
  const kept = new Set(plans.flatMap((plan) => (plan.kind === 'add' ? [] : [plan.watch])))
  const gone = openWatches(world, site).filter((watch) => !kept.has(watch))
  for (const watch of gone) endWatch(world, watch, world.now, effects)
  for (const plan of plans) {
    if (plan.kind === 'change') endWatch(world, plan.watch, plan.until, effects)
    if (plan.kind !== 'add') continue
    const watch = addWatch(world, site, plan)
    if (plan.until > world.now) effects.watchesBegun.push(watch)
    for (const other of plan.close) endWatch(world, other, plan.from, effects)
  }
  return gone.length > 0 || plans.some(({ kind }) => kind !== 'keep')
}

export const putSite = (world: World, wish: SiteWish, effects: Effects): void => {
  const old = world.sites.get(wish.site)
  const until = wish.observation?.until ?? Infinity
  if (until + (old === undefined ? 0 : RETENTION_RESIDENCE) <= world.now) return
  const plans = wish.seals.map((seal) => planSeal(world, wish, seal))
  if (plans.includes(null)) return
  if (old === undefined) makeSite(world, wish, plans as Plan[], effects)
  else changeSite(world, old, wish, { plans: plans as Plan[], effects })
}

const makeSite = (world: World, wish: SiteWish, plans: readonly Plan[], effects: Effects): void => {
  const inside = wish.inside ?? (wish.kind === 'residence' ? Math.max(0, wish.headcount) : 0)
  const site: Site = {
    no: world.sites.size + 1,
    name: wish.site,
    kind: wish.kind,
    area: wish.area,
    headcount: wish.headcount,
    capacity: wish.capacity,
    inside,
    observedFrom: wish.observation?.from ?? -Infinity,
    observedUntil: wish.observation?.until ?? Infinity,
    ended: false,
    watches: [],
    permits: [],
    changes: [],
    anchor: { time: -Infinity, value: inside, isQuiet: false, isRollCall: false, netAfter: 0, passagesAfter: 0 },
    bias: { errors: 0, passages: 0 },
    side: 'equal',
    since: 0,
    toldSide: 'equal',
    toldLevel: 0,
    capacityState: 'none',
    told: new Map(),
    offScheduleCount: 0,
    offScheduleLast: null,
    offScheduleRecent: false,
  }
  world.sites.set(wish.site, site)
  carryOut(world, site, plans, effects)
  effects.sitesTouched.push(site)
}

const changeSite = (world: World, site: Site, wish: SiteWish, { plans, effects }: { readonly plans: readonly Plan[]; readonly effects: Effects }): void => {
  const renamed = site.area !== wish.area || site.kind !== wish.kind
  const figures = site.headcount !== wish.headcount || site.capacity !== wish.capacity
  const [from, until] = [wish.observation?.from ?? -Infinity, wish.observation?.until ?? Infinity]
  const observed = site.observedFrom !== from || site.observedUntil !== until
  const before = openWatches(world, site)
  Object.assign(site, { area: wish.area, kind: wish.kind, headcount: wish.headcount, capacity: wish.capacity, observedFrom: from, observedUntil: until })
  carryOut(world, site, plans, effects)
  if (renamed) renew(world, site, before, effects)
  if (observed) observationMoved(world, site, effects)
  if (renamed || figures || observed) {
    effects.sitesTouched.push(site)
    effects.sitesChanged.push(site)
  }
}

/** The same seals at the same site under its new name: the old watch ends now, its twin goes on from now. */
const renew = (world: World, site: Site, before: readonly Watch[], effects: Effects): void => {
  const open = new Set(openWatches(world, site))
  for (const watch of before) {
    if (!open.has(watch)) continue
    const begin = Math.max(watch.from, world.now)
    const twin = addWatch(world, site, { id: watch.seal.id, from: begin, until: watch.until })
    watch.until = begin
    watch.heir = twin
    effects.renewed.push({ from: watch, to: twin })
  }
}

const observationMoved = (world: World, site: Site, effects: Effects): void => {
  for (const watch of site.watches) if (watch.kind === site.kind) Object.assign(watch, { observedFrom: site.observedFrom, observedUntil: site.observedUntil })
  const over = site.observedUntil <= world.now
  if (over && !site.ended) endSite(site, effects)
  if (over || !site.ended) return
  site.ended = false
  effects.sitesTouched.push(site)
  effects.watchesBegun.push(...openWatches(world, site))
}

export const endObservation = (world: World, name: string, until: number | null, effects: Effects): void => {
  const site = world.sites.get(name)
  if (site === undefined || until === site.observedUntil || (until === null && site.ended)) return
  const at = until ?? Math.min(site.observedUntil, Math.max(world.now, site.observedFrom))
  if (at > site.observedUntil || at < site.observedFrom) return
  site.observedUntil = at
  effects.sitesTouched.push(site)
  effects.sitesChanged.push(site)
  observationMoved(world, site, effects)
}

export const putPermit = (world: World, wish: PermitWish): Site | undefined => {
  const site = world.sites.get(wish.site)
  if (site === undefined || site.ended || wish.from >= wish.until || wish.until <= world.now) return undefined
  const permit = { no: world.permits.length + 1, from: wish.from, until: wish.until, openings: wish.openings, weekly: wish.weekly, taken: [] }
  site.permits.push(permit)
  world.permits.push({ site, permit })
  return site
}
export const revokePermit = (world: World, no: number): Site | undefined => {
  const found = world.permits[no - 1]
  if (found === undefined) return undefined
  if (found.permit.until > world.now) found.permit.until = Math.max(found.permit.from, world.now)
  return found.site
}

export type Verdict =
  | { readonly kind: 'admitted'; readonly watch: Watch; readonly time: number; readonly wrongClock: boolean }
  | { readonly kind: 'rejected'; readonly reason: string }
const CLOCK_AHEAD = 2 * MINUTE
const TAIL = MINUTE

const PEOPLE = { min: 0, max: 1000 }
/** What a value may be, where it means something. */
const RANGES: Partial<Record<EventKind, { readonly min: number; readonly max: number }>> = {
  PASSAGE_IN: PEOPLE,
  PASSAGE_OUT: PEOPLE,
  TAMPERED: { min: 0, max: 3 },
  TAMPER_RESTORED: { min: 0, max: 3 },
  HEARTBEAT: { min: 0, max: 100_000 },
  ROLL_CALL: { min: 0, max: 1_000_000 },
  TEMPERATURE: { min: -50_000, max: 100_000 },
}

/** Ingest's verdict on an event (ARCHITECTURE.md, "Entry, verdict, receipt"). */
export const admit = (world: World, sent: SentEvent): Verdict => {
  const seal = world.seals.get(sent.seal)
  if (seal === undefined) return { kind: 'rejected', reason: 'UNKNOWN_SEAL' }
  const at = (time: number): Watch | undefined => seal.watches.findLast(({ from, until }) => time >= from && time < until)
  const { clock } = sent
  const wrongClock = clock === 0 || clock > world.now + CLOCK_AHEAD || (at(clock) === undefined && clock < world.now - REACH_BACK)
  const time = wrongClock ? world.now : clock
  const watch = at(time)
  const range = RANGES[sent.kind]
  if (range !== undefined && (sent.value < range.min || sent.value > range.max)) return { kind: 'rejected', reason: 'BAD_VALUE' }
  if (watch === undefined) return { kind: 'rejected', reason: 'NOT_ASSIGNED' }
  if (time < watch.observedFrom || time >= watch.observedUntil || world.now > watch.observedUntil + TAIL) return { kind: 'rejected', reason: 'NOT_OBSERVED' }
  return { kind: 'admitted', watch, time, wrongClock }
}
