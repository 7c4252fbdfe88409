import { alarmBody, type TroubleOf } from '../core/alarm-body.ts'
import type { Principal } from '../core/ops.ts'
import type { Machine, Round } from '../core/thread/machine.ts'
import { createClient, type Client, type Wire } from './client.ts'
import { formatCursor, parseCursor } from './cursor.ts'
import type { LeaveReason, LiveEmit } from './happenings.ts'
import { frameOf, type Frame } from './message.ts'
import { createOccupancyFeed, SITES_PER_MESSAGE_MAX, type OccupancyFeed, type SiteNow } from './occupancy.ts'
import type { Format, LiveMessage, Stats, Topic } from './protocol.ts'
import { createRing, type Ring } from './ring.ts'
import { scopeOf } from './scope.ts'
import { createStats } from './stats.ts'

// The live hub: what the machine says, round by round, told to many readers. Snapshot, then changes. Holds always: a reader
// sees only its areas and topics; alarm changes reach it in log order, each at least once, or it is disconnected and resumes by
// cursor; the cursor it holds is never ahead of what it was sent; memory is bounded whatever readers do (live/client.ts).

/** Alarm changes kept for readers who come back: about 25 MB; at ten changes a second, well over an hour. */
export const RING_CHANGES_MAX = 50_000
/** Readers at once. Each costs a few KB and, while slow, up to CLIENT_BUFFER_BYTES_MAX: 256 MB at worst. */
export const LIVE_CLIENTS_MAX = 1_000
/** Alarms in one message of a snapshot. */
const ALARMS_PER_MESSAGE_MAX = 500
/** How often changed occupancy is told, and slow readers are looked at. */
const TELL_MS = 200
const TELLINGS_PER_SECOND = 1000 / TELL_MS
const PING_SECONDS = 30
const PARTITION = 0

/** The engine's clock, Unix ms. */
export type Clock = () => number
/** What the hub cannot know from the machine: what has reached ClickHouse. */
export type Figures = { readonly rowsStored: number; readonly lagSeconds: number }
export type HubDeps = {
  readonly machine: Machine
  readonly clock: Clock
  readonly emit: LiveEmit
  readonly figures: () => Figures
  readonly troubleOf?: TroubleOf
  /** Alarm changes kept; default RING_CHANGES_MAX. */
  readonly ringChanges?: number
}
export type JoinOptions = {
  readonly principal: Principal
  readonly topics: readonly Topic[]
  readonly area: string
  readonly format: Format
  readonly since: string | undefined
}
export type Reader = { readonly left: () => void; readonly answered: () => void; readonly talked: () => void }
export type Hub = {
  readonly join: (options: JoinOptions, wire: Wire) => Reader
  readonly clients: () => number
  readonly full: () => boolean
  readonly stats: () => Stats
  /** What an alarm shows has changed without a step of its life: a notice could not be delivered. */
  readonly refresh: (alarm: string) => void
  readonly close: () => void
}

type Change = { readonly kind: string; readonly area: string; readonly topic: 'alarms' | 'occupancy'; readonly message: LiveMessage }
type Member = { readonly client: Client; readonly principal: Principal; readonly whole: boolean; pinged: boolean }
/** What the parts of the hub share. */
type Ground = { readonly deps: HubDeps; readonly members: Set<Member>; readonly ring: Ring<Change>; readonly feed: OccupancyFeed; position: number }

export const startHub = (deps: HubDeps): Hub => {
  const { machine, clock, emit } = deps
  const ground: Ground = {
    deps,
    members: new Set(),
    ring: createRing<Change>(deps.ringChanges ?? RING_CHANGES_MAX, machine.applied()),
    feed: createOccupancyFeed(machine, clock),
    position: machine.applied(),
  }
  const stats = createStats({ machine, clock, figures: deps.figures, clients: () => ground.members.size })
  const stopListening = machine.onRound((round) => tellRound(ground, round))

  let tellings = 0
  const timer = setInterval(() => {
    tellOccupancy(ground)
    for (const { client } of ground.members) client.pump()
    tellings += 1
    if (tellings % TELLINGS_PER_SECOND !== 0) return
    tellStats(ground, stats.take())
    leaveRevoked(ground)
    ground.feed.tick()
    if (tellings % (TELLINGS_PER_SECOND * PING_SECONDS) === 0) pingAll(ground)
  }, TELL_MS)
  timer.unref()

  return {
    clients: () => ground.members.size,
    full: () => ground.members.size >= LIVE_CLIENTS_MAX,
    stats: stats.last,
    refresh: (id) => tellAgain(ground, id),
    join: (options, wire) => {
      const member = joined(ground, options, wire, stats.last())
      emit({ kind: 'client-joined', resumed: isResumable(ground, options.since) })
      return {
        left: () => member.client.leave('closed'),
        answered: () => {
          member.pinged = false
        },
        talked: () => member.client.leave('talkative'),
      }
    },
    close: () => {
      clearInterval(timer)
      stopListening()
      for (const { client } of ground.members) client.leave('shutdown')
    },
  }
}

