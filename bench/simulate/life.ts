// Ordinary life, through day and night. It must raise no alarm by itself: homes are quiet except under permits, towers, malls and
// halls stay within their head-counts and capacities, temperatures stay below the limit, doors do not stand open. What the day adds to
// that stands in the scenes.

import { EVENT } from '../../core/kinds.ts'
import type { Random } from '../random.ts'
import { act, DAY, HOUR, MINUTE, nearMiss, SECOND, type Draft, type Site } from './plan.ts'
import { takeSlot } from './slots.ts'

/** Fraction of a tower's workers who come at all, so that head-count plus a late door's lag is never exceeded. */
const TOWER_PRESENT = 0.7
const MALL_VISITORS = 3_200
const HALL_VISITORS = 150
const GATE_PEOPLE = 300
const TEMPERATURE = { mean: 36_500, deviation: 180, max: 37_150 }

export const addLife = (draft: Draft): void => {
  draft.sites.forEach((site, index) => {
    const random = draft.random.fork(0x11fe, index)
    if (site.kind === 'residence') homeVisits(draft, site, index, random)
    else if (site.kind === 'gate') gateDay(draft, site, random)
    else if (site.id.startsWith('tower')) towerDay(draft, site, random)
    else if (site.id.startsWith('hall')) hallDay(draft, site, random)
    else mallDay(draft, site, random)
  })
}

/** Deliveries and sampling visits under permits: the door opens twice, a visitor may come in for some minutes. */
const homeVisits = (draft: Draft, site: Site, index: number, random: Random): void => {
  const seal = site.seals[0] as number
  for (let visit = random.int(1, 3); visit > 0; visit--) {
    const at = takeSlot(draft, seal, [6, 21])
    if (at === undefined || at + HOUR > (site.observedUntil ?? Infinity)) return
    // A declaration begins when it is made: a clock that is behind would put the door's opening before it.
    if (random.chance(ERRANDS) && !draft.offClock.has(seal)) {
      errand(draft, index, at, random)
      continue
    }
    const sampling = random.chance(0.5)
    const permit = { site: index, openings: sampling ? null : 2, reason: sampling ? 'sampling visit' : 'delivery' }
    const [from, until] = [at - 5 * MINUTE, at + 25 * MINUTE]
    if (random.chance(WEEKLY)) draft.permits.push({ ...permit, from: -DAY, until: 14 * DAY, weekly: { from: minuteBelow(from), until: minuteBelow(until) } })
    else draft.permits.push({ ...permit, from, until })
    const arrives = at + random.int(0, 60) * SECOND
    const stays = random.int(60, 480) * SECOND
    doorUse(draft, seal, arrives, random)
    nearMiss(draft, { kind: 'door-opened', seal, at: arrives, note: 'permitted visit', lastsMs: stays })
    if (!sampling) continue
    nearMiss(draft, { kind: 'passage-unpermitted', seal, at: arrives, note: 'permitted visit', lastsMs: stays })
    act(draft, { at: arrives + 2 * SECOND, seal, kind: EVENT.PASSAGE_IN, value: 1 })
    doorUse(draft, seal, arrives + stays, random)
    act(draft, { at: arrives + stays + 2 * SECOND, seal, kind: EVENT.PASSAGE_OUT, value: 1 })
  }
}

/** Of visits: permitted for a time of every day, and residents' own errands, declared. */
const WEEKLY = 0.2
const ERRANDS = 0.05
const minuteBelow = (ms: number): number => Math.floor(ms / MINUTE) * MINUTE
/** Somebody who lives there goes out and comes back, and has said so: out and in are two openings. */
const errand = (draft: Draft, site: number, at: number, random: Random): void => {
  const { seals, headcount } = draft.sites[site] as Site
  const seal = seals[0] as number
  const back = at + random.int(10, 45) * MINUTE
  draft.permits.push({ site, from: at, until: at + 55 * MINUTE, openings: 2, reason: 'errand', declaredAt: at })
  for (const [passes, kind] of [
    [at + 30 * SECOND, EVENT.PASSAGE_OUT],
    [back, EVENT.PASSAGE_IN],
  ] as const) {
    doorUse(draft, seal, passes - 2 * SECOND, random)
    act(draft, { at: passes, seal, kind, value: 1 })
    nearMiss(draft, { kind: 'door-opened', seal, at: passes - 2 * SECOND, note: 'declared', lastsMs: MINUTE })
    nearMiss(draft, { kind: 'passage-unpermitted', seal, at: passes, note: 'declared', lastsMs: MINUTE })
  }
  nearMiss(draft, { kind: 'headcount-under', seal, at, scope: 'site', note: `away on an errand, of ${headcount}`, lastsMs: back - at })
}

const doorUse = (draft: Draft, seal: number, at: number, random: Random): void => {
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED })
  act(draft, { at: at + random.int(4_000, 35_000), seal, kind: EVENT.DOOR_CLOSED })
}

