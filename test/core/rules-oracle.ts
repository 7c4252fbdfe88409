import type { EventKindName, SiteKindName } from '../../core/kinds.ts'
import type { KindPolicy, Policy } from '../../core/policy.ts'

// What the rules must say, slow and obvious: everything heard is kept in plain lists and looked through again at each event and tick.
// Shares nothing with core but names. It says `+kind about` when an alarm's condition begins and `-kind about` when it ends, with the
// time received; what happens and is over at once is both. Nobody acknowledges, so of a kind that a person closes it happens once.

export type OracleSeal = { readonly name: string; readonly site: string }
export type OracleSite = { readonly name: string; readonly kind: SiteKindName; readonly headcount: number; readonly inside: number }
export type OracleEvent = {
  readonly seal: string
  readonly received: number
  readonly time: number
  readonly boot: number
  readonly seq: number
  readonly kind: EventKindName
  readonly value: number
  readonly wrongClock: boolean
}
/** Of one boot, and every number between has been heard. */
const isUnbroken = (events: readonly OracleEvent[], from: OracleEvent, until: OracleEvent): boolean => {
  if (from.boot !== until.boot || from.seq >= until.seq) return false
  const between = events.filter(({ boot, seq }) => boot === from.boot && seq > from.seq && seq < until.seq)
  return between.length === until.seq - from.seq - 1
}

export type OraclePermit = { readonly site: string; readonly made: number; readonly from: number; readonly until: number; readonly openings: number }
export type Oracle = {
  readonly permit: (permit: OraclePermit) => void
  readonly hear: (event: OracleEvent) => void
  readonly tick: (now: number) => void
  readonly said: string[]
}

const PERSON = new Set(['tamper', 'door-opened', 'passage-unpermitted', 'fever'])
type Side = 'over' | 'under' | 'equal'
type SealMemory = {
  readonly seal: OracleSeal
  readonly events: OracleEvent[]
  lastHeard: number
  held: boolean
  /** By kind: what holds, what has been said, and whether something was said since the last tick. */
  readonly holds: Map<string, boolean>
  readonly told: Map<string, boolean>
  readonly spoke: Set<string>
  readonly missed: Map<string, number>
}
type SiteMemory = {
  readonly site: OracleSite
  readonly events: OracleEvent[]
  readonly permits: (OraclePermit & { used: number })[]
  side: Side
  since: number
  told: Side
}

const newest = (events: readonly OracleEvent[], kinds: readonly EventKindName[]): OracleEvent | undefined =>
  events
    .filter(({ kind }) => kinds.includes(kind))
    .toSorted((a, b) => a.time - b.time || a.boot - b.boot || a.seq - b.seq)
    .at(-1)

