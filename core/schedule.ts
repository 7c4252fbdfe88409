import { DAY_MS, localDay, MINUTE_MS, weekdayOf } from './local-time.ts'
import type { ShardRun } from './shard-run.ts'

// Opening hours of a policy row: by weekday of the local day, closed all day on holidays. Times are Unix ms; a site without a schedule is
// always open, and has neither closing nor opening times.

export type Schedules = Pick<ShardRun, 'policy' | 'holidays'>

const isHoliday = (holidays: Uint32Array, day: number): boolean => {
  let low = 1
  let high = holidays[0] as number
  while (low <= high) {
    const middle = (low + high) >>> 1
    const at = holidays[middle] as number
    if (at === day) return true
    if (at < day) low = middle + 1
    else high = middle - 1
  }
  return false
}

const offsetOf = ({ policy }: Schedules, row: number): number => (policy.utcOffsetMinutes[row] as number) * MINUTE_MS

/** Where the hours of a local day are in `opens` and `closes`; -1 where it is closed all day. */
const hoursAt = ({ policy, holidays }: Schedules, row: number, day: number): number => {
  const at = row * 7 + weekdayOf(day)
  return policy.opens[at] === policy.closes[at] || isHoliday(holidays, day) ? -1 : at
}

export const isOpen = (run: Schedules, row: number, time: number): boolean => {
  if (run.policy.scheduled[row] === 0) return true
  const local = time + offsetOf(run, row)
  const day = localDay(local)
  const at = hoursAt(run, row, day)
  if (at < 0) return false
  const sinceMidnight = local - day * DAY_MS
  return sinceMidnight >= (run.policy.opens[at] as number) * MINUTE_MS && sinceMidnight < (run.policy.closes[at] as number) * MINUTE_MS
}

/** Days to look through for one that is open: seven, were it not for holidays, each of which can close one week's day. */
const daysLooked = ({ policy, holidays }: Schedules, row: number): number => {
  for (let day = 0; day < 7; day += 1) if (policy.opens[row * 7 + day] !== policy.closes[row * 7 + day]) return 8 + 7 * (holidays[0] as number)
  return 0
}

/** The last closing time at or before `time`; -Infinity where there is none. */
export const lastClosing = (run: Schedules, row: number, time: number): number => {
  if (run.policy.scheduled[row] === 0) return -Infinity
  const offset = offsetOf(run, row)
  const today = localDay(time + offset)
  for (let day = today; day > today - daysLooked(run, row); day -= 1) {
    const at = hoursAt(run, row, day)
    if (at < 0) continue
    const closes = day * DAY_MS + (run.policy.closes[at] as number) * MINUTE_MS - offset
    if (closes <= time) return closes
  }
  return -Infinity
}

/** The first time after `time` of the given hours, the opening or the closing ones; Infinity where there is none. */
const nextOf = (run: Schedules, row: number, time: number, hours: Uint16Array): number => {
  if (run.policy.scheduled[row] === 0) return Infinity
  const offset = offsetOf(run, row)
  const today = localDay(time + offset)
  for (let day = today; day < today + daysLooked(run, row); day += 1) {
    const at = hoursAt(run, row, day)
    if (at < 0) continue
    const next = day * DAY_MS + (hours[at] as number) * MINUTE_MS - offset
    if (next > time) return next
  }
  return Infinity
}
export const nextClosing = (run: Schedules, row: number, time: number): number => nextOf(run, row, time, run.policy.closes)
export const nextOpening = (run: Schedules, row: number, time: number): number => nextOf(run, row, time, run.policy.opens)
