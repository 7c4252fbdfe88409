// Incidents and near misses at the doors of buildings that nobody uses in ordinary life: service doors of towers and malls, exits of
// halls. Each scene that opens a door lets somebody in and out again while it is open, so that what counts since the last passage
// begins anew, unless that is what the scene is about.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { cast, castAt, type Casting, type Scene } from './casting.ts'
import { act, DAY, DELIVERY, HOUR, incident, MINUTE, nearMiss, SECOND, steadyWithin, type Draft } from './plan.ts'
import { GRID_MS, takeSlotAt } from './slots.ts'

const { building } = POLICY_DEFAULT.kinds
const HELD = building.doorHeldOpenMs as number
const SETTLE = building.settleMs
const OPENS = 5 * HOUR
const CLOSES = 23.5 * HOUR
const { prompt, twice, lost, late } = DELIVERY
/** Later than this nothing ordinary comes. */
const LATE_MS = 9.5 * MINUTE

const opened = (draft: Draft, seal: number, at: number, delivery: number = prompt): void => act(draft, { at, seal, kind: EVENT.DOOR_OPENED, delivery })
const closed = (draft: Draft, seal: number, at: number): void => act(draft, { at, seal, kind: EVENT.DOOR_CLOSED, delivery: prompt })
/** In, and out at once: the count stays. */
const passes = (draft: Draft, seal: number, at: number, delivery: number = prompt): void => {
  act(draft, { at, seal, kind: EVENT.PASSAGE_IN, value: 1, delivery })
  act(draft, { at, seal, kind: EVENT.PASSAGE_OUT, value: 1, delivery })
}
const stands = (draft: Draft, seal: number, [from, until]: readonly [number, number], delivery: number = prompt): void => {
  opened(draft, seal, from, delivery)
  passes(draft, seal, from + 2 * SECOND)
  closed(draft, seal, until)
}

const heldOpen: Scene = (draft, seal, at) => {
  stands(draft, seal, [at, at + HELD + draft.random.int(30, 1_200) * SECOND])
  incident(draft, { kind: 'door-held-open', seal, at, limitMs: HELD, note: 'stands open' })
}
const heldNearly: Scene = (draft, seal, at) => {
  stands(draft, seal, [at + SECOND, at + HELD])
  nearMiss(draft, { kind: 'door-held-open', seal, at: at + SECOND, limitMs: HELD, note: 'closed at the limit − 1 s' })
}

const shutClaim = (seal: number, at: number) => ({ kind: 'passage-door-shut', seal, at, limitMs: SETTLE }) as const
const aroundShut = (draft: Draft, seal: number, at: number): void => steadyWithin(draft, seal, [at - MINUTE, at + SETTLE + 2 * MINUTE])
const passesShut: Scene = (draft, seal, at) => {
  aroundShut(draft, seal, at)
  stands(draft, seal, [at, at + 10 * SECOND])
  passes(draft, seal, at + 60 * SECOND, draft.random.chance(0.5) ? prompt : twice)
  incident(draft, { ...shutClaim(seal, at + 60 * SECOND), note: 'through a door that says it is shut' })
}
/** Squeezed through as it closed. */
const passesClosing: Scene = (draft, seal, at) => {
  stands(draft, seal, [at, at + 10 * SECOND])
  passes(draft, seal, at + 10 * SECOND + building.doorSlackMs - 1)
  nearMiss(draft, { ...shutClaim(seal, at + 10 * SECOND), note: 'within the slack of the closing' })
}
/** The opening before the passage was lost, or comes as late as anything does. */
const passesUnseen =
  (delivery: number, note: string): Scene =>
  (draft, seal, at) => {
    aroundShut(draft, seal, at)
    stands(draft, seal, [at, at + 10 * SECOND])
    opened(draft, seal, at + 58 * SECOND, delivery)
    passes(draft, seal, at + 60 * SECOND)
    if (delivery !== lost) act(draft, { at: at + 70 * SECOND, seal, kind: EVENT.DOOR_CLOSED, delivery: delivery - 20 * SECOND })
    nearMiss(draft, { ...shutClaim(seal, at + 60 * SECOND), note })
  }

const WITHOUT = building.doorWithoutPassageMin as number
const withoutPassage =
  (openings: number, after: number, note: string): Scene =>
  (draft, seal, at) => {
    stands(draft, seal, [at, at + 10 * SECOND])
    const times = Array.from({ length: openings }, (_, i) => at + (i + 1) * MINUTE)
    for (const time of times) {
      opened(draft, seal, time)
      closed(draft, seal, time + 5 * SECOND)
    }
    const last = times.at(-1) as number
    const claim = { kind: 'door-without-passage', seal, at: last, limitMs: SETTLE, note } as const
    if (after === 0 && openings >= WITHOUT) incident(draft, claim)
    else nearMiss(draft, claim)
    if (after > 0) passes(draft, seal, last + 2 * SECOND, after)
    // Somebody passes in the end, so that the next scene here begins from nothing.
    stands(draft, seal, [last + 30 * MINUTE, last + 30 * MINUTE + 10 * SECOND])
  }

