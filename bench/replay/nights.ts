// What the counts say at night, when hardly anybody is in: the raw count keeps every miscount since the first day, the corrected one
// those of one day at most. A night is from 22:00 to 06:00, local.

import { DAY, type Point } from './occupancy-replay.ts'

const HOUR = 3_600_000

export type Night = {
  /** Its morning, 00:00. */
  readonly day: number
  /** Lowest of the night; the corrected one with the quiet anchor, if there is one. */
  readonly raw: number
  readonly corrected: number
  /** Lowest of the corrected before the quiet anchor of 04:00 was made: what a day's miscounts come to. */
  readonly before: number
  /** The corrected count just before the quiet anchor, and what it would be without what is learnt: by how many raw changed since the last one. Null without. */
  readonly left: number | null
  readonly unlearnt: number | null
}

export const nightsOf = (points: readonly Point[]): readonly Night[] => {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return []
  const nights: Night[] = []
  let anchored: number | undefined
  for (let day = Math.ceil(first.time / DAY) * DAY; day + 6 * HOUR <= last.time; day += DAY) {
    const start = points.findLastIndex(({ time, quiet }) => time <= day - 2 * HOUR && !quiet)
    const night = points.slice(Math.max(0, start)).filter(({ time }, n) => n === 0 || time < day + 6 * HOUR)
    const until = night.findIndex(({ quiet }, n) => quiet && n > 0)
    const before = until < 0 ? night : night.slice(0, until)
    const lowest = (some: readonly Point[], of: 'raw' | 'corrected'): number => some.reduce((low, point) => Math.min(low, point[of]), Infinity)
    const anchor = until < 0 ? undefined : (night[until] as Point).raw
    const left = until < 0 ? undefined : before.at(-1)?.corrected
    nights.push({
      day,
      raw: lowest(night, 'raw'),
      corrected: lowest(night, 'corrected'),
      before: lowest(before, 'corrected'),
      left: left ?? null,
      unlearnt: anchor === undefined || anchored === undefined ? null : anchor - anchored,
    })
    anchored = anchor ?? anchored
  }
  return nights
}

export type Spread = { readonly median: number; readonly p95: number; readonly worst: number }
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { median: at(0.5), p95: at(0.95), worst: at(1) }
}
