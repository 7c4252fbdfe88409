import { FIXED } from './policy.ts'
import type { RegistryChangeRow } from './rows.ts'

// Ticks are not stored, for one is like the next; where they failed to come (the engine was down, or its thread was held up) a row of
// `registry_changes` says so, under no site, because then an alarm is raised later than the figures say (docs/evidence.md).

/** When the last tick was, and how long it was after the one before; 0 = there was none. */
export type Ticked = { readonly at: number; readonly every: number }
export const TICKED_NONE: Ticked = { at: 0, every: 0 }

/** One tick may be left out, or late, without a word: what is due is then told up to a tick later, which evidence allows for. */
const TICKS_MISSED = 2.5

export const tickedAgain = ({ at, every }: Ticked, received: number): Ticked => ({ at: received, every: at === 0 ? every : received - at })

/** The row of a tick that came too late; none where it did not. */
export const tickGap = ({ at, every }: Ticked, { time, position }: { readonly time: number; readonly position: number }): readonly RegistryChangeRow[] =>
  every === 0 || time - at <= TICKS_MISSED * every
    ? []
    : [{ time, position, siteKey: 0, siteNo: 0, what: TICK_GAP, body: JSON.stringify({ from: at, until: time }), expires: time + FIXED.otherRetentionMs }]
export const TICK_GAP = 'tick-gap'
