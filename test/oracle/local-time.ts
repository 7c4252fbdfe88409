import type { Figures, Fleet } from './figures.ts'
import { DAY, MINUTE, type Weekly } from './words.ts'

// Local days, opening hours and weekly windows, looked through day by day. Times are Unix ms; a local day is a number since 1970.

const offset = (fleet: Fleet): number => fleet.utcOffsetMinutes * MINUTE
export const localDayOf = (fleet: Fleet, time: number): number => Math.floor((time + offset(fleet)) / DAY)
/** Unix ms of a minute of a local day. */
export const minuteOfDay = (fleet: Fleet, day: number, minute: number): number => day * DAY + minute * MINUTE - offset(fleet)
/** Monday = 0; 1 January 1970 was a Thursday. */
const weekday = (day: number): number => (((day + 3) % 7) + 7) % 7

const hoursOf = (figures: Figures, fleet: Fleet, day: number): readonly [number, number] | null => {
  const date = new Date(day * DAY).toISOString().slice(0, 10)
  if (figures.schedule === null || fleet.holidays.includes(date)) return null
  return figures.schedule[weekday(day)] ?? null
}
export const isOutside = (figures: Figures, fleet: Fleet, time: number): boolean => {
  if (figures.schedule === null) return false
  const day = localDayOf(fleet, time)
  const hours = hoursOf(figures, fleet, day)
  return hours === null || time < minuteOfDay(fleet, day, hours[0]) || time >= minuteOfDay(fleet, day, hours[1])
}
const DAYS_BACK = 60
export const lastClosing = (figures: Figures, fleet: Fleet, time: number): number | null => {
  const today = localDayOf(fleet, time)
  for (let day = today; day > today - DAYS_BACK; day -= 1) {
    const hours = hoursOf(figures, fleet, day)
    if (hours !== null && minuteOfDay(fleet, day, hours[1]) <= time) return minuteOfDay(fleet, day, hours[1])
  }
  return null
}

export type Span = { readonly from: number; readonly until: number; readonly day: number }
/** The windows of a weekly permit, cut to its own, of the local days that touch it and lie within some weeks of `near`. */
export const occurrences = (weekly: Weekly, fleet: Fleet, own: { readonly from: number; readonly until: number }, near: number): Span[] => {
  const spans: Span[] = []
  const around = localDayOf(fleet, near)
  for (let day = around - 20; day <= around + 20; day += 1) {
    if (!weekly.days.includes(weekday(day))) continue
    const from = Math.max(own.from, minuteOfDay(fleet, day, weekly.from))
    const until = Math.min(own.until, minuteOfDay(fleet, day, weekly.until))
    if (from < until) spans.push({ from, until, day })
  }
  return spans
}
