// Who plays which scene: each scene its number of times, over a pool of seals, in slots that are free.

import { takeSlot } from './slots.ts'
import type { Draft } from './plan.ts'

/** One scene at one seal, from `at` on. */
export type Scene = (draft: Draft, seal: number, at: number) => void
/** `times`: in a fleet of {@link FULL_FLEET} seals. */
export type Casting = { readonly scene: Scene; readonly times: number }

/** Fewer seals play fewer scenes; more do not play more. */
export const FULL_FLEET = 2_000
export const shareOf = (draft: Draft): number => Math.min(1, draft.seals.length / FULL_FLEET)

/**
 * Plays each scene on the next seals of the pool, which goes round where it is too small: list scenes with incidents first, so that
 * no seal has two of a kind. `hours`: between which slots may lie.
 */
export const cast = (draft: Draft, castings: readonly Casting[], pool: readonly number[], hours?: readonly [number, number]): void => {
  if (pool.length === 0) return
  const share = shareOf(draft)
  let next = 0
  for (const { scene, times } of castings) {
    for (let left = Math.ceil(times * share), tried = 0; left > 0 && tried < 2 * pool.length; tried++) {
      const seal = pool[next++ % pool.length] as number
      const isOver = draft.sites[draft.seals[seal]?.site as number]?.observedUntil !== undefined
      const at = isOver ? undefined : takeSlot(draft, seal, hours)
      if (at === undefined) continue
      scene(draft, seal, at)
      left--
    }
  }
}

/** As {@link cast}, for scenes bound to an hour: each seal of the pool plays at most once. */
export const castAt = (draft: Draft, castings: readonly Casting[], pool: readonly number[], take: (seal: number) => number | undefined): void => {
  const share = shareOf(draft)
  let next = 0
  for (const { scene, times } of castings) {
    for (let left = Math.ceil(times * share); left > 0 && next < pool.length;) {
      const seal = pool[next++] as number
      const at = take(seal)
      if (at === undefined) continue
      scene(draft, seal, at)
      left--
    }
  }
}
