// Incidents and near misses at flats: doors, permits, head-counts, each a small scene with its truth. Limits are those of the default
// policy. What must be known before a tick falls on the grid (the end of a step of the player), where it is delivered without a
// lag: the event that resolves a near miss. What begins one may then lie a second off the grid.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { cast, type Casting, type Scene } from './casting.ts'
import { act, DELIVERY, HOUR, incident, MINUTE, nearMiss, SECOND, type Draft } from './plan.ts'
import { wholeHourIn } from './slots.ts'

const { residence } = POLICY_DEFAULT.kinds
const GRACE = residence.headcountGraceMs
const HELD = residence.doorHeldOpenMs as number
const { prompt, twice } = DELIVERY

const permit = (draft: Draft, seal: number, [from, until]: readonly [number, number], openings: number | null = null): void => {
  draft.permits.push({ site: draft.seals[seal]?.site as number, from, until, openings, reason: openings === null ? 'visit' : 'delivery' })
}
/** Opens, lets somebody pass, closes; the passage is at `at`. */
const throughDoor = (draft: Draft, seal: number, at: number, kind: number): void => {
  act(draft, { at: at - 2 * SECOND, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at, seal, kind, value: 1, delivery: prompt })
  act(draft, { at: at + 4 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
}
/** Through the door without a permit: two alarms at once, one at each key. Answers when the passage was. */
const unpermitted = (draft: Draft, seal: number, at: number, kind: number, passesAfter = 5 * SECOND): number => {
  const passes = at + passesAfter
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: twice })
  act(draft, { at: passes, seal, kind, value: 1, delivery: twice })
  act(draft, { at: passes + 4 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  incident(draft, { kind: 'door-opened', seal, at, note: 'no permit' })
  incident(draft, { kind: 'passage-unpermitted', seal, at: passes, note: 'no permit' })
  return passes
}

/** Leaves (or a guest comes) without a permit, and is back (or gone) one second before the grace ends. */
const resolvedInTime =
  (kind: 'headcount-over' | 'headcount-under', first: number, second: number): Scene =>
  (draft, seal, at) => {
    const began = unpermitted(draft, seal, at, first, 6 * SECOND)
    throughDoor(draft, seal, began + GRACE - SECOND, second)
    nearMiss(draft, { kind, seal, at: began, limitMs: GRACE, scope: 'site', note: 'resolved at grace − 1 s' })
  }
const unresolved =
  (kind: 'headcount-over' | 'headcount-under', first: number, second: number): Scene =>
  (draft, seal, at) => {
    const began = unpermitted(draft, seal, at, first)
    incident(draft, { kind, seal, at: began, limitMs: GRACE, scope: 'site', note: kind === 'headcount-over' ? 'a guest who stays' : 'left and stayed away' })
    throughDoor(draft, seal, began + draft.random.int(15, 40) * MINUTE, second)
  }
/** In and out again (or out and in) under a permit, for longer than the grace. */
const permittedFor =
  (kind: 'headcount-over' | 'headcount-under', first: number, second: number): Scene =>
  (draft, seal, at) => {
    const back = at + GRACE + MINUTE
    permit(draft, seal, [at - 5 * MINUTE, back + 5 * MINUTE])
    throughDoor(draft, seal, at, first)
    throughDoor(draft, seal, back, second)
    nearMiss(draft, { kind: 'door-opened', seal, at: at - 2 * SECOND, note: 'permitted', lastsMs: GRACE })
    nearMiss(draft, { kind: 'passage-unpermitted', seal, at, note: 'permitted', lastsMs: GRACE })
    nearMiss(draft, { kind, seal, at, limitMs: GRACE, scope: 'site', note: 'longer than the grace, under a permit' })
  }
const rollCall =
  (missing: number): Scene =>
  (draft, seal, at) => {
    const { headcount } = draft.sites[draft.seals[seal]?.site as number] as { headcount: number }
    act(draft, { at, seal, kind: EVENT.ROLL_CALL, value: headcount - missing, delivery: prompt })
    const claim = { kind: 'headcount-under', seal, at, scope: 'site' } as const
    if (missing === 0) return void nearMiss(draft, { ...claim, note: 'all at the roll-call' })
    act(draft, { at: at + draft.random.int(15, 40) * MINUTE, seal, kind: EVENT.ROLL_CALL, value: headcount, delivery: prompt })
    incident(draft, { ...claim, note: 'one fewer at the roll-call: no grace' })
  }

/** A visitor let in under a permit; stays past its end by `over`, and then leaves under none. */
const overrun =
  (over: number): Scene =>
  (draft, seal, at) => {
    const ends = at + 10 * MINUTE + SECOND
    permit(draft, seal, [at - 5 * MINUTE, ends])
    throughDoor(draft, seal, at, EVENT.PASSAGE_IN)
    unpermitted(draft, seal, ends + over - 5 * SECOND, EVENT.PASSAGE_OUT)
    const claim = { kind: 'permit-overrun', seal, at: ends, limitMs: residence.permitGraceMs, scope: 'site' } as const
    if (over > residence.permitGraceMs) incident(draft, { ...claim, note: 'a visitor who does not leave' })
    else nearMiss(draft, { ...claim, note: 'left just before the grace ends' })
  }
/** A second permit takes over before the grace of the first ends. */
const prolonged: Scene = (draft, seal, at) => {
  const ends = at + 10 * MINUTE
  permit(draft, seal, [at - 5 * MINUTE, ends])
  permit(draft, seal, [ends + residence.permitGraceMs - MINUTE, ends + 30 * MINUTE])
  throughDoor(draft, seal, at, EVENT.PASSAGE_IN)
  throughDoor(draft, seal, ends + 25 * MINUTE, EVENT.PASSAGE_OUT)
  nearMiss(draft, { kind: 'permit-overrun', seal, at: ends, limitMs: residence.permitGraceMs, scope: 'site', note: 'prolonged', lastsMs: 30 * MINUTE })
}

/** A permit excuses a door that stands open while it lasts, so where that matters it lasts only long enough to open the door. */
const ENTERED = 30 * SECOND
const heldNearly: Scene = (draft, seal, at) => {
  permit(draft, seal, [at - 5 * MINUTE, at + ENTERED])
  act(draft, { at: at + SECOND, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at: at + HELD, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  nearMiss(draft, { kind: 'door-held-open', seal, at: at + SECOND, limitMs: HELD, note: 'closed at the limit − 1 s' })
  nearMiss(draft, { kind: 'door-opened', seal, at: at + SECOND, note: 'permitted', lastsMs: HELD })
}
const heldOpen: Scene = (draft, seal, at) => {
  permit(draft, seal, [at - 5 * MINUTE, at + ENTERED])
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at: at + HELD + draft.random.int(30, 1_200) * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  incident(draft, { kind: 'door-held-open', seal, at, limitMs: HELD, note: 'stands open' })
}
const heldPermitted: Scene = (draft, seal, at) => {
  const closes = at + HELD + draft.random.int(30, 900) * SECOND
  permit(draft, seal, [at - 5 * MINUTE, closes + MINUTE])
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at: closes, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  nearMiss(draft, { kind: 'door-held-open', seal, at, limitMs: HELD, note: 'open for long, under a permit', lastsMs: closes - at })
}
/** A permit for two openings; the third is one too many. */
const deliveries =
  (openings: number): Scene =>
  (draft, seal, at) => {
    permit(draft, seal, [at - 2 * MINUTE, at + 30 * MINUTE], 2)
    for (let i = 0; i < openings; i++) {
      const opens = at + i * 4 * MINUTE
      act(draft, { at: opens, seal, kind: EVENT.DOOR_OPENED, delivery: twice })
      act(draft, { at: opens + 10 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
      const claim = { kind: 'door-opened', seal, at: opens } as const
      if (i < 2) nearMiss(draft, { ...claim, note: 'a permitted opening', lastsMs: SECOND })
      else incident(draft, { ...claim, note: 'one opening too many' })
    }
  }
/** At the very edges of a permit, outside or inside by `inside` ms. */
const atPermitEdge =
  (edge: 'from' | 'until', insideMs: number): Scene =>
  (draft, seal, at) => {
    permit(draft, seal, edge === 'from' ? [at - insideMs, at + 30 * MINUTE] : [at - 30 * MINUTE, at + insideMs])
    act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
    act(draft, { at: at + 10 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
    const claim = { kind: 'door-opened', seal, at, note: `${insideMs} ms inside the permit's ${edge}` } as const
    if (insideMs >= 0) nearMiss(draft, claim)
    else incident(draft, claim)
  }
/** The observation ends; what happens at the door after that is nobody's business. */
const observationEnds: Scene = (draft, seal, at) => {
  const site = draft.sites[draft.seals[seal]?.site as number]
  if (site === undefined) return
  site.observedUntil = at
  const passes = at + draft.random.int(2, 30) * MINUTE
  throughDoor(draft, seal, passes, EVENT.PASSAGE_OUT)
  nearMiss(draft, { kind: 'door-opened', seal, at: passes, note: 'observation has ended' })
  nearMiss(draft, { kind: 'passage-unpermitted', seal, at: passes, note: 'observation has ended' })
  nearMiss(draft, { kind: 'headcount-under', seal, at: passes, scope: 'site', limitMs: GRACE, note: 'observation has ended' })
  nearMiss(draft, { kind: 'offline', seal, at, limitMs: 180 * SECOND, note: 'observation has ended' })
}

const TOO_MANY = (residence.openingsPerHourMax as number) + 1
/** Openings by hours of the clock: `before` of them in the hour that ends, the others in the one that begins; all permitted. */
const openings =
  (count: number, before = 0): Scene =>
  (draft, seal, at) => {
    const hour = wholeHourIn(at)
    // Where they lie astride, the hour's end lies in the slot, with half an hour on either side at least.
    const first = before === 0 ? hour + 5 * MINUTE : hourWithin(hour) - before * 2 * MINUTE
    permit(draft, seal, [first - MINUTE, first + count * 3 * MINUTE + 5 * MINUTE])
    for (let i = 0; i < count; i++) {
      const opens = first + i * 2 * MINUTE
      act(draft, { at: opens, seal, kind: EVENT.DOOR_OPENED, delivery: twice })
      act(draft, { at: opens + 20 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
    }
    const claim = { kind: 'too-many-openings', seal, at: first + (count - 1) * 2 * MINUTE, scope: 'site' } as const
    if (before === 0 && count >= TOO_MANY) incident(draft, { ...claim, note: `${count} in an hour` })
    else nearMiss(draft, { ...claim, note: before === 0 ? `${count} in an hour` : `${before} and ${count - before} in two hours`, lastsMs: HOUR })
  }
/** A slot that begins at a half hour ends with its whole hour, so the hour's other end is the one within. */
const hourWithin = (hour: number): number => (hour % (3 * HOUR) === 0 ? hour + HOUR : hour)

const FLAP = residence.flapEventsMin as number
/** `split`: half of them on either side of a window's edge. */
const flapping =
  (events: number, split = false): Scene =>
  (draft, seal, at) => {
    const edge = Math.ceil(at / residence.flapWindowMs) * residence.flapWindowMs
    const first = split ? edge - (events / 2) * 5 * SECOND : edge + 10 * SECOND
    permit(draft, seal, [first - MINUTE, first + 10 * MINUTE])
    for (let i = 0; i < events; i++)
      act(draft, { at: first + i * 5 * SECOND, seal, kind: i % 2 === 0 ? EVENT.DOOR_OPENED : EVENT.DOOR_CLOSED, delivery: prompt })
    const closes = first + events * 5 * SECOND
    if (events % 2 === 1) act(draft, { at: edge + residence.flapWindowMs + 10 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
    const claim = { kind: 'flapping', seal, at: closes - 5 * SECOND, note: `${events} events ${split ? 'astride two windows' : 'in a window'}` } as const
    if (events >= FLAP && !split) incident(draft, claim)
    else nearMiss(draft, { ...claim, lastsMs: 2 * residence.flapWindowMs })
  }

const { PASSAGE_IN: IN, PASSAGE_OUT: OUT } = EVENT
// How often each scene is played in a fleet of 2,000 seals. Their sums per kind exceed the 30 incidents and 100 near misses
// that a full day must show (test/bench/simulate.test.ts counts them).
// Those in which a door is opened without a permit come first: of these a seal has one a day, for only a person closes its alarm.
const HOMES: readonly Casting[] = [
  { scene: observationEnds, times: 25 },
  { scene: unresolved('headcount-under', OUT, IN), times: 30 },
  { scene: unresolved('headcount-over', IN, OUT), times: 30 },
  { scene: resolvedInTime('headcount-under', OUT, IN), times: 45 },
  { scene: resolvedInTime('headcount-over', IN, OUT), times: 45 },
  { scene: overrun(20 * MINUTE), times: 32 },
  { scene: overrun(residence.permitGraceMs - SECOND), times: 55 },
  { scene: deliveries(3), times: 15 },
  { scene: atPermitEdge('from', -SECOND), times: 10 },
  { scene: atPermitEdge('until', -SECOND), times: 10 },
  { scene: prolonged, times: 50 },
  { scene: permittedFor('headcount-over', IN, OUT), times: 50 },
  { scene: permittedFor('headcount-under', OUT, IN), times: 45 },
  { scene: heldOpen, times: 28 },
  { scene: heldNearly, times: 50 },
  { scene: heldPermitted, times: 20 },
  { scene: deliveries(2), times: 20 },
  { scene: atPermitEdge('from', 0), times: 15 },
  { scene: atPermitEdge('until', SECOND), times: 15 },
  { scene: rollCall(1), times: 10 },
  { scene: rollCall(0), times: 20 },
  { scene: openings(TOO_MANY), times: 32 },
  { scene: openings(TOO_MANY - 1), times: 60 },
  { scene: openings(TOO_MANY, 6), times: 45 },
  { scene: flapping(FLAP), times: 17 },
  { scene: flapping(FLAP - 1), times: 35 },
  { scene: flapping(FLAP, true), times: 25 },
]

/** `reserved`: sites that take no part. */
export const addHomes = (draft: Draft, reserved: ReadonlySet<number>): void => {
  const flats = draft.sites.flatMap(({ kind, seals }, site) => (kind === 'residence' && !reserved.has(site) ? [seals[0] as number] : []))
  cast(draft, HOMES, draft.random.shuffle(flats))
}
