import { feverSeen } from '../conditions.ts'
import type { ShardRun } from '../shard-run.ts'

// fever: one person's temperature at or above the limit, in thousandths of a degree. Each is an alarm of its own.

export const temperatureRead = (run: ShardRun): void => {
  const { watch, policy, value, quiet } = run.current
  if (!quiet && value >= (run.policy.feverMilliC[policy] as number)) feverSeen(run, watch, value)
}
