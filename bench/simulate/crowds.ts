// How many are inside: a crowd in a tower at night, and halls that fill up to their capacity when nobody else is there.

import { EVENT } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { cast, type Casting, type Scene } from './casting.ts'
import { HALL_CAPACITY } from './fleet.ts'
import { act, DELIVERY, incident, MINUTE, nearMiss, SECOND, type Draft } from './plan.ts'

const { building } = POLICY_DEFAULT.kinds
const GRACE = building.headcountGraceMs
const { prompt } = DELIVERY

/** People per passage of a crowd. */
const GROUP = 20
/** Clearly more than the miscounts that the default policy allows for these few passages. */
const OVER_MIN = 5
/** At night, when nobody else is inside, a crowd larger than the head-count comes to a tower. */
const crowd =
  (stays: boolean): Scene =>
  (draft, seal, at) => {
    const { headcount } = draft.sites[draft.seals[seal]?.site as number] as { headcount: number }
    const groups = Math.floor((headcount + OVER_MIN) / GROUP) + 1
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

const WARNING = Math.ceil(HALL_CAPACITY * building.capacityWarnShare)
/** So many come at once; later so many more; then all leave. */
const fills =
  (first: number, more: number, note: string): Scene =>
  (draft, seal, at) => {
    const claim = { kind: 'capacity-over', seal, at, scope: 'site' } as const
    const grows = at + 3 * MINUTE
    const leaves = grows + draft.random.int(3, 30) * MINUTE
    act(draft, { at, seal, kind: EVENT.PASSAGE_IN, value: first, delivery: prompt })
    if (more > 0) act(draft, { at: grows, seal, kind: EVENT.PASSAGE_IN, value: more, delivery: prompt })
    act(draft, { at: leaves, seal, kind: EVENT.PASSAGE_OUT, value: first + more, delivery: prompt })
    if (first > HALL_CAPACITY) incident(draft, { ...claim, severity: 'major', note })
    else if (first + more > HALL_CAPACITY && first < WARNING) incident(draft, { ...claim, at: grows, severity: 'major', note })
    else if (first >= WARNING) incident(draft, { ...claim, severity: 'minor', note })
    else nearMiss(draft, { ...claim, note, lastsMs: leaves - at })
  }
/** Over the limit for two seconds, between two ticks. */
const brimsOver: Scene = (draft, seal, at) => {
  act(draft, { at: at - 4 * SECOND, seal, kind: EVENT.PASSAGE_IN, value: HALL_CAPACITY + 10, delivery: prompt })
  act(draft, { at: at - 2 * SECOND, seal, kind: EVENT.PASSAGE_OUT, value: HALL_CAPACITY + 11 - WARNING, delivery: prompt })
  act(draft, { at: at + 10 * MINUTE, seal, kind: EVENT.PASSAGE_OUT, value: WARNING - 1, delivery: prompt })
  nearMiss(draft, { kind: 'capacity-over', seal, at: at - 4 * SECOND, scope: 'site', note: 'over for two seconds, none of them a tick', lastsMs: 10 * MINUTE })
}

const TOWERS: readonly Casting[] = [
  { scene: crowd(true), times: 12 },
  { scene: crowd(false), times: 25 },
]
const HALLS: readonly Casting[] = [
  { scene: fills(WARNING, 0, 'a warning'), times: 14 },
  { scene: fills(HALL_CAPACITY, 0, 'full, but not over: a warning'), times: 8 },
  { scene: fills(WARNING + 2, 10, 'a warning, then over the limit: one alarm'), times: 8 },
  { scene: fills(HALL_CAPACITY + 1, 0, 'over the limit'), times: 15 },
  { scene: fills(40, HALL_CAPACITY, 'well, then far over the limit'), times: 15 },
  { scene: fills(WARNING - 1, 0, 'one below the warning'), times: 45 },
  { scene: fills(WARNING - 20, 19, 'one below the warning, by steps'), times: 40 },
  { scene: brimsOver, times: 25 },
]
/** Nobody is in a tower or a hall before these hours. */
const TOWER_NIGHT: readonly [number, number] = [0, 6]
const HALL_NIGHT: readonly [number, number] = [0, 7.5]

export const addCrowds = (draft: Draft): void => {
  const mainDoors = (name: string): number[] => draft.random.shuffle(draft.sites.filter(({ id }) => id.startsWith(name)).map(({ seals }) => seals[0] as number))
  cast(draft, TOWERS, mainDoors('tower'), TOWER_NIGHT)
  cast(draft, HALLS, mainDoors('hall'), HALL_NIGHT)
}
