import { conditionGone, conditionHolds } from '../conditions.ts'
import type { ShardRun } from '../shard-run.ts'
import { CONDITION, holdsBit } from '../state.ts'

// clock-wrong: ingest replaced an event's time, for the seal has no clock (value 0) or one that is off (value: by how many ms, + ahead).
// Ends with the next event, in order of arrival, whose clock was right: a wrong clock has no order of its own.

export const clockWrong = (run: ShardRun, deviceTime: number): void => {
  const { watch, quiet } = run.current
  const wasWrong = ((run.watches.flags[watch] as number) & holdsBit(CONDITION.clockWrong)) !== 0
  if (!quiet && !wasWrong) conditionHolds(run, watch, CONDITION.clockWrong, deviceTime === 0 ? 0 : deviceTime - run.received)
}

/** An event with a good clock; call only where the condition holds. */
export const clockRight = (run: ShardRun): void => conditionGone(run, run.current.watch, CONDITION.clockWrong, 0)