const FLAP = building.flapEventsMin as number
const FLAP_EVERY = 7 * SECOND
const flapping =
  (events: number, split: boolean): Scene =>
  (draft, seal, at) => {
    const edge = Math.ceil(at / building.flapWindowMs) * building.flapWindowMs
    const first = split ? edge - (events / 2) * FLAP_EVERY : edge + 5 * SECOND
    const time = (i: number): number => Math.floor((first + i * FLAP_EVERY) / SECOND) * SECOND
    for (let i = 0; i < events; i++) act(draft, { at: time(i), seal, kind: i % 2 === 0 ? EVENT.DOOR_OPENED : EVENT.DOOR_CLOSED, delivery: prompt })
    if (events % 2 === 1) closed(draft, seal, edge + building.flapWindowMs + 20 * SECOND)
    stands(draft, seal, [edge + 2 * building.flapWindowMs, edge + 2 * building.flapWindowMs + 10 * SECOND])
    const claim = { kind: 'flapping', seal, at: time(events - 1), note: `${events} events ${split ? 'astride two windows' : 'in a window'}` } as const
    if (events >= FLAP && !split) incident(draft, claim)
    else nearMiss(draft, { ...claim, lastsMs: 2 * building.flapWindowMs })
  }

const BLOCKED = building.beamBlockedMs as number
const beamBlocked: Scene = (draft, seal, at) => {
  act(draft, { at, seal, kind: EVENT.BEAM_BLOCKED, delivery: twice })
  act(draft, { at: at + BLOCKED + draft.random.int(1, 30) * MINUTE, seal, kind: EVENT.BEAM_CLEARED, delivery: prompt })
  incident(draft, { kind: 'beam-blocked', seal, at, limitMs: BLOCKED, note: 'covered' })
}
const beamNearly: Scene = (draft, seal, at) => {
  act(draft, { at: at + SECOND, seal, kind: EVENT.BEAM_BLOCKED, delivery: twice })
  act(draft, { at: at + BLOCKED, seal, kind: EVENT.BEAM_CLEARED, delivery: prompt })
  nearMiss(draft, { kind: 'beam-blocked', seal, at: at + SECOND, limitMs: BLOCKED, note: 'clear at the limit − 1 s' })
}
/** Somebody still passes, so it is not blind; the passage needs an open door. */
const beamAndPassage: Scene = (draft, seal, at) => {
  opened(draft, seal, at - 5 * SECOND)
  act(draft, { at, seal, kind: EVENT.BEAM_BLOCKED, delivery: twice })
  passes(draft, seal, at + BLOCKED - 5 * SECOND)
  closed(draft, seal, at + BLOCKED - 4 * SECOND)
  act(draft, { at: at + 20 * MINUTE, seal, kind: EVENT.BEAM_CLEARED, delivery: prompt })
  nearMiss(draft, { kind: 'beam-blocked', seal, at, limitMs: BLOCKED, note: 'somebody passes', lastsMs: 20 * MINUTE })
}

const offClaim = (seal: number, at: number) => ({ kind: 'opened-off-schedule', seal, at, scope: 'site' }) as const
const atNight: Scene = (draft, seal, at) => {
  stands(draft, seal, [at, at + 20 * SECOND], twice)
  incident(draft, { ...offClaim(seal, at), note: 'at night, without a permit' })
}
const atNightPermitted: Scene = (draft, seal, at) => {
  draft.permits.push({ site: draft.seals[seal]?.site as number, from: at - 10 * MINUTE, until: at + 10 * MINUTE, openings: 1, reason: 'night work' })
  stands(draft, seal, [at, at + 20 * SECOND], twice)
  nearMiss(draft, { ...offClaim(seal, at), note: 'at night, permitted' })
}
/** One opening more than its permit has. */
const atNightTwice: Scene = (draft, seal, at) => {
  draft.permits.push({ site: draft.seals[seal]?.site as number, from: at - 20 * MINUTE, until: at + 10 * MINUTE, openings: 1, reason: 'night work' })
  stands(draft, seal, [at - 10 * MINUTE, at - 10 * MINUTE + 20 * SECOND], twice)
  stands(draft, seal, [at, at + 20 * SECOND])
  incident(draft, { ...offClaim(seal, at), note: 'at night, one opening too many' })
}
const atOpening =
  (beforeMs: number): Scene =>
  (draft, seal) => {
    const at = OPENS - beforeMs
    stands(draft, seal, [at, at + 20 * SECOND])
    if (beforeMs > 0) incident(draft, { ...offClaim(seal, at), note: `${beforeMs} ms before the doors open` })
    else nearMiss(draft, { ...offClaim(seal, at), note: 'as the doors open' })
  }

