import type { ShardRun } from './shard-run.ts'

// The newest 8 passages and the newest 8 door events of a watch, by (event time, boot, seq): a total order, so that the same events in
// any order of arrival leave the same 8. Two rings in one row: what arrives in order is one store at the head; what is late moves the
// younger ones up by one, and what is older than all 8 of a full ring is not kept. Each has one bit more, which moves with it.

type Checks = ShardRun['watchChecks']
/** Kept of each: enough openings for `doorWithoutPassageMin` (at most 4) with their closings between. */
export const KEPT = 8
export const RING = { passages: 0, doors: 1 } as const

// `newest` has 7 bits a ring: the head's slot, 3, and the count, 4.
const SHIFT = 7
const SLOTS = KEPT - 1
const stateOf = (checks: Checks, watch: number, ring: number): number => ((checks.newest[watch] as number) >>> (ring * SHIFT)) & 127
const setState = (checks: Checks, watch: number, ring: number, { head, count }: { readonly head: number; readonly count: number }): void => {
  const others = (checks.newest[watch] as number) & ~(127 << (ring * SHIFT))
  checks.newest[watch] = others | ((head | (count << 3)) << (ring * SHIFT))
}

export const keptCount = (checks: Checks, watch: number, ring: number): number => stateOf(checks, watch, ring) >>> 3
/** Where the `age`-th newest is (0 = the newest), for the functions below. Only where there are so many. */
export const slotOf = (checks: Checks, watch: number, ring: number, age: number): number => (stateOf(checks, watch, ring) + KEPT - age) & SLOTS

const cell = (watch: number, ring: number, slot: number): number => watch * 4 * KEPT + ring * 2 * KEPT + slot * 2
export const timeAt = (checks: Checks, watch: number, ring: number, slot: number): number => checks.newestTimes[cell(watch, ring, slot)] as number
export const receivedAt = (checks: Checks, watch: number, ring: number, slot: number): number => checks.newestTimes[cell(watch, ring, slot) + 1] as number
export const bootAt = (checks: Checks, watch: number, ring: number, slot: number): number => checks.newestNumbers[cell(watch, ring, slot)] as number
export const seqAt = (checks: Checks, watch: number, ring: number, slot: number): number => checks.newestNumbers[cell(watch, ring, slot) + 1] as number
export const bitAt = (checks: Checks, watch: number, ring: number, slot: number): boolean =>
  ((checks.newestBits[watch * 2 + ring] as number) & (1 << slot)) !== 0
export const setBit = (checks: Checks, watch: number, ring: number, { slot, on }: { readonly slot: number; readonly on: boolean }): void => {
  const at = watch * 2 + ring
  const bits = checks.newestBits[at] as number
  checks.newestBits[at] = on ? bits | (1 << slot) : bits & ~(1 << slot)
}

/** People of a passage that is kept, in (+) or out (−). */
export const peopleAt = (checks: Checks, watch: number, slot: number): number => checks.newestPeople[watch * KEPT + slot] as number

/** Event time of the newest; -Infinity where there is none. */
export const newestTime = (checks: Checks, watch: number, ring: number): number =>
  keptCount(checks, watch, ring) === 0 ? -Infinity : timeAt(checks, watch, ring, slotOf(checks, watch, ring, 0))

type Event = Pick<ShardRun['current'], 'watch' | 'time' | 'boot' | 'seq'>
/** What of a run it takes to keep an event. */
export type Keeping = Pick<ShardRun, 'watchChecks' | 'received'> & { readonly current: Event }

/** Keeps the current event, unless it is older than the 8 that are kept: false then. `value`: people in (+) or out (−); of a door 1 = opened. */
export const keepNewest = ({ watchChecks: checks, received, current }: Keeping, ring: number, value: number): boolean => {
  const { watch, time, boot, seq } = current
  const state = stateOf(checks, watch, ring)
  const count = state >>> 3
  const head = count === 0 ? 0 : (state + 1) & SLOTS
  // The oldest of a full ring is where the new head will be.
  if (count === KEPT && isOlder(checks, current, cell(watch, ring, head))) return false
  setState(checks, watch, ring, { head, count: Math.min(count + 1, KEPT) })
  let slot = head
  for (let younger = Math.min(count, KEPT - 1); younger > 0; younger -= 1) {
    const before = (slot + KEPT - 1) & SLOTS
    if (!isOlder(checks, current, cell(watch, ring, before))) break
    move(checks, watch, ring, { from: before, to: slot })
    slot = before
  }
  const at = cell(watch, ring, slot)
  checks.newestTimes[at] = time
  checks.newestTimes[at + 1] = received
  checks.newestNumbers[at] = boot
  checks.newestNumbers[at + 1] = seq
  setBit(checks, watch, ring, { slot, on: ring === RING.doors && value === 1 })
  if (ring === RING.passages) checks.newestPeople[watch * KEPT + slot] = value
  return true
}

const isOlder = ({ newestTimes, newestNumbers }: Checks, event: Event, at: number): boolean => {
  if (event.time !== newestTimes[at]) return event.time < (newestTimes[at] as number)
  return event.boot !== newestNumbers[at] ? event.boot < (newestNumbers[at] as number) : event.seq < (newestNumbers[at + 1] as number)
}

const move = (checks: Checks, watch: number, ring: number, { from, to }: { readonly from: number; readonly to: number }): void => {
  const { newestTimes, newestNumbers } = checks
  const [source, target] = [cell(watch, ring, from), cell(watch, ring, to)]
  newestTimes[target] = newestTimes[source] as number
  newestTimes[target + 1] = newestTimes[source + 1] as number
  newestNumbers[target] = newestNumbers[source] as number
  newestNumbers[target + 1] = newestNumbers[source + 1] as number
  setBit(checks, watch, ring, { slot: to, on: bitAt(checks, watch, ring, from) })
  const { newestPeople } = checks
  if (ring === RING.passages) newestPeople[watch * KEPT + to] = newestPeople[watch * KEPT + from] as number
}
