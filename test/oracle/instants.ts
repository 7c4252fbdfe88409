import { compare } from './headcount.ts'
import { correctedOf, countChange, isInQuiet, isPassage, isPlausible, rawOf, rollCall } from './counts.ts'
import { isCovered, judgeOpening } from './permits.ts'
import type { Figures } from './figures.ts'
import { gone, happened, holds } from './voice.ts'
import { byTime, figuresFor, type Heard, newestOf, say, type Site, type Watch, type World } from './world.ts'
import { HOUR } from './words.ts'
import { countFlaps, isFlap } from './flaps.ts'
import { isUnbroken } from './repeats.ts'
import { writeRow } from './rows.ts'

// What an event does when it is applied: the instant rules, the counts, and the door's own memory of what arrived late.

export const applyEvent = (world: World, watch: Watch, event: Heard, wrong: { readonly clock: number } | null): void => {
  const { memory, site } = watch
  const figures = figuresFor(world, site)
  clock(world, watch, event, wrong)
  noteBoot(world, watch, event)
  const before = isPassage(event) || event.kind === 'COUNTER' ? rawOf(site) : 0
  memory.events.splice(-1, 1, event)
  if (isFlap(event)) countFlaps(watch, figures, event.order - 1)
  switch (event.kind) {
    case 'DOOR_OPENED':
      return opened(world, watch, event, figures)
    case 'DOOR_CLOSED':
      return closed(world, watch, event, figures)
    case 'TAMPERED':
    case 'TAMPER_RESTORED':
      return tamper(world, watch, event)
    case 'HEARTBEAT':
      return battery(world, watch, event)
    case 'TEMPERATURE':
      return fever(world, watch, event, figures)
    case 'PASSAGE_IN':
    case 'PASSAGE_OUT':
      return passage(world, watch, event, { figures, before })
    case 'COUNTER':
      return counter(world, watch, event, before)
    case 'ROLL_CALL': {
      if (!rollCall(site, event)) return
      writeRow(world, site, event.time)
      return compare(world, site, event.time)
    }
    case 'BEAM_BLOCKED':
    case 'BEAM_CLEARED':
      return
  }
}

/** That the seal was heard of this boot may show where another boot's totals began, so that they count otherwise. */
const noteBoot = (world: World, { memory, site }: Watch, event: Heard): void => {
  const before = memory.counters.length > 0 ? rawOf(site) : 0
  memory.events.push({ ...event, kind: 'HEARTBEAT', value: 0 })
  if (memory.counters.length > 0) moved(world, site, event, before)
}

const clock = (world: World, watch: Watch, event: Heard, wrong: { readonly clock: number } | null): void => {
  const voice = watch.memory.voices['clock-wrong']
  if (wrong === null) {
    if (voice.holds) gone(world, watch, 'clock-wrong', { time: event.time, value: 0 })
  } else if (!event.quiet && !voice.holds) holds(world, watch, 'clock-wrong', { time: event.time, value: wrong.clock === 0 ? 0 : wrong.clock - world.now })
}

const isNewestDoor = (watch: Watch, event: Heard): boolean => newestOf(watch.memory.events, 'DOOR_OPENED', 'DOOR_CLOSED') === event

const opened = (world: World, watch: Watch, event: Heard, figures: Figures): void => {
  const { memory, site } = watch
  const isNewest = isNewestDoor(watch, event)
  const { outside, permitted } = judgeOpening(world, site, figures, event.time)
  if (outside && !permitted && !event.quiet) {
    event.offSchedule = true
    site.offScheduleLast = event
    site.offScheduleRecent = true
    site.offScheduleCount += 1
  }
  const voice = memory.voices['door-opened']
  if (isNewest) Object.assign(voice, { since: event.time, value: 0 })
  if (isNewest && memory.heldOpen && Math.max(event.time, event.received - 60_000) + (figures.doorHeldOpenMs ?? Infinity) > world.now) {
    // Open, and opened again: a closing was lost, and it has not stood open for so long since.
    memory.heldOpen = false
    say(world, { kind: 'door-held-open', state: 'ended', site, seal: watch.seal, time: event.time })
  }
  // Late doors: an opening belongs to the closing that arrived last, where that is later and no opening between is known.
  const { span } = memory
  const within = span.closed !== null && event.time < span.closed.time
  const closing = within && span.opened === null ? span.closed : null
  if (!within || event.time < (span.opened?.time ?? 0)) span.closed = null
  span.opened = event
  if (event.quiet) return
  if (!isNewest && closing !== null) stood(world, watch, figures, { opening: event, closing })
  if (!figures.permitNeeded || permitted) return
  if (isNewest) holds(world, watch, 'door-opened', { time: event.time, value: 0 })
  else happened(world, watch, 'door-opened', { time: event.time, value: 0 })
}

const closed = (world: World, watch: Watch, event: Heard, figures: Figures): void => {
  const { memory } = watch
  const before = newestOf(
    memory.events.filter((other) => other !== event),
    'DOOR_OPENED',
    'DOOR_CLOSED',
  )
  const isNewest = before === undefined || byTime(event, before) > 0
  const { span } = memory
  const own = span.closed === null && span.opened !== null && span.opened.time < event.time ? span.opened : null
  span.opened = own
  span.closed = event
  if (!isNewest) {
    if (!event.quiet && own !== null) stood(world, watch, figures, { opening: own, closing: event })
    return
  }
  const opening = before?.kind === 'DOOR_OPENED' ? before : null
  span.opened = opening
  Object.assign(memory.voices['door-opened'], { since: event.time, value: 0 })
  gone(world, watch, 'door-opened', { time: event.time, value: 0 })
  if (memory.heldOpen) {
    memory.heldOpen = false
    say(world, { kind: 'door-held-open', state: 'ended', site: watch.site, seal: watch.seal, time: event.time })
  } else if (!event.quiet && opening !== null) stood(world, watch, figures, { opening, closing: event })
}

