import { position } from '../../core/ids.ts'
import type { Machine } from '../../core/thread/machine.ts'
import type { Log } from './log.ts'

// What a start does between its snapshot and its first request: the machine gets what the log holds beyond the snapshot, and from then on
// what becomes durable. A log that begins later than the snapshot ends is refused: nothing is ever guessed.
// The log is read ahead while the machine applies, so that its threads never wait for it; what is read and not yet applied is bounded.

/** Read at a time: some 200,000 events of 35 bytes, so about the largest round. */
const READ_BYTES = 8 * 1024 * 1024
/** Read and not yet applied: a few rounds, so that one can be cut at its full size while the next are read. */
const AHEAD_BYTES_MAX = 4 * READ_BYTES
/** How often room is looked for while rows wait in memory for ClickHouse. */
const ROOM_LOOK_MS = 50

/** Resolves when all that the log held is applied, with the milliseconds for which rows in memory had to wait for ClickHouse. */
export const catchUp = async (log: Log, machine: Machine, hasRoom: () => boolean): Promise<number> => {
  let at = machine.applied() + 1
  let waitedMs = 0
  const { first } = log.stats()
  if (first > at)
    throw new Error(`the log begins at entry ${first} and no whole snapshot reaches it: bring back the snapshots folder, or start with an empty data folder`)
  /** Where each read ended, oldest first. */
  const ends: number[] = []
  for (let entries = log.read(position(at), READ_BYTES); entries.length > 0; entries = log.read(position(at), READ_BYTES)) {
    for (const entry of entries) machine.offer(entry.position, entry.bytes)
    at += entries.length
    ends.push(at - 1)
    while (machine.backlog().bytes > AHEAD_BYTES_MAX && ends.length > 0) await applied(machine, ends.shift() as number)
    const began = performance.now()
    // The rows of what is applied wait in memory for ClickHouse.
    while (!hasRoom()) await Promise.race([new Promise((done) => setTimeout(done, ROOM_LOOK_MS)), machine.failed])
    waitedMs += performance.now() - began
  }
  log.onDurable((entry) => machine.offer(entry.position, entry.bytes))
  await applied(machine, at - 1)
  return waitedMs
}

const applied = (machine: Machine, at: number): Promise<unknown> => Promise.race([machine.whenApplied(position(at)), machine.failed])