export const createOracle = (
  policy: Policy,
  start: number,
  fleet: { readonly sites: readonly OracleSite[]; readonly seals: readonly OracleSeal[] },
): Oracle => {
  const said: string[] = []
  const alarms = new Map<string, boolean>()
  const sites = new Map(fleet.sites.map((site): [string, SiteMemory] => [site.name, { site, events: [], permits: [], side: 'equal', since: 0, told: 'equal' }]))
  const seals = new Map(
    fleet.seals.map((seal): [string, SealMemory] => [
      seal.name,
      { seal, events: [], lastHeard: start, held: false, holds: new Map(), told: new Map(), spoke: new Set(), missed: new Map() },
    ]),
  )
  const siteOf = ({ seal }: SealMemory): SiteMemory => sites.get(seal.site) as SiteMemory
  const figures = ({ site }: SiteMemory): KindPolicy => policy.kinds[site.kind]

  const began = (kind: string, about: string, now: number): void => {
    if (alarms.get(`${kind} ${about}`) === true) return
    alarms.set(`${kind} ${about}`, true)
    said.push(`${now} +${kind} ${about}`)
  }
  const ended = (kind: string, about: string, now: number): void => {
    if (alarms.get(`${kind} ${about}`) !== true) return
    said.push(`${now} -${kind} ${about}`)
    if (PERSON.has(kind)) alarms.set(`${kind} ${about}`, false)
    else alarms.delete(`${kind} ${about}`)
  }
  const happened = (kind: string, about: string, now: number): void => {
    if (alarms.has(`${kind} ${about}`)) return
    began(kind, about, now)
    ended(kind, about, now)
  }

  /** Says a change at once, or at the next tick where this kind has spoken since the last one. */
  const change = (memory: SealMemory, kind: string, holds: boolean, now: number): void => {
    memory.holds.set(kind, holds)
    const told = memory.told.get(kind) === true
    if (!holds && !told) return
    if (memory.spoke.has(kind)) return void memory.missed.set(kind, (memory.missed.get(kind) ?? 0) + (holds ? 1 : 0))
    memory.spoke.add(kind)
    sayState(memory, kind, now)
  }
  const sayState = (memory: SealMemory, kind: string, now: number): void => {
    const holds = memory.holds.get(kind) === true
    memory.told.set(kind, holds)
    if (holds) began(kind, memory.seal.name, now)
    else ended(kind, memory.seal.name, now)
  }
  const moment = (memory: SealMemory, kind: string, now: number): void => {
    if (memory.spoke.has(kind)) return void memory.missed.set(kind, (memory.missed.get(kind) ?? 0) + 1)
    memory.spoke.add(kind)
    happened(kind, memory.seal.name, now)
  }
  const sayMissed = (memory: SealMemory, now: number): void => {
    memory.spoke.clear()
    for (const [kind, count] of memory.missed) {
      const holds = memory.holds.get(kind) === true
      const told = memory.told.get(kind) === true
      if (holds !== told) sayState(memory, kind, now)
      else if (!holds && count > 0) happened(kind, memory.seal.name, now)
      if (holds || told || count > 0) memory.spoke.add(kind)
    }
    memory.missed.clear()
  }

  const permitted = (site: SiteMemory, time: number): boolean => site.permits.some(({ from, until }) => time >= from && time < until)
  const useOpening = (site: SiteMemory, time: number): boolean => {
    const permit = site.permits.toReversed().find(({ from, until, openings, used }) => time >= from && time < until && used < openings)
    if (permit !== undefined) permit.used += 1
    return permit !== undefined
  }

  const opened = (memory: SealMemory, event: OracleEvent, isNewest: boolean): void => {
    const site = siteOf(memory)
    if (figures(site).permitNeeded && !useOpening(site, event.time)) {
      if (isNewest) change(memory, 'door-opened', true, event.received)
      else moment(memory, 'door-opened', event.received)
    }
  }
  const closed = (memory: SealMemory, event: OracleEvent, before: OracleEvent | undefined): void => {
    const site = siteOf(memory)
    const { received, time } = event
    change(memory, 'door-opened', false, received)
    const stood = before?.kind === 'DOOR_OPENED' && isUnbroken(memory.events, before, event) ? time - before.time : 0
    if (memory.held) ended('door-held-open', memory.seal.name, received)
    else if (stood >= (figures(site).doorHeldOpenMs ?? Infinity) && !permitted(site, time)) happened('door-held-open', memory.seal.name, received)
    memory.held = false
  }
  const battery = (memory: SealMemory, now: number): void => {
    const { batteryLowMv, batteryOkMv } = figures(siteOf(memory))
    const last = (matches: (mv: number) => boolean): number =>
      Math.max(-1, ...memory.events.filter(({ kind, value }) => kind === 'HEARTBEAT' && value > 0 && matches(value)).map(({ time }) => Math.floor(time / 1000)))
    const low = last((mv) => mv < batteryLowMv)
    const isLow = low >= 0 && low >= last((mv) => mv >= batteryOkMv)
    if (isLow !== (memory.holds.get('low-battery') === true)) change(memory, 'low-battery', isLow, now)
  }

  const inside = ({ site, events }: SiteMemory): number => {
    const signed = ({ kind, value }: OracleEvent): number => (kind === 'PASSAGE_IN' ? value : kind === 'PASSAGE_OUT' ? -value : 0)
    const roll = events
      .filter(({ kind }) => kind === 'ROLL_CALL')
      .toSorted((a, b) => a.time - b.time || a.value - b.value)
      .at(-1)
    return (roll?.value ?? site.inside) + events.filter(({ time }) => roll === undefined || time > roll.time).reduce((sum, event) => sum + signed(event), 0)
  }
  const compare = (memory: SiteMemory, time: number, now: number): void => {
    const { headcountOver, headcountUnder } = figures(memory)
    const count = inside(memory)
    const side: Side = count > memory.site.headcount && headcountOver ? 'over' : count < memory.site.headcount && headcountUnder ? 'under' : 'equal'
    if (side === memory.side) return
    memory.side = side
    if (memory.told !== 'equal') {
      ended(`headcount-${memory.told}`, memory.site.name, now)
      memory.told = 'equal'
    }
    // A back-fill passes through counts that never were: at most a minute counts.
    if (side !== 'equal') memory.since = Math.max(memory.since, Math.min(time, now), now - 60_000)
  }

  const about = (memory: SealMemory, event: OracleEvent, before: { readonly door: OracleEvent | undefined }): void => {
    const { kind, received, value } = event
    const site = siteOf(memory)
    const isNewest = (...kinds: EventKindName[]): boolean => newest(memory.events, kinds) === event
    if (kind === 'DOOR_OPENED') opened(memory, event, isNewest('DOOR_OPENED', 'DOOR_CLOSED'))
    else if (kind === 'DOOR_CLOSED' && isNewest('DOOR_OPENED', 'DOOR_CLOSED')) closed(memory, event, before.door)
    else if (kind === 'TAMPERED' && isNewest('TAMPERED', 'TAMPER_RESTORED')) change(memory, 'tamper', true, received)
    else if (kind === 'TAMPERED') moment(memory, 'tamper', received)
    else if (kind === 'TAMPER_RESTORED' && isNewest('TAMPERED', 'TAMPER_RESTORED')) change(memory, 'tamper', false, received)
    else if (kind === 'HEARTBEAT') battery(memory, received)
    else if (kind === 'TEMPERATURE' && value >= figures(site).feverMilliC) happened('fever', `${memory.seal.name} ${event.boot} ${event.seq}`, received)
    else if (kind === 'PASSAGE_IN' || kind === 'PASSAGE_OUT') {
      if (figures(site).permitNeeded && !permitted(site, event.time)) moment(memory, 'passage-unpermitted', received)
      compare(site, event.time, received)
    } else if (kind === 'ROLL_CALL') compare(site, event.time, received)
  }

  const late = (memory: SealMemory, now: number): void => {
    const site = siteOf(memory)
    const { heartbeatMs, heartbeatsMissedMax, doorHeldOpenMs } = figures(site)
    if (now >= memory.lastHeard + heartbeatMs * heartbeatsMissedMax) began('offline', memory.seal.name, now)
    const door = newest(memory.events, ['DOOR_OPENED', 'DOOR_CLOSED'])
    if (memory.held || door?.kind !== 'DOOR_OPENED' || now < door.time + (doorHeldOpenMs ?? Infinity) || permitted(site, now)) return
    memory.held = true
    began('door-held-open', memory.seal.name, now)
  }

  return {
    said,
    permit: (permit) => void (sites.get(permit.site) as SiteMemory).permits.push({ ...permit, used: 0 }),
    hear: (event) => {
      const memory = seals.get(event.seal) as SealMemory
      if (memory.events.some(({ boot, seq }) => boot === event.boot && seq === event.seq)) return
      const door = newest(memory.events, ['DOOR_OPENED', 'DOOR_CLOSED'])
      memory.events.push(event)
      siteOf(memory).events.push(event)
      memory.lastHeard = event.received
      ended('offline', memory.seal.name, event.received)
      if (event.wrongClock !== (memory.holds.get('clock-wrong') === true)) change(memory, 'clock-wrong', event.wrongClock, event.received)
      about(memory, event, { door })
    },
    tick: (now) => {
      for (const memory of seals.values()) sayMissed(memory, now)
      for (const memory of seals.values()) late(memory, now)
      for (const memory of sites.values()) {
        if (memory.side === 'equal' || memory.told === memory.side || memory.since + figures(memory).headcountGraceMs > now) continue
        memory.told = memory.side
        began(`headcount-${memory.side}`, memory.site.name, now)
      }
    },
  }
}
