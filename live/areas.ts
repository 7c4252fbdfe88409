import type { Machine, SiteState } from '../core/thread/machine.ts'
import type { Scope } from './scope.ts'

// GET /v1/areas: the areas one level below the one asked for, each summed over its sites. Walks all sites of the scope a few
// at a time, so that others get their turn; the answer is not of one instant, and says so in the docs.

const SITES_PER_TURN = 500

type Sum = {
  area: string
  sites: number
  sitesOnline: number
  seals: number
  sealsOnline: number
  registered: number
  inside: number
  differing: number
  readonly alarms: Record<string, number>
}
export type AreaSummary = Readonly<Omit<Sum, 'alarms'>> & { readonly alarms: Readonly<Record<string, number>> }

export const summariseAreas = async (machine: Machine, scope: Scope, under: string): Promise<readonly AreaSummary[]> => {
  const sums = new Map<string, Sum>()
  const sumOf = (area: string): Sum => {
    const name = nextLevel(under, area)
    let sum = sums.get(name)
    if (sum === undefined) {
      sum = {
        area: name,
        sites: 0,
        sitesOnline: 0,
        seals: 0,
        sealsOnline: 0,
        registered: 0,
        inside: 0,
        differing: 0,
        alarms: { critical: 0, major: 0, minor: 0, info: 0 },
      }
      sums.set(name, sum)
    }
    return sum
  }
  for (const prefix of scope.prefixes) {
    for (let from = 0; ;) {
      const sites = machine.sites(from, SITES_PER_TURN, prefix)
      const last = sites.at(-1)
      if (last === undefined) break
      from = last.siteNo + 1
      for (const site of sites) addSite(sumOf(site.area), site)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  for (const alarm of machine.openAlarms()) {
    if (!scope.covers(alarm.area)) continue
    const { alarms } = sumOf(alarm.area)
    alarms[alarm.severity] = (alarms[alarm.severity] ?? 0) + 1
  }
  return [...sums.values()].sort((a, b) => (a.area < b.area ? -1 : 1))
}

/** The part of `area` down to one level below `under`. */
const nextLevel = (under: string, area: string): string => {
  const depth = under === '' ? 1 : under.split('/').length + 1
  return area.split('/').slice(0, depth).join('/')
}
const addSite = (sum: Sum, site: SiteState): void => {
  sum.sites += 1
  sum.sitesOnline += site.online ? 1 : 0
  sum.seals += site.seals.length
  sum.sealsOnline += site.seals.filter((seal) => seal.online).length
  sum.registered += site.headcount
  sum.inside += site.corrected
  sum.differing += site.corrected === site.headcount ? 0 : 1
}