const cursorOf = (position: number): string => formatCursor({ partition: PARTITION, position })
const isResumable = (ground: Ground, since: string | undefined): boolean => {
  const cursor = since === undefined ? undefined : parseCursor(since)
  return cursor?.partition === PARTITION && cursor.position >= ground.ring.floor() && cursor.position <= ground.position
}

const joined = (ground: Ground, options: JoinOptions, wire: Wire, stats: Stats): Member => {
  const scope = scopeOf(options.principal, options.area)
  const topics = new Set(options.topics)
  const whole = options.principal.role === 'sre' || options.principal.areas.includes('')
  const opening = openingOf(ground, options, scope.prefixes, stats, whole)
  const client = createClient({
    scope,
    topics,
    wire,
    opening,
    format: options.format,
    sitesFrame: (dirty) => sitesFrame(ground.feed, dirty, scope.covers),
    onLeave: (reason: LeaveReason) => {
      ground.members.delete(member)
      if (topics.has('occupancy')) ground.feed.readerLeft()
      ground.deps.emit({ kind: 'client-left', reason })
    },
  })
  const member: Member = { client, principal: options.principal, whole, pinged: false }
  ground.members.add(member)
  if (topics.has('occupancy')) ground.feed.readerCame()
  client.pump()
  return member
}

/** What a reader gets first. Alarms are taken at once, as of the cursor; sites one message at a time, as the socket takes them. */
const openingOf = (ground: Ground, options: JoinOptions, prefixes: readonly string[], stats: Stats, whole: boolean): Iterator<Frame> => {
  const { principal, topics, since } = options
  const { covers, shows } = scopeOf(principal, options.area)
  const cursor = cursorOf(ground.position)
  const resumed = isResumable(ground, since)
  const position = resumed ? (parseCursor(since ?? '')?.position ?? 0) : 0
  const wants = (topic: Topic): boolean => topics.includes(topic)
  const missed = resumed ? ground.ring.after(position).filter((change) => wants(change.topic) && shows(change)) : []
  const missedSites = resumed && wants('occupancy') ? ground.feed.changedSince(position) : undefined
  const alarms = !resumed && wants('alarms') ? [...ground.deps.machine.openAlarms()].filter(shows) : []
  const hello: LiveMessage = { type: 'hello', cursor, resumed, topics, areas: prefixes, at: new Date(ground.deps.clock()).toISOString() }
  return (function* frames(): Generator<Frame> {
    yield frameOf(hello)
    for (const change of missed) yield frameOf(change.message)
    for (let i = 0; i < alarms.length; i += ALARMS_PER_MESSAGE_MAX) {
      yield frameOf({ type: 'alarms', alarms: alarms.slice(i, i + ALARMS_PER_MESSAGE_MAX).map((alarm) => alarmBody(alarm, ground.deps.troubleOf)) })
    }
    if (wants('occupancy')) {
      if (missedSites === undefined) yield* allSites(ground, prefixes)
      else yield* someSites(ground.feed, new Set(missedSites), covers)
    }
    if (wants('stats')) yield frameOf(statsMessage(cursor, stats, whole))
    yield frameOf({ type: 'snapshot-end', cursor })
  })()
}

function* allSites(ground: Ground, prefixes: readonly string[]): Generator<Frame> {
  for (const prefix of prefixes) {
    let from = 0
    for (;;) {
      const states = ground.deps.machine.sites(from, SITES_PER_MESSAGE_MAX, prefix)
      const last = states.at(-1)
      if (last === undefined) break
      from = last.siteNo + 1
      yield frameOf({ type: 'occupancy', sites: states.flatMap((state) => ground.feed.now(state.siteNo)?.body ?? []) })
    }
  }
}
function* someSites(feed: OccupancyFeed, dirty: Set<number>, covers: (area: string) => boolean): Generator<Frame> {
  for (let frame = sitesFrame(feed, dirty, covers); frame !== undefined; frame = sitesFrame(feed, dirty, covers)) yield frame
}
const sitesFrame = (feed: OccupancyFeed, dirty: Set<number>, covers: (area: string) => boolean): Frame | undefined => {
  const sites = []
  for (const siteNo of dirty) {
    if (sites.length === SITES_PER_MESSAGE_MAX) break
    dirty.delete(siteNo)
    const site = feed.now(siteNo)
    if (site !== undefined && covers(site.area)) sites.push(site.body)
  }
  return sites.length === 0 ? undefined : frameOf({ type: 'occupancy', sites })
}

