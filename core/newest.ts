import type { ShardRun } from './shard-run.ts'

// The newest 8 passages and the newest 8 door events of a watch, by (event time, boot, seq): a total order, so that the same events in
// any order of arrival leave the same 8. Two rings in one row: what arrives in order is one store at the head; what is late moves the
// younger ones up by one, and what is older than all 8 of a full ring is not kept. Each has one bit more, which moves with it.
// A row is one run of 128 words (`newest` of WATCH_CHECKS): a fleet's rows are in no cache, and what lies together comes together.

type Checks = ShardRun['watchChecks']
/** Kept of each: enough openings for `doorWithoutPassageMin` (at most 4) with their closings between. */
export const KEPT = 8
export const RING = { passages: 0, doors: 1 } as const

// Words of one that is kept: its time and the time received (low half, then high), boot, seq, people; the last is spare.
const WORDS = 8
const [TIME, RECEIVED, BOOT, SEQ, PEOPLE] = [0, 2, 4, 5, 6] as const
/** Words of a row: of the ring of passages, then of that of doors. */
export const NEWEST_WORDS = 2 * KEPT * WORDS
const ROW = NEWEST_WORDS
// The spare word of a row's first has 15 bits a ring: the head's slot, 3; the count, 4; a bit for each slot, 8.
const STATE = 7
const SHIFT = 15
const RING_BITS = (1 << SHIFT) - 1
const COUNT_AT = 3
const BITS_AT = 7
const SLOTS = KEPT - 1
const HALF = 4_294_967_296
const stateOf = ({ newest }: Checks, watch: number, ring: number): number => (newest[watch * ROW + STATE] as number) >>> (ring * SHIFT)
const bitOf = (ring: number, slot: number): number => 1 << (ring * SHIFT + BITS_AT + slot)

export const keptCount = (checks: Checks, watch: number, ring: number): number => (stateOf(checks, watch, ring) >>> COUNT_AT) & 15
/** Where the `age`-th newest is (0 = the newest), for the functions below. Only where there are so many. */
export const slotOf = (checks: Checks, watch: number, ring: number, age: number): number => (stateOf(checks, watch, ring) + KEPT - age) & SLOTS

const wordOf = (watch: number, ring: number, slot: number): number => watch * ROW + (ring * KEPT + slot) * WORDS
const momentAt = (newest: Uint32Array, at: number): number => (newest[at + 1] as number) * HALF + (newest[at] as number)
export const timeAt = ({ newest }: Checks, watch: number, ring: number, slot: number): number => momentAt(newest, wordOf(watch, ring, slot) + TIME)
export const receivedAt = ({ newest }: Checks, watch: number, ring: number, slot: number): number => momentAt(newest, wordOf(watch, ring, slot) + RECEIVED)
export const bootAt = ({ newest }: Checks, watch: number, ring: number, slot: number): number => newest[wordOf(watch, ring, slot) + BOOT] as number
export const seqAt = ({ newest }: Checks, watch: number, ring: number, slot: number): number => newest[wordOf(watch, ring, slot) + SEQ] as number
export const bitAt = ({ newest }: Checks, watch: number, ring: number, slot: number): boolean =>
  ((newest[watch * ROW + STATE] as number) & bitOf(ring, slot)) !== 0
export const setBit = ({ newest }: Checks, watch: number, ring: number, slot: number): void => {
  newest[watch * ROW + STATE] = (newest[watch * ROW + STATE] as number) | bitOf(ring, slot)
}
export const clearBits = ({ newest }: Checks, watch: number, ring: number): void => {
  newest[watch * ROW + STATE] = (newest[watch * ROW + STATE] as number) & ~(0xff << (ring * SHIFT + BITS_AT))
}

/** People of a passage that is kept, in (+) or out (−). */
export const peopleAt = ({ newest }: Checks, watch: number, slot: number): number => (newest[wordOf(watch, RING.passages, slot) + PEOPLE] as number) | 0

