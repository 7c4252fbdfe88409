import { conditionGone, conditionHolds } from '../conditions.ts'
import type { ShardRun } from '../shard-run.ts'
import { CONDITION, holdsBit } from '../state.ts'
import { batterySampled } from './forecast.ts'

// low-battery, from the millivolts of a heartbeat: low since the newest reading below the low limit, until a newer one at or
// above the ok limit. Readings between the two change nothing (hysteresis). Which reading is the newest is by event time (of one
// second, low wins), so the order of arrival does not show. 0 = the seal could not measure.

export const batteryRead = (run: ShardRun): void => {
  const { watch, policy, time, value, quiet } = run.current
  if (value <= 0) return
  batterySampled(run)
  const { batteryTime, batteryMv, lowAt, okAt, flags } = run.watches
  const newest = batteryTime[watch] as number
  if (time > newest || (time === newest && value < (batteryMv[watch] as number))) {
    batteryTime[watch] = time
    batteryMv[watch] = Math.min(value, 0xffff)
  }
  const seconds = Math.floor(time / 1000)
  const wasLow = ((flags[watch] as number) & holdsBit(CONDITION.lowBattery)) !== 0
  if (value < (run.policy.batteryLowMv[policy] as number)) lowAt[watch] = Math.max(lowAt[watch] as number, seconds)
  else if (value >= (run.policy.batteryOkMv[policy] as number)) okAt[watch] = Math.max(okAt[watch] as number, seconds)
  else if (!wasLow) return
  const isLow = (lowAt[watch] as number) !== 0 && (lowAt[watch] as number) >= (okAt[watch] as number)
  if (isLow === wasLow) return
  if (!isLow) conditionGone(run, watch, CONDITION.lowBattery, value)
  else if (!quiet) conditionHolds(run, watch, CONDITION.lowBattery, value)
}