const tellRound = (ground: Ground, round: Round): void => {
  const before = cursorOf(ground.position)
  const changes = [...alarmChanges(ground, round, before), ...endings(ground, round)]
  ground.position = round.to
  ground.feed.changed(round.sitesChanged, round.to)
  for (const change of changes) {
    ground.ring.push(round.to, change)
    const frame = frameOf(change.message)
    for (const { client } of ground.members) {
      if (client.topics.has(change.topic) && client.scope.shows(change)) client.tell(frame)
    }
  }
}
/** All but the last alarm of a round carry the cursor before it: who stops in between gets the round again, whole. */
const alarmChanges = (ground: Ground, round: Round, before: string): Change[] => {
  if (round.alarmSteps.length === 0) return []
  const { machine, clock, emit } = ground.deps
  const byId = new Map(round.alarms.map((alarm) => [alarm.id, alarm]))
  const last = round.alarmSteps.length - 1
  return round.alarmSteps.flatMap((step, i) => {
    if (step.step === 'raised') emit({ kind: 'alarm-raised', seconds: Math.max(0, (clock() - step.received) / 1000) })
    const alarm = byId.get(step.id) ?? machine.alarm(step.id)
    if (alarm === undefined) return []
    const cursor = i === last ? cursorOf(round.to) : before
    return [
      {
        kind: alarm.kind,
        area: alarm.area,
        topic: 'alarms' as const,
        message: { type: 'alarm' as const, step: step.step, by: step.by, alarm: alarmBody(alarm, ground.deps.troubleOf), cursor },
      },
    ]
  })
}
/** As it stands, under the cursor that everybody who is told has reached: nothing to resume from, and lost at no cost. */
const tellAgain = (ground: Ground, id: string): void => {
  const alarm = ground.deps.machine.alarm(id)
  if (alarm === undefined || ground.members.size === 0) return
  const frame = frameOf({ type: 'alarm', step: 'undelivered', by: 'system', alarm: alarmBody(alarm, ground.deps.troubleOf), cursor: cursorOf(ground.position) })
  for (const { client } of ground.members) if (client.topics.has('alarms') && client.scope.shows(alarm)) client.tell(frame)
}
const endings = (ground: Ground, round: Round): Change[] =>
  round.sitesEnded.flatMap((siteNo) => {
    const name = ground.feed.ended(siteNo)
    return name === undefined ? [] : [{ kind: '', area: name.area, topic: 'occupancy' as const, message: { type: 'ended' as const, sites: [name.site] } }]
  })

/** Readers of one scope share one filtered list and its frames. */
const tellOccupancy = (ground: Ground): void => {
  const taken = ground.feed.take()
  if (taken.length === 0) return
  const byScope = new Map<string, readonly { readonly frame: Frame; readonly siteNos: readonly number[] }[]>()
  let conflated = 0
  for (const { client } of ground.members) {
    if (!client.topics.has('occupancy')) continue
    const chunks = byScope.get(client.scope.key) ?? chunksOf(taken.filter((site) => client.scope.covers(site.area)))
    byScope.set(client.scope.key, chunks)
    for (const { frame, siteNos } of chunks) conflated += client.tellSites(frame, siteNos)
  }
  if (conflated > 0) ground.deps.emit({ kind: 'occupancy-conflated', sites: conflated })
}
const chunksOf = (sites: readonly SiteNow[]): readonly { readonly frame: Frame; readonly siteNos: readonly number[] }[] =>
  Array.from({ length: Math.ceil(sites.length / SITES_PER_MESSAGE_MAX) }, (_, i) => {
    const chunk = sites.slice(i * SITES_PER_MESSAGE_MAX, (i + 1) * SITES_PER_MESSAGE_MAX)
    return { frame: frameOf({ type: 'occupancy', sites: chunk.map((site) => site.body) }), siteNos: chunk.map((site) => site.siteNo) }
  })

const statsMessage = (cursor: string, stats: Stats, whole: boolean): LiveMessage => ({ type: 'stats', ...stats, fleet: whole ? stats.fleet : null, cursor })
/** Stats carry the cursor: they are written only to readers for whom nothing waits, so it is not ahead of what they have. */
const tellStats = (ground: Ground, stats: Stats): void => {
  const cursor = cursorOf(ground.position)
  const whole = frameOf(statsMessage(cursor, stats, true))
  const part = frameOf(statsMessage(cursor, stats, false))
  for (const member of ground.members) {
    if (member.client.topics.has('stats')) member.client.tellIfLive(member.whole ? whole : part)
  }
}

/** A token that was revoked, or now says something else, ends its streams within a second. */
const leaveRevoked = (ground: Ground): void => {
  if (ground.members.size === 0) return
  const valid = new Map(ground.deps.machine.tokens().map((token) => [token.name, token]))
  for (const { client, principal } of ground.members) {
    const token = valid.get(principal.name)
    if (token?.role !== principal.role || token.areas.join('\n') !== principal.areas.join('\n')) client.leave('revoked')
  }
}
/** Who has not answered the last ping, 30 s ago, is not there, or does not read. */
const pingAll = (ground: Ground): void => {
  for (const member of ground.members) {
    if (member.pinged) member.client.leave('silent')
    else {
      member.pinged = true
      member.client.ping()
    }
  }
}
