// Which sites and seals there are: flats under home observation, office towers of five doors, malls of eight, thermal gates.
// Deterministic by seed; ids of another seed never collide with these, so two fleets can live in one engine.

import type { SiteKindName } from '../../core/kinds.ts'
import type { Random } from '../random.ts'
import { MINUTE, type Draft, type Seal, type Site } from './plan.ts'

export type FleetSize = { readonly seals: number } | { readonly sites: number }

/** Of each 20 seals: 12 flats, 4 doors of towers, 2 of malls, 2 gates. */
const TOWER_DOORS = 5
const MALL_DOORS = 8
const SEAL_SHARE = { flats: 0.6, towers: 0.2, malls: 0.1 }
/** Sites a seal, at those shares: 0.6 + 0.2/5 + 0.1/8 + 0.1. */
const SITES_PER_SEAL = SEAL_SHARE.flats + SEAL_SHARE.towers / TOWER_DOORS + SEAL_SHARE.malls / MALL_DOORS + 0.1

const DISTRICTS: readonly (readonly [string, readonly string[]])[] = [
  ['gulou', ['antai', 'dongjie', 'wenquan', 'shuibu']],
  ['taijiang', ['cangxia', 'yizhou', 'shanghai', 'houzhou']],
  ['cangshan', ['cangqian', 'duihu', 'linjiang', 'sanchajie']],
  ['jinan', ['wangzhuang', 'chayuan', 'xiangyuan', 'yuefeng']],
]
const COMMUNITIES = ['jinzhaili', 'wuyili', 'hebinli', 'shuyuanli', 'beiyuanli']

export const createDraft = (size: FleetSize, random: Random, seed: number): Draft => {
  const seals = 'seals' in size ? size.seals : Math.round(size.sites / SITES_PER_SEAL)
  const towers = Math.floor((seals * SEAL_SHARE.towers) / TOWER_DOORS)
  const malls = Math.floor((seals * SEAL_SHARE.malls) / MALL_DOORS)
  const gates = Math.floor(seals * 0.1)
  const doors = towers * TOWER_DOORS + malls * MALL_DOORS
  const flats = 'sites' in size ? size.sites - towers - malls - gates : seals - doors - gates
  const draft: Draft = {
    random,
    sites: [],
    seals: [],
    permits: [],
    truth: [],
    actions: { time: [], seal: [], kind: [], value: [], delivery: [], shift: [] },
    slots: new Uint32Array(flats + doors + gates),
  }
  const mark = (seed & 0xffff).toString(16).padStart(4, '0')
  for (let i = 0; i < flats; i++)
    addSite(draft, { id: flatId(mark, i), area: areaOf(random, i >> 5), kind: 'residence', headcount: random.int(1, 5), doors: 1 }, seed)
  for (let i = 0; i < towers; i++)
    addSite(draft, { id: `tower-${mark}-${i}`, area: areaOf(random, i), kind: 'building', headcount: random.int(150, 400), doors: TOWER_DOORS }, seed)
  for (let i = 0; i < malls; i++)
    addSite(draft, { id: `mall-${mark}-${i}`, area: areaOf(random, i), kind: 'building', headcount: 4_000, doors: MALL_DOORS }, seed)
  for (let i = 0; i < gates; i++) addSite(draft, { id: `gate-${mark}-${i}`, area: areaOf(random, i), kind: 'gate', headcount: 0, doors: 1 }, seed)
  return draft
}

const flatId = (mark: string, i: number): string =>
  `flat-${mark}-${String((i >> 5) + 1).padStart(4, '0')}-${String((((i & 31) >> 2) + 1) * 100 + (i & 3) + 1).padStart(4, '0')}`

const areaOf = (random: Random, building: number): string => {
  const [district, streets] = DISTRICTS[building % DISTRICTS.length] as readonly [string, readonly string[]]
  const stream = random.fork(0xa4ea, building)
  return `fuzhou/${district}/${stream.pick(streets)}/${stream.pick(COMMUNITIES)}/${building + 1}`
}

type SitePlan = { readonly id: string; readonly area: string; readonly kind: SiteKindName; readonly headcount: number; readonly doors: number }
const addSite = (draft: Draft, { id, area, kind, headcount, doors }: SitePlan, seed: number): void => {
  const site = draft.sites.length
  const seals: number[] = []
  for (let door = 0; door < doors; door++) {
    const index = draft.seals.length
    seals.push(index)
    const seal: Seal = {
      low: 0x10_0000 + index,
      high: (0x5ea1_0000 | (seed & 0xffff)) >>> 0,
      site,
      phase: draft.random.int(1, MINUTE),
      batteryMv: draft.random.int(3_250, 3_650),
    }
    draft.seals.push(seal)
  }
  const made: Site = { id, area, kind, headcount, seals, observedUntil: undefined }
  draft.sites.push(made)
}
