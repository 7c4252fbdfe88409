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
/** A path in its coarse and its fine part: the fine one tells neighbours apart, the coarse one is shown where there is room. */
export const areaParts = (area: string): { readonly coarse: string; readonly fine: string } => {
  const parts = area.split('/')
  const coarse = parts
    .slice(0, -3)
    .map((part) => `${part} / `)
    .join('')
  return { coarse, fine: parts.slice(-3).join(' / ') }
}
export const clockTime = (ms: number, language: string): string => new Date(ms).toLocaleTimeString(language, { hour12: false })
