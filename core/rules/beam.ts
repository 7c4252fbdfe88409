import { isWatchTold, lookWatchAt, markWatch, tellWatch, WATCH_CHECK } from '../checks.ts'
import { newestTime, RING } from '../newest.ts'
import type { ShardRun } from '../shard-run.ts'
import { flapped } from './flapping.ts'

// beam-blocked: something stands in the beam, or covers it: nobody is counted. The newest BEAM_BLOCKED or BEAM_CLEARED wins, by event
// time, boot and seq; a passage after it says that the beam sees again. People pass through a beam in seconds, so it waits.

/** WATCH_CHECKS.beam; 0 is "nothing said yet". */
const BEAM = { clear: 1, blocked: 2 } as const

const isNewer = (run: ShardRun): boolean => {
  const { watch, time, boot, seq } = run.current
  const { beam, beamTime, beamBoot, beamSeq } = run.watchChecks
  if (beam[watch] === 0) return true
  if (time !== beamTime[watch]) return time > (beamTime[watch] as number)
  return boot !== beamBoot[watch] ? boot > (beamBoot[watch] as number) : seq > (beamSeq[watch] as number)
}

export const beamSpoke = (run: ShardRun, blocked: boolean): void => {
  flapped(run)
  if (!isNewer(run)) return
  const { watch, time, boot, seq } = run.current
  const { beam, beamTime, beamBoot, beamSeq } = run.watchChecks
  beam[watch] = blocked ? BEAM.blocked : BEAM.clear
  beamTime[watch] = time
  beamBoot[watch] = boot
  beamSeq[watch] = seq
  if (blocked || isWatchTold(run, watch, WATCH_CHECK.beam)) markWatch(run, watch)
}

/** A passage was kept: the beam sees. */
export const passedBeam = (run: ShardRun, watch: number): void => {
  if (isWatchTold(run, watch, WATCH_CHECK.beam)) markWatch(run, watch)
}

export const checkBeam = (run: ShardRun, watch: number, inForce: boolean): void => {
  const { watchChecks: checks, received } = run
  const since = checks.beamTime[watch] as number
  const due = since + (run.policy.beamBlockedMs[run.sites.policy[run.directory.watches.columns.site[watch] as number] as number] as number)
  const blocked = inForce && checks.beam[watch] === BEAM.blocked && newestTime(checks, watch, RING.passages) <= since
  if (blocked && due <= received) return tellWatch(run, watch, WATCH_CHECK.beam, { time: due, value: received - since })
  tellWatch(run, watch, WATCH_CHECK.beam, null)
  if (blocked) lookWatchAt(run, watch, due)
}
