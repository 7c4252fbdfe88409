import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { position } from '../../core/ids.ts'
import type { Chunk } from '../../core/rows.ts'
import { startSink } from '../../storage/sink.ts'
import { chunkOf, fileNotes, roundOf, startRig, type Rig } from './rig.ts'

// What the sink does on this machine, printed: rows a second into `events`, and bytes an event after merging. The test itself only
// asserts that every row is there; STORAGE_BLOCKS makes it long enough to believe.

const BLOCKS = Number(process.env['STORAGE_BLOCKS'] ?? 4)
const ROWS = 100_000
const SEALS = 10_000

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(() => rig.stop(), 30_000)

/** A minute's worth of a city: seals with their own sequence, doors and heartbeats, times a little out of step. */
const chunkOfBlock = (block: number): Chunk => {
  let state = block * 2_654_435_761
  const random = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % n
  }
  const start = Date.UTC(2026, 10, 24) + block * 60_000
  return chunkOf(
    'events',
    Array.from({ length: ROWS }, (_, i) => {
      const seal = i % SEALS
      const time = start + Math.floor(i / SEALS) * 6_000 + random(6_000)
      return {
        seal: 0x35_0000_0000 + seal * 7,
        site_key: 1 + seal,
        time,
        received: start + 60_000 + Math.floor(i / 1_000),
        device_time: time,
        kind: [1, 2, 3, 4, 9][random(5)] as number,
        value: 1 + random(2),
        boot: 1,
        seq: block * 10 + Math.floor(i / SEALS),
        expires: Math.floor(start / 1000) + 90 * 86_400,
      }
    }),
  )
}

test('rows a second and bytes an event', async () => {
  const sink = startSink({ client: rig.client, logId: 'log', ...fileNotes(join(rig.dir, 'notes.json')), emit: () => undefined })
  const chunks = Array.from({ length: BLOCKS }, (_, i) => chunkOfBlock(i + 1))
  const began = performance.now()
  for (const [i, chunk] of chunks.entries()) sink.offer(roundOf(i + 1, { chunks: [chunk] }))
  await sink.whenVerified(position(BLOCKS))
  const seconds = (performance.now() - began) / 1000
  await sink.stop()
  await rig.client.command({ query: 'OPTIMIZE TABLE seals.events FINAL' })
  const [size] = await rig.rows<{ rows: number; bytes: number }>(
    "SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts WHERE database = 'seals' AND table = 'events' AND active",
  )
  const columns = await rig.rows<{ name: string; b: number }>(
    "SELECT name, round(data_compressed_bytes / (SELECT count() FROM seals.events), 2) AS b FROM system.columns WHERE database = 'seals' AND table = 'events' AND data_compressed_bytes > 0 ORDER BY b DESC",
  )
  process.stderr.write(
    `${Math.round((BLOCKS * ROWS) / seconds)} rows/s in blocks of ${ROWS}; ${((size?.bytes ?? 0) / (size?.rows ?? 1)).toFixed(2)} bytes/event: ${columns.map(({ name, b }) => `${name} ${b}`).join(', ')}\n`,
  )
  expect(size?.rows).toBe(BLOCKS * ROWS)
}, 120_000)
