import { coarse } from './compare.ts'
import { quietAnchor } from './counts.ts'
import { clearSilenced, clearSite, clearWatch, type Desk, hear, newDesk, openAlarms, tickDesk, type Work, work } from './desk.ts'
import { figuresOf, type PolicyPaper } from './figures.ts'
import { compare, headcountTick } from './headcount.ts'
import { applyEvent } from './instants.ts'
import { hearTick } from './outage.ts'
import { isCovered } from './permits.ts'
import { admit, type Effects, endObservation, noEffects, passTime, putPermit, putSite, revokePermit } from './registry.ts'
import { judge } from './repeats.ts'
import { writeRow } from './rows.ts'
import { checkWatch } from './seal-checks.ts'
import { armGap } from './self-checks.ts'
import { checkSite } from './site-checks.ts'
import { tellKept, silence } from './voice.ts'
import {
  allWatches,
  figuresFor,
  type Heard,
  isInForce,
  type Memory,
  newestOf,
  newMemory,
  newWorld,
  say,
  type Saying,
  type Site,
  type Watch,
  type World,
} from './world.ts'
import { ALARM_KINDS, type AlarmKind, ALARMS, DAY, type PermitWish, type SentEvent, type SiteWish } from './words.ts'
import type { Line } from './desk.ts'

// The reference: what the machine must say of a history of log entries. Slow and obvious: at every tick every predicate is asked of
// everything that was ever heard.

export type Entry =
  | { readonly kind: 'events'; readonly at: number; readonly events: readonly SentEvent[] }
  | { readonly kind: 'sites'; readonly at: number; readonly sites: readonly SiteWish[] }
  | { readonly kind: 'end'; readonly at: number; readonly site: string; readonly until: number | null }
  | { readonly kind: 'permit'; readonly at: number; readonly permit: PermitWish }
  | { readonly kind: 'revoke'; readonly at: number; readonly permitNo: number }
  | { readonly kind: 'policy'; readonly at: number; readonly paper: PolicyPaper }
  /** On the `pick`-th (modulo) of the alarms that are open, oldest key first; on a closed one where none is open. */
  | { readonly kind: 'work'; readonly at: number; readonly pick: number; readonly work: Work }
  | { readonly kind: 'tick'; readonly at: number }

export type Counts = { accepted: number; rejected: number; repeated: number; tooOld: number; applied: number; readonly reasons: Map<string, number> }
export type Told = {
  readonly lines: readonly Line[]
  readonly rows: readonly string[]
  readonly counts: Counts
  /** The alarm that each work entry was about, by the entry's index: its key and the how-manieth raised of that (coarse) key; null: none. */
  readonly targets: ReadonlyMap<number, Target | null>
}

export type Target = { readonly key: string; readonly ordinal: number }
type Oracle = { readonly world: World; readonly desk: Desk; readonly counts: Counts }
const AGE_MAX = DAY

export const tellHistory = (paper: PolicyPaper, entries: readonly Entry[]): Told => {
  const world = newWorld(paper)
  const oracle: Oracle = { world, desk: newDesk(world), counts: { accepted: 0, rejected: 0, repeated: 0, tooOld: 0, applied: 0, reasons: new Map() } }
  const targets = new Map<number, Target | null>()
  entries.forEach((entry, index) => {
    const before = world.now
    world.now = entry.at
    if (entry.kind === 'work') targets.set(index, doWork(oracle, entry))
    else apply(oracle, entry, before)
  })
  return { lines: oracle.desk.lines, rows: world.rows, counts: oracle.counts, targets }
}

const apply = (oracle: Oracle, entry: Exclude<Entry, { kind: 'work' }>, last: number): void => {
  const { world, desk } = oracle
  if (entry.kind === 'tick') return tick(oracle, last)
  if (entry.kind === 'events') {
    for (const event of entry.events) hearEvent(oracle, event)
    return listen(oracle)
  }
  const effects = noEffects()
  passTime(world, last, effects)
  const before = silenced(world)
  if (entry.kind === 'sites') for (const wish of entry.sites) putSite(world, wish, effects)
  else if (entry.kind === 'end') endObservation(world, entry.site, entry.until, effects)
  else if (entry.kind === 'permit') putPermit(world, entry.permit)
  else if (entry.kind === 'revoke') revokePermit(world, entry.permitNo)
  if (entry.kind === 'policy') world.paper = entry.paper
  follow(oracle, effects)
  if (entry.kind === 'policy') for (const site of world.sites.values()) compare(world, site, world.now)
  unsilence(world, before)
  listen(oracle)
  clearSilenced(desk)
}

