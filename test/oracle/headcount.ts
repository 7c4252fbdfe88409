import type { Figures } from './figures.ts'
import { confidenceOf, correctedOf, deviation } from './counts.ts'
import { isCovered, lastWindowEnd } from './permits.ts'
import { figuresFor, isLive, say, type Site, type World } from './world.ts'
import { MINUTE } from './words.ts'

// headcount-over, headcount-under: the corrected count against the people registered.

const sideNow = (world: World, site: Site, figures: Figures): Site['side'] => {
  if (site.headcount < 0 || !(isLive(world, site) || (!site.ended && world.now < site.observedUntil))) return 'equal'
  const difference = correctedOf(site) - site.headcount
  const slack = figures.headcountSigmas * deviation(site)
  if (difference > slack) return figures.headcountOver ? 'over' : 'equal'
  return -difference > slack && figures.headcountUnder ? 'under' : 'equal'
}

const kindOf = (side: Site['side']): 'headcount-over' | 'headcount-under' => (side === 'over' ? 'headcount-over' : 'headcount-under')

/** After whatever may have changed the counts, or what they are compared with. */
export const compare = (world: World, site: Site, time: number): void => {
  const side = sideNow(world, site, figuresFor(world, site))
  if (side === site.side) return
  site.side = side
  if (site.toldSide !== 'equal') say(world, { kind: kindOf(site.toldSide), state: 'ended', site, time, value: correctedOf(site) - site.headcount })
  site.toldSide = 'equal'
  if (side !== 'equal') site.since = Math.max(site.since, Math.min(time, world.now), world.now - MINUTE)
}

export const isOverrun = (world: World, site: Site): boolean =>
  site.side === 'over' && site.since < lastWindowEnd(world, site, world.now) && isCovered(world, site, site.since)

export const headcountTick = (world: World, site: Site): void => {
  const figures = figuresFor(world, site)
  compare(world, site, world.now)
  if (site.side === 'equal') return
  const level = confidenceOf(site) < figures.headcountConfidenceMin ? 1 : 0
  const fields = { kind: kindOf(site.side), site, value: correctedOf(site) - site.headcount, level }
  if (site.toldSide === site.side) {
    if (level !== site.toldLevel) say(world, { ...fields, state: 'level', time: world.now })
    site.toldLevel = level
    return
  }
  const ended = lastWindowEnd(world, site, world.now)
  if (isCovered(world, site, world.now) || isOverrun(world, site)) return
  const { anchor } = site
  const grace = anchor.isRollCall && anchor.passagesAfter === 0 ? 0 : figures.headcountGraceMs
  if (world.now < Math.max(site.since, ended) + grace) return
  site.toldSide = site.side
  site.toldLevel = level
  say(world, { ...fields, state: 'began', time: site.since })
}
