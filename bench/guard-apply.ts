// The two sides of the guards of the apply path. Chosen: the real shard task (window, rules, counts, traffic, rows) over a round of
// events. Reference: the least that any engine of this kind does, seven fields of typed arrays updated at as many rows in random order,
// eight times over. The fleet is small enough for the processor's caches, so that the ratio is one of work, not of memory.

import { createRounds } from './kernels/apply.ts'
import { seeded } from './random.ts'

export type ApplyWays = { readonly fresh: Side; readonly repeats: Side; readonly bare: Side; readonly events: number }
export type Side = { readonly prepare: () => void; readonly run: () => number }

const SEALS = 1_000
const EVENTS = 4_000
const SEED = 5
/** The loop is gone through so often a turn: one pass is over in 12 µs, too short to time well. */
const PASSES = 8

export const applyWays = (): ApplyWays => {
  const shape = { seals: SEALS, events: EVENTS }
  const fresh = createRounds(shape)
  // Each round once more: every event is a repeat, so what is left is the scan and the window.
  const again = createRounds(shape)
  again.prepare()
  again.apply()
  return {
    events: EVENTS,
    fresh: { prepare: fresh.prepare, run: () => fresh.apply().fresh },
    repeats: { prepare: () => undefined, run: () => again.applyAgain().repeated },
    bare: bareLoop(),
  }
}

const bareLoop = (): Side => {
  const random = seeded(SEED)
  const rows = Uint32Array.from({ length: EVENTS }, () => random.int(1, SEALS + 1))
  const times = Float64Array.from(rows, (_, i) => 1_790_000_000_000 + i)
  const field = <T>(make: new (buffer: SharedArrayBuffer) => T, bytes: number): T => new make(new SharedArrayBuffer((SEALS + 1) * bytes))
  const heard = field(Float64Array, 8)
  const door = field(Float64Array, 8)
  const boot = field(Uint32Array, 4)
  const top = field(Uint32Array, 4)
  const flags = field(Uint32Array, 4)
  const battery = field(Uint16Array, 2)
  const net = field(Int32Array, 4)
  const pass = (): void => {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number
      const time = times[i] as number
      heard[row] = Math.max(heard[row] as number, time)
      if (time > (door[row] as number)) door[row] = time
      boot[row] = 1
      top[row] = (top[row] as number) + 1
      flags[row] = (flags[row] as number) ^ (1 << (i & 7))
      battery[row] = 3_000 + (i & 511)
      net[row] = (net[row] as number) + (i & 1) * 2 - 1
    }
  }
  const run = (): number => {
    for (let n = 0; n < PASSES; n++) pass()
    return EVENTS
  }
  return { prepare: () => undefined, run }
}