/** Alarm kinds that are off, by site. */
const silenced = (world: World): Map<Site, AlarmKind[]> =>
  new Map([...world.sites.values()].map((site) => [site, ALARM_KINDS.filter((kind) => figuresFor(world, site).severity[kind] === 'off')]))
/** Where a kind is no longer off, what was told of it counts as not told. */
const unsilence = (world: World, before: ReadonlyMap<Site, readonly AlarmKind[]>): void => {
  for (const [site, kinds] of before)
    for (const kind of kinds) {
      if (figuresFor(world, site).severity[kind] === 'off') continue
      site.told.delete(kind)
      if (kind === 'capacity-over') site.capacityState = 'none'
      if (kind === `headcount-${site.toldSide}`) site.toldSide = 'equal'
      for (const { memory } of site.watches) forget(memory, kind)
    }
}
const forget = (memory: Memory, kind: AlarmKind): void => {
  memory.told.delete(kind)
  if (kind === 'offline') memory.offline = false
  if (kind === 'door-held-open') memory.heldOpen = false
  for (const [name, voice] of Object.entries(memory.voices)) if (name === kind) voice.told = false
}

const hearEvent = ({ world, counts }: Oracle, sent: SentEvent): void => {
  const verdict = admit(world, sent)
  if (verdict.kind === 'rejected') {
    counts.rejected += 1
    counts.reasons.set(verdict.reason, (counts.reasons.get(verdict.reason) ?? 0) + 1)
    return
  }
  counts.accepted += 1
  const { time, wrongClock } = verdict
  let { watch } = verdict
  const judged = judge(watch.seal, sent.boot, sent.seq)
  if (judged === 'repeat') counts.repeated += 1
  else if (judged === 'too old') counts.tooOld += 1
  if (judged !== 'fresh') return
  while (watch.heir !== null) watch = watch.heir
  counts.applied += 1
  world.heardCount += 1
  const figures = figuresFor(world, watch.site)
  const isReading = sent.kind === 'HEARTBEAT' && sent.value > 0
  const event: Heard = {
    time,
    boot: sent.boot,
    seq: sent.seq,
    kind: sent.kind,
    value: valueOf(sent),
    totals: sent.totals ?? [0, 0],
    received: world.now,
    order: world.heardCount,
    quiet: time < world.now - AGE_MAX || !isInForce(world, watch),
    offSchedule: false,
    belowFever: sent.value < figures.feverMilliC,
    low: isReading && sent.value < figures.batteryLowMv,
    ok: isReading && sent.value >= figures.batteryOkMv,
  }
  heardOf(world, watch)
  const now = watch.seal.watches.findLast(({ from, until }) => world.now >= from && world.now < until)
  if (now !== undefined && now !== watch) heardOf(world, now)
  if (isInForce(world, watch)) armGap(watch, world.now)
  applyEvent(world, watch, event, wrongClock ? { clock: sent.clock } : null)
}
const valueOf = ({ kind, value }: SentEvent): number => ((kind === 'PASSAGE_IN' || kind === 'PASSAGE_OUT' || kind === 'TAMPERED') && value === 0 ? 1 : value)

/** The seal is alive. */
const heardOf = (world: World, watch: Watch): void => {
  watch.memory.lastHeard = world.now
  if (!watch.memory.offline || !isInForce(world, watch)) return
  watch.memory.offline = false
  say(world, { kind: 'offline', state: 'ended', site: watch.site, seal: watch.seal, time: world.now })
}

const order = (a: Saying, b: Saying): number =>
  a.time - b.time ||
  a.site.no - b.site.no ||
  (a.seal?.no ?? 0) - (b.seal?.no ?? 0) ||
  ALARMS[a.kind].no - ALARMS[b.kind].no ||
  STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
  a.boot - b.boot ||
  a.seq - b.seq ||
  a.value - b.value ||
  a.level - b.level
const STATES: readonly Saying['state'][] = ['began', 'momentary', 'again', 'ended', 'level']
const taken = (world: World): Saying[] => {
  const sayings = world.sayings.toSorted(order)
  world.sayings = []
  return sayings
}
const listen = ({ world, desk }: Oracle): void => {
  for (const saying of taken(world)) hear(desk, saying)
}

