import { nextRow, putI64 } from './chunk-writer.ts'
import { markSite } from './checks.ts'
import { expiresOf, siteChanged, type ShardRun } from './shard-run.ts'
import { COUNT, COUNTS, RECENT } from './state.ts'

// How many people are inside a site, over all its doors (docs/detectors.md, "Counting").
// raw: `SITES.inside` plus all changes, signed, never clamped (clamping at zero loses people in a site with two doors). corrected: a
// layer above it that never rewrites it: the newest anchor's people (a roll-call, a quiet hour; at first `inside`) plus the net of the
// changes with a later event time, less the site's learnt bias, not below zero. Both are sums, so the order of arrival does not show.
// The newest RECENT changes by event time are kept to place an anchor that arrives after them.
// confidence: the chance that the corrected count is right to the person. Each passage since the anchor is miscounted by one
// with probability p, either way; the error of n passages is then close to normal with variance n·p, and the chance that it
// rounds to zero is erf(0.5 / √(2·n·p)).

/** A miscount in fifty passages: what makers of two-beam infrared counters state (98 %). */
export const MISCOUNT = 0.02
/** What the corrected count stands on. */
export const ANCHOR = { none: 0, rollCall: 1, quiet: 2 } as const
/** Why a row of `occupancy` was written. */
export const CAUSE = { passage: 1, counter: 2, rollCall: 3, quiet: 4 } as const
/** That nobody is in at night is likely, not seen. */
const QUIET_CONFIDENCE = 0.9
/** Of what anchors taught, so much stays at each new one: some ten nights. */
const BIAS_FADE = 0.9
/** Passages without error that a site's bias is held back by. */
const BIAS_PASSAGES = 200

/** Error function, Abramowitz and Stegun 7.1.26, to 1.5e-7. */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * x)
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return 1 - poly * Math.exp(-x * x)
}
const confidenceAfter = (passages: number): number => (passages === 0 ? 1 : erf(0.5 / Math.sqrt(2 * passages * MISCOUNT)))
const CONFIDENCES = Float64Array.from({ length: 4096 }, (_, passages) => confidenceAfter(passages))

export type Counts = Pick<ShardRun, 'siteState' | 'sites'>

const COUNT_AT = 3
const ANCHOR_AT = 7
const SLOTS = RECENT - 1
const countOf = ({ siteState }: Counts, site: number, count: number): number => siteState.people[site * COUNTS + count] as number

export const rawOf = (counts: Counts, site: number): number => (counts.sites.inside[site] as number) + countOf(counts, site, COUNT.net)

/** What the corrected count stands on, and since when. */
export const anchorKindOf = ({ siteState }: Counts, site: number): number => (siteState.recent[site] as number) >>> ANCHOR_AT
export const anchorTimeOf = (counts: Counts, site: number): number =>
  anchorKindOf(counts, site) === ANCHOR.none ? -Infinity : (counts.siteState.anchorTimes[site * 2] as number)
/** Passages since then, and the time of the earliest, 0 = none. */
export const passagesAfterOf = (counts: Counts, site: number): number => countOf(counts, site, COUNT.passagesAfter)
export const firstAfterOf = ({ siteState }: Counts, site: number): number => siteState.anchorTimes[site * 2 + 1] as number

const anchorOf = (counts: Counts, site: number): number =>
  anchorKindOf(counts, site) === ANCHOR.none ? (counts.sites.inside[site] as number) : countOf(counts, site, COUNT.anchor)

/** People that passages since the anchor are likely to have been miscounted by. */
const biasOf = (counts: Counts, site: number): number => {
  const error = counts.siteState.biasError[site] as number
  return error === 0 ? 0 : Math.round((error / ((counts.siteState.biasPassages[site] as number) + BIAS_PASSAGES)) * passagesAfterOf(counts, site))
}
export const correctedOf = (counts: Counts, site: number): number =>
  Math.max(0, anchorOf(counts, site) + countOf(counts, site, COUNT.netAfter) - biasOf(counts, site))

export const confidenceOf = (counts: Counts, site: number): number => {
  const passages = passagesAfterOf(counts, site)
  const chance = passages < CONFIDENCES.length ? (CONFIDENCES[passages] as number) : confidenceAfter(passages)
  return anchorKindOf(counts, site) === ANCHOR.quiet ? QUIET_CONFIDENCE * chance : chance
}

/** The current event changes the raw count by `people`: a passage (`passages` 1, also where counters had told of it) or a counter (0). */
export const countChange = (run: ShardRun, site: number, people: number, passages: 0 | 1): void => {
  const { people: counts, anchorTimes } = run.siteState
  const { time } = run.current
  const at = site * COUNTS
  counts[at + COUNT.net] = (counts[at + COUNT.net] as number) + people
  if (time > anchorTimeOf(run, site)) {
    counts[at + COUNT.netAfter] = (counts[at + COUNT.netAfter] as number) + people
    counts[at + COUNT.passagesAfter] = (counts[at + COUNT.passagesAfter] as number) + passages
    const first = anchorTimes[site * 2 + 1] as number
    if (passages === 1 && (first === 0 || time < first)) {
      anchorTimes[site * 2 + 1] = time
      // A quiet hour may follow it.
      markSite(run, site)
    }
  }
  remember(run, site, time, people * 2 + passages)
}

