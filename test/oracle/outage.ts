import { type Desk, hear, openAlarm, openAlarms } from './desk.ts'
import { covers } from './figures.ts'
import { allWatches, figuresFor, fleetFor, isInForce, type Saying, type Watch, type World } from './world.ts'

// area-outage: many seals of an area that fall silent together are one alarm with a count. Decided at a tick, before what the detectors
// said at it is heard.

/** In force and begun: what an area's seals are counted of. */
const isWatching = (world: World, watch: Watch): boolean => isInForce(world, watch) && world.now >= watch.from && world.now >= watch.observedFrom
const watchesIn = (world: World, area: string): Watch[] => allWatches(world).filter((watch) => isWatching(world, watch) && covers(area, watch.site.area))
const isSilent = (world: World, { site, memory }: Watch): boolean => world.now - memory.lastHeard >= 2 * figuresFor(world, site).heartbeatMs
const countIn = (world: World, area: string): { readonly seals: number; readonly silent: number } => {
  const watches = watchesIn(world, area)
  return { seals: watches.length, silent: watches.filter((watch) => isSilent(world, watch)).length }
}
const areasOf = (area: string): string[] => {
  const parts = area.split('/')
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'))
}
const sorted = (areas: Iterable<string>): string[] => [...areas].toSorted()

const tellOutage = (desk: Desk, area: string, state: Saying['state'], value: number): void => {
  const site = { name: area, area } as unknown as Saying['site']
  hear(desk, { kind: 'area-outage', state, site, seal: null, time: desk.world.now, value, boot: 0, seq: 0, level: 0 })
}
const outages = (desk: Desk): string[] =>
  sorted(
    openAlarms(desk)
      .filter(({ kind }) => kind === 'area-outage')
      .map(({ area }) => area),
  )
const coveredBy = (desk: Desk, watch: Watch): string | undefined => areasOf(watch.site.area).find((area) => outages(desk).includes(area))

export const hearTick = (desk: Desk, sayings: readonly Saying[], isOff: boolean): void => {
  const { world } = desk
  const { outageSealsMin, outageShare } = fleetFor(world)
  const isBegin = ({ kind, state }: Saying): boolean => kind === 'offline' && state === 'began'
  if (outages(desk).length === 0 && !sayings.some(isBegin)) {
    for (const saying of sayings) hear(desk, saying)
    return
  }
  const over = outages(desk).filter((area) => {
    const { seals, silent } = countIn(world, area)
    const alarm = openAlarm(desk, `area-outage ${area}`)
    if (alarm === undefined) return false
    const low = silent < (outageShare / 2) * seals || silent < outageSealsMin / 2
    alarm.lowSince = low ? (alarm.lowSince ?? world.now) : undefined
    return alarm.lowSince !== undefined && world.now - alarm.lowSince >= 120_000
  })
  for (const area of over) tellOutage(desk, area, 'ended', countIn(world, area).silent)
  const before = outages(desk)
  const found = new Set<string>()
  for (const { site } of isOff ? [] : sayings.filter(isBegin)) {
    const out = areasOf(site.area).find((area) => {
      if (before.includes(area)) return true
      const { seals, silent } = countIn(world, area)
      return silent >= outageSealsMin && silent >= outageShare * seals
    })
    if (out !== undefined && !before.includes(out)) found.add(out)
  }
  for (const area of sorted(found)) {
    const inner = outages(desk).filter((other) => other.startsWith(`${area}/`))
    tellOutage(desk, area, 'began', countIn(world, area).silent)
    for (const other of inner) tellOutage(desk, other, 'ended', openAlarm(desk, `area-outage ${other}`)?.value ?? 0)
  }
  const counted = new Map<string, number>()
  for (const saying of sayings) {
    const area = isBegin(saying) ? areasOf(saying.site.area).find((path) => outages(desk).includes(path)) : undefined
    if (area === undefined) hear(desk, saying)
    else counted.set(area, (counted.get(area) ?? 0) + 1)
  }
  for (const area of sorted(counted.keys())) {
    const alarm = openAlarm(desk, `area-outage ${area}`)
    if (!before.includes(area) || alarm === undefined) continue
    alarm.value = countIn(world, area).silent
    tellOutage(desk, area, 'again', counted.get(area) as number)
  }
  keptBack(desk, over)
}

/** Seals that are still offline where an outage is over, and that no other covers: each its own alarm now. */
const keptBack = (desk: Desk, over: readonly string[]): void => {
  const { world } = desk
  const limit = (watch: Watch): number => figuresFor(world, watch.site).heartbeatMs * figuresFor(world, watch.site).heartbeatsMissedMax
  const kept = allWatches(world)
    .filter((watch) => watch.memory.offline && isWatching(world, watch) && over.some((area) => covers(area, watch.site.area)))
    .filter((watch) => coveredBy(desk, watch) === undefined && openAlarm(desk, `offline ${watch.seal.id}`) === undefined)
    .toSorted((a, b) => a.memory.lastHeard + limit(a) - b.memory.lastHeard - limit(b) || a.site.no - b.site.no || a.seal.no - b.seal.no)
  for (const { site, seal, memory } of kept) {
    const { heartbeatMs, heartbeatsMissedMax } = figuresFor(world, site)
    const since = memory.lastHeard + heartbeatMs * heartbeatsMissedMax
    hear(desk, { kind: 'offline', state: 'began', site, seal, time: since, value: world.now - memory.lastHeard, boot: 0, seq: 0, level: 0 })
  }
}
