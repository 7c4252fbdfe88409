// Which sites and seals there are: flats under home observation, office towers of five doors, malls of eight, halls of a free
// entrance and an exit, thermal gates. Deterministic by seed; ids of another seed never collide with these, so two fleets can live
// in one engine.

import type { SiteKindName } from '../../core/kinds.ts'
import type { Random } from '../random.ts'
import { draftOf, MINUTE, type Draft, type Site } from './plan.ts'

export type FleetSize = { readonly seals: number } | { readonly sites: number }

/** Of each 100 seals: 54 flats, 20 doors of towers, 10 of malls, 6 of halls, 10 gates. */
const TOWER_DOORS = 5
const MALL_DOORS = 8
const HALL_DOORS = 2
const SEAL_SHARE = { flats: 0.54, towers: 0.2, malls: 0.1, halls: 0.06, gates: 0.1 }
const SITES_PER_SEAL = SEAL_SHARE.flats + SEAL_SHARE.towers / TOWER_DOORS + SEAL_SHARE.malls / MALL_DOORS + SEAL_SHARE.halls / HALL_DOORS + SEAL_SHARE.gates
/** Flats of one building: one gateway. */
export const BUILDING_FLATS = 32
export const HALL_CAPACITY = 60

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
  const halls = Math.floor((seals * SEAL_SHARE.halls) / HALL_DOORS)
  const gates = Math.floor(seals * SEAL_SHARE.gates)
  const doors = towers * TOWER_DOORS + malls * MALL_DOORS + halls * HALL_DOORS
  const flats = 'sites' in size ? size.sites - towers - malls - halls - gates : seals - doors - gates
  const draft = draftOf(random, flats + doors + gates)
  const mark = (seed & 0xffff).toString(16).padStart(4, '0')
  const add = (count: number, of: (i: number) => Omit<SitePlan, 'seed'>): void => {
    for (let i = 0; i < count; i++) addSite(draft, { ...of(i), seed })
  }
  const building = { kind: 'building', capacity: null } as const
  add(flats, (i) => {
    const block = Math.floor(i / BUILDING_FLATS)
    return { id: flatId(mark, i), area: areaOf(random, block), kind: 'residence', headcount: random.int(1, 5), capacity: null, doors: 1 }
  })
  add(towers, (i) => ({ ...building, id: `tower-${mark}-${i}`, area: areaOf(random, i, 't'), headcount: random.int(150, 400), doors: TOWER_DOORS }))
  add(malls, (i) => ({ ...building, id: `mall-${mark}-${i}`, area: areaOf(random, i, 'm'), headcount: 4_000, doors: MALL_DOORS }))
  add(halls, (i) => ({
    ...building,
    id: `hall-${mark}-${i}`,
    area: areaOf(random, i, 'h'),
    headcount: 200,
    capacity: HALL_CAPACITY,
    doors: HALL_DOORS,
  }))
  add(gates, (i) => ({ id: `gate-${mark}-${i}`, area: areaOf(random, i, 'g'), kind: 'gate', headcount: 0, capacity: null, doors: 1 }))
  return draft
}

const flatId = (mark: string, i: number): string => {
  const flat = i % BUILDING_FLATS
  return `flat-${mark}-${String(Math.floor(i / BUILDING_FLATS) + 1).padStart(4, '0')}-${String(((flat >> 2) + 1) * 100 + (flat & 3) + 1).padStart(4, '0')}`
}

/** Buildings of flats have numbers; others a letter before theirs, so that no gateway serves both. */
const areaOf = (random: Random, building: number, letter = ''): string => {
  const [district, streets] = DISTRICTS[building % DISTRICTS.length] as readonly [string, readonly string[]]
  const stream = random.fork(0xa4ea, building)
  return `fuzhou/${district}/${stream.pick(streets)}/${stream.pick(COMMUNITIES)}/${letter}${building + 1}`
}

/** Lithium cells lose little a day: at these, none of them ends within the two months ahead. */
const BATTERY_MV: readonly [number, number] = [3_250, 3_650]
const BATTERY_FALL_MV = 3

type SitePlan = Pick<Site, 'id' | 'area' | 'headcount' | 'capacity'> & { readonly kind: SiteKindName; readonly doors: number; readonly seed: number }
const addSite = (draft: Draft, { doors, seed, ...rest }: SitePlan): void => {
  const site = draft.sites.length
  const seals: number[] = []
  for (let door = 0; door < doors; door++) {
    const index = draft.seals.length
    seals.push(index)
    draft.seals.push({
      low: 0x10_0000 + index,
      high: (0x5ea1_0000 | (seed & 0xffff)) >>> 0,
      site,
      phase: draft.random.int(1, MINUTE),
      batteryMv: draft.random.int(...BATTERY_MV),
      batteryFallMv: BATTERY_FALL_MV,
      batterySwingMv: 0,
      stored: 0,
    })
  }
  draft.sites.push({ ...rest, seals, observedUntil: undefined })
}
