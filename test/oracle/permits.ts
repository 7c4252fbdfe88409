import { occurrences, type Span } from './local-time.ts'
import { type Figures, type Fleet } from './figures.ts'
import { isOutside } from './local-time.ts'
import { fleetFor, type Permit, type Site, type World } from './world.ts'

// Permits: their windows, what they cover, and the openings that were taken (docs/detectors.md, "Permits and schedules").

export const windowsOf = (permit: Permit, fleet: Fleet, near: number): Span[] => {
  if (permit.weekly !== null) return occurrences(permit.weekly, fleet, permit, near)
  return permit.from < permit.until ? [{ from: permit.from, until: permit.until, day: 0 }] : []
}
const windowAt = (permit: Permit, fleet: Fleet, time: number): Span | undefined =>
  windowsOf(permit, fleet, time).find(({ from, until }) => time >= from && time < until)

export const isCovered = (world: World, site: Site, time: number): boolean =>
  site.permits.some((permit) => windowAt(permit, fleetFor(world), time) !== undefined)

/** The latest end, at or before a time, of any window; 0 without. */
export const lastWindowEnd = (world: World, site: Site, time: number): number =>
  Math.max(
    0,
    ...site.permits
      .flatMap((permit) => windowsOf(permit, fleetFor(world), time))
      .map(({ until }) => until)
      .filter((until) => until <= time),
  )

const DAYS_COUNTED = 7
/** Whether the opening at `time` is permitted; takes an opening of the newest permit that has one left. */
const takeOpening = (world: World, site: Site, time: number): boolean => {
  for (const permit of site.permits.toReversed()) {
    const window = windowAt(permit, fleetFor(world), time)
    if (window === undefined) continue
    if (permit.weekly !== null && permit.openings !== null && permit.taken.some((day) => window.day < day - DAYS_COUNTED)) return true
    if (permit.openings !== null && permit.taken.filter((day) => day === window.day).length >= permit.openings) continue
    permit.taken.push(window.day)
    return true
  }
  return false
}

export const judgeOpening = (world: World, site: Site, figures: Figures, time: number): { readonly outside: boolean; readonly permitted: boolean } => {
  const outside = isOutside(figures, fleetFor(world), time)
  return { outside, permitted: (figures.permitNeeded || outside) && takeOpening(world, site, time) }
}
