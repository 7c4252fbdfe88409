import { ALARM } from './kinds.ts'
import { addTo } from './shard-list.ts'
import { shardOf, signal, type ShardRun } from './shard-run.ts'
import { SIGNAL_STATE } from './signal.ts'
import { setTimer, TIMER } from './timers.ts'

// Checks: conditions that are predicates over what is known at a tick (docs/detectors.md). An event, or the registry, only marks the
// watch or site that it may concern; at the next tick every check of it is looked at once and compared with what the desk was told.
// So neither the order of arrival between two ticks, nor batching, nor threads can show. What flips by time alone is looked at
// through one timer a watch (or site), set for the earliest such instant; one that comes up early only looks again.

/** Bits of `told` in WATCH_CHECKS. */
export const WATCH_CHECK = { doorShut: 0, withoutPassage: 1, flapping: 2, beam: 3, gap: 4, forecast: 5, drift: 6 } as const
/** Bits of `told` in SITE_CHECKS. */
export const SITE_CHECK = { capacity: 0, offSchedule: 1, leftOpen: 2, tooMany: 3, overrun: 4 } as const

const WATCH_KIND: readonly number[] = [
  ALARM['passage-door-shut'].no,
  ALARM['door-without-passage'].no,
  ALARM.flapping.no,
  ALARM['beam-blocked'].no,
  ALARM['sequence-gap'].no,
  ALARM['battery-forecast'].no,
  ALARM['thermal-drift'].no,
]
const SITE_KIND_OF: readonly number[] = [
  ALARM['capacity-over'].no,
  ALARM['opened-off-schedule'].no,
  ALARM['left-open-at-closing'].no,
  ALARM['too-many-openings'].no,
  ALARM['permit-overrun'].no,
]

/** Its checks are looked at at the next tick. */
export const markWatch = (run: ShardRun, watch: number): void => {
  const { marked } = run.watchChecks
  if (marked[watch] === 1) return
  marked[watch] = 1
  addTo(shardOf(run, run.directory.watches.columns.site[watch] as number), 'marked', watch)
}
export const markSite = (run: ShardRun, site: number): void => {
  const { marked } = run.siteChecks
  if (marked[site] === 1) return
  marked[site] = 1
  addTo(shardOf(run, site), 'markedSites', site)
}

/** And at the first tick at or after `at` (wall ms); Infinity asks for nothing. */
export const lookWatchAt = (run: ShardRun, watch: number, at: number): void => {
  const { lookAt } = run.watchChecks
  const planned = lookAt[watch] as number
  if (at === Infinity || (planned !== 0 && planned <= at)) return
  lookAt[watch] = at
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), at, TIMER.watchLook, watch)
}
export const lookSiteAt = (run: ShardRun, site: number, at: number): void => {
  const { lookAt } = run.siteChecks
  const planned = lookAt[site] as number
  if (at === Infinity || (planned !== 0 && planned <= at)) return
  lookAt[site] = at
  setTimer(shardOf(run, site), at, TIMER.siteLook, site)
}
/** A look's timer came up: in its time, or brought forward by other figures. Where another is still to come, both then are one. */
export const watchLookDue = (run: ShardRun, watch: number): void => {
  run.watchChecks.lookAt[watch] = 0
  markWatch(run, watch)
}
export const siteLookDue = (run: ShardRun, site: number): void => {
  run.siteChecks.lookAt[site] = 0
  markSite(run, site)
}

/** What a check found. `time`: when it began (event time); `value`: what was measured; `level`: 1 = one step less severe. */
export type Found = { readonly time: number; readonly value: number; readonly level?: number }
const NOTHING: Found = { time: 0, value: 0 }

type Told = { readonly told: Uint16Array; readonly toldLevel: Uint16Array }
/** Compares with what was told, remembers, and returns the SIGNAL_STATE to tell, or 0. */
const change = ({ told, toldLevel }: Told, row: number, check: number, { holds, level }: { readonly holds: boolean; readonly level: number }): number => {
  const bit = 1 << check
  const was = ((told[row] as number) & bit) !== 0
  const wasLevel = ((toldLevel[row] as number) & bit) === 0 ? 0 : 1
  if (holds === was && (!holds || level === wasLevel)) return 0
  told[row] = holds ? (told[row] as number) | bit : (told[row] as number) & ~bit
  toldLevel[row] = holds && level === 1 ? (toldLevel[row] as number) | bit : (toldLevel[row] as number) & ~bit
  if (!holds) return SIGNAL_STATE.ended
  return was ? SIGNAL_STATE.level : SIGNAL_STATE.began
}

export const isWatchTold = (run: ShardRun, watch: number, check: number): boolean => ((run.watchChecks.told[watch] as number) & (1 << check)) !== 0
export const isSiteTold = (run: ShardRun, site: number, check: number): boolean => ((run.siteChecks.told[site] as number) & (1 << check)) !== 0

/** The check of this watch holds, as `found`, or does not (null). */
export const tellWatch = (run: ShardRun, watch: number, check: number, found: Found | null): void => {
  const { time, value, level = 0 } = found ?? NOTHING
  const site = run.directory.watches.columns.site[watch] as number
  const state = change(run.watchChecks, watch, check, { holds: found !== null, level })
  if (state === 0) return
  signal(run, { kind: WATCH_KIND[check] as number, state, watch, site, time: timeOf(run, state, time), value, level })
}
export const tellSite = (run: ShardRun, site: number, check: number, found: Found | null): void => {
  const { time, value, level = 0 } = found ?? NOTHING
  const state = change(run.siteChecks, site, check, { holds: found !== null, level })
  if (state === 0) return
  signal(run, { kind: SITE_KIND_OF[check] as number, state, watch: 0, site, time: timeOf(run, state, time), value, level })
}
const timeOf = (run: ShardRun, state: number, time: number): number => (state === SIGNAL_STATE.began ? time : run.received)

/** Of these kinds (bit `no - 1`) nothing counts as told: what holds is told at the next tick. */
export const forgetWatchChecks = ({ watchChecks }: ShardRun, watch: number, kinds: number): void => forget(watchChecks, watch, WATCH_KIND, kinds)
export const forgetSiteChecks = ({ siteChecks }: ShardRun, site: number, kinds: number): void => forget(siteChecks, site, SITE_KIND_OF, kinds)
const forget = ({ told, toldLevel }: Told, row: number, kindOf: readonly number[], kinds: number): void =>
  kindOf.forEach((kind, check) => {
    if ((kinds & (1 << (kind - 1))) === 0) return
    told[row] = (told[row] as number) & ~(1 << check)
    toldLevel[row] = (toldLevel[row] as number) & ~(1 << check)
  })

/** The watch is over: all that its checks told ends, at once. */
export const endWatchChecks = (run: ShardRun, watch: number): void => {
  for (let check = 0; check < WATCH_KIND.length; check += 1) tellWatch(run, watch, check, null)
}
