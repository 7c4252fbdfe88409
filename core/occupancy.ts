import { nextRow, putI64 } from './chunk-writer.ts'
import { markSite } from './checks.ts'
import { expiresOf, siteChanged, type ShardRun } from './shard-run.ts'
import { RECENT } from './state.ts'

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

export const rawOf = ({ siteState, sites }: Counts, site: number): number => (sites.inside[site] as number) + (siteState.net[site] as number)

const anchorOf = ({ siteState, sites }: Counts, site: number): number =>
  (siteState.anchor[site] === ANCHOR.none ? sites.inside[site] : siteState.anchorValue[site]) as number

/** People that passages since the anchor are likely to have been miscounted by. */
const biasOf = ({ siteState }: Counts, site: number): number => {
  const error = siteState.biasError[site] as number
  return error === 0 ? 0 : Math.round((error / ((siteState.biasPassages[site] as number) + BIAS_PASSAGES)) * (siteState.passagesAfter[site] as number))
}
export const correctedOf = (counts: Counts, site: number): number =>
  Math.max(0, anchorOf(counts, site) + (counts.siteState.netAfter[site] as number) - biasOf(counts, site))

export const confidenceOf = ({ siteState }: Counts, site: number): number => {
  const passages = siteState.passagesAfter[site] as number
  const chance = passages < CONFIDENCES.length ? (CONFIDENCES[passages] as number) : confidenceAfter(passages)
  return siteState.anchor[site] === ANCHOR.quiet ? QUIET_CONFIDENCE * chance : chance
}

/** The current event changes the raw count by `people`: a passage (`passages` 1, also where counters had told of it) or a counter (0). */
export const countChange = (run: ShardRun, site: number, people: number, passages: 0 | 1): void => {
  const { siteState } = run
  const { time } = run.current
  siteState.net[site] = (siteState.net[site] as number) + people
  if (siteState.anchor[site] === ANCHOR.none || time > (siteState.anchorTime[site] as number)) {
    siteState.netAfter[site] = (siteState.netAfter[site] as number) + people
    if (passages === 1) {
      siteState.passagesAfter[site] = (siteState.passagesAfter[site] as number) + 1
      const first = siteState.firstAfter[site] as number
      if (first === 0 || time < first) {
        siteState.firstAfter[site] = time
        // A quiet hour may follow it.
        markSite(run, site)
      }
    }
  }
  remember(run, site, time, people * 2 + passages)
}

/** Keeps the newest changes in a ring, newest first; in order of event time this is one store. */
const remember = (run: ShardRun, site: number, time: number, change: number): void => {
  const { recentCount, recentHead, recentTime, recentChange } = run.siteState
  const start = site * RECENT
  const count = recentCount[site] as number
  const head = ((recentHead[site] as number) + 1) % RECENT
  // The place of the oldest is the new head's: when full and older than all, there is nothing to remember.
  if (count === RECENT && time < (recentTime[start + head] as number)) return
  recentHead[site] = head
  if (count < RECENT) recentCount[site] = count + 1
  let at = head
  for (let older = 0; older < Math.min(count, RECENT - 1); older += 1) {
    const before = (at + RECENT - 1) % RECENT
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
  const { recentCount, recentHead, recentTime, recentChange } = siteState
  let [changes, net, passages, first] = [0, 0, 0, 0]
  for (; changes < (recentCount[site] as number); changes += 1) {
    const at = site * RECENT + (((recentHead[site] as number) + RECENT - changes) % RECENT)
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
const isNewer = ({ siteState }: ShardRun, site: number, { kind, time, people }: NewAnchor): boolean => {
  const standing = siteState.anchor[site] as number
  const at = siteState.anchorTime[site] as number
  if (standing === ANCHOR.none || time !== at) return standing === ANCHOR.none || time > at
  return kind === ANCHOR.rollCall && (standing === ANCHOR.quiet || people > (siteState.anchorValue[site] as number))
}

/** `people` were inside at event time `time`. False where a newer anchor stands. */
export const setAnchor = (run: ShardRun, site: number, anchor: NewAnchor): boolean => {
  if (!isNewer(run, site, anchor)) return false
  const { siteState } = run
  const { net, passages, first } = recentAfter(run, site, anchor.time)
  if (siteState.anchor[site] !== ANCHOR.none) {
    const error = anchorOf(run, site) + (siteState.netAfter[site] as number) - net - anchor.people
    siteState.biasError[site] = BIAS_FADE * (siteState.biasError[site] as number) + error
    siteState.biasPassages[site] = BIAS_FADE * (siteState.biasPassages[site] as number) + (siteState.passagesAfter[site] as number) - passages
  }
  siteState.anchor[site] = anchor.kind
  siteState.anchorTime[site] = anchor.time
  siteState.anchorValue[site] = anchor.people
  siteState.netAfter[site] = net
  siteState.passagesAfter[site] = passages
  // The earliest after the anchor before is that after this one, too, where it is later than this one.
  if ((siteState.firstAfter[site] as number) <= anchor.time) siteState.firstAfter[site] = first
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
