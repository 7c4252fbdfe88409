import { markSite } from './checks.ts'
import { bootHeard, counterCounts, passageCounts } from './counters.ts'
import { ANCHOR, CAUSE, correctedOf, countChange, setAnchor, writeOccupancy } from './occupancy.ts'
import { noteQuietBroken } from './quiet.ts'
import { compareHeadcount } from './rules/headcount.ts'
import { siteChanged, type ShardRun } from './shard-run.ts'
import { WATCH_FLAG } from './state.ts'

// What the current event means for its site's counts: a passage, a counter, a roll-call, or an event of a boot that shows where another
// boot's totals began. Then what is compared with the counts: the head-count at once, the capacity at the next tick.

/** `people` in (+) or out (−) passed. */
export const passageCounted = (run: ShardRun, people: number): void => {
  const { site, time } = run.current
  const change = passageCounts(run, people)
  // Where counters had told of it, only what is learnt of passages may move.
  const before = change === 0 ? correctedOf(run, site) : 0
  countChange(run, site, change, 1)
  noteQuietBroken(run, site)
  if (change !== 0 || correctedOf(run, site) !== before) writeOccupancy(run, site, time, CAUSE.passage)
  else siteChanged(run, site)
  countsChanged(run, site, time)
}

/** The seal told how many have passed since it started. */
export const counterRead = (run: ShardRun, totalIn: number, totalOut: number): void => repaired(run, counterCounts(run, totalIn, totalOut))

/** Any event of the watch: the first, or of a boot that is not its seal's current one. */
export const bootNoted = (run: ShardRun): void => {
  const { watch, boot } = run.current
  const { flags } = run.watches
  const isFirst = ((flags[watch] as number) & WATCH_FLAG.bootKnown) === 0
  if (isFirst) flags[watch] = (flags[watch] as number) | WATCH_FLAG.bootKnown
  repaired(run, bootHeard(run, watch, { boot, isFirst }))
}

const repaired = (run: ShardRun, people: number): void => {
  if (people === 0) return
  const { site, time } = run.current
  countChange(run, site, people, 0)
  writeOccupancy(run, site, time, CAUSE.counter)
  countsChanged(run, site, time)
}

/** People were counted by people. */
export const rollCalled = (run: ShardRun): void => {
  const { site, time, value } = run.current
  if (!setAnchor(run, site, { kind: ANCHOR.rollCall, time, people: value })) return
  writeOccupancy(run, site, time, CAUSE.rollCall)
  countsChanged(run, site, time)
}

const countsChanged = (run: ShardRun, site: number, time: number): void => {
  compareHeadcount(run, site, time)
  if ((run.sites.capacity[site] as number) >= 0) markSite(run, site)
}
