import { isWatchTold, lookWatchAt, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import type { ShardRun } from '../shard-run.ts'

// flapping: a contact, magnet or beam that says far more than a door can do. Its events are counted by aligned windows of event time; two
// windows are kept, the highest heard of and the one before, so that the order of arrival does not show. One alarm while it goes on.

/** A door, tamper or beam event. */
export const flapped = (run: ShardRun): void => {
  const { watch, time, policy } = run.current
  const { flapCounts } = run.watchChecks
  const size = run.policy.flapWindowMs[policy] as number
  resized(run, watch, size)
  const { flapWindow } = run.watchChecks
  const window = Math.floor(time / size)
  const highest = flapWindow[watch] as number
  const at = watch * 2
  if (window > highest) {
    flapCounts[at + 1] = window === highest + 1 ? (flapCounts[at] as number) : 0
    flapCounts[at] = 0
    flapWindow[watch] = window
  } else if (window < highest - 1) return
  const cell = window >= highest ? at : at + 1
  const count = (flapCounts[cell] as number) + 1
  flapCounts[cell] = count
  if (count >= (run.policy.flapEventsMin[policy] as number) || isWatchTold(run, watch, WATCH_CHECK.flapping)) markWatch(run, watch)
}

/** Windows of another size are other windows. */
const resized = ({ watchChecks }: ShardRun, watch: number, size: number): void => {
  if (watchChecks.flapWindowMs[watch] === size) return
  watchChecks.flapWindowMs[watch] = size
  watchChecks.flapWindow[watch] = 0
  watchChecks.flapCounts.fill(0, watch * 2, watch * 2 + 2)
}

export const checkFlapping = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { policy, received, watchChecks: checks } = run
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const size = policy.flapWindowMs[row] as number
  const enough = policy.flapEventsMin[row] as number
  if ((checks.flapWindowMs[watch] as number) !== 0) resized(run, watch, size)
  let value = 0
  let ends = Infinity
  for (let back = 0; back < 2; back += 1) {
    const count = checks.flapCounts[watch * 2 + back] as number
    const until = ((checks.flapWindow[watch] as number) - back + 2) * size
    if (count < enough || received >= until) continue
    value = Math.max(value, count)
    ends = Math.min(ends, until)
  }
  tellWatch(run, watch, WATCH_CHECK.flapping, inForce && value > 0 ? { time: received, value } : null)
  if (inForce && value > 0) lookWatchAt(run, watch, ends)
}