/** A door that is known to have stood open, too late to be told while it did. */
const stood = (world: World, watch: Watch, figures: Figures, { opening, closing }: { readonly opening: Heard; readonly closing: Heard }): void => {
  const limit = figures.doorHeldOpenMs
  if (limit === null || closing.time - opening.time < limit || watch.memory.heldOpen || isCovered(world, watch.site, closing.time)) return
  // Where something was lost between the two, or the door is known to have moved there, they may be of different openings.
  if (!isUnbroken(watch, opening, closing)) return
  const doors = watch.memory.events.filter(({ kind }) => kind === 'DOOR_OPENED' || kind === 'DOOR_CLOSED').toSorted(byTime)
  if (doors.slice(-8).some(({ time }) => time > opening.time && time < closing.time)) return
  const fields = { kind: 'door-held-open', site: watch.site, seal: watch.seal } as const
  say(world, { ...fields, state: 'began', time: opening.time + limit, value: closing.time - opening.time })
  say(world, { ...fields, state: 'ended', time: closing.time })
}

const tamper = (world: World, watch: Watch, event: Heard): void => {
  const isNewest = newestOf(watch.memory.events, 'TAMPERED', 'TAMPER_RESTORED') === event
  const told = { time: event.time, value: event.kind === 'TAMPERED' ? event.value : 0 }
  if (isNewest) Object.assign(watch.memory.voices.tamper, { since: told.time, value: told.value })
  if (event.kind === 'TAMPER_RESTORED') {
    if (isNewest) gone(world, watch, 'tamper', told)
  } else if (event.quiet) return
  else if (isNewest) holds(world, watch, 'tamper', told)
  else happened(world, watch, 'tamper', told)
}

const secondOf = ({ time }: Heard): number => Math.floor(time / 1000)
const battery = (world: World, watch: Watch, event: Heard): void => {
  if (event.value <= 0) return
  const readings = watch.memory.events.filter(({ kind, value }) => kind === 'HEARTBEAT' && value > 0)
  const newest = readings.toSorted((a, b) => a.time - b.time || b.value - a.value).at(-1) as Heard
  const voice = watch.memory.voices['low-battery']
  Object.assign(voice, { since: newest.time, value: newest.value })
  const last = (events: readonly Heard[]): number => Math.max(-1, ...events.map(secondOf))
  const lowAt = last(readings.filter(({ low }) => low))
  const isLow = lowAt >= 0 && lowAt >= last(readings.filter(({ ok }) => ok))
  if (isLow === voice.holds || (!event.low && !event.ok && !voice.holds)) return
  if (!isLow) gone(world, watch, 'low-battery', { time: event.time, value: event.value })
  else if (!event.quiet) holds(world, watch, 'low-battery', { time: event.time, value: event.value })
}

/** Readings below the limit, of the newest hour that has one and the hour before. */
export const baselineOf = (watch: Watch, figures: Figures, except?: Heard): { readonly hour: number; readonly mean: number } | null => {
  const readings = watch.memory.events.filter((event) => event !== except && event.kind === 'TEMPERATURE' && event.belowFever)
  const hours = readings.map(({ time }) => Math.floor(time / HOUR))
  const hour = Math.max(...hours)
  const used = readings.filter((_, at) => hours[at] === hour || hours[at] === hour - 1)
  if (used.length < figures.thermalReadingsMin) return null
  return { hour, mean: used.reduce((sum, { value }) => sum + value, 0) / used.length }
}
const fever = (world: World, watch: Watch, event: Heard, figures: Figures): void => {
  if (event.quiet) return
  const baseline = baselineOf(watch, figures, event)
  const hour = Math.floor(event.time / HOUR)
  const isAbove =
    figures.feverAboveMilliC !== null &&
    baseline !== null &&
    hour >= baseline.hour - 1 &&
    hour <= baseline.hour + 1 &&
    event.value >= baseline.mean + figures.feverAboveMilliC
  if (event.value >= figures.feverMilliC || isAbove) happened(world, watch, 'fever', { time: event.time, value: event.value, boot: event.boot, seq: event.seq })
}

const passage = (world: World, watch: Watch, event: Heard, { figures, before }: { readonly figures: Figures; readonly before: number }): void => {
  const { site } = watch
  const people = rawOf(site) - before
  const corrected = correctedOf(site)
  countChange(site, { time: event.time, people, isPassage: true, order: event.order, brokeQuiet: isInQuiet(world, figures, event.time) })
  // Where counters had told of it nothing changes, but for what is learnt of passages.
  if (people !== 0 || correctedOf(site) !== corrected) writeRow(world, site, event.time)
  if (!event.quiet && figures.permitNeeded && !isCovered(world, site, event.time))
    happened(world, watch, 'passage-unpermitted', { time: event.time, value: event.value })
  compare(world, site, event.time)
}

const counter = (world: World, watch: Watch, event: Heard, before: number): void => {
  const { site, memory } = watch
  if (!isPlausible(memory.counters, event)) return
  memory.counters.push(event)
  moved(world, site, event, before)
}
const moved = (world: World, site: Site, event: Heard, before: number): void => {
  const people = rawOf(site) - before
  if (people === 0) return
  countChange(site, { time: event.time, people, isPassage: false, order: event.order, brokeQuiet: false })
  writeRow(world, site, event.time)
  compare(world, site, event.time)
}