/** Event time of the newest; -Infinity where there is none. */
export const newestTime = (checks: Checks, watch: number, ring: number): number => {
  const state = stateOf(checks, watch, ring)
  return (state & RING_BITS) === 0 ? -Infinity : timeAt(checks, watch, ring, state & SLOTS)
}

type Event = Pick<ShardRun['current'], 'watch' | 'time' | 'boot' | 'seq'>
/** What of a run it takes to keep an event. */
export type Keeping = Pick<ShardRun, 'watchChecks' | 'received'> & { readonly current: Event }

/** Keeps the current event, unless it is older than the 8 that are kept: false then. `value`: people in (+) or out (−); of a door 1 = opened. */
export const keepNewest = ({ watchChecks: { newest }, received, current }: Keeping, ring: number, value: number): boolean => {
  const { watch, time, boot, seq } = current
  const row = newest[watch * ROW + STATE] as number
  const state = (row >>> (ring * SHIFT)) & RING_BITS
  const count = (state >>> COUNT_AT) & 15
  // The oldest of a full ring is where the new head will be.
  const head = count === 0 ? 0 : (state + 1) & SLOTS
  const isLate = count > 0 && isOlder(newest, current, wordOf(watch, ring, state & SLOTS))
  if (isLate && count === KEPT && isOlder(newest, current, wordOf(watch, ring, head))) return false
  const ringNow = head | (Math.min(count + 1, KEPT) << COUNT_AT) | (state & (0xff << BITS_AT))
  newest[watch * ROW + STATE] = (row & ~(RING_BITS << (ring * SHIFT))) | (ringNow << (ring * SHIFT))
  const slot = isLate ? moveUp(newest, current, ring, { head, count }) : head
  const at = wordOf(watch, ring, slot)
  newest[at + TIME] = time
  newest[at + TIME + 1] = Math.floor(time / HALF)
  newest[at + RECEIVED] = received
  newest[at + RECEIVED + 1] = Math.floor(received / HALF)
  newest[at + BOOT] = boot
  newest[at + SEQ] = seq
  newest[at + PEOPLE] = value
  const bit = bitOf(ring, slot)
  const rest = (newest[watch * ROW + STATE] as number) & ~bit
  newest[watch * ROW + STATE] = ring === RING.doors && value === 1 ? rest | bit : rest
  return true
}

const isOlder = (newest: Uint32Array, event: Event, at: number): boolean => {
  const time = momentAt(newest, at + TIME)
  if (event.time !== time) return event.time < time
  return event.boot !== newest[at + BOOT] ? event.boot < (newest[at + BOOT] as number) : event.seq < (newest[at + SEQ] as number)
}

/** Moves up by one what is younger than an event that is late, into the new head: returns the slot that is free then. */
const moveUp = (newest: Uint32Array, event: Event, ring: number, { head, count }: { readonly head: number; readonly count: number }): number => {
  let slot = head
  for (let younger = Math.min(count, KEPT - 1); younger > 0; younger -= 1) {
    const before = (slot + KEPT - 1) & SLOTS
    if (!isOlder(newest, event, wordOf(event.watch, ring, before))) break
    move(newest, event.watch, ring, { from: before, to: slot })
    slot = before
  }
  return slot
}

const move = (newest: Uint32Array, watch: number, ring: number, { from, to }: { readonly from: number; readonly to: number }): void => {
  const [source, target] = [wordOf(watch, ring, from), wordOf(watch, ring, to)]
  // Word by word: but for the last, which is not its own.
  for (let word = 0; word < WORDS - 1; word += 1) newest[target + word] = newest[source + word] as number
  const state = newest[watch * ROW + STATE] as number
  newest[watch * ROW + STATE] = (state & bitOf(ring, from)) !== 0 ? state | bitOf(ring, to) : state & ~bitOf(ring, to)
}
