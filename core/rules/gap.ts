import { isWatchTold, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import { isInForce, shardOf, type ShardRun } from '../shard-run.ts'
import { WATCH_FLAG } from '../state.ts'
import { setTimer, TIMER } from '../timers.ts'
import { missingOf } from '../window.ts'

// sequence-gap: numbers of a seal that never came: a link that loses, or a gateway that forgot. Looked at once in `gapGraceMs`, at
// instants that differ from seal to seal, and only at numbers that were overtaken a whole grace ago: what is late may still come. No
// event touches this but a watch's first; the window (core/window.ts) has what is needed. Only the newest watch of a seal may read it.

/** Seals are spread over half an hour, by the low half of their id. */
const PHASES = 1800
/** Numbers looked at each time: as many events as an ordinary grace has, and so few that a burst lost long ago ends. */
const LOOK_BACK = 128

/** The first instant later than `after`. */
const nextInstant = (run: ShardRun, watch: number, after: number): number => {
  const { seal, site } = run.directory.watches.columns
  const grace = run.policy.gapGraceMs[run.sites.policy[site[watch] as number] as number] as number
  const phase = ((run.directory.seals.columns.low[seal[watch] as number] as number) % PHASES) * 1000
  return phase + (Math.floor((after - phase) / grace) + 1) * grace
}

const isNewest = ({ directory }: ShardRun, watch: number): boolean => directory.seals.columns.head[directory.watches.columns.seal[watch] as number] === watch

/** An event of a watch whose instants have not begun. */
export const gapBegins = (run: ShardRun, watch: number): void => {
  if (!isNewest(run, watch) || !isInForce(run, watch)) return
  run.watches.flags[watch] = (run.watches.flags[watch] as number) | WATCH_FLAG.gapBegun
  run.watchChecks.gapLast[watch] = run.received
  wait(run, watch)
}

const wait = (run: ShardRun, watch: number): void => {
  const { gapTimer, gapLast } = run.watchChecks
  const at = nextInstant(run, watch, gapLast[watch] as number)
  const planned = gapTimer[watch] as number
  if (planned !== 0 && planned <= at) return
  gapTimer[watch] = at
  setTimer(shardOf(run, run.directory.watches.columns.site[watch] as number), at, TIMER.gap, watch)
}

/** A timer of it came up: at an instant, or brought forward by other figures. Where another is still to come, both then are one. */
export const gapDue = (run: ShardRun, watch: number): void => {
  run.watchChecks.gapTimer[watch] = 0
  markWatch(run, watch)
}

/** The watch is over: in force again, it begins anew. */
export const gapOver = (run: ShardRun, watch: number): void => {
  if (((run.watches.flags[watch] as number) & WATCH_FLAG.gapBegun) === 0) return
  run.watches.flags[watch] = (run.watches.flags[watch] as number) & ~WATCH_FLAG.gapBegun
  run.watchChecks.gapInstants[watch] = 0
}

export const checkGap = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { watchChecks: checks, watches, received, policy } = run
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const enough = policy.gapEventsMin[row] as number
  if (!inForce || enough === Infinity) tellWatch(run, watch, WATCH_CHECK.gap, null)
  if (!inForce || ((watches.flags[watch] as number) & WATCH_FLAG.gapBegun) === 0 || !isNewest(run, watch)) return
  if (nextInstant(run, watch, checks.gapLast[watch] as number) <= received) {
    if (enough !== Infinity) judgeGap(run, watch, enough)
    instant(run, watch)
  }
  wait(run, watch)
}

const judgeGap = (run: ShardRun, watch: number, enough: number): void => {
  const { gapInstants, gapBoot, gapTop } = run.watchChecks
  const { windows, received } = run
  const seal = run.directory.watches.columns.seal[watch] as number
  if ((gapInstants[watch] as number) < 2) return
  const [a, b] = [gapTop[watch * 2 + 1] as number, gapTop[watch * 2] as number]
  if (gapBoot[watch * 2] !== windows.boot[seal] || gapBoot[watch * 2 + 1] !== windows.boot[seal]) return
  const missing = missingOf(windows, seal, { from: Math.max(a, b - LOOK_BACK), to: b })
  if (missing === null) return
  const holds = isWatchTold(run, watch, WATCH_CHECK.gap) ? missing >= enough / 2 : missing >= enough
  tellWatch(run, watch, WATCH_CHECK.gap, holds ? { time: received, value: missing } : null)
}

/** Remembers how far the seal is now. */
const instant = (run: ShardRun, watch: number): void => {
  const { gapInstants, gapBoot, gapTop, gapLast } = run.watchChecks
  const seal = run.directory.watches.columns.seal[watch] as number
  const now = watch * 2
  gapBoot[now + 1] = gapBoot[now] as number
  gapTop[now + 1] = gapTop[now] as number
  gapBoot[now] = run.windows.boot[seal] as number
  gapTop[now] = run.windows.top[seal] as number
  gapInstants[watch] = Math.min(2, (gapInstants[watch] as number) + 1)
  gapLast[watch] = run.received
}
