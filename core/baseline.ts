import type { ShardRun } from './shard-run.ts'

// What a thermal terminal shows of healthy people: the mean of its readings below the fever limit, over the highest hour of event
// time heard of and the hour before. Sums of whole numbers by aligned hours: the order of arrival does not show.

export const HOUR_MS = 3_600_000

/** A reading below the limit. */
export const keepReading = ({ watchChecks, current }: ShardRun): void => {
  const { watch, time, value } = current
  const { thermalHour, thermalSum, thermalCount } = watchChecks
  const hour = Math.floor(time / HOUR_MS)
  const highest = thermalHour[watch] as number
  const at = watch * 2
  if (hour > highest) {
    const follows = hour === highest + 1
    thermalSum[at + 1] = follows ? (thermalSum[at] as number) : 0
    thermalCount[at + 1] = follows ? (thermalCount[at] as number) : 0
    thermalSum[at] = 0
    thermalCount[at] = 0
    thermalHour[watch] = hour
  } else if (hour < highest - 1) return
  const cell = hour >= highest ? at : at + 1
  thermalSum[cell] = (thermalSum[cell] as number) + value
  thermalCount[cell] = (thermalCount[cell] as number) + 1
}

/** Thousandths of a degree; NaN where there are fewer than `readingsMin`, so that nothing compares with it. */
export const baselineOf = ({ watchChecks }: ShardRun, watch: number, readingsMin: number): number => {
  const { thermalSum, thermalCount } = watchChecks
  const count = (thermalCount[watch * 2] as number) + (thermalCount[watch * 2 + 1] as number)
  return count === 0 || count < readingsMin ? Number.NaN : ((thermalSum[watch * 2] as number) + (thermalSum[watch * 2 + 1] as number)) / count
}