const tick = (oracle: Oracle, before: number): void => {
  const { world, desk } = oracle
  for (const watch of allWatches(world)) tellKept(world, watch)
  for (const watch of allWatches(world)) seeDoorAndSilence(world, watch)
  for (const site of world.sites.values()) {
    if (quietAnchor(world, site, figuresFor(world, site))) {
      writeRow(world, site, site.anchor.time)
      compare(world, site, site.anchor.time)
    }
    headcountTick(world, site)
  }
  for (const watch of allWatches(world)) checkWatch(world, watch)
  for (const site of world.sites.values()) checkSite(world, site)
  const sayings = taken(world)
  const isOff = sayings.length > 0 && figuresOf(world.paper, { kind: 'gate', area: '', site: '' }).severity['area-outage'] === 'off'
  hearTick(desk, sayings, isOff)
  const effects = noEffects()
  passTime(world, before, effects)
  follow(oracle, effects)
  tickDesk(desk)
  world.lastTick = world.now
}

/** door-held-open and offline. */
const seeDoorAndSilence = (world: World, watch: Watch): void => {
  const { memory, site, seal } = watch
  if (!isInForce(world, watch)) return
  const { heartbeatMs, heartbeatsMissedMax, doorHeldOpenMs } = figuresFor(world, site)
  const silentAt = memory.lastHeard + heartbeatMs * heartbeatsMissedMax
  if (memory.offline && world.now < silentAt) {
    memory.offline = false
    say(world, { kind: 'offline', state: 'ended', site, seal, time: world.now })
  }
  if (!memory.offline && world.now >= silentAt) {
    memory.offline = true
    say(world, { kind: 'offline', state: 'began', site, seal, time: silentAt, value: world.now - memory.lastHeard })
  }
  const door = newestOf(memory.events, 'DOOR_OPENED', 'DOOR_CLOSED')
  const stands = door === undefined ? 0 : Math.max(door.time, door.received - 60_000)
  if (memory.heldOpen && door !== undefined && world.now < stands + (doorHeldOpenMs ?? Infinity)) {
    memory.heldOpen = false
    say(world, { kind: 'door-held-open', state: 'ended', site, seal, time: world.now })
  }
  if (memory.heldOpen || door?.kind !== 'DOOR_OPENED' || door.quiet || doorHeldOpenMs === null || isCovered(world, site, world.now)) return
  if (world.now < stands + doorHeldOpenMs) return
  memory.heldOpen = true
  say(world, { kind: 'door-held-open', state: 'began', site, seal, time: stands + doorHeldOpenMs, value: world.now - door.time })
}

/** What a change of the registry means for detectors and alarms. */
const follow = (oracle: Oracle, effects: Effects): void => {
  const { world, desk } = oracle
  for (const { from, to } of effects.renewed) {
    to.memory = from.memory
    from.memory = newMemory(0)
  }
  for (const watch of effects.watchesEnded) over(world, watch)
  for (const site of effects.sitesEnded) for (const watch of site.watches) over(world, watch)
  for (const watch of effects.watchesBegun) watch.memory.lastHeard = Math.max(world.now, watch.from, watch.observedFrom)
  for (const site of new Set([...effects.sitesEnded, ...effects.sitesTouched])) compare(world, site, world.now)
  listen(oracle)
  for (const watch of effects.watchesEnded) clearWatch(desk, watch)
  for (const site of effects.sitesEnded) clearSite(desk, site)
}
const over = (world: World, watch: Watch): void => {
  const { memory, site, seal } = watch
  const end = (kind: Saying['kind']): void => say(world, { kind, state: 'ended', site, seal, time: world.now })
  silence(world, watch)
  for (const kind of memory.told.keys()) end(kind)
  memory.told.clear()
  if (memory.heldOpen) end('door-held-open')
  if (memory.offline) end('offline')
  Object.assign(memory, { heldOpen: false, offline: false, gapLast: 0, gapTops: [] })
}

const doWork = ({ desk }: Oracle, { pick, work: wish }: Extract<Entry, { kind: 'work' }>): Target | null => {
  const open = openAlarms(desk)
  const candidates = open.length > 0 ? open : [...desk.byKey.values()].flat()
  const alarm = candidates[pick % Math.max(1, candidates.length)]
  if (alarm === undefined) return null
  const raised = desk.lines.filter(({ step, key }) => step === 'raised' && coarse(key) === coarse(alarm.key))
  work(desk, alarm, wish)
  return { key: alarm.key, ordinal: raised.findIndex(({ key, nth }) => key === alarm.key && nth === alarm.nth) + 1 }
}
