import { isWatchTold, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import type { ShardRun } from '../shard-run.ts'

// battery-forecast: a straight line through a seal's own readings says when its battery ends, so that it is changed on a round and not
// after an alarm. Every sixteenth heartbeat is a sample. Sums of two blocks of 14 days are kept, the highest heard of and the one
// before: all are whole numbers, so the order of arrival does not show. Holds with hysteresis of a week, and only where the line fits.

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS
const BLOCK_MS = 14 * DAY_MS
const BLOCK_MINUTES = BLOCK_MS / MINUTE_MS
/** Every sixteenth heartbeat of a minute: 90 a day. */
const SAMPLE_EVERY = 16
/** Half a day of them; and a line explains half of what the readings do, or it is none. */
const SAMPLES_MIN = 48
const FIT_MIN = 0.5
const HYSTERESIS_DAYS = 7

// Cells of `sampleSums`: of the highest block, then of the one before.
const [N, X, Y, XY, XX, YY] = [0, 1, 2, 3, 4, 5] as const
const SUMS = 6

/** A heartbeat. */
export const batterySampled = (run: ShardRun): void => {
  const { watch, time, seq, value } = run.current
  if (seq % SAMPLE_EVERY !== 0 || value <= 0) return
  const { sampleBlock, sampleSums, sampled } = run.watchChecks
  const block = Math.floor(time / BLOCK_MS)
  const start = watch * SUMS * 2
  const highest = sampleBlock[watch] as number
  if (block > highest) {
    if (block === highest + 1) sampleSums.copyWithin(start + SUMS, start, start + SUMS)
    else sampleSums.fill(0, start + SUMS, start + 2 * SUMS)
    sampleSums.fill(0, start, start + SUMS)
    sampleBlock[watch] = block
  }
  if (block >= highest - 1) {
    const at = block >= highest ? start : start + SUMS
    add(sampleSums, at, Math.floor((time - block * BLOCK_MS) / MINUTE_MS), value)
  }
  const count = (sampleSums[start + N] as number) + (sampleSums[start + SUMS + N] as number)
  if (count < SAMPLES_MIN && !isWatchTold(run, watch, WATCH_CHECK.forecast)) return
  sampled[watch] = 1
  markWatch(run, watch)
}

const add = (sums: Float64Array, at: number, x: number, y: number): void => {
  sums[at + N] = (sums[at + N] as number) + 1
  sums[at + X] = (sums[at + X] as number) + x
  sums[at + Y] = (sums[at + Y] as number) + y
  sums[at + XY] = (sums[at + XY] as number) + x * y
  sums[at + XX] = (sums[at + XX] as number) + x * x
  sums[at + YY] = (sums[at + YY] as number) + y * y
}

/** When the line through the samples reaches `endMv`, Unix ms; null where they are no falling line. */
const endOf = ({ watchChecks }: ShardRun, watch: number, endMv: number): number | null => {
  const { sampleSums: s, sampleBlock } = watchChecks
  const now = watch * SUMS * 2
  const old = now + SUMS
  const shift = BLOCK_MINUTES
  // The highest block's minutes count from the start of the one before.
  const n = (s[old + N] as number) + (s[now + N] as number)
  const x = (s[old + X] as number) + (s[now + X] as number) + shift * (s[now + N] as number)
  const y = (s[old + Y] as number) + (s[now + Y] as number)
  const xy = (s[old + XY] as number) + (s[now + XY] as number) + shift * (s[now + Y] as number)
  const xx = (s[old + XX] as number) + (s[now + XX] as number) + 2 * shift * (s[now + X] as number) + shift * shift * (s[now + N] as number)
  const yy = (s[old + YY] as number) + (s[now + YY] as number)
  const [sxx, sxy, syy] = [n * xx - x * x, n * xy - x * y, n * yy - y * y]
  if (n < SAMPLES_MIN || sxx <= 0 || sxy >= 0 || sxy * sxy < FIT_MIN * sxx * syy) return null
  return ((sampleBlock[watch] as number) - 1) * BLOCK_MS + MINUTE_MS * (x / n + ((endMv - y / n) * sxx) / sxy)
}

export const checkForecast = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { watchChecks: checks, policy, received } = run
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const days = policy.batteryForecastDays[row] as number
  if (days === Infinity) return tellWatch(run, watch, WATCH_CHECK.forecast, null)
  const arrived = checks.sampled[watch] === 1
  if (arrived) checks.sampled[watch] = 0
  if (!inForce) return tellWatch(run, watch, WATCH_CHECK.forecast, null)
  if (!arrived) return
  const ends = endOf(run, watch, policy.batteryEndMv[row] as number)
  const told = isWatchTold(run, watch, WATCH_CHECK.forecast)
  const holds = ends !== null && (told ? ends <= received + (days + HYSTERESIS_DAYS) * DAY_MS : ends < received + days * DAY_MS)
  tellWatch(run, watch, WATCH_CHECK.forecast, holds ? { time: received, value: Math.round(ends / 1000) } : null)
}
