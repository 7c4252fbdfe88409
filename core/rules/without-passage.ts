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
export const doorMoved = (run: ShardRun, watch: number, opened: boolean): void => {
  if (isWatchTold(run, watch, WATCH_CHECK.withoutPassage)) return markWatch(run, watch)
  const row = run.current.policy
  if (opened && openingsAfter(run, watch, row) >= (run.policy.doorWithoutPassageMin[row] as number)) markWatch(run, watch)
}

/** How many door events, the newest first, are after the newest passage. */
const eventsAfter = ({ watchChecks: checks, policy }: ShardRun, watch: number, row: number): number => {
  const passed = newestTime(checks, watch, passages)
  if (passed === -Infinity) return 0
  const after = passed + (policy.doorSlackMs[row] as number)
  const count = keptCount(checks, watch, doors)
  let age = 0
  while (age < count && timeAt(checks, watch, doors, slotOf(checks, watch, doors, age)) > after) age += 1
  return age
}
const openingsAfter = (run: ShardRun, watch: number, row: number): number => {
  let openings = 0
  for (let age = eventsAfter(run, watch, row) - 1; age >= 0; age -= 1)
    if (bitAt(run.watchChecks, watch, doors, slotOf(run.watchChecks, watch, doors, age))) openings += 1
  return openings
}

export const checkWithoutPassage = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { watchChecks: checks, policy, received } = run
  const row = run.sites.policy[run.directory.watches.columns.site[watch] as number] as number
  const enough = policy.doorWithoutPassageMin[row] as number
  const settle = policy.settleMs[row] as number
  let openings = 0
  let waited = 0
  let next = Infinity
  for (let age = eventsAfter(run, watch, row) - 1; age >= 0; age -= 1) {
    const slot = slotOf(checks, watch, doors, age)
    if (!bitAt(checks, watch, doors, slot)) continue
    const since = Math.max(timeAt(checks, watch, doors, slot), receivedAt(checks, watch, doors, slot))
    openings += 1
    if (since + settle <= received) waited += 1
    else next = Math.min(next, since + settle)
  }
  const told = isWatchTold(run, watch, WATCH_CHECK.withoutPassage)
  const holds = inForce && (told ? openings : waited) >= enough
  tellWatch(run, watch, WATCH_CHECK.withoutPassage, holds ? { time: received, value: waited } : null)
  if (inForce && !holds && openings >= enough) lookWatchAt(run, watch, next)
}