const leftClaim = (seal: number) => ({ kind: 'left-open-at-closing', seal, at: CLOSES, limitMs: building.closingGraceMs, scope: 'site' }) as const
const leftOpen: Scene = (draft, seal, at) => {
  stands(draft, seal, [at, CLOSES + building.closingGraceMs + draft.random.int(2, 12) * MINUTE])
  incident(draft, { kind: 'door-held-open', seal, at, limitMs: HELD, note: 'left open for the night' })
  incident(draft, { ...leftClaim(seal), note: 'left open' })
}
/** Shut within the grace, but open long enough to be held open. */
const shutInTime: Scene = (draft, seal, at) => {
  stands(draft, seal, [at, CLOSES + building.closingGraceMs - GRID_MS])
  incident(draft, { kind: 'door-held-open', seal, at, limitMs: HELD, note: 'open past closing time' })
  nearMiss(draft, { ...leftClaim(seal), note: 'shut 5 s before the grace ends' })
}
/** Opened a moment before the doors close, and shut soon after. */
const shutSoon: Scene = (draft, seal) => {
  const at = CLOSES - draft.random.int(1, 30) * GRID_MS
  stands(draft, seal, [at, CLOSES + MINUTE])
  nearMiss(draft, { ...leftClaim(seal), note: 'shut a minute after closing time' })
  nearMiss(draft, { ...offClaim(seal, at), note: 'just before the doors close', lastsMs: 2 * MINUTE })
}

const lateOpening = late + LATE_MS
const BY_DAY: readonly (readonly Casting[])[] = [
  [
    { scene: heldOpen, times: 12 },
    { scene: heldNearly, times: 35 },
  ],
  [
    { scene: passesShut, times: 32 },
    { scene: passesClosing, times: 45 },
    { scene: passesUnseen(lost, 'the opening before it was lost'), times: 35 },
    { scene: passesUnseen(lateOpening, 'the opening before it comes late'), times: 30 },
  ],
  [
    { scene: withoutPassage(WITHOUT, 0, 'four openings, nobody passes'), times: 32 },
    { scene: withoutPassage(WITHOUT - 1, 0, 'three openings, nobody passes'), times: 40 },
    { scene: withoutPassage(WITHOUT, prompt, 'four openings, then a passage'), times: 35 },
    { scene: withoutPassage(WITHOUT, lateOpening, 'four openings, then a passage that comes late'), times: 35 },
  ],
  [
    { scene: flapping(FLAP, false), times: 16 },
    { scene: flapping(FLAP - 1, false), times: 30 },
    { scene: flapping(FLAP, true), times: 20 },
  ],
  [
    { scene: beamBlocked, times: 32 },
    { scene: beamNearly, times: 60 },
    { scene: beamAndPassage, times: 45 },
  ],
]
/** Whole slots within the default schedule, 05:00 to 23:30. */
const DAYTIME: readonly [number, number] = [6, 22.5]
const FIRST_SLOT: readonly Casting[] = [
  { scene: atNight, times: 20 },
  { scene: atNightTwice, times: 6 },
  { scene: atNightPermitted, times: 55 },
]
const AT_OPENING: readonly Casting[] = [
  { scene: atOpening(SECOND), times: 8 },
  { scene: atOpening(0), times: 30 },
]
const LAST_SLOT: readonly Casting[] = [
  { scene: leftOpen, times: 32 },
  { scene: shutInTime, times: 50 },
  { scene: shutSoon, times: 55 },
]

export const addDoors = (draft: Draft): void => {
  const doors = draft.random.shuffle(draft.sites.filter(({ kind }) => kind === 'building').map(({ seals }) => seals.at(-1) as number))
  for (const castings of BY_DAY) cast(draft, castings, draft.random.shuffle([...doors]), DAYTIME)
  const someTime = (from: number, minutes: number): number => from + draft.random.int(1, (minutes * MINUTE) / GRID_MS) * GRID_MS
  castAt(draft, FIRST_SLOT, doors, (seal) => (takeSlotAt(draft, seal, 0) ? someTime(20 * MINUTE, 50) : undefined))
  castAt(draft, AT_OPENING, [...doors].reverse(), (seal) => (takeSlotAt(draft, seal, OPENS / HOUR) ? OPENS : undefined))
  castAt(draft, LAST_SLOT, draft.random.shuffle([...doors]), (seal) => (takeSlotAt(draft, seal, 23) ? someTime(DAY - 85 * MINUTE, 35) : undefined))
}
