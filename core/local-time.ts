// Local days: what permits by the week and opening hours are written in. A local time is UTC plus the policy's `utcOffsetMinutes`; a
// local day is its number since 1970-01-01, a Thursday; weekdays count from 0, Monday.

export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000
export const DAY_MINUTES = 1440

export const localDay = (localMs: number): number => Math.floor(localMs / DAY_MS)
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7
