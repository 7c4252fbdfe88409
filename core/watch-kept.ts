import { keepNewest, RING } from './newest.ts'
import { passedBeam } from './rules/beam.ts'
import { doorSpoke, passedDoor } from './rules/door-shut.ts'
import { flapped } from './rules/flapping.ts'
import { doorMoved, passedUnseen } from './rules/without-passage.ts'
import type { ShardRun } from './shard-run.ts'

// What the checks of a watch keep of its passages and of its door, and which of them may change by one more.

/** `people`: in (+) or out (−). */
export const passageKept = (run: ShardRun, people: number): void => {
  const { watch } = run.current
  if (!keepNewest(run, RING.passages, people)) return
  passedDoor(run, watch)
  passedUnseen(run, watch)
  passedBeam(run, watch)
}

/** After the door's state (rules/door.ts); `newer`: this event is its newest. */
export const doorKept = (run: ShardRun, opened: boolean, newer: boolean): void => {
  const { watch } = run.current
  flapped(run)
  doorSpoke(run, watch, newer)
  if (keepNewest(run, RING.doors, opened ? 1 : 0)) doorMoved(run, watch, opened)
}
