import { siteLookDue, watchLookDue } from './checks.ts'
import { tellMissed } from './conditions.ts'
import { heldOpenDue } from './rules/door.ts'
import { gapDue } from './rules/gap.ts'
import { offlineDue } from './rules/offline.ts'
import type { ShardRun } from './shard-run.ts'
import { checkSites } from './site-checks.ts'
import { takeTimer, TIMER, timerNext } from './timers.ts'
import { checkWatches } from './watch-checks.ts'

// One tick of the log's clock for one shard: what its watches have not told yet, the timers that are due, then the checks of what was
// marked since the last tick. Nothing else moves time.

export const tickShard = (run: ShardRun, shardIndex: number): void => {
  const shard = run.shards[shardIndex]
  if (shard === undefined) return
  tellMissed(run, shardIndex)
  while (timerNext(shard) <= run.received) {
    const taken = takeTimer(shard)
    const type = taken % 256
    const row = Math.floor(taken / 256)
    if (type === TIMER.offline) offlineDue(run, row)
    else if (type === TIMER.heldOpen) heldOpenDue(run, row)
    else if (type === TIMER.watchLook) watchLookDue(run, row)
    else if (type === TIMER.siteLook) siteLookDue(run, row)
    else gapDue(run, row)
  }
  checkWatches(run, shardIndex)
  checkSites(run, shardIndex)
}
