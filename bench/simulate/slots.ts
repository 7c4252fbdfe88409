// The day in slots of 90 minutes: at most one scene or visit a seal in each. Scenes that are cast by chance take a slot between the
// first and the last; those that are bound to an hour (closing time, midnight) mark theirs.

import { HOUR, MINUTE, SECOND, DAY, type Draft } from './plan.ts'

export const SLOT_MS = 90 * MINUTE
const SLOTS = DAY / SLOT_MS
/** Scenes begin on multiples of this, so that what must be prompt falls on the end of a step of the player. */
export const GRID_MS = 5 * SECOND
/** Latest start within a slot; with scenes of at most 65 minutes nothing reaches the next slot. */
const SLOT_START_MS_MAX = 20 * MINUTE

const isFree = (draft: Draft, seal: number, slot: number): boolean => ((draft.slots[seal] as number) & (1 << slot)) === 0
const mark = (draft: Draft, seal: number, slot: number): void => {
  draft.slots[seal] = (draft.slots[seal] as number) | (1 << slot)
}

const startIn = (draft: Draft, slot: number): number => slot * SLOT_MS + draft.random.int(1, SLOT_START_MS_MAX / GRID_MS) * GRID_MS

/** A slot between two hours of the day that is free at all of these seals; its start time, or undefined where none is left. */
export const takeSlotOf = (draft: Draft, seals: readonly number[], [fromHour, untilHour]: readonly [number, number] = [0, 24]): number | undefined => {
  const free: number[] = []
  for (let slot = 1; slot < SLOTS - 1; slot++) {
    const inside = slot * SLOT_MS >= fromHour * HOUR && (slot + 1) * SLOT_MS <= untilHour * HOUR
    if (inside && seals.every((seal) => isFree(draft, seal, slot))) free.push(slot)
  }
  if (free.length === 0) return undefined
  const slot = draft.random.pick(free)
  for (const seal of seals) mark(draft, seal, slot)
  return startIn(draft, slot)
}
export const takeSlot = (draft: Draft, seal: number, hours?: readonly [number, number]): number | undefined => takeSlotOf(draft, [seal], hours)

/** The slot of this hour of the day, first and last too; false where it is taken. */
export const takeSlotAt = (draft: Draft, seal: number, hour: number): boolean => {
  const slot = Math.floor((hour * HOUR) / SLOT_MS)
  if (!isFree(draft, seal, slot)) return false
  mark(draft, seal, slot)
  return true
}

/** The first whole hour that a slot holds from beginning to end. */
export const wholeHourIn = (at: number): number => Math.ceil((Math.floor(at / SLOT_MS) * SLOT_MS) / HOUR) * HOUR
