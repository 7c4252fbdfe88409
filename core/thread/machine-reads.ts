import { confidenceOf, correctedOf, rawOf } from '../occupancy.ts'
import { WATCH_FLAG } from '../state.ts'
import { timerNext } from '../timers.ts'
import type { Link, SiteState } from './machine.ts'
import type { MachineState } from './machine-state.ts'

// What people ask of a running machine, read from its tables on the machine's thread. While a round runs on worker threads a
// reader may see a site before or after an event of it, as with any live view; never a row half of another.

export type Door = 'open' | 'closed' | 'unknown'

export const siteStateOf = (machine: MachineState, siteNo: number): SiteState | undefined => {
  const site = machine.registry.siteByNo(siteNo)
  if (site === undefined || site.ended) return undefined
  const counts = { siteState: machine.state.sites.columns, sites: machine.registry.tables().sites.columns }
  const seals = machine.registry.sealsOf(siteNo).map(({ watchNo, seal }) => ({ seal, ...watchState(machine, watchNo) }))
  const corrected = correctedOf(counts, siteNo)
  const since = counts.siteState.differsSince[siteNo] as number
  return {
    siteNo,
    siteKey: site.siteKey,
    site: site.site,
    area: site.area,
    kind: site.kind,
    headcount: site.headcount,
    capacity: site.capacity,
    observation: site.observation,
    raw: rawOf(counts, siteNo),
    corrected,
    confidence: confidenceOf(counts, siteNo),
    differsSince: counts.siteState.side[siteNo] !== 0 && since > 0 ? since : null,
    door: doorOf(seals.map(({ door }) => door)),
    online: seals.some(({ online }) => online),
    link: linkOf(seals.map(({ link }) => link)),
    seals,
  }
}

/** Of the shards' lists and timers, and the registry; what only people's work on alarms waits for is not reckoned. */
export const tickDueOf = ({ shards, registry }: MachineState): number => {
  let due = registry.nextDue()
  for (const shard of shards) {
    const { dirty, marked, markedSites } = shard
    if (dirty.columns.watch[0] !== 0 || marked.columns.watch[0] !== 0 || markedSites.columns.site[0] !== 0) return -Infinity
    due = Math.min(due, timerNext(shard))
  }
  return due
}

const doorOf = (doors: readonly Door[]): Door => {
  if (doors.includes('open')) return 'open'
  return doors.includes('closed') ? 'closed' : 'unknown'
}

const linkOf = (links: readonly Link[]): Link => {
  if (links.includes('online')) return 'online'
  return links.includes('offline') ? 'offline' : 'unheard'
}

type WatchState = { readonly door: Door; readonly online: boolean; readonly link: Link; readonly lastHeard: number; readonly batteryMv: number }
const watchState = (machine: MachineState, watch: number): WatchState => {
  const { flags, lastHeard, batteryMv } = machine.state.watches.columns
  const bits = flags[watch] ?? 0
  const known = (bits & WATCH_FLAG.doorKnown) !== 0
  const door = (bits & WATCH_FLAG.doorOpen) !== 0 ? 'open' : 'closed'
  const online = (bits & WATCH_FLAG.online) !== 0
  // Not positive: only since when it has been listened for.
  const heard = Math.max(0, lastHeard[watch] ?? 0)
  const link = online ? 'online' : heard > 0 || (bits & WATCH_FLAG.offline) !== 0 ? 'offline' : 'unheard'
  return { door: known ? door : 'unknown', online, link, lastHeard: heard, batteryMv: batteryMv[watch] ?? 0 }
}
