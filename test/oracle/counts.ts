import type { Figures } from './figures.ts'
import { localDayOf, minuteOfDay } from './local-time.ts'
import { type Change, fleetFor, type Heard, isLive, type Site, type Watch, type World } from './world.ts'
import { byTime } from './world.ts'
import { HOUR } from './words.ts'

// How many people are inside (docs/detectors.md, "Counting"): raw, summed up anew from every event each time; corrected, from the
// newest anchor and the site's changes since; the bias and the confidence.

const TOTALS = 2 ** 32
const STEP_MAX = 1_000_000
/** Passages that arrived before a watch's first counter and are told apart by it. */
const KNOWN_BEFORE = 8
const sign = ({ kind, value }: Heard): number => (kind === 'PASSAGE_IN' ? value : kind === 'PASSAGE_OUT' ? -value : 0)
export const isPassage = ({ kind }: { readonly kind: Heard['kind'] }): boolean => kind === 'PASSAGE_IN' || kind === 'PASSAGE_OUT'
const forward = (from: number, to: number): number => (((to - from) % TOTALS) + TOTALS) % TOTALS

/** Whether a counter fits those of its boot that were believed before. */
export const isPlausible = (counters: readonly Heard[], counter: Heard): boolean => {
  const own = counters.filter(({ boot }) => boot === counter.boot)
  const below = own
    .filter(({ seq }) => seq < counter.seq)
    .toSorted((a, b) => a.seq - b.seq)
    .at(-1)
  const above = own
    .filter(({ seq }) => seq > counter.seq)
    .toSorted((a, b) => a.seq - b.seq)
    .at(0)
  const fits = (from: Heard, to: Heard): boolean => [0, 1].every((side) => forward(from.totals[side as 0 | 1], to.totals[side as 0 | 1]) <= STEP_MAX)
  return (below === undefined || fits(below, counter)) && (above === undefined || fits(counter, above))
}

type Known = { readonly passages: readonly Heard[]; readonly counters: readonly Heard[]; readonly lowest: number; readonly notWhole: number }
const sumOf = (passages: readonly Heard[]): number => passages.reduce((sum, event) => sum + sign(event), 0)

const ofBoot = ({ passages, counters, lowest, notWhole }: Known, boot: number): number => {
  const own = passages.filter((event) => event.boot === boot)
  const ordered = counters.filter((event) => event.boot === boot).toSorted((a, b) => a.seq - b.seq)
  const [first, last] = [ordered[0], ordered.at(-1)]
  if (first === undefined || last === undefined) return sumOf(own)
  const whole = boot > lowest && boot > notWhole && first.totals.every((total) => total <= STEP_MAX)
  const before = whole ? first.totals[0] - first.totals[1] : sumOf(own.filter(({ seq }) => seq < first.seq))
  const between = forward(first.totals[0], last.totals[0]) - forward(first.totals[1], last.totals[1])
  return before + between + sumOf(own.filter(({ seq }) => seq > last.seq))
}

/** People in minus people out by one watch. */
const netOf = ({ memory: { events, counters } }: Watch): number => {
  const passages = events.filter(isPassage)
  const firstCounter = counters[0]
  const early = firstCounter === undefined ? [] : passages.filter(({ order }) => order < firstCounter.order).toSorted(byTime)
  // Engine limit: of those before the first counter only the newest 8 are known; the others count as they are.
  const unknown = early.length >= KNOWN_BEFORE ? early.slice(0, -KNOWN_BEFORE) : []
  const notWhole = early.length >= KNOWN_BEFORE ? (early.at(-KNOWN_BEFORE) as Heard).boot : -1
  const boots = [...new Set(events.map(({ boot }) => boot))]
  const known = { passages: passages.filter((event) => !unknown.includes(event)), counters, lowest: Math.min(...boots), notWhole }
  return sumOf(unknown) + boots.reduce((sum, boot) => sum + ofBoot(known, boot), 0)
}
export const rawOf = (site: Site): number => site.inside + site.watches.reduce((sum, watch) => sum + netOf(watch), 0)

