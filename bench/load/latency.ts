// Latencies in an HDR histogram (Gil Tene's): any number of them in fixed memory, each known to three digits. What is recorded is
// the time from the *intended* send, so a stall counts for every batch that it held up and no later correction is needed. In a
// closed loop (no --rate) a batch is intended when it is sent: those figures are times of service, not of waiting in a queue.

import { build, type Histogram } from 'hdr-histogram-js'

export type Latencies = { readonly record: (ms: number) => void; readonly summary: () => LatencySummary }
/** Milliseconds. */
export type LatencySummary = { readonly count: number; readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number }

/** Microseconds: a millisecond's third digit is one. */
const UNITS_PER_MS = 1_000
/** Ten minutes: longer than any command waits for an answer. */
const MS_MAX = 600_000
const DIGITS = 3

export const createLatencies = (): Latencies => {
  const histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MS_MAX * UNITS_PER_MS,
    numberOfSignificantValueDigits: DIGITS,
    useWebAssembly: false,
  })
  const at = (percentile: number): number => Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue) / UNITS_PER_MS
  return {
    record: (ms) => histogram.recordValue(Math.min(MS_MAX * UNITS_PER_MS, Math.max(1, Math.round(ms * UNITS_PER_MS)))),
    summary: () => ({ count: histogram.totalCount, p50: at(50), p99: at(99), p999: at(99.9), max: histogram.maxValue / UNITS_PER_MS }),
  }
}
