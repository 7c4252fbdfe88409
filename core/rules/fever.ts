import { baselineOf, HOUR_MS, keepReading } from '../baseline.ts'
import { feverSeen } from '../conditions.ts'
import type { ShardRun } from '../shard-run.ts'
import { driftMayChange } from './drift.ts'

// fever: one person's temperature, in thousandths of a degree, at or above the limit; or, where the policy says so, so far above what the
// terminal shows of others now: in the cold skin reads low, and a fever with it. Each is an alarm of its own.

export const temperatureRead = (run: ShardRun): void => {
  const { watch, policy, value, quiet } = run.current
  const limit = run.policy.feverMilliC[policy] as number
  if (!quiet && (value >= limit || isAbove(run))) feverSeen(run, watch, value)
  if (value >= limit) return
  keepReading(run)
  driftMayChange(run)
}

/** Above the terminal's baseline, of readings before this one, by so much; the baseline is one of this reading's hour or a neighbour's. */
const isAbove = (run: ShardRun): boolean => {
  const { watch, policy, value, time } = run.current
  const above = run.policy.feverAboveMilliC[policy] as number
  if (above === Infinity || Math.abs(Math.floor(time / HOUR_MS) - (run.watchChecks.thermalHour[watch] as number)) > 1) return false
  return value >= baselineOf(run, watch, run.policy.thermalReadingsMin[policy] as number) + above
}
