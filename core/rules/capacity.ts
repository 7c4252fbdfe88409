import { isSiteTold, SITE_CHECK, tellSite } from '../checks.ts'
import { correctedOf } from '../occupancy.ts'
import type { ShardRun } from '../shard-run.ts'

// capacity-over: more people inside than are allowed (the limit), or nearly as many (the warning, one step less severe). It ends well
// below the warning, so that a queue at the door does not make it flap.

const STATE = { none: 0, warning: 1, limit: 2 } as const

export const capacityCheck = (run: ShardRun, site: number, live: boolean): void => {
  const capacity = run.sites.capacity[site] as number
  const told = toldOf(run, site)
  if (capacity < 0 && told === STATE.none) return
  const people = correctedOf(run, site)
  const now = live && capacity >= 0 ? nextOf(told, people, limitsOf(run, site, capacity)) : STATE.none
  tellSite(run, site, SITE_CHECK.capacity, now === STATE.none ? null : { time: run.received, value: people, level: now === STATE.warning ? 1 : 0 })
}

const toldOf = (run: ShardRun, site: number): number => {
  if (!isSiteTold(run, site, SITE_CHECK.capacity)) return STATE.none
  return ((run.siteChecks.toldLevel[site] as number) & (1 << SITE_CHECK.capacity)) === 0 ? STATE.limit : STATE.warning
}

type Limits = { readonly capacity: number; readonly warning: number; readonly clear: number }
const limitsOf = ({ policy, sites }: ShardRun, site: number, capacity: number): Limits => {
  const row = sites.policy[site] as number
  return {
    capacity,
    warning: Math.max(1, Math.ceil(capacity * (policy.capacityWarnShare[row] as number))),
    clear: Math.max(1, Math.ceil(capacity * (policy.capacityClearShare[row] as number))),
  }
}

const nextOf = (told: number, people: number, { capacity, warning, clear }: Limits): number => {
  if (people < clear) return STATE.none
  if (people > capacity) return STATE.limit
  if (told === STATE.limit) return people < warning ? STATE.warning : STATE.limit
  return told === STATE.none && people < warning ? STATE.none : STATE.warning
}
