import { isWatchTold, lookWatchAt, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import type { ShardRun } from '../shard-run.ts'

// flapping: a contact, magnet or beam that says far more than a door can do. Its events are counted by aligned windows of event time; two
// windows are kept, the highest heard of and the one before, so that the order of arrival does not show. One alarm while it goes on.

// Cells of `flap`: the windows' size, the highest window, its count and the count of the one before.
const CELLS = 4
const [SIZE, WINDOW, COUNT] = [0, 1, 2] as const

/** A door, tamper or beam event. */
export const flapped = (run: ShardRun): void => {
  const { watch, time, policy } = run.current
  const { flap } = run.watchChecks
  const size = run.policy.flapWindowMs[policy] as number
  const at = watch * CELLS
  if (flap[at + SIZE] !== size) resize(flap, at, size)
  const window = Math.floor(time / size)
  const highest = flap[at + WINDOW] as number
  if (window > highest) {
    flap[at + COUNT + 1] = window === highest + 1 ? (flap[at + COUNT] as number) : 0
    flap[at + COUNT] = 0
    flap[at + WINDOW] = window
  } else if (window < highest - 1) return
  const cell = window >= highest ? at + COUNT : at + COUNT + 1
  const count = (flap[cell] as number) + 1
  flap[cell] = count
  if (count >= (run.policy.flapEventsMin[policy] as number) || isWatchTold(run, watch, WATCH_CHECK.flapping)) markWatch(run, watch)
}

/** Windows of another size are other windows. */
const resize = (flap: Uint32Array, at: number, size: number): void => {
  flap.fill(0, at, at + CELLS)
  flap[at + SIZE] = size
}

export const checkFlapping = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { policy, received } = run
  const { flap } = run.watchChecks
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const size = policy.flapWindowMs[row] as number
  const enough = policy.flapEventsMin[row] as number
  const at = watch * CELLS
  if (flap[at + SIZE] !== 0 && flap[at + SIZE] !== size) resize(flap, at, size)
  let value = 0
  let ends = Infinity
  for (let back = 0; back < 2; back += 1) {
    const count = flap[at + COUNT + back] as number
    const until = ((flap[at + WINDOW] as number) - back + 2) * size
    if (count < enough || received >= until) continue
    value = Math.max(value, count)
    ends = Math.min(ends, until)
  }
  tellWatch(run, watch, WATCH_CHECK.flapping, inForce && value > 0 ? { time: received, value } : null)
  if (inForce && value > 0) lookWatchAt(run, watch, ends)
}
