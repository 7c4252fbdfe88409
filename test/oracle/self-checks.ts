import type { Figures } from './figures.ts'
import { baselineOf } from './instants.ts'
import type { Found } from './told.ts'
import type { Watch, World } from './world.ts'
import { DAY, HOUR, MINUTE, SECOND } from './words.ts'

// What a seal says of itself: lost events, the battery's end, a terminal that drifts. Each may be left as it was told.

const GAP_NUMBERS = 128
const WIDTH = 1024
/** The instants at which a seal's lost events are looked for: its id places them, so that a fleet's do not fall together. */
const instantAfter = ({ seal }: Watch, { gapGraceMs }: Figures, time: number): number => {
  const phase = (Number(BigInt(`0x${seal.id}`) % 2n ** 32n) % 1800) * SECOND
  return (Math.floor((time - phase) / gapGraceMs) + 1) * gapGraceMs + phase
}
/** A fresh event: the first of a watch arms it. */
export const armGap = (watch: Watch, received: number): void => {
  if (watch.memory.gapLast === 0 && watch.seal.watches.at(-1) === watch) watch.memory.gapLast = received
}
/** What was lost before the last instant but one has had time to come. */
export const gapOf = (world: World, watch: Watch, figures: Figures): Found | null | 'as told' => {
  const { seal, memory } = watch
  const off = figures.gapEventsMin === null ? null : 'as told'
  if (memory.gapLast === 0 || seal.watches.at(-1) !== watch || world.now < instantAfter(watch, figures, memory.gapLast)) return off
  memory.gapLast = world.now
  const [a, b] = memory.gapTops.slice(-2)
  const boot = seal.boots[0] as number
  const seen = seal.seen.get(boot) as Set<number>
  memory.gapTops.push({ boot, top: Math.max(...seen) })
  if (a === undefined || b === undefined || a.boot !== boot || b.boot !== boot || figures.gapEventsMin === null) return off
  const first = Math.max(a.top, b.top - GAP_NUMBERS)
  if (Math.max(...seen) > first + WIDTH) return 'as told'
  let missing = 0
  for (let seq = first + 1; seq <= b.top; seq += 1) if (!seen.has(seq)) missing += 1
  const holds = missing >= (memory.told.has('sequence-gap') ? figures.gapEventsMin / 2 : figures.gapEventsMin)
  return holds ? { time: world.now, value: missing } : null
}

const BLOCK = 14 * DAY
const SAMPLES_MIN = 48
const HYSTERESIS_DAYS = 7
export const forecastOf = (world: World, watch: Watch, { batteryEndMv, batteryForecastDays }: Figures): Found | null | 'as told' => {
  const samples = watch.memory.events.filter(({ kind, value, seq }) => kind === 'HEARTBEAT' && value > 0 && seq % 16 === 0)
  if (batteryForecastDays === null) return null
  if (samples.length === watch.memory.samplesJudged) return 'as told'
  watch.memory.samplesJudged = samples.length
  const block = Math.max(...samples.map(({ time }) => Math.floor(time / BLOCK)))
  const start = (block - 1) * BLOCK
  const points = samples.filter(({ time }) => time >= start).map(({ time, value }) => ({ x: Math.floor((time - start) / MINUTE), y: value }))
  const n = points.length
  const sum = (of: (point: { x: number; y: number }) => number): number => points.reduce((total, point) => total + of(point), 0)
  const [sx, sy] = [sum(({ x }) => x), sum(({ y }) => y)]
  const sxx = n * sum(({ x }) => x * x) - sx * sx
  const syy = n * sum(({ y }) => y * y) - sy * sy
  const sxy = n * sum(({ x, y }) => x * y) - sx * sy
  if (n < SAMPLES_MIN || sxx <= 0 || sxy * sxy < 0.5 * sxx * syy || sxy >= 0) return null
  const ends = start + MINUTE * (sx / n + ((batteryEndMv - sy / n) * sxx) / sxy)
  const isTold = watch.memory.told.has('battery-forecast')
  const holds = isTold ? ends <= world.now + (batteryForecastDays + HYSTERESIS_DAYS) * DAY : ends < world.now + batteryForecastDays * DAY
  return holds ? { time: world.now, value: Math.round(ends / SECOND) } : null
}

const NEARER = 200
export const driftOf = (world: World, watch: Watch, figures: Figures): Found | null => {
  const baseline = baselineOf(watch, figures)
  if (figures.thermalDriftMilliC === null || baseline === null || world.now >= (baseline.hour + 2) * HOUR) return null
  const off = baseline.mean - figures.thermalNominalMilliC
  const limit = figures.thermalDriftMilliC
  const holds = watch.memory.told.has('thermal-drift') ? Math.abs(off) >= limit - NEARER : Math.abs(off) > limit
  return holds ? { time: world.now, value: Math.round(off) } : null
}
