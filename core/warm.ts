import type { EventColumns } from './entry.ts'
import { EVENT } from './kinds.ts'
import { NEWEST_WORDS } from './newest.ts'
import type { ShardRun } from './shard-run.ts'
import { COUNTS, RECENT } from './state.ts'

// Reading ahead. A fleet's tables are far larger than any cache, and seals come in any order; in a loop with nothing else in it the
// processor waits for ten cells at once, in the event's own path for one after another. It changes nothing.

/** Set in an event's owner where its watch is not its seal's newest. */
export const MOVED = 0x8000
export const OWNER = MOVED - 1

/** Some 30 cells an event, each in a cache line of its own: 64 events fit a second-level cache many times over. */
export const WARM_EVENTS = 64
const scratch = {
  watch: new Uint32Array(WARM_EVENTS),
  seal: new Uint32Array(WARM_EVENTS),
  site: new Uint32Array(WARM_EVENTS),
  word: new Uint32Array(WARM_EVENTS),
  /** Watches whose door moved, or that somebody passed. */
  used: new Uint32Array(WARM_EVENTS),
  sum: 0,
}
/** Each event's shard, and 1 for each shard that is the task's. */
export type Owned = { readonly owners: Uint16Array; readonly mine: Uint8Array }

/** Reads what the next events of the task's shards will need, column by column. */
export const warm = (run: ShardRun, columns: EventColumns, owned: Owned, from: number): void => {
  const { seal: sealOf, site: siteOf, siteKey, areaKey, kind, until, observedUntil } = run.directory.watches.columns
  const { watch: watchOf, seq, kind: kindOf } = columns
  const { watch, seal, site, word, used } = scratch
  const end = Math.min(columns.count, from + WARM_EVENTS)
  let count = 0
  let uses = 0
  let sum = 0
  for (let i = from; i < end; i += 1) {
    if (owned.mine[(owned.owners[i] as number) & OWNER] === 0) continue
    const no = watchOf[i] as number
    watch[count] = no
    seal[count] = sealOf[no] as number
    site[count] = siteOf[no] as number
    word[count] = ((seq[i] as number) & 1023) >>> 5
    count += 1
    if ((kindOf[i] as number) <= EVENT.DOOR_CLOSED) {
      used[uses] = no
      uses += 1
    }
  }
  for (let i = 0; i < count; i += 1) {
    const no = watch[i] as number
    sum += (siteKey[no] as number) + (areaKey[no] as number) + (kind[no] as number) + (until[no] as number) + (observedUntil[no] as number)
  }
  const { lastHeard, flags, batteryTime, batteryMv, okAt, lowAt } = run.watches
  for (let i = 0; i < count; i += 1) {
    const no = watch[i] as number
    sum +=
      (lastHeard[no] as number) + (flags[no] as number) + (batteryTime[no] as number) + (batteryMv[no] as number) + (okAt[no] as number) + (lowAt[no] as number)
  }
  const { boots, boot, top, bits } = run.windows
  const { low, high } = run.directory.seals.columns
  for (let i = 0; i < count; i += 1) {
    const no = seal[i] as number
    sum +=
      (boots[no] as number) +
      (boot[no] as number) +
      (top[no] as number) +
      (bits[no * 32 + (word[i] as number)] as number) +
      (low[no] as number) +
      (high[no] as number)
  }
  const { ended, expires, headcount, policy, inside } = run.sites
  for (let i = 0; i < count; i += 1) {
    const no = site[i] as number
    sum += (ended[no] as number) + (expires[no] as number) + (headcount[no] as number) + (policy[no] as number) + (inside[no] as number)
  }
  sum += warmUsed(run, used, uses) + warmCounts(run, used, uses)
  // Kept, or the reads would be optimised away.
  scratch.sum = sum
}

/** What the checks keep of passages and doors, likewise. */
const warmUsed = ({ watchChecks, watches }: ShardRun, used: Uint32Array, uses: number): number => {
  const { newest, told } = watchChecks
  const { doorTime } = watches
  let sum = 0
  for (let i = 0; i < uses; i += 1) {
    const no = used[i] as number
    const at = no * NEWEST_WORDS
    sum += (newest[at] as number) + (newest[at + NEWEST_WORDS / 2] as number) + (told[no] as number) + (doorTime[no] as number)
  }
  return sum
}

/** What a site keeps of its counts. */
const warmCounts = ({ siteState, watches, directory }: ShardRun, used: Uint32Array, uses: number): number => {
  const { site } = directory.watches.columns
  const { counters } = watches
  const { people, anchorTimes, recent, recentTime, recentChange, rollupRow, changedRound } = siteState
  let sum = 0
  for (let i = 0; i < uses; i += 1) {
    const no = used[i] as number
    const of = site[no] as number
    sum +=
      (counters[no] as number) +
      (people[of * COUNTS] as number) +
      (anchorTimes[of * 2] as number) +
      (recent[of] as number) +
      (recentTime[of * RECENT] as number) +
      (recentChange[of * RECENT] as number) +
      (rollupRow[of] as number) +
      (changedRound[of] as number)
  }
  return sum
}