/** Keeps the newest changes in a ring, newest first; in order of event time this is one store. */
const remember = (run: ShardRun, site: number, time: number, change: number): void => {
  const { recent, recentTime, recentChange } = run.siteState
  const start = site * RECENT
  const row = recent[site] as number
  const count = (row >>> COUNT_AT) & 15
  let at = (row + 1) & SLOTS
  // The place of the oldest is the new head's: when full and older than all, there is nothing to remember.
  if (count === RECENT && time < (recentTime[start + at] as number)) return
  recent[site] = at | (Math.min(count + 1, RECENT) << COUNT_AT) | (anchorKindOf(run, site) << ANCHOR_AT)
  for (let older = Math.min(count, RECENT - 1); older > 0; older -= 1) {
    const before = (at + SLOTS) & SLOTS
    if (time >= (recentTime[start + before] as number)) break
    recentTime[start + at] = recentTime[start + before] as number
    recentChange[start + at] = recentChange[start + before] as number
    at = before
  }
  recentTime[start + at] = time
  recentChange[start + at] = change
}

export type Recent = { readonly changes: number; readonly net: number; readonly passages: number; readonly first: number }
/** Of the changes that are kept, those with an event time after `time`; `first`: the earliest passage among them, or 0. */
export const recentAfter = ({ siteState }: ShardRun, site: number, time: number): Recent => {
  const { recent, recentTime, recentChange } = siteState
  const row = recent[site] as number
  const count = (row >>> COUNT_AT) & 15
  let [changes, net, passages, first] = [0, 0, 0, 0]
  for (; changes < count; changes += 1) {
    const at = site * RECENT + ((row + RECENT - changes) & SLOTS)
    if ((recentTime[at] as number) <= time) break
    const change = recentChange[at] as number
    net += change >> 1
    if ((change & 1) === 0) continue
    passages += 1
    first = recentTime[at] as number
  }
  return { changes, net, passages, first }
}

export type NewAnchor = { readonly kind: number; readonly time: number; readonly people: number }
/** Whether it is newer than the one that stands: of two roll-calls at one time the higher, and a roll-call rather than a quiet hour. */
const isNewer = (run: ShardRun, site: number, { kind, time, people }: NewAnchor): boolean => {
  const standing = anchorTimeOf(run, site)
  if (time !== standing) return time > standing
  return kind === ANCHOR.rollCall && (anchorKindOf(run, site) === ANCHOR.quiet || people > anchorOf(run, site))
}

/** `people` were inside at event time `time`. False where a newer anchor stands. */
export const setAnchor = (run: ShardRun, site: number, anchor: NewAnchor): boolean => {
  if (!isNewer(run, site, anchor)) return false
  const { people, anchorTimes, biasError, biasPassages, recent } = run.siteState
  const { net, passages, first } = recentAfter(run, site, anchor.time)
  if (anchorKindOf(run, site) !== ANCHOR.none) {
    const error = anchorOf(run, site) + countOf(run, site, COUNT.netAfter) - net - anchor.people
    biasError[site] = BIAS_FADE * (biasError[site] as number) + error
    biasPassages[site] = BIAS_FADE * (biasPassages[site] as number) + passagesAfterOf(run, site) - passages
  }
  people[site * COUNTS + COUNT.anchor] = anchor.people
  people[site * COUNTS + COUNT.netAfter] = net
  people[site * COUNTS + COUNT.passagesAfter] = passages
  recent[site] = ((recent[site] as number) & ((1 << ANCHOR_AT) - 1)) | (anchor.kind << ANCHOR_AT)
  anchorTimes[site * 2] = anchor.time
  // The earliest after the anchor before is that after this one, too, where it is later than this one.
  if (firstAfterOf(run, site) <= anchor.time) anchorTimes[site * 2 + 1] = first
  markSite(run, site)
  return true
}

/** A row of `occupancy`: the counts as they are after what happened at `time`, which is the current event or a quiet hour. */
export const writeOccupancy = (run: ShardRun, site: number, time: number, cause: number): void => {
  const row = nextRow(run.occupancy)
  const { columns } = run.occupancy
  columns.site_key[row] = (cause === CAUSE.quiet ? run.sites.siteKey[site] : run.directory.watches.columns.siteKey[run.current.admitted]) as number
  putI64(columns.time, row, time)
  putI64(columns.received, row, run.received)
  columns.raw[row] = rawOf(run, site)
  columns.corrected[row] = correctedOf(run, site)
  columns.confidence[row] = confidenceOf(run, site)
  columns.cause[row] = cause
  columns.expires[row] = expiresOf(run, site)
  siteChanged(run, site)
}
