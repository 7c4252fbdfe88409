import type { Figures } from './figures.ts'
import { isPassage } from './counts.ts'
import { countFlaps, crowded, isFlap } from './flaps.ts'
import { isUnbroken } from './repeats.ts'
import { type Found, tellCheck } from './told.ts'
import { type Heard, isInForce, newestMany, newestOf, figuresFor, type Watch, type World } from './world.ts'
import { driftOf, forecastOf, gapOf } from './self-checks.ts'

// The checks of a watch: predicates over all that is known at a tick (docs/detectors.md, "Doors", "The seal itself").

export const checkWatch = (world: World, watch: Watch): void => {
  // Nothing was ever heard of it.
  if (watch.memory.events.length === 0 && watch.memory.told.size === 0) return
  const figures = figuresFor(world, watch.site)
  const inForce = isInForce(world, watch)
  const tell = (kind: Parameters<typeof tellCheck>[2], found: Found | null | 'as told'): void => tellCheck(world, watch, kind, inForce ? found : null)
  tell('passage-door-shut', doorShut(world, watch, figures))
  tell('door-without-passage', withoutPassage(world, watch, figures))
  tell('flapping', flapping(world, watch, figures))
  tell('beam-blocked', beam(world, watch, figures))
  tell('sequence-gap', gapOf(world, watch, figures))
  tell('battery-forecast', forecastOf(world, watch, figures))
  tell('thermal-drift', driftOf(world, watch, figures))
}

const PASSAGES = 8
const doorShut = (world: World, watch: Watch, figures: Figures): Found | null => {
  const { memory, seal } = watch
  const { now } = world
  const door = newestOf(memory.events, 'DOOR_OPENED', 'DOOR_CLOSED')
  if (door !== memory.notedUnder) memory.noted.clear()
  memory.notedUnder = door
  if (!figures.passageDoorShut || door?.kind !== 'DOOR_CLOSED' || !isInForce(world, watch)) return null
  for (const passage of newestMany(memory.events, PASSAGES, 'PASSAGE_IN', 'PASSAGE_OUT'))
    if (passage.time >= door.time + figures.doorSlackMs && seal.watches.at(-1) === watch && isUnbroken(watch, door, passage)) memory.noted.add(passage)
  const isDue = ({ time, received }: Heard): boolean => now >= time + figures.settleMs && now >= received + figures.settleMs
  return [...memory.noted].some(isDue) ? { time: now, value: memory.noted.size } : null
}

const DOOR_EVENTS = 8
const withoutPassage = ({ now }: World, { memory }: Watch, figures: Figures): Found | null => {
  const newest = memory.events.filter(isPassage).reduce((time, event) => Math.max(time, event.time), -Infinity)
  const least = figures.doorWithoutPassageMin
  if (least === null || newest === -Infinity) return null
  const openings = newestMany(memory.events, DOOR_EVENTS, 'DOOR_OPENED', 'DOOR_CLOSED').filter(
    ({ kind, time }) => kind === 'DOOR_OPENED' && time > newest + figures.doorSlackMs,
  )
  const waited = openings.filter(({ time, received }) => now >= time + figures.settleMs && now >= received + figures.settleMs)
  const holds = memory.told.has('door-without-passage') ? openings.length >= least : waited.length >= least
  return holds ? { time: now, value: waited.length } : null
}

const flapping = (world: World, watch: Watch, figures: Figures): Found | null => {
  countFlaps(watch, figures, world.heardCount)
  const { flapEventsMin, flapWindowMs } = figures
  if (flapEventsMin === null) return null
  const times = watch.memory.events.filter((event) => isFlap(event) && event.order > watch.memory.flap.order).map(({ time }) => time)
  const count = crowded(times, flapWindowMs, world.now, (n) => n >= flapEventsMin)
  return count === null ? null : { time: world.now, value: count }
}

const beam = ({ now }: World, { memory }: Watch, { beamBlockedMs }: Figures): Found | null => {
  const newest = newestOf(memory.events, 'BEAM_BLOCKED', 'BEAM_CLEARED')
  if (beamBlockedMs === null || newest?.kind !== 'BEAM_BLOCKED' || now < newest.time + beamBlockedMs) return null
  if (memory.events.some((event) => isPassage(event) && event.time > newest.time)) return null
  return { time: newest.time + beamBlockedMs, value: now - newest.time }
}
