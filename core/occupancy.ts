import { RECENT } from './state.ts'
import { nextRow, putI64 } from './chunk-writer.ts'
import { expiresOf, siteChanged, type ShardRun } from './shard-run.ts'

// How many people are inside a site, over all its doors.
// raw: `SITES.inside` plus people in minus people out, signed, never clamped (clamping at zero loses people in a site with two
// doors). corrected: the count of the newest roll-call (by event time; of two at one time the higher) plus the net of passages
// with a later event time; without a roll-call, the raw count. Both are sums, so the order of arrival does not show. The newest
// RECENT passages by event time are kept to place a roll-call that arrives after them; one that arrives behind more than
// RECENT passages counts only those as after it.
// confidence: the chance that the corrected count is right to the person. Each passage since the anchor is miscounted by one
// with probability p, either way; the error of n passages is then close to normal with variance n·p, and the chance that it
// rounds to zero is erf(0.5 / √(2·n·p)).

/** A miscount in fifty passages: what makers of two-beam infrared counters state (98 %). */
const MISCOUNT = 0.02

/** Error function, Abramowitz and Stegun 7.1.26, to 1.5e-7. */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * x)
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return 1 - poly * Math.exp(-x * x)
}
const confidenceAfter = (passages: number): number => (passages === 0 ? 1 : erf(0.5 / Math.sqrt(2 * passages * MISCOUNT)))
const CONFIDENCES = Float32Array.from({ length: 4096 }, (_, passages) => confidenceAfter(passages))

export type Counts = Pick<ShardRun, 'siteState' | 'sites'>

export const rawOf = ({ siteState, sites }: Counts, site: number): number => (sites.inside[site] as number) + (siteState.net[site] as number)
export const correctedOf = (counts: Counts, site: number): number => {
  const { siteState } = counts
  return siteState.rollTime[site] === 0 ? rawOf(counts, site) : (siteState.rollValue[site] as number) + (siteState.netAfter[site] as number)
}
export const confidenceOf = ({ siteState }: Counts, site: number): number => {
  const passages = (siteState.rollTime[site] === 0 ? siteState.passages[site] : siteState.passagesAfter[site]) as number
  return passages < CONFIDENCES.length ? (CONFIDENCES[passages] as number) : Math.fround(confidenceAfter(passages))
}

/** A passage of `people` (in positive, out negative) at event time `time`. */
export const countPassage = (run: ShardRun, site: number, time: number, people: number): void => {
  const { siteState } = run
  siteState.net[site] = (siteState.net[site] as number) + people
  siteState.passages[site] = (siteState.passages[site] as number) + 1
  if (time > (siteState.rollTime[site] as number)) {
    siteState.netAfter[site] = (siteState.netAfter[site] as number) + people
    siteState.passagesAfter[site] = (siteState.passagesAfter[site] as number) + 1
  }
  remember(run, site, time, people)
}

/** Keeps the newest passages in a ring, newest first; in order of event time this is one store. */
const remember = (run: ShardRun, site: number, time: number, people: number): void => {
  const { recentCount, recentHead, recentTime, recentDelta } = run.siteState
  const start = site * RECENT
  const stamp = (time % 4_294_967_296) >>> 0
  const count = recentCount[site] as number
  const head = ((recentHead[site] as number) + 1) % RECENT
  // The place of the oldest is the new head's: when full and older than all, there is nothing to remember.
  if (count === RECENT && ((stamp - (recentTime[start + head] as number)) | 0) < 0) return
  recentHead[site] = head
  if (count < RECENT) recentCount[site] = count + 1
  let at = head
  for (let older = 0; older < Math.min(count, RECENT - 1); older += 1) {
    const before = (at + RECENT - 1) % RECENT
    if (((stamp - (recentTime[start + before] as number)) | 0) >= 0) break
    recentTime[start + at] = recentTime[start + before] as number
    recentDelta[start + at] = recentDelta[start + before] as number
    at = before
  }
  recentTime[start + at] = stamp
  recentDelta[start + at] = people
}

/** A roll-call found `people` inside at event time `time`. False where a newer one stands. */
export const anchor = (run: ShardRun, site: number, time: number, people: number): boolean => {
  const { siteState } = run
  const standing = siteState.rollTime[site] as number
  if (time < standing || (time === standing && people <= (siteState.rollValue[site] as number))) return false
  siteState.rollTime[site] = time
  siteState.rollValue[site] = people
  const stamp = (time % 4_294_967_296) >>> 0
  let net = 0
  let passages = 0
  for (let n = 0; n < (siteState.recentCount[site] as number); n += 1) {
    const at = site * RECENT + (((siteState.recentHead[site] as number) + RECENT - n) % RECENT)
    if ((((siteState.recentTime[at] as number) - stamp) | 0) <= 0) break
    net += siteState.recentDelta[at] as number
    passages += 1
  }
  siteState.netAfter[site] = net
  siteState.passagesAfter[site] = passages
  return true
}

/** A row of `occupancy`: the counts as they are after the event at `time`. */
export const writeOccupancy = (run: ShardRun, watch: number, site: number, time: number): void => {
  const row = nextRow(run.occupancy)
  const { columns } = run.occupancy
  columns.site_key[row] = run.directory.watches.columns.siteKey[watch] as number
  putI64(columns.time, row, time)
  putI64(columns.received, row, run.received)
  columns.raw[row] = rawOf(run, site)
  columns.corrected[row] = correctedOf(run, site)
  columns.confidence[row] = confidenceOf(run, site)
  columns.expires[row] = expiresOf(run, site)
  siteChanged(run, site)
}
