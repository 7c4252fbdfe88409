import { isWatchTold, lookWatchAt, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import { bitAt, keptCount, newestTime, receivedAt, RING, slotOf, timeAt } from '../newest.ts'
import type { ShardRun } from '../shard-run.ts'

// door-without-passage: the door opens again and again, and nobody passes: the beam is blind. Counted among the newest 8 door events,
// those after the newest passage; one alone is someone who looked out. Begins once enough of them have waited `settleMs` for a late
// passage; ends when there are no longer enough, waited or not, so that a busy door does not end it with each new opening.

const { passages, doors } = RING

/** A passage was kept. */
export const passedUnseen = (run: ShardRun, watch: number): void => {
  // The very first makes a condition possible; any other can only end one.
  if (keptCount(run.watchChecks, watch, passages) === 1 || isWatchTold(run, watch, WATCH_CHECK.withoutPassage)) markWatch(run, watch)
}

/** A door event was kept. */
export const doorMoved = (run: ShardRun, watch: number): void => {
  const row = run.current.policy
  if (isWatchTold(run, watch, WATCH_CHECK.withoutPassage) || openingsAfter(run, watch, row) >= (run.policy.doorWithoutPassageMin[row] as number))
    markWatch(run, watch)
}

/** Openings after the newest passage, among those kept. */
const openingsAfter = (run: ShardRun, watch: number, row: number): number => {
  let openings = 0
  for (const _ of eachOpening(run, watch, row)) openings += 1
  return openings
}

/** Wall time from which each opening after the newest passage has been known and past. */
function* eachOpening({ watchChecks: checks, policy }: ShardRun, watch: number, row: number): Generator<number> {
  const passed = newestTime(checks, watch, passages)
  if (passed === -Infinity) return
  const after = passed + (policy.doorSlackMs[row] as number)
  const count = keptCount(checks, watch, doors)
  for (let age = 0; age < count; age += 1) {
    const slot = slotOf(checks, watch, doors, age)
    const time = timeAt(checks, watch, doors, slot)
    if (time <= after) return
    if (bitAt(checks, watch, doors, slot)) yield Math.max(time, receivedAt(checks, watch, doors, slot))
  }
}

export const checkWithoutPassage = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { policy, received } = run
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const enough = policy.doorWithoutPassageMin[row] as number
  const settle = policy.settleMs[row] as number
  let openings = 0
  let waited = 0
  let next = Infinity
  for (const since of eachOpening(run, watch, row)) {
    openings += 1
    if (since + settle <= received) waited += 1
    else next = Math.min(next, since + settle)
  }
  const told = isWatchTold(run, watch, WATCH_CHECK.withoutPassage)
  const holds = inForce && (told ? openings : waited) >= enough
  tellWatch(run, watch, WATCH_CHECK.withoutPassage, holds ? { time: received, value: waited } : null)
  if (inForce && !holds && openings >= enough) lookWatchAt(run, watch, next)
}
