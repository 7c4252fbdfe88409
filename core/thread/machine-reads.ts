import { confidenceOf, correctedOf, rawOf } from '../occupancy.ts'
import { WATCH_FLAG } from '../state.ts'
import type { SiteState } from './machine.ts'
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
    siteNo, siteKey: site.siteKey, site: site.site, area: site.area, kind: site.kind, headcount: site.headcount, capacity: site.capacity, observation: site.observation,
    raw: rawOf(counts, siteNo), corrected, confidence: confidenceOf(counts, siteNo),
    differsSince: counts.siteState.side[siteNo] !== 0 && since > 0 ? since : null,
    door: doorOf(seals.map(({ door }) => door)), online: seals.some(({ online }) => online), seals,
  }
}

const doorOf = (doors: readonly Door[]): Door => {
  if (doors.includes('open')) return 'open'
  return doors.includes('closed') ? 'closed' : 'unknown'
}

const watchState = (machine: MachineState, watch: number): { door: Door; online: boolean; lastHeard: number; batteryMv: number } => {
  const { flags, lastHeard, batteryMv } = machine.state.watches.columns
  const bits = flags[watch] ?? 0
  const known = (bits & WATCH_FLAG.doorKnown) !== 0
  const door = (bits & WATCH_FLAG.doorOpen) !== 0 ? 'open' : 'closed'
  return { door: known ? door : 'unknown', online: (bits & WATCH_FLAG.online) !== 0, lastHeard: Math.max(0, lastHeard[watch] ?? 0), batteryMv: batteryMv[watch] ?? 0 }
}
