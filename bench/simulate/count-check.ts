// Compares each site's raw count at the day's end with the people that its devices sensed: loss is repaired by their counters, repeats
// and any order change nothing.

import { apiOk } from '../http.ts'
import type { Target } from '../target.ts'
import { EVENT } from '../../core/kinds.ts'
import type { Plan } from './plan.ts'

export type CountVerdict = { readonly sites: number; readonly passages: number; readonly differ: number; readonly complaints: readonly string[] }
type SitePage = { readonly items: readonly { readonly site: string; readonly raw: number }[]; readonly next: string | null }

const PAGE = 1_000
const COMPLAINTS_MAX = 10

const rawCounts = async (target: Target): Promise<Map<string, number>> => {
  const raw = new Map<string, number>()
  for (let cursor: string | null = ''; cursor !== null;) {
    const path = `/v1/sites?limit=${PAGE}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const page = (await apiOk(target, 'operator', { path })) as SitePage
    for (const item of page.items) raw.set(item.site, item.raw)
    cursor = page.next
  }
  return raw
}

/** Sites whose observation has ended are not looked at: what came after is rejected, and nobody's business. */
export const checkCounts = async (target: Target, plan: Plan, net: Int32Array): Promise<CountVerdict> => {
  const raw = await rawCounts(target)
  const complaints: string[] = []
  let sites = 0
  let differ = 0
  plan.sites.forEach(({ id, kind, headcount, observedUntil }, index) => {
    if (observedUntil !== undefined) return
    sites++
    const truth = (kind === 'residence' ? headcount : 0) + (net[index] as number)
    if (raw.get(id) === truth) return
    differ++
    if (complaints.length < COMPLAINTS_MAX) complaints.push(`count: ${id} has ${raw.get(id) ?? 'no'} inside, raw; ${truth} were sensed`)
  })
  let passages = 0
  for (let i = 0; i < plan.actions.count; i++) if (plan.actions.kind[i] === EVENT.PASSAGE_IN || plan.actions.kind[i] === EVENT.PASSAGE_OUT) passages++
  return { sites, passages, differ, complaints }
}
