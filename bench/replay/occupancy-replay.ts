// Recorded half-hour counts through the real core, in this process: a building with the default policy, one event a person, a tick a
// minute. Gives each change of the raw and the corrected count. The recording's times are local; they become UTC by the default policy's
// offset, so that its local time is the recording's own.

import { eventColumns, eventsEntryBytes, stampReceived, writeEventsHeader } from '../../core/entry.ts'
import type { Position } from '../../core/ids.ts'
import { EVENT } from '../../core/kinds.ts'
import { CAUSE } from '../../core/occupancy.ts'
import type { Principal } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { type Chunk, ROWS } from '../../core/rows.ts'
import { extentEntry, registryEntry, tickEntry } from '../../core/thread/body.ts'
import { startMachine } from '../../core/thread/machine-run.ts'
import type { CountRow } from './calit2.ts'

/** `time` is local, as in the recording, in ms as if it were UTC. */
export type Point = { readonly time: number; readonly raw: number; readonly corrected: number; readonly quiet: boolean }

export const MINUTE = 60_000
export const HALF_HOUR = 30 * MINUTE
export const DAY = 48 * HALF_HOUR
export const OFFSET_MS = POLICY_DEFAULT.utcOffsetMinutes * MINUTE
/** More than ever are inside, so that the comparison says nothing. */
const HEADCOUNT = 5_000
/** Entries that wait in the machine at once. */
const WAITING_MAX = 5_000
const ADMIN: Principal = { tokenNo: 1, name: 'admin', role: 'admin', areas: [''] }

export const replayOccupancy = async (rows: readonly CountRow[]): Promise<readonly Point[]> => {
  const people = peopleOf(rows)
  const [first, last] = [people[0], people.at(-1)]
  if (first === undefined || last === undefined) throw new RangeError('a recording without people')
  const machine = await startMachine({
    run: () => Promise.reject(new Error('a round of one seal needs no worker')),
    threads: 1,
    shardCount: 1,
    policy: POLICY_DEFAULT,
    position: 0,
  })
  const points: Point[] = []
  machine.onRound(({ chunks }) => {
    for (const chunk of chunks) if (chunk.table === 'occupancy') points.push(...pointsOf(chunk))
  })
  let position = 0
  const offer = async (bytes: Uint8Array, received: number): Promise<void> => {
    stampReceived(bytes, received)
    machine.offer((position += 1) as Position, bytes)
    if (position % WAITING_MAX === 0) await Promise.race([machine.whenApplied(position as Position), machine.failed])
  }
  const from = Math.floor(first.time / HALF_HOUR) * HALF_HOUR
  await offer(buildingEntry(from), from)
  let next = 0
  for (let minute = from; minute <= last.time + HALF_HOUR; minute += MINUTE) {
    for (; next < people.length && (people[next] as Person).time < minute; next += 1) {
      const person = people[next] as Person
      await offer(passageEntry(person, next + 1), person.time)
    }
    await offer(tickEntry(), minute)
    // Blocks of a day, as small as this thread takes them.
    if (minute % DAY === 0) await offer(extentEntry(), minute)
  }
  await Promise.race([machine.whenApplied(position as Position), machine.failed])
  await machine.stop()
  return points
}

type Person = { readonly time: number; readonly out: boolean }
/** One event a person, spread evenly over the half hour that begins at the row's time (of its rows, who goes in comes first). */
const peopleOf = (rows: readonly CountRow[]): readonly Person[] =>
  rows
    .flatMap(({ time, count, out }) =>
      Array.from({ length: count }, (_, n): Person => ({ time: time - OFFSET_MS + Math.floor(((n + (out ? 0.75 : 0.5)) * HALF_HOUR) / count), out })),
    )
    .toSorted((a, b) => a.time - b.time)

const buildingEntry = (from: number): Uint8Array =>
  registryEntry({
    op: 'put-sites',
    by: ADMIN,
    sites: [
      {
        site: 'calit2',
        area: 'irvine/uci/calit2',
        kind: 'building',
        headcount: HEADCOUNT,
        capacity: null,
        inside: 0,
        observation: null,
        seals: [{ id: '00000000ca117002', from, until: null }],
      },
    ],
  })

const passageEntry = ({ time, out }: Person, seq: number): Uint8Array => {
  const sizes = { count: 1, device: 0, counter: 0, rejected: 0 }
  const bytes = new Uint8Array(eventsEntryBytes(sizes))
  writeEventsHeader(bytes, time, sizes, 0)
  const columns = eventColumns(bytes)
  columns.time[0] = time
  columns.watch[0] = 1
  columns.boot[0] = 1
  columns.seq[0] = seq
  columns.value[0] = 1
  columns.kind[0] = out ? EVENT.PASSAGE_OUT : EVENT.PASSAGE_IN
  return bytes
}

const COLUMNS = Object.keys(ROWS.occupancy)
const pointsOf = ({ rows, columns }: Chunk): Point[] => {
  const view = (name: keyof typeof ROWS.occupancy): DataView => {
    const { buffer, byteOffset, byteLength } = columns[COLUMNS.indexOf(name)] as Uint8Array
    return new DataView(buffer, byteOffset, byteLength)
  }
  const [time, raw, corrected, cause] = [view('time'), view('raw'), view('corrected'), view('cause')]
  return Array.from({ length: rows }, (_, row) => ({
    time: Number(time.getBigInt64(row * 8, true)) + OFFSET_MS,
    raw: raw.getInt32(row * 4, true),
    corrected: corrected.getInt32(row * 4, true),
    quiet: cause.getUint8(row) === CAUSE.quiet,
  }))
}
