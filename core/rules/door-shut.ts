import { lookWatchAt, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import { bitAt, bootAt, clearBits, keptCount, newestTime, receivedAt, RING, seqAt, setBit, slotOf, timeAt } from '../newest.ts'
import type { ShardRun } from '../shard-run.ts'
import { WATCH_FLAG } from '../state.ts'
import { isUnbroken } from '../window.ts'

// passage-door-shut: people pass while the newest that the door said is that it is closed, and no event is lost between the two that
// could have said otherwise. Such passages are noted at ticks (once each, in a bit of the ring), for on a busy door the newest 8
// are soon others, and the window slides; they stay noted until the door says something newer. Waits `settleMs` for the first of
// them: a clock set back, or a late event, may still explain it.

const { passages } = RING

const isClosed = ({ watches }: ShardRun, watch: number): boolean =>
  ((watches.flags[watch] as number) & (WATCH_FLAG.doorKnown | WATCH_FLAG.doorOpen)) === WATCH_FLAG.doorKnown

/** The newest of what passed is behind a closing: worth a look. */
const mayPassShut = (run: ShardRun, watch: number): boolean =>
  isClosed(run, watch) && newestTime(run.watchChecks, watch, passages) >= (run.watches.doorTime[watch] as number)

export const passedDoor = (run: ShardRun, watch: number): void => {
  if (isClosed(run, watch) && run.current.time >= (run.watches.doorTime[watch] as number)) markWatch(run, watch)
}

/** A door event was remembered (rules/door.ts); `newer`: as the newest. */
export const doorSpoke = (run: ShardRun, watch: number, newer: boolean): void => {
  const { shutNoted } = run.watchChecks
  if (newer && (shutNoted[watch] as number) !== 0) {
    shutNoted[watch] = 0
    clearBits(run.watchChecks, watch, passages)
    markWatch(run, watch)
  }
  if (newer && mayPassShut(run, watch)) markWatch(run, watch)
}

/** A number that was missing has come: what was broken may be whole now. */
export const gapFilled = (run: ShardRun, seal: number): void => {
  const watch = run.directory.seals.columns.head[seal] as number
  if (mayPassShut(run, watch)) markWatch(run, watch)
}

/** Notes what is not noted yet of the newest passages. */
const note = (run: ShardRun, watch: number, slack: number): void => {
  const { watchChecks: checks, watches, windows, directory } = run
  const seal = directory.watches.columns.seal[watch] as number
  const closed = watches.doorTime[watch] as number
  const [boot, after] = [watches.doorBoot[watch] as number, watches.doorSeq[watch] as number]
  const count = keptCount(checks, watch, passages)
  for (let age = 0; age < count; age += 1) {
    const slot = slotOf(checks, watch, passages, age)
    const time = timeAt(checks, watch, passages, slot)
    if (time < closed + slack) return
    if (bitAt(checks, watch, passages, slot) || bootAt(checks, watch, passages, slot) !== boot) continue
    if (!isUnbroken(windows, seal, boot, { after, before: seqAt(checks, watch, passages, slot) })) continue
    setBit(checks, watch, passages, slot)
    const since = Math.max(time, receivedAt(checks, watch, passages, slot))
    const noted = checks.shutNoted[watch] as number
    checks.shutSince[watch] = noted === 0 ? since : Math.min(checks.shutSince[watch] as number, since)
    checks.shutNoted[watch] = Math.min(noted + 1, 0xffff)
  }
}

export const checkDoorShut = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { policy, watchChecks: checks, received } = run
  const site = run.directory.watches.columns.site[watch] as number
  const row = run.sites.policy[site] as number
  if (!inForce || policy.passageDoorShut[row] === 0) return tellWatch(run, watch, WATCH_CHECK.doorShut, null)
  // Only the newest watch of a seal may read its window: an older one's is of another shard.
  const isNewest = run.directory.seals.columns.head[run.directory.watches.columns.seal[watch] as number] === watch
  if (isNewest && isClosed(run, watch)) note(run, watch, policy.doorSlackMs[row] as number)
  const noted = checks.shutNoted[watch] as number
  const due = (checks.shutSince[watch] as number) + (policy.settleMs[row] as number)
  if (noted > 0 && due <= received) return tellWatch(run, watch, WATCH_CHECK.doorShut, { time: received, value: noted })
  tellWatch(run, watch, WATCH_CHECK.doorShut, null)
  if (noted > 0) lookWatchAt(run, watch, due)
}
