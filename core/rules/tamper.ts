import { conditionGone, conditionHolds, happened } from '../conditions.ts'
import type { ShardRun } from '../shard-run.ts'
import { CONDITION } from '../state.ts'
import { flapped } from './flapping.ts'

// tamper: the seal was removed, opened or held to a magnet; ends when it says that all is well again. The newest state wins, by
// event time, then boot and seq; a TAMPERED that arrives behind a newer state has happened and is over, and is told so.

const isNewer = (run: ShardRun): boolean => {
  const { watch, time, boot, seq } = run.current
  const { tamperTime, tamperBoot, tamperSeq } = run.watches
  if (time !== tamperTime[watch]) return time > (tamperTime[watch] as number)
  return boot !== tamperBoot[watch] ? boot > (tamperBoot[watch] as number) : seq > (tamperSeq[watch] as number)
}

const remember = (run: ShardRun, reason: number): void => {
  const { watch, time, boot, seq } = run.current
  const { tamperTime, tamperBoot, tamperSeq, tamperReason } = run.watches
  tamperTime[watch] = time
  tamperBoot[watch] = boot
  tamperSeq[watch] = seq
  tamperReason[watch] = reason
}

export const tampered = (run: ShardRun): void => {
  const { watch, value, quiet } = run.current
  const newer = isNewer(run)
  flapped(run)
  if (newer) remember(run, value)
  if (quiet) return
  if (newer) conditionHolds(run, watch, CONDITION.tamper, value)
  else happened(run, watch, CONDITION.tamper, value)
}

export const tamperRestored = (run: ShardRun): void => {
  flapped(run)
  if (!isNewer(run)) return
  remember(run, 0)
  conditionGone(run, run.current.watch, CONDITION.tamper, 0)
}
