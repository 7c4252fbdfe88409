// Incidents and near misses at doors, gates and head-counts: each a small scene with its truth. Every flat plays at most one
// scene a day, so that no two incidents share an alarm's key. Limits are those of core/policy.ts, unchanged.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { act, DELIVERY, incident, MINUTE, nearMiss, SECOND, takeSlot, type Draft } from './plan.ts'

const { residence, building, gate } = POLICY_DEFAULT.kinds
const GRACE = residence.headcountGraceMs
const HELD_HOME = residence.doorHeldOpenMs as number
const HELD_BUILDING = building.doorHeldOpenMs as number
const { prompt, twice } = DELIVERY

/** One scene at one seal, from `at` on. */
type Scene = (draft: Draft, seal: number, at: number) => void
type Casting = { readonly scene: Scene; readonly times: number }

/** Opens, lets somebody pass, closes. */
const throughDoor = (draft: Draft, seal: number, at: number, kind: number): void => {
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at: at + 2 * SECOND, seal, kind, value: 1, delivery: prompt })
  act(draft, { at: at + 6 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
}
const permit = (draft: Draft, seal: number, [from, until]: readonly [number, number], openings: number | null = null): void => {
  draft.permits.push({ site: draft.seals[seal]?.site as number, from, until, openings, reason: openings === null ? 'visit' : 'delivery' })
}
/** Through the door without a permit: two alarms at once. Answers when the passage was. */
const unpermitted = (draft: Draft, seal: number, at: number, kind: number, passesAfter = 5 * SECOND): number => {
  const passes = at + passesAfter
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: twice })
  act(draft, { at: passes, seal, kind, value: 1, delivery: twice })
  act(draft, { at: passes + 4 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  incident(draft, { kind: 'door-opened', seal, at, note: 'no permit' })
  incident(draft, { kind: 'passage-unpermitted', seal, at: passes, note: 'no permit' })
  return passes
}

// What must be known before a tick falls on the grid (the end of a step of the player), where it is delivered without a lag: the
// event that resolves a near miss. What begins one may then lie a second off the grid.

/** Leaves without a permit and is back one second before the grace ends. */
const slipsOut: Scene = (draft, seal, at) => {
  const left = unpermitted(draft, seal, at, EVENT.PASSAGE_OUT, 6 * SECOND)
  const back = left + GRACE - SECOND
  act(draft, { at: back - 2 * SECOND, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at: back, seal, kind: EVENT.PASSAGE_IN, value: 1, delivery: prompt })
  act(draft, { at: back + 4 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  nearMiss(draft, { kind: 'headcount-under', seal, at: left, limitMs: GRACE, scope: 'site', note: 'back at grace − 1 s' })
}
const staysAway: Scene = (draft, seal, at) => {
  const left = unpermitted(draft, seal, at, EVENT.PASSAGE_OUT)
  incident(draft, { kind: 'headcount-under', seal, at: left, limitMs: GRACE, scope: 'site', note: 'left and stayed away' })
  throughDoor(draft, seal, left + draft.random.int(15, 40) * MINUTE, EVENT.PASSAGE_IN)
}
const guestStays: Scene = (draft, seal, at) => {
  const came = unpermitted(draft, seal, at, EVENT.PASSAGE_IN)
  incident(draft, { kind: 'headcount-over', seal, at: came, limitMs: GRACE, scope: 'site', note: 'a guest who stays' })
  throughDoor(draft, seal, came + draft.random.int(15, 40) * MINUTE, EVENT.PASSAGE_OUT)
}
/** In and out again (or out and in) under a permit; the second passage falls on the grid at the grace minus one second. */
const permittedFor =
  (kind: 'headcount-over' | 'headcount-under', first: number, second: number): Scene =>
  (draft, seal, slot) => {
    const at = slot + GRACE + 5 * MINUTE
    permit(draft, seal, [at - GRACE - 5 * MINUTE, at + 20 * MINUTE])
    const start = at - GRACE + SECOND
    throughDoor(draft, seal, start - 2 * SECOND, first)
    act(draft, { at: at - 2 * SECOND, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
    act(draft, { at, seal, kind: second, value: 1, delivery: prompt })
    act(draft, { at: at + 5 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
    nearMiss(draft, { kind: 'door-opened', seal, at: start - 2 * SECOND, note: 'permitted', lastsMs: GRACE })
    nearMiss(draft, { kind: 'passage-unpermitted', seal, at: start, note: 'permitted', lastsMs: GRACE })
    nearMiss(draft, { kind, seal, at: start, limitMs: GRACE, scope: 'site', note: 'resolved at grace − 1 s' })
  }
/** A permit excuses a door that stands open while it lasts, so where that matters it lasts only long enough to open the door. */
const ENTERED = 30 * SECOND
const heldNearly =
  (limit: number, permitted: boolean): Scene =>
  (draft, seal, at) => {
    const closes = at + limit
    if (permitted) permit(draft, seal, [at - 5 * MINUTE, at + ENTERED])
    act(draft, { at: closes - limit + SECOND, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
    act(draft, { at: closes, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
    nearMiss(draft, { kind: 'door-held-open', seal, at: at + SECOND, limitMs: limit, note: 'closed at the limit − 1 s' })
    if (permitted) nearMiss(draft, { kind: 'door-opened', seal, at: at + SECOND, note: 'permitted', lastsMs: limit })
  }
const heldOpen =
  (limit: number, permitted: boolean): Scene =>
  (draft, seal, at) => {
    const closes = at + limit + draft.random.int(30, 1_200) * SECOND
    if (permitted) permit(draft, seal, [at - 5 * MINUTE, at + ENTERED])
    act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
    act(draft, { at: closes, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
    incident(draft, { kind: 'door-held-open', seal, at, limitMs: limit, note: 'stands open' })
  }
const heldPermitted: Scene = (draft, seal, at) => {
  const closes = at + HELD_HOME + draft.random.int(30, 900) * SECOND
  permit(draft, seal, [at - 5 * MINUTE, closes + MINUTE])
  act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery: prompt })
  act(draft, { at: closes, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
  nearMiss(draft, { kind: 'door-held-open', seal, at, limitMs: HELD_HOME, note: 'open for long, under a permit', lastsMs: closes - at })
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
    const [from, until] = edge === 'from' ? [at - insideMs, at + 30 * MINUTE] : [at - 30 * MINUTE, at + insideMs]
    permit(draft, seal, [from, until])
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
  const opens = at + draft.random.int(2, 30) * MINUTE
  throughDoor(draft, seal, opens, EVENT.PASSAGE_OUT)
  nearMiss(draft, { kind: 'door-opened', seal, at: opens, note: 'observation has ended' })
  nearMiss(draft, { kind: 'passage-unpermitted', seal, at: opens, note: 'observation has ended' })
  nearMiss(draft, { kind: 'headcount-under', seal, at: opens, scope: 'site', limitMs: GRACE, note: 'observation has ended' })
  nearMiss(draft, { kind: 'offline', seal, at, limitMs: 180 * SECOND, note: 'observation has ended' })
}
const rollCall =
  (missed: boolean): Scene =>
  (draft, seal, at) => {
    const { headcount } = draft.sites[draft.seals[seal]?.site as number] as { headcount: number }
    const again = missed ? at + draft.random.int(15, 40) * MINUTE : at + GRACE
    const first = missed ? at : at + SECOND
    act(draft, { at: first, seal, kind: EVENT.ROLL_CALL, value: headcount - 1, delivery: prompt })
    act(draft, { at: again, seal, kind: EVENT.ROLL_CALL, value: headcount, delivery: prompt })
    const claim = { kind: 'headcount-under', seal, at: first, limitMs: GRACE, scope: 'site' } as const
    if (missed) incident(draft, { ...claim, note: 'one fewer at the roll-call' })
    else nearMiss(draft, { ...claim, note: 'found at grace − 1 s' })
  }
/** People per passage of a crowd. */
const GROUP = 20
/** At night, when nobody else is inside, a crowd larger than the head-count comes to a tower. */
const crowd =
  (stays: boolean): Scene =>
  (draft, seal, at) => {
    const { headcount } = draft.sites[draft.seals[seal]?.site as number] as { headcount: number }
    const groups = Math.floor(headcount / GROUP) + 1
    const leaves = stays ? at + GRACE + draft.random.int(2, 20) * MINUTE : at + GRACE
    const comes = stays ? at : at + SECOND
    for (let i = 0; i < groups; i++) {
      act(draft, { at: comes, seal, kind: EVENT.PASSAGE_IN, value: GROUP, delivery: prompt })
      act(draft, { at: leaves, seal, kind: EVENT.PASSAGE_OUT, value: GROUP, delivery: prompt })
    }
    const claim = { kind: 'headcount-over', seal, at: comes, limitMs: GRACE, scope: 'site' } as const
    if (stays) incident(draft, { ...claim, note: 'a crowd that stays' })
    else nearMiss(draft, { ...claim, note: 'a crowd that leaves at grace − 1 s' })
  }
const temperature =
  (milliC: number | undefined): Scene =>
  (draft, seal, at) => {
    const value = milliC ?? draft.random.int(gate.feverMilliC + 10, 39_500)
    act(draft, { at, seal, kind: EVENT.TEMPERATURE, value, delivery: twice })
    const claim = { kind: 'fever', seal, at, note: `${value / 1000} °C` } as const
    if (value > gate.feverMilliC) incident(draft, claim)
    else nearMiss(draft, claim)
  }

// How often each scene is played in a fleet of 2,000 seals. Their sums per kind exceed the 30 incidents and 100 near misses
// that a full day must show (test/bench/simulate.test.ts counts them).
const FLATS: readonly Casting[] = [
  { scene: slipsOut, times: 20 },
  { scene: staysAway, times: 30 },
  { scene: guestStays, times: 25 },
  { scene: permittedFor('headcount-over', EVENT.PASSAGE_IN, EVENT.PASSAGE_OUT), times: 110 },
  { scene: permittedFor('headcount-under', EVENT.PASSAGE_OUT, EVENT.PASSAGE_IN), times: 100 },
  { scene: heldNearly(HELD_HOME, true), times: 90 },
  { scene: heldOpen(HELD_HOME, true), times: 28 },
  { scene: heldPermitted, times: 20 },
  { scene: deliveries(3), times: 15 },
  { scene: deliveries(2), times: 20 },
  { scene: atPermitEdge('from', 0), times: 15 },
  { scene: atPermitEdge('until', SECOND), times: 15 },
  { scene: atPermitEdge('from', -SECOND), times: 10 },
  { scene: atPermitEdge('until', -SECOND), times: 10 },
  { scene: observationEnds, times: 25 },
  { scene: rollCall(true), times: 8 },
  { scene: rollCall(false), times: 10 },
]
const SERVICE_DOORS: readonly Casting[] = [
  { scene: heldNearly(HELD_BUILDING, false), times: 35 },
  { scene: heldOpen(HELD_BUILDING, false), times: 12 },
]
const TOWERS_AT_NIGHT: readonly Casting[] = [
  { scene: crowd(true), times: 12 },
  { scene: crowd(false), times: 25 },
]
const GATES: readonly Casting[] = [
  { scene: temperature(undefined), times: 45 },
  { scene: temperature(gate.feverMilliC - 10), times: 125 },
]
/** Fewer seals play fewer scenes; more do not play more. */
const FULL_FLEET = 2_000
/** Nobody is in a tower before or after these hours. */
const NIGHT: readonly [number, number] = [0, 6]

/** Plays each scene its number of times. Call before {@link addLife}, which takes what slots are left. */
export const addScripts = (draft: Draft): void => {
  const share = Math.min(1, draft.seals.length / FULL_FLEET)
  const flats = draft.random.shuffle(draft.sites.filter(({ kind }) => kind === 'residence').map(({ seals }) => seals[0] as number))
  const buildings = draft.sites.filter(({ kind }) => kind === 'building')
  const service = draft.random.shuffle(buildings.map(({ seals }) => seals.at(-1) as number))
  const towers = draft.random.shuffle(buildings.filter(({ id }) => id.startsWith('tower')).map(({ seals }) => seals.at(-1) as number))
  const gates = draft.random.shuffle(draft.sites.filter(({ kind }) => kind === 'gate').map(({ seals }) => seals[0] as number))
  cast(draft, FLATS, flats, { share })
  cast(draft, TOWERS_AT_NIGHT, towers, { share, hours: NIGHT })
  cast(draft, SERVICE_DOORS, service, { share, hours: [6, 24] })
  cast(draft, GATES, gates, { share, hours: [5, 23] })
}

const cast = (
  draft: Draft,
  castings: readonly Casting[],
  seals: readonly number[],
  { share, hours }: { share: number; hours?: readonly [number, number] },
): void => {
  let next = 0
  for (const { scene, times } of castings) {
    for (let i = Math.ceil(times * share); i > 0 && next < seals.length; i--) {
      const seal = seals[next++] as number
      const at = takeSlot(draft, seal, hours)
      if (at !== undefined) scene(draft, seal, at)
    }
  }
}
