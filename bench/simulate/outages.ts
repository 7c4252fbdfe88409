// Gateways that die: all the seals of a building fall silent at once, and that is one alarm. Some buildings of flats are kept for
// these, and play nothing else; a building has one outage a day, and several that are too short or too small.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { act, CONTROL, DELIVERY, incident, MINUTE, nearMiss, SECOND, steadyWithin, type Draft } from './plan.ts'
import { takeSlotOf } from './slots.ts'

const { outageSealsMin, outageShare, kinds } = POLICY_DEFAULT
const OFFLINE = kinds.residence.heartbeatMs * kinds.residence.heartbeatsMissedMax
const IN_FLIGHT = 11 * MINUTE
/** The nearest to three missed heartbeats on the grid. */
const TOO_SHORT = OFFLINE - 5 * SECOND
/** As many buildings as a city must show incidents, and a few: of a fleet that is large enough for them. */
const BUILDINGS = 34
const FLEET = 20_000
/** A smaller fleet has one where that leaves enough flats for everything else. */
const FEW_BUILDINGS = 3
const NEAR_MISSES = { short: 3, few: 1 }
/** Fewer seals than an outage needs, and fewer than its share of a building. */
const FEW = 12

type Building = { readonly area: string; readonly sites: readonly number[]; readonly seals: readonly number[] }
export type Outages = { readonly buildings: readonly Building[]; readonly reserved: ReadonlySet<number> }

/** Which buildings are kept: the first ones, one in a community, so that two outages never add up. */
export const reserveOutages = (draft: Draft): Outages => {
  const byArea = new Map<string, { area: string; sites: number[]; seals: number[] }>()
  draft.sites.forEach(({ kind, area, seals }, site) => {
    if (kind !== 'residence') return
    const building = byArea.get(area) ?? { area, sites: [], seals: [] }
    byArea.set(area, building)
    building.sites.push(site)
    building.seals.push(...seals)
  })
  const share = Math.floor(BUILDINGS * Math.min(1, draft.seals.length / FLEET))
  const wanted = Math.max(byArea.size > FEW_BUILDINGS ? 1 : 0, share)
  const communities = new Set<string>()
  const buildings = [...byArea.values()]
    .filter(({ area, seals }) => {
      const community = area.slice(0, area.lastIndexOf('/'))
      if (seals.length < outageSealsMin || communities.has(community)) return false
      communities.add(community)
      return true
    })
    .slice(0, wanted)
  return { buildings, reserved: new Set(buildings.flatMap(({ sites }) => sites)) }
}

const sealsWithin = (draft: Draft, area: string, at: number): number =>
  draft.sites.reduce((sum, site) => {
    const within = (site.area === area || site.area.startsWith(`${area}/`)) && (site.observedUntil ?? Infinity) > at
    return sum + (within ? site.seals.length : 0)
  }, 0)
/** The coarsest part of the path of which these silent seals are the share that counts. */
const outArea = (draft: Draft, { area, silent, at }: { readonly area: string; readonly silent: number; readonly at: number }): string => {
  const parts = area.split('/')
  for (let length = 1; length <= parts.length; length++) {
    const prefix = parts.slice(0, length).join('/')
    if (silent >= outageShare * sealsWithin(draft, prefix, at)) return prefix
  }
  return area
}

const silence = (draft: Draft, seals: readonly number[], at: number, lasts: number): void => {
  for (const seal of seals) {
    steadyWithin(draft, seal, [at - IN_FLIGHT, at + lasts + SECOND])
    act(draft, { at, seal, kind: EVENT.HEARTBEAT, delivery: DELIVERY.prompt })
    act(draft, { at: at + 1, seal, kind: CONTROL.linkDown })
    act(draft, { at: at + lasts, seal, kind: CONTROL.linkUp })
  }
}

export const addOutages = (draft: Draft, { buildings }: Outages): void => {
  for (const { area, seals } of buildings) {
    const first = seals[0] as number
    const at = takeSlotOf(draft, seals)
    const out = outArea(draft, { area, silent: seals.length, at: (at ?? 0) + OFFLINE })
    const claim = { kind: 'area-outage', seal: first, limitMs: OFFLINE, scope: 'area', area: out } as const
    if (at !== undefined) {
      silence(draft, seals, at, draft.random.int(6, 40) * MINUTE)
      incident(draft, { ...claim, at, note: `${seals.length} seals silent` })
    }
    for (let i = 0; i < NEAR_MISSES.short; i++) {
      const short = takeSlotOf(draft, seals)
      if (short === undefined) continue
      silence(draft, seals, short, TOO_SHORT)
      nearMiss(draft, { ...claim, at: short, note: 'a gateway that is back in time' })
    }
    for (let i = 0; i < NEAR_MISSES.few; i++) {
      const some = seals.slice(i * FEW, (i + 1) * FEW)
      const few = takeSlotOf(draft, some)
      if (few === undefined) continue
      silence(draft, some, few, draft.random.int(6, 20) * MINUTE)
      for (const seal of some) incident(draft, { kind: 'offline', seal, at: few, limitMs: OFFLINE, note: `one of ${FEW} of ${seals.length}` })
      nearMiss(draft, { ...claim, at: few, note: `${FEW} of ${seals.length} seals silent` })
    }
  }
}
