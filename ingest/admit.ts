import { findSeal, watchAt, type Directory } from '../core/directory.ts'
import { EVENT, EVENT_KIND_MAX, REASON } from '../core/kinds.ts'
import type { Policy } from '../core/policy.ts'
import type { Decoded } from './decoded.ts'
import type { EntryBuilder } from './entry-builder.ts'

// The verdict on each event, given once (ARCHITECTURE.md, "Entry, verdict, receipt"): admitted to one watch at one time, or
// rejected with a reason. Reads the directory, which only ever grows, and nothing else; a verdict is never revised.

export type Admission = {
  readonly directory: Directory
  readonly policy: Policy
  /** The engine's clock when the task began; the log's stamp is never less. */
  readonly received: number
  /** The sender. */
  readonly tokenNo: number
  /** By areaKey: 1 where the sender may write; null = everywhere. An area newer than the map is not in it, so it is refused. */
  readonly allowed: Uint8Array | null
  /** How many rejected events may still be kept whole for this sender. */
  readonly listedMax: number
}
export type Verdicts = {
  readonly accepted: number
  /** Index and reason of each rejected event, by ascending index. */
  readonly index: readonly number[]
  readonly reason: readonly number[]
  /** Of the rejected, how many are kept whole in the entry. */
  readonly listed: number
}

/**
 * Range of `value` by kind; for a kind that gives it no meaning any value goes. `zero`: what 0 stands for.
 * People: a door counts them one by one; 1,000 at once is a gateway's sum, more is a fault. Millivolts: seals run on 3 to 24 V.
 * Roll call: the largest towers hold tens of thousands. Temperature: what a contactless sensor can report, -50 to 100 °C.
 */
export const VALUE_RANGE: Readonly<Record<number, { readonly min: number; readonly max: number; readonly zero: number }>> = {
  [EVENT.PASSAGE_IN]: { min: 0, max: 1000, zero: 1 },
  [EVENT.PASSAGE_OUT]: { min: 0, max: 1000, zero: 1 },
  [EVENT.TAMPERED]: { min: 0, max: 3, zero: 1 },
  [EVENT.TAMPER_RESTORED]: { min: 0, max: 3, zero: 0 },
  [EVENT.HEARTBEAT]: { min: 0, max: 100_000, zero: 0 },
  [EVENT.ROLL_CALL]: { min: 0, max: 1_000_000, zero: 0 },
  [EVENT.TEMPERATURE]: { min: -50_000, max: 100_000, zero: 0 },
}
const column = (of: (range: { readonly min: number; readonly max: number; readonly zero: number }) => number, none: number): Int32Array =>
  Int32Array.from({ length: EVENT_KIND_MAX + 1 }, (_, kind) => {
    const range = VALUE_RANGE[kind]
    return range === undefined ? none : of(range)
  })
const VALUE_MIN = column((range) => range.min, -0x80000000)
const VALUE_MAX = column((range) => range.max, 0x7fffffff)
const VALUE_ZERO = column((range) => range.zero, 0)

/** Gives `count` decoded events their verdicts and adds them to the entry. */
export const admit = (events: Decoded, count: number, admission: Admission, entry: EntryBuilder): Verdicts => {
  const { directory, tokenNo, listedMax } = admission
  const index: number[] = []
  const reason: number[] = []
  entry.reserve(count)
  for (let i = 0; i < count; i++) {
    const seal = findSeal(directory, events.low[i] as number, events.high[i] as number)
    const why = seal === 0 ? REASON.UNKNOWN_SEAL : place(events, i, seal, admission)
    if (why === 0) {
      entry.add(events, i, placed)
      continue
    }
    if (index.length < listedMax) entry.reject(events, i, why, tokenNo)
    else entry.rejectUnlisted()
    index.push(i)
    reason.push(why)
  }
  return { accepted: count - index.length, index, reason, listed: Math.min(index.length, listedMax) }
}

/** Where the event just judged belongs: one cell in place of an object an event. `device` is NaN where the seal's clock was taken. */
const placed = { time: 0, device: Number.NaN, watch: 0, value: 0 }
export type Placed = typeof placed

/** The reason to reject, or 0 with {@link placed} filled. */
const place = (events: Decoded, i: number, seal: number, admission: Admission): number => {
  const { directory, policy, received, allowed } = admission
  const { areaKey, observedFrom, observedUntil } = directory.watches.columns
  const device = events.time[i] as number
  let watch = 0
  let wrong = device === 0 || device > received + policy.clockAheadMsMax
  if (!wrong) {
    watch = watchAt(directory, seal, device)
    wrong = watch === 0 && device < received - policy.clockBehindMsMax
  }
  const time = wrong ? received : device
  if (wrong) watch = watchAt(directory, seal, received)
  const known = watch === 0 ? (directory.seals.columns.head[seal] as number) : watch
  if (allowed !== null && allowed[areaKey[known] as number] !== 1) return REASON.FORBIDDEN_SEAL
  const kind = events.kind[i] as number
  if (kind < 1 || kind > EVENT_KIND_MAX) return REASON.BAD_KIND
  const value = events.value[i] as number
  if (value < (VALUE_MIN[kind] as number) || value > (VALUE_MAX[kind] as number)) return REASON.BAD_VALUE
  if (watch === 0) return REASON.NOT_ASSIGNED
  const until = observedUntil[watch] as number
  if (time < (observedFrom[watch] as number) || time >= until || received > until + policy.observationTailMs) return REASON.NOT_OBSERVED
  placed.time = time
  placed.device = wrong ? device : Number.NaN
  placed.watch = watch
  placed.value = value === 0 ? (VALUE_ZERO[kind] as number) : value
  return 0
}
