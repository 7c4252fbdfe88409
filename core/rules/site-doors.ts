import { isOpen } from '../schedule.ts'
import type { ShardRun } from '../shard-run.ts'
import { doorLeftCloses, doorLeftOpens } from './left-open.ts'
import { openedOffSchedule, setDoorOff } from './off-schedule.ts'
import { countOpening } from './too-many.ts'

// What the checks of a site take from an event of one of its doors. `newer`: it is the newest state of that door.

export const siteDoorOpened = (run: ShardRun, newer: boolean): void => {
  const { policy, time, permit, quiet } = run.current
  countOpening(run)
  const scheduled = run.policy.scheduled[policy] === 1
  const off = scheduled && !quiet && permit === 0 && !isOpen(run, policy, time)
  if (newer) setDoorOff(run, off)
  if (off) openedOffSchedule(run)
  if (newer && scheduled) doorLeftOpens(run)
}

export const siteDoorClosed = (run: ShardRun): void => {
  setDoorOff(run, false)
  doorLeftCloses(run)
}