/** Times of day at which people pass, as (hour, spread in hours) of a normal distribution, kept within [from, until]. */
const around = (random: Random, hour: number, spread: number, [from, until]: readonly [number, number]): number =>
  Math.min(until, Math.max(from, random.normal(hour, spread))) * HOUR

const towerDay = (draft: Draft, site: Site, random: Random): void => {
  const doors = site.seals.slice(0, -1)
  const passages: (readonly [number, number, number])[] = []
  const pass = (at: number, kind: number): number => passages.push([at, kind, random.chance(0.5) ? (doors[0] as number) : random.pick(doors)])
  for (let worker = Math.floor(site.headcount * TOWER_PRESENT); worker > 0; worker--) {
    const early = random.chance(0.85)
    const comes = early ? around(random, 8.7, 0.5, [7, 11]) : around(random, 13.9, 0.4, [12.5, 15.5])
    const goes = early ? around(random, 18, 0.8, [15.6, 22]) : around(random, 21.8, 0.4, [19, 23])
    pass(comes, EVENT.PASSAGE_IN)
    if (early && random.chance(0.7)) {
      const lunch = around(random, 12.1, 0.3, [11.3, 13.2])
      pass(lunch, EVENT.PASSAGE_OUT)
      pass(lunch + random.int(20, 80) * MINUTE, EVENT.PASSAGE_IN)
    }
    if (random.chance(0.3)) {
      const smoke = around(random, 15, 0.2, [14.6, 15.4])
      pass(smoke, EVENT.PASSAGE_OUT)
      pass(smoke + random.int(3, 9) * MINUTE, EVENT.PASSAGE_IN)
    }
    pass(goes, EVENT.PASSAGE_OUT)
  }
  for (const [at, kind, seal] of passages) act(draft, { at, seal, kind, value: 1 })
  for (const door of doors.slice(1))
    swings(
      draft,
      door,
      passages.filter(([, , seal]) => seal === door).map(([at]) => at),
      random,
    )
}

/** How long a door may stay open for a run of people: well within the building's limit of 5 minutes. */
const SWING_MS_MAX = 90 * SECOND
/** A door with leaves (the main one revolves): opened before a run of people, closed after it. */
const swings = (draft: Draft, seal: number, times: number[], random: Random): void => {
  times.sort((a, b) => a - b)
  for (let i = 0; i < times.length;) {
    const first = times[i] as number
    let last = first
    while (i < times.length && (times[i] as number) - last < 8 * SECOND && (times[i] as number) - first < SWING_MS_MAX) last = times[i++] as number
    act(draft, { at: first - 800, seal, kind: EVENT.DOOR_OPENED })
    act(draft, { at: last + random.int(1_500, 5_000), seal, kind: EVENT.DOOR_CLOSED })
  }
}

const mallDay = (draft: Draft, site: Site, random: Random): void => {
  const doors = site.seals.slice(0, -1)
  for (let visitor = MALL_VISITORS; visitor > 0; visitor--) {
    const comes = random.chance(0.45) ? around(random, 12.5, 1.5, [9.5, 17]) : around(random, 18.5, 1.4, [10, 20.5])
    const people = random.chance(0.7) ? 1 : random.int(2, 5)
    const stays = Math.min(random.wait(50 * MINUTE) + 4 * MINUTE, 22 * HOUR - comes)
    act(draft, { at: comes, seal: random.pick(doors), kind: EVENT.PASSAGE_IN, value: people })
    act(draft, { at: comes + stays, seal: random.pick(doors), kind: EVENT.PASSAGE_OUT, value: people })
  }
}

/** Half of the capacity at most: who would be more goes elsewhere. */
const HALL_FULL_SHARE = 0.5
const hallDay = (draft: Draft, site: Site, random: Random): void => {
  const seal = site.seals[0] as number
  const leaving: number[] = []
  const arrivals = Array.from({ length: HALL_VISITORS }, () => around(random, 14, 3, [8, 20])).sort((a, b) => a - b)
  for (const comes of arrivals) {
    const inside = leaving.filter((at) => at > comes).length
    if (inside >= (site.capacity ?? Infinity) * HALL_FULL_SHARE) continue
    const leaves = comes + random.int(5, 45) * MINUTE
    leaving.push(leaves)
    act(draft, { at: comes, seal, kind: EVENT.PASSAGE_IN, value: 1 })
    act(draft, { at: leaves, seal, kind: EVENT.PASSAGE_OUT, value: 1 })
  }
}

const gateDay = (draft: Draft, site: Site, random: Random): void => {
  const seal = site.seals[0] as number
  for (let person = GATE_PEOPLE; person > 0; person--) {
    const at = random.chance(0.5) ? around(random, 8.3, 1, [5.5, 22.5]) : around(random, 16, 3, [5.5, 22.5])
    act(draft, { at, seal, kind: EVENT.TEMPERATURE, value: Math.min(TEMPERATURE.max, Math.round(random.normal(TEMPERATURE.mean, TEMPERATURE.deviation))) })
    act(draft, { at: at + 1_500, seal, kind: EVENT.PASSAGE_IN, value: 1 })
  }
}
