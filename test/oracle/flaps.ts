import type { Figures } from './figures.ts'
import type { Heard, Watch } from './world.ts'

// Events counted by aligned windows of event time: what is too many in the newest of them, or the one before.

const FLAPS: ReadonlySet<Heard['kind']> = new Set(['DOOR_OPENED', 'DOOR_CLOSED', 'TAMPERED', 'TAMPER_RESTORED', 'BEAM_BLOCKED', 'BEAM_CLEARED'])

/** Events counted by aligned windows; the highest count, of the highest window and the one before, that reaches what is too many. */
export const crowded = (times: readonly number[], window: number, now: number, isTooMany: (count: number) => boolean): number | null => {
  const windows = times.map((time) => Math.floor(time / window))
  const highest = Math.max(...windows)
  const counts = [highest, highest - 1]
    .filter((no) => now < (no + 2) * window)
    .map((no) => windows.filter((other) => other === no).length)
    .filter(isTooMany)
  return counts.length === 0 ? null : Math.max(...counts)
}
/** Counted afresh where an event, or a tick, finds another window than the last did. */
export const countFlaps = ({ memory }: Watch, { flapWindowMs }: Figures, order: number): void => {
  if (memory.flap.window !== flapWindowMs) memory.flap = { window: flapWindowMs, order }
}
export const isFlap = ({ kind }: Heard): boolean => FLAPS.has(kind)
