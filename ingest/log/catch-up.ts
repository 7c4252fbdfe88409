import { position } from '../../core/ids.ts'
import type { Machine } from '../../core/thread/machine.ts'
import type { Log } from './log.ts'

// What a start does between its snapshot and its first request: the machine gets what the log holds beyond the snapshot, and from then on
// what becomes durable. A log that begins later than the snapshot ends is refused: nothing is ever guessed.

/** Memory that replayed entries may take while the shards catch up at a start. */
const REPLAY_BYTES_MAX = 64 * 1024 * 1024
/** How often room is looked for while rows wait in memory for ClickHouse. */
const ROOM_LOOK_MS = 50

export const catchUp = async (log: Log, machine: Machine, hasRoom: () => boolean): Promise<void> => {
  let at = machine.applied() + 1
  const { first } = log.stats()
  if (first > at)
    throw new Error(`the log begins at entry ${first} and no whole snapshot reaches it: bring back the snapshots folder, or start with an empty data folder`)
  for (let entries = log.read(position(at), REPLAY_BYTES_MAX); entries.length > 0; entries = log.read(position(at), REPLAY_BYTES_MAX)) {
    for (const entry of entries) machine.offer(entry.position, entry.bytes)
    at += entries.length
    await Promise.race([machine.whenApplied(position(at - 1)), machine.failed])
    // The rows of what is applied wait in memory for ClickHouse.
    while (!hasRoom()) await new Promise((done) => setTimeout(done, ROOM_LOOK_MS))
  }
  log.onDurable((entry) => machine.offer(entry.position, entry.bytes))
}
