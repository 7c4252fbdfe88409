// What permits allow, slow and obvious: text for local dates and times, a list of permits, a map of what was taken. Shares nothing with core.

export type PlainPermit = {
  readonly no: number
  readonly site: string
  readonly from: number
  until: number
  readonly openings: number | null
  readonly week: { readonly days: readonly string[]; readonly from: string; readonly until: string } | null
  readonly taken: Map<string, number>
  revoked: number | null
}

const DAY = 86_400_000
const NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** `+08:00`. */
const local = (time: number): { readonly date: string; readonly clock: string; readonly day: string } => {
  const shifted = new Date(time + 8 * 3_600_000)
  return { date: shifted.toISOString().slice(0, 10), clock: shifted.toISOString().slice(11), day: NAMES[shifted.getUTCDay()] as string }
}
/** When a local time of a local date is: `24:00` is the next day's beginning. */
const instant = (date: string, clock: string): number =>
  clock === '24:00' ? Date.parse(`${date}T00:00:00+08:00`) + DAY : Date.parse(`${date}T${clock}:00+08:00`)

export const coversPlainly = ({ from, until, week }: PlainPermit, time: number): boolean => {
  if (time < from || time >= until) return false
  if (week === null) return true
  const { clock, day } = local(time)
  return week.days.includes(day) && clock >= week.from && clock < week.until
}

/** Every window of a permit around a time, by going through the days one by one. */
export const windowsPlainly = (permit: PlainPermit, around: number): readonly { readonly from: number; readonly until: number }[] => {
  const { from, until, week } = permit
  if (week === null) return from < until ? [{ from, until }] : []
  return Array.from({ length: 121 }, (_, n) => local(around + (n - 60) * DAY))
    .filter(({ day }) => week.days.includes(day))
    .map(({ date }) => ({ from: Math.max(from, instant(date, week.from)), until: Math.min(until, instant(date, week.until)) }))
    .filter((window) => window.from < window.until)
}

/** Opening hours of every day, as text. */
export const outsideHours = (time: number, [opens, closes]: readonly [string, string]): boolean => {
  const { clock } = local(time)
  return clock < opens || clock >= closes
}

/** The permit that an opening takes of, newest first; 0 = none. */
export const takePlainly = (permits: readonly PlainPermit[], time: number): number => {
  const found = permits.toReversed().find((permit) => coversPlainly(permit, time) && mayTake(permit, time))
  if (found === undefined) return 0
  const key = keyOf(found, time)
  found.taken.set(key, (found.taken.get(key) ?? 0) + 1)
  return found.no
}
const keyOf = (permit: PlainPermit, time: number): string => (permit.week === null ? '' : local(time).date)
const mayTake = (permit: PlainPermit, time: number): boolean => {
  const key = keyOf(permit, time)
  const newest = [...permit.taken.keys()].toSorted().at(-1) ?? key
  // The engine's limit (docs/detectors.md): what is longer ago than a week before the newest day is not counted.
  if (permit.week !== null && (Date.parse(newest) - Date.parse(key)) / DAY > 7) return true
  return permit.openings === null || (permit.taken.get(key) ?? 0) < permit.openings
}
export const usedPlainly = (permit: PlainPermit): number => [...permit.taken.values()].reduce((sum, taken) => sum + taken, 0)
