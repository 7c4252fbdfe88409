import { DAY_MS, localDay, MINUTE_MS, weekdayOf } from './local-time.ts'

// A permit's week in one cell of PERMITS, 0 = not by the week: the local days (bit 0 = Monday), and the local minutes [from, until) in
// which it covers on each of them. Never past midnight, so that a time lies in at most one occurrence, named by its local day.

export type PermitWeekly = {
  /** Weekdays, Monday = 0, ascending. */
  readonly days: readonly number[]
  /** Minutes of the local day; `until` may be 1440, the day's end. */
  readonly from: number
  readonly until: number
}
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const MINUTE_BITS = 11
const MINUTE_MASK = (1 << MINUTE_BITS) - 1
const FROM = 7
const UNTIL = FROM + MINUTE_BITS

export const packWeekly = ({ days, from, until }: PermitWeekly): number => days.reduce((bits, day) => bits | (1 << day), 0) | (from << FROM) | (until << UNTIL)
export const unpackWeekly = (cell: number): PermitWeekly => ({
  days: WEEKDAYS.map((_, day) => day).filter((day) => (cell & (1 << day)) !== 0),
  from: (cell >>> FROM) & MINUTE_MASK,
  until: cell >>> UNTIL,
})

const isDay = (cell: number, day: number): boolean => (cell & (1 << weekdayOf(day))) !== 0
const startsAt = (cell: number, day: number): number => day * DAY_MS + ((cell >>> FROM) & MINUTE_MASK) * MINUTE_MS
const endsAt = (cell: number, day: number): number => day * DAY_MS + (cell >>> UNTIL) * MINUTE_MS

/** Whether a local time lies in an occurrence (the one of its local day). */
export const occursAt = (cell: number, localMs: number): boolean => {
  const day = localDay(localMs)
  return isDay(cell, day) && localMs >= startsAt(cell, day) && localMs < endsAt(cell, day)
}

export type Span = { readonly from: number; readonly until: number }
/** A day is named at least once in seven: one more reaches the same weekday again, for what the span cuts off. */
const DAYS_LOOKED = 8

/** The latest end at or before a local time of an occurrence cut to `span` (local, too); -Infinity where there is none. */
export const lastEnd = (cell: number, span: Span, localMs: number): number => {
  const latest = localDay(Math.min(localMs, span.until))
  for (let day = latest; day > latest - DAYS_LOOKED; day -= 1) {
    const end = Math.min(endsAt(cell, day), span.until)
    if (isDay(cell, day) && end <= localMs && end > Math.max(startsAt(cell, day), span.from)) return end
  }
  return -Infinity
}

/** The earliest start or end after a local time of such an occurrence; Infinity where there is none. */
export const nextEdge = (cell: number, span: Span, localMs: number): number => {
  const first = localDay(Math.max(localMs, span.from))
  for (let day = first; day < first + DAYS_LOOKED; day += 1) {
    const start = Math.max(startsAt(cell, day), span.from)
    const end = Math.min(endsAt(cell, day), span.until)
    if (!isDay(cell, day) || start >= end) continue
    if (start > localMs) return start
    if (end > localMs) return end
  }
  return Infinity
}

const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
/** As people write it: `{"days":["mon"],"from":"08:00","until":"18:00"}`. */
export type WeeklyBody = { readonly days: readonly string[]; readonly from: string; readonly until: string }
export const weeklyBody = ({ days, from, until }: PermitWeekly): WeeklyBody => ({
  days: days.map((day) => WEEKDAYS[day] as string),
  from: clock(from),
  until: clock(until),
})
/** In a row: `mon,wed 08:00-18:00`. */
export const weeklyText = (weekly: PermitWeekly): string => {
  const { days, from, until } = weeklyBody(weekly)
  return `${days.join(',')} ${from}-${until}`
}
