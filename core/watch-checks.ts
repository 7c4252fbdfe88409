import { checkBeam } from './rules/beam.ts'
import { checkDoorShut } from './rules/door-shut.ts'
import { checkDrift } from './rules/drift.ts'
import { checkFlapping } from './rules/flapping.ts'
import { checkForecast } from './rules/forecast.ts'
import { checkGap } from './rules/gap.ts'
import { checkWithoutPassage } from './rules/without-passage.ts'
import { isInForce, type ShardRun } from './shard-run.ts'
import { takeList } from './shard-list.ts'

// The checks of watches, in the order in which they are looked at. Each compares its predicate with what was told
// (core/checks.ts, tellWatch), and asks for the next look by time where it can flip by itself.

export type WatchCheck = (run: ShardRun, watch: number, inForce: boolean) => void
export const WATCH_CHECKS_ALL: readonly WatchCheck[] = [checkDoorShut, checkWithoutPassage, checkFlapping, checkBeam, checkGap, checkForecast, checkDrift]

/** At a tick: looks at the watches of a shard that were marked. */
export const checkWatches = (run: ShardRun, shardIndex: number): void => {
  const shard = run.shards[shardIndex]
  if (shard === undefined) return
  for (const watch of takeList(shard, 'marked')) {
    run.watchChecks.marked[watch] = 0
    const inForce = isInForce(run, watch)
    for (const check of WATCH_CHECKS_ALL) check(run, watch, inForce)
  }
}
