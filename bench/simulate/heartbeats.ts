// Whose heartbeat is next, over the day; and, where a fleet is powered up at once, whose first one.

import { EVENT } from '../../core/kinds.ts'
import { MINUTE, type Plan } from './plan.ts'

export type Heartbeats = {
  /** When the next one is, ms since the start. */
  readonly time: () => number
  /** Whose it is; the one after it is next from then on. */
  readonly take: () => number
}

/** Each seal beats once a minute, at its phase; those at or before `fromMs` are over. */
export const heartbeatsFrom = ({ seals }: Plan, fromMs: number): Heartbeats => {
  const phases = Uint32Array.from(seals, ({ phase }) => phase)
  const order = Uint32Array.from(phases.keys()).sort((a, b) => (phases[a] as number) - (phases[b] as number) || a - b)
  let minute = Math.floor(fromMs / MINUTE) * MINUTE
  let index = 0
  const time = (): number => (order.length === 0 ? Infinity : minute + (phases[order[index] as number] as number))
  const take = (): number => {
    const seal = order[index] as number
    index++
    if (index === order.length) {
      index = 0
      minute += MINUTE
    }
    return seal
  }
  while (time() <= fromMs) take()
  return { time, take }
}

export type PowerUp = {
  readonly seal: number
  readonly at: number
  /** The state of its door as an event, where it has one. */ readonly door: number | undefined
}
/** All devices within `powerUpMs`, in the order of their phases. */
export const powerUpsFrom = (plan: Plan, fromMs: number, powerUpMs: number): PowerUp[] => {
  if (powerUpMs === 0) return []
  const doors = doorsAt(plan, fromMs)
  return plan.seals
    .map(({ phase }, seal) => ({ seal, at: fromMs + Math.ceil((phase * powerUpMs) / MINUTE), door: doors.get(seal) }))
    .sort((a, b) => a.at - b.at || a.seal - b.seal)
}

/** The state of each door as an event: of those that the plan ever opens, which are those that have a leaf to sense. */
const doorsAt = ({ actions }: Plan, atMs: number): Map<number, number> => {
  const doors = new Map<number, number>()
  for (let i = 0; i < actions.count; i++) {
    const [seal, kind] = [actions.seal[i] as number, actions.kind[i] as number]
    if (kind !== EVENT.DOOR_OPENED && kind !== EVENT.DOOR_CLOSED) continue
    if ((actions.time[i] as number) <= atMs) doors.set(seal, kind)
    else if (!doors.has(seal)) doors.set(seal, EVENT.DOOR_CLOSED)
  }
  // One that stands open says so by its closing: reported as opened now, its permit's openings would be counted twice.
  for (const [seal, kind] of doors) if (kind === EVENT.DOOR_OPENED) doors.delete(seal)
  return doors
}
