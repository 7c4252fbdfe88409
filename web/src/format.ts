import type { Text } from './text.ts'

// Numbers and durations as people read them.

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** m:ss below an hour, h:mm:ss below a day, days beyond: an operator compares these at a glance. */
export const duration = (ms: number, text: Text): string => {
  const whole = Math.max(0, ms)
  if (whole >= 2 * DAY) return text.duration.days(Math.floor(whole / DAY))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(whole / HOUR)
  const minutes = Math.floor((whole % HOUR) / MINUTE)
  const seconds = two(Math.floor((whole % MINUTE) / SECOND))
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`
}
export const count = (n: number, language: string): string => n.toLocaleString(language)
/** Large counts short: 12,345 in full, beyond a million in the language's own compact form. */
export const countShort = (n: number, language: string): string =>
  n < 1_000_000 ? count(n, language) : n.toLocaleString(language, { notation: 'compact', maximumFractionDigits: 2 })
export const signed = (n: number): string => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : '0')
/** The fine end of a path, which tells neighbours apart; the whole is in the title. */
export const areaTail = (area: string): string => area.split('/').slice(-3).join(' / ')
/** An area's path, spaced so that a long one may break between its parts. */
export const areaPath = (area: string): string => area.split('/').join(' / ')
