import { correctedOf } from './counts.ts'
import { isOverrun } from './headcount.ts'
import type { Figures } from './figures.ts'
import { isOutside, lastClosing } from './local-time.ts'
import { isCovered, lastWindowEnd } from './permits.ts'
import { crowded } from './flaps.ts'
import { type Found, tellCheck } from './told.ts'
import { figuresFor, fleetFor, isInForce, isLive, newestOf, type Heard, type Site, type Watch, type World } from './world.ts'
import { HOUR } from './words.ts'

// The checks of a site, over all its doors.

export const checkSite = (world: World, site: Site): void => {
  const figures = figuresFor(world, site)
  const live = isLive(world, site)
  const tell = (kind: Parameters<typeof tellCheck>[2], found: Found | null): void => tellCheck(world, site, kind, live ? found : null)
  tell('capacity-over', capacity(world, site, figures, live))
  tell('opened-off-schedule', offSchedule(world, site, figures))
  tell('left-open-at-closing', leftOpen(world, site, figures))
  tell('too-many-openings', tooMany(world, site, figures))
  tell('permit-overrun', overrun(world, site, figures))
}

const capacity = ({ now }: World, site: Site, { capacityWarnShare, capacityClearShare }: Figures, live: boolean): Found | null => {
  const n = correctedOf(site)
  site.capacityState = live && site.capacity !== null ? next(site.capacityState, n, site.capacity) : 'none'
  return site.capacityState === 'none' ? null : { time: now, value: n, level: site.capacityState === 'warning' ? 1 : 0 }

  function next(state: Site['capacityState'], inside: number, limit: number): Site['capacityState'] {
    const warn = Math.max(1, Math.ceil(limit * capacityWarnShare))
    if (inside < Math.max(1, Math.ceil(limit * capacityClearShare))) return 'none'
    if (state === 'none') return inside > limit ? 'limit' : inside >= warn ? 'warning' : 'none'
    if (state === 'warning') return inside > limit ? 'limit' : 'warning'
    return inside < warn ? 'warning' : 'limit'
  }
}

const doorOf = (watch: Watch): Heard | undefined => newestOf(watch.memory.events, 'DOOR_OPENED', 'DOOR_CLOSED')
/** Doors of the site that stand open, each by its newest event, an opening. */
const openDoors = (world: World, site: Site): Heard[] =>
  site.watches
    .filter((watch) => isInForce(world, watch))
    .map(doorOf)
    .filter((door) => door?.kind === 'DOOR_OPENED') as Heard[]

const offSchedule = (world: World, site: Site, { offScheduleHoldMs }: Figures): Found | null => {
  const last = site.offScheduleLast
  // A hold that was over at a tick does not come back where the policy makes it longer.
  if (last !== null && world.now >= last.received + offScheduleHoldMs) site.offScheduleRecent = false
  if (last !== null && (site.offScheduleRecent || openDoors(world, site).some((door) => door.offSchedule)))
    return { time: last.time, value: site.offScheduleCount }
  site.offScheduleCount = 0
  return null
}

const leftOpen = (world: World, site: Site, figures: Figures): Found | null => {
  const fleet = fleetFor(world)
  if (!isOutside(figures, fleet, world.now)) return null
  const closing = lastClosing(figures, fleet, world.now)
  if (closing === null || world.now < closing + figures.closingGraceMs) return null
  const doors = openDoors(world, site).filter(({ time }) => time <= closing)
  return doors.length === 0 ? null : { time: closing, value: doors.length }
}

const tooMany = ({ now }: World, site: Site, { openingsPerHourMax }: Figures): Found | null => {
  if (openingsPerHourMax === null) return null
  const openings = site.watches.flatMap(({ memory }) => memory.events.filter(({ kind }) => kind === 'DOOR_OPENED'))
  const count = crowded(
    openings.map(({ time }) => time),
    HOUR,
    now,
    (n) => n > openingsPerHourMax,
  )
  return count === null ? null : { time: now, value: count }
}

const overrun = (world: World, site: Site, { permitGraceMs }: Figures): Found | null => {
  const ended = lastWindowEnd(world, site, world.now)
  if (!isOverrun(world, site) || isCovered(world, site, world.now) || world.now < ended + permitGraceMs) return null
  return { time: ended, value: correctedOf(site) - site.headcount }
}
