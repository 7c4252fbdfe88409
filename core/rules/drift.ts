import { baselineOf, HOUR_MS } from '../baseline.ts'
import { isWatchTold, lookWatchAt, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import type { ShardRun } from '../shard-run.ts'

// thermal-drift: what a terminal shows of healthy people is off by more than ambient air explains: it stands in the sun, in a draught, or
// needs a calibration. Ends a little below the limit, or when it has read nobody for two hours.

/** Less than a terminal's own resolution over a mean of thirty people, and enough that a mean at the limit does not flap. */
const HYSTERESIS_MILLI_C = 200

const isOff = (run: ShardRun, watch: number, row: number): boolean => {
  const { thermalNominalMilliC, thermalDriftMilliC, thermalReadingsMin } = run.policy
  const off = Math.abs(baselineOf(run, watch, thermalReadingsMin[row] as number) - (thermalNominalMilliC[row] as number))
  const limit = thermalDriftMilliC[row] as number
  return isWatchTold(run, watch, WATCH_CHECK.drift) ? off >= limit - HYSTERESIS_MILLI_C : off > limit
}

/** A reading was kept. */
export const driftMayChange = (run: ShardRun): void => {
  const { watch, policy } = run.current
  if (isOff(run, watch, policy) !== isWatchTold(run, watch, WATCH_CHECK.drift)) markWatch(run, watch)
}

export const checkDrift = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { policy, received } = run
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const until = ((run.watchChecks.thermalHour[watch] as number) + 2) * HOUR_MS
  const holds = inForce && policy.thermalDriftMilliC[row] !== Infinity && received < until && isOff(run, watch, row)
  if (!holds) return tellWatch(run, watch, WATCH_CHECK.drift, null)
  const value = Math.round(baselineOf(run, watch, policy.thermalReadingsMin[row] as number) - (policy.thermalNominalMilliC[row] as number))
  tellWatch(run, watch, WATCH_CHECK.drift, { time: received, value })
  lookWatchAt(run, watch, until)
}