const biasOf = ({ bias: { errors, passages } }: Site): number => errors / (passages + 200)
/** Half up. */
const round = (x: number): number => Math.floor(x + 0.5)
export const correctedOf = (site: Site): number => Math.max(0, site.anchor.value + site.anchor.netAfter - round(biasOf(site) * site.anchor.passagesAfter))

const MISCOUNT = 0.02
/** The error function by its series: slow and exact enough. */
const erf = (x: number): number => {
  if (x > 5) return 1
  let term = x
  let sum = x
  for (let n = 1; n < 200; n += 1) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
export const confidenceOf = ({ anchor: { isQuiet, passagesAfter } }: Site): number =>
  (isQuiet ? 0.9 : 1) * (passagesAfter === 0 ? 1 : erf(0.5 / Math.sqrt(2 * passagesAfter * MISCOUNT)))
export const deviation = ({ anchor: { passagesAfter } }: Site): number => Math.sqrt(passagesAfter * MISCOUNT)

/** A passage, or a counter that moved the raw count. */
export const countChange = (site: Site, change: Change): void => {
  site.changes.push(change)
  if (change.time <= site.anchor.time) return
  site.anchor.netAfter += change.people
  if (change.isPassage) site.anchor.passagesAfter += 1
}

const RECENT = 8
const recent = (site: Site): Change[] => site.changes.toSorted((a, b) => a.time - b.time || a.order - b.order).slice(-RECENT)

const takeAnchor = (site: Site, { time, value, isQuiet }: { readonly time: number; readonly value: number; readonly isQuiet: boolean }): void => {
  const after = recent(site).filter((change) => change.time > time)
  const netAfter = after.reduce((sum, { people }) => sum + people, 0)
  const passagesAfter = after.filter((change) => change.isPassage).length
  const { anchor, bias } = site
  // What was inside when counting began is no anchor that an error could be measured from.
  if (anchor.time > -Infinity) {
    bias.errors = 0.9 * bias.errors + (anchor.value + anchor.netAfter - value - netAfter)
    bias.passages = 0.9 * bias.passages + (anchor.passagesAfter - passagesAfter)
  }
  site.anchor = { time, value, isQuiet, isRollCall: !isQuiet, netAfter, passagesAfter }
}
/** False where a newer anchor stands. */
export const rollCall = (site: Site, { time, value }: Heard): boolean => {
  const { anchor } = site
  if (time < anchor.time || (time === anchor.time && !anchor.isQuiet && value <= anchor.value)) return false
  takeAnchor(site, { time, value, isQuiet: false })
  return true
}

/** Whether a passage falls into a quiet time. */
export const isInQuiet = (world: World, { quietMinute, quietMs }: Figures, time: number): boolean => {
  if (quietMinute === null) return false
  const fleet = fleetFor(world)
  const day = localDayOf(fleet, time)
  return [day, day + 1].map((one) => minuteOfDay(fleet, one, quietMinute)).some((at) => time >= at - quietMs && time <= at)
}

/** At a tick: the site is known to be empty at a local time of the day, where nobody passed for long before it. True where that is news. */
export const quietAnchor = (world: World, site: Site, figures: Figures): boolean => {
  if (figures.quietMinute === null || !isLive(world, site)) return false
  const fleet = fleetFor(world)
  const today = localDayOf(fleet, world.now)
  const at = [today - 1, today]
    .map((day) => minuteOfDay(fleet, day, figures.quietMinute as number))
    .find((q) => world.now >= q + figures.settleMs && world.now < q + 12 * HOUR)
  if (at === undefined || site.anchor.time >= at) return false
  const passages = site.changes.filter((change) => change.isPassage).map(({ time }) => time)
  const broken = Math.max(-Infinity, ...site.changes.filter((change) => change.brokeQuiet).map(({ time }) => time))
  const isQuiet = broken < at - figures.quietMs || broken > at
  const had = passages.some((time) => time > site.anchor.time && time < at - figures.quietMs)
  if (!isQuiet || !had || site.changes.filter(({ time }) => time > at).length >= RECENT) return false
  takeAnchor(site, { time: at, value: figures.quietInside, isQuiet: true })
  return true
}
