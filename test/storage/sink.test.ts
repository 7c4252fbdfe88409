import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { position } from '../../core/ids.ts'
import { openClient } from '../../storage/client.ts'
import { startSink } from '../../storage/sink.ts'
import type { SinkHappening } from '../../storage/sink-events.ts'
import { eraseResidue } from '../../storage/erase.ts'
import { chunkOf, fileNotes, roundOf, startRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(() => rig.stop(), 30_000)

const NOW = Date.UTC(2026, 10, 24, 9)
const S = Math.floor(NOW / 1000)
const EXPIRES = S + 90 * 86_400

const event = (i: number, siteKey = 1): Record<string, number | bigint> => ({
  seal: 0xa1b2c3n + BigInt(i % 7),
  site_key: siteKey,
  time: NOW + i,
  received: NOW + 5_000,
  device_time: NOW + i,
  kind: 1 + (i % 12),
  value: 1,
  boot: 1,
  seq: i,
  expires: EXPIRES,
})
const traffic = (minute: number, siteKey = 1): Record<string, number> => ({
  site_key: siteKey,
  time: S - (S % 60) + minute * 60,
  people_in: 2,
  people_out: 1,
  openings: 1,
  received: S,
  expires: EXPIRES,
})
const site = (siteKey: number, name: string) => ({
  siteKey,
  site: name,
  area: `fuzhou/gulou/antai/${siteKey}`,
  areaKey: siteKey,
  kind: 'residence',
  headcount: 3,
  capacity: null,
  observedFrom: 0,
  observedUntil: Infinity,
  changed: NOW,
  expires: Infinity,
})

const sinkOf = (name: string, logId: string) => {
  const happenings: SinkHappening[] = []
  const notes = fileNotes(join(rig.dir, name))
  return { happenings, notes, sink: startSink({ client: rig.client, logId, ...notes, emit: (happening) => void happenings.push(happening) }) }
}

test('rows of one block arrive in every table, with names', async () => {
  const { sink, happenings } = sinkOf('a.json', 'log-a')
  sink.offer(
    roundOf(1, {
      ends: false,
      chunks: [
        chunkOf(
          'events',
          Array.from({ length: 500 }, (_, i) => event(i)),
        ),
      ],
      plain: { sites: [site(1, 'jzl-0001'), site(2, 'jzl-0002')] },
    }),
  )
  expect(sink.rowsOpen()).toBe(500)
  sink.offer(
    roundOf(1, {
      chunks: [
        chunkOf(
          'events',
          Array.from({ length: 300 }, (_, i) => event(500 + i, 2)),
        ),
        chunkOf('traffic_1m', [traffic(0), traffic(0), traffic(1)]),
        chunkOf('traffic_1h', [traffic(0)]),
        chunkOf('area_1h', [{ area_key: 1, kind: 1, time: S, people_in: 2, people_out: 1, openings: 1, received: S }]),
        chunkOf('occupancy', [{ site_key: 1, time: NOW, received: NOW, raw: -1, corrected: 0, confidence: 0.5, cause: 1, expires: EXPIRES }]),
        chunkOf('rejected_events', [
          { seal: 5n, time: NOW, received: NOW, kind: 99, value: 1, boot: 1, seq: 1, reason: 3, sender: 1, site_key: 0, expires: EXPIRES },
        ]),
      ],
      plain: {
        alarms: [
          {
            id: 'a1',
            kind: 'tamper',
            severity: 'critical',
            site: 'jzl-0001',
            siteKey: 1,
            area: 'fuzhou/gulou/antai/1',
            seal: '0000000000a1b2c3',
            step: 'raised',
            time: NOW,
            received: NOW,
            by: '',
            note: '',
            repeats: 0,
            value: 1,
            expires: NOW + 1e9,
          },
        ],
        access: [{ time: NOW, who: 'li', role: 'operator', action: 'view', target: 'site jzl-0001', detail: '' }],
        seals: [{ seal: '0000000000a1b2c3', siteKey: 1, site: 'jzl-0001', from: 0, until: Infinity, changed: NOW, expires: Infinity }],
      },
    }),
  )
  await sink.whenVerified(position(1))
  expect(sink.verified()).toBe(1)
  expect(sink.pending()).toEqual({ rows: 0, bytes: 0, spooledBytes: 0, blocks: 0, oldestMs: 0, ahead: 0, refused: [] })
  expect(await rig.rows('SELECT count() AS n, uniqExact(site) AS sites, min(area) AS area FROM seals.events WHERE block = 1')).toEqual([
    { n: 800, sites: 2, area: 'fuzhou/gulou/antai/1' },
  ])
  expect(await rig.rows('SELECT sum(people_in) AS n FROM seals.traffic_1m')).toEqual([{ n: 6 }])
  expect(await rig.rows('SELECT state, active, acknowledged, seal_id FROM seals.alarms_current')).toEqual([
    { state: 'open', active: 1, acknowledged: 0, seal_id: '0000000000a1b2c3' },
  ])
  expect(happenings.filter(({ kind }) => kind === 'block-verified')).toHaveLength(10)
  expect(happenings.filter(({ kind }) => kind === 'retry' || kind === 'refused')).toEqual([])
  await sink.stop()
}, 30_000)

test('what was verified before a restart is not sent again; what was being sent is counted first', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => event(i, 3))
  const first = sinkOf('b.json', 'log-b')
  first.sink.offer(roundOf(11, { chunks: [chunkOf('events', rows), chunkOf('traffic_1m', [traffic(5, 3)])] }))
  await first.sink.whenVerified(position(11))
  await first.sink.stop()
  // The process dies after the insert of block 12 and before its proof was noted: its note still says that 12 is being sent.
  const before = first.notes.all()
  const second = sinkOf('b.json', 'log-b')
  second.sink.offer(roundOf(11, { chunks: [chunkOf('events', rows), chunkOf('traffic_1m', [traffic(5, 3)])] }))
  second.sink.offer(roundOf(12, { chunks: [chunkOf('events', rows), chunkOf('traffic_1m', [traffic(5, 3)])] }))
  await second.sink.whenVerified(position(12))
  await second.sink.stop()
  const sent = { ...before, 'sink:events': { verified: 11, sending: 12, attempt: 1 }, 'sink:traffic_1m': { verified: 11, sending: 12, attempt: 1 } }
  for (const [key, value] of Object.entries({ ...sent, 'sink:verified': 11 })) await second.notes.note(key, value)
  const third = sinkOf('b.json', 'log-b')
  third.sink.offer(roundOf(12, { chunks: [chunkOf('events', rows), chunkOf('traffic_1m', [traffic(5, 3)])] }))
  await third.sink.whenVerified(position(12))
  await third.sink.stop()
  expect(third.happenings.filter(({ kind }) => kind === 'resolved')).toHaveLength(2)
  expect(await rig.rows('SELECT block, count() AS n FROM seals.events WHERE site_key = 3 GROUP BY block ORDER BY block')).toEqual([
    { block: 11, n: 100 },
    { block: 12, n: 100 },
  ])
  expect(await rig.rows('SELECT sum(people_in) AS n FROM seals.traffic_1m WHERE site_key = 3')).toEqual([{ n: 4 }])
}, 30_000)

test('a token that ClickHouse remembers without its rows is overcome by the next attempt', async () => {
  const { sink, happenings, notes } = sinkOf('c.json', 'log-c')
  sink.offer(roundOf(21, { chunks: [chunkOf('events', [event(1, 4)]), chunkOf('traffic_1h', [traffic(60, 4)])] }))
  await sink.whenVerified(position(21))
  await sink.stop()
  // As after a kill between the token and the rename: the token is known, the rows are not there.
  for (const table of ['events', 'traffic_1h'])
    await rig.client.command({ query: `ALTER TABLE seals.${table} DELETE WHERE site_key = 4 SETTINGS mutations_sync = 2` })
  await notes.note('sink:verified', 0)
  const again = sinkOf('c.json', 'log-c')
  again.sink.offer(roundOf(21, { chunks: [chunkOf('events', [event(1, 4)]), chunkOf('traffic_1h', [traffic(60, 4)])] }))
  await again.sink.whenVerified(position(21))
  await again.sink.stop()
  expect(happenings.some(({ kind }) => kind === 'resolved')).toBe(false)
  expect(again.happenings.filter((h) => h.kind === 'resolved' && !h.there)).toHaveLength(2)
  expect(await rig.rows('SELECT count() AS n FROM seals.events WHERE site_key = 4')).toEqual([{ n: 1 }])
  expect(await rig.rows('SELECT sum(people_in) AS n FROM seals.traffic_1h WHERE site_key = 4')).toEqual([{ n: 2 }])
}, 30_000)

test('expired sites leave every table, names included, and the work survives a restart', async () => {
  const { sink, notes } = sinkOf('d.json', 'log-d')
  sink.offer(
    roundOf(31, {
      chunks: [chunkOf('events', [event(1, 5), event(2, 6)]), chunkOf('traffic_1m', [traffic(5, 5), traffic(5, 6)])],
      plain: { sites: [site(5, 'gone'), site(6, 'stays')] },
    }),
  )
  sink.offer(roundOf(32, { expiredKeys: [5] }))
  await sink.whenVerified(position(32))
  await sink.whenErased()
  await sink.stop()
  expect((await eraseResidue(rig.client, [5])).size).toBe(0)
  expect([...(await eraseResidue(rig.client, [6])).keys()].sort()).toEqual(['events', 'sites', 'traffic_1m'])
  expect(await rig.rows("SELECT dictGetOrDefault('seals.site_names', 'site', toUInt64(5), '-') AS name")).toEqual([{ name: '-' }])
  await notes.note('sink:erase', [6])
  const again = sinkOf('d.json', 'log-d')
  expect(again.sink.erasing()).toBe(1)
  await again.sink.whenErased()
  await again.sink.stop()
  expect((await eraseResidue(rig.client, [6])).size).toBe(0)
}, 60_000)

test('a block that cannot be encoded waits loudly and is not skipped', async () => {
  const { sink, happenings } = sinkOf('e.json', 'log-e')
  sink.offer(roundOf(41, { chunks: [chunkOf('events', [{ ...event(1, 7), kind: 0 }])] }))
  sink.offer(roundOf(42, { chunks: [chunkOf('events', [event(2, 7)])] }))
  await expect.poll(() => happenings.some(({ kind }) => kind === 'refused')).toBe(true)
  expect(sink.pending().blocks).toBe(2)
  expect(sink.verified()).toBeLessThan(41)
  await sink.stop()
})

test('what waits while ClickHouse is away goes to disk, and is stored once when it is back', async () => {
  const happenings: SinkHappening[] = []
  const away = await startRig()
  const options = { logId: 'log-g', ...fileNotes(join(rig.dir, 'g.json')), emit: (happening: SinkHappening) => void happenings.push(happening) }
  await away.stop()
  // Nobody listens at the address any more: every insert fails.
  const client = openClient(away.embedded)
  const sink = startSink({ ...options, client, spoolDir: join(rig.dir, 'spool-g'), memoryBytesMax: 200_000 })
  const rows = Array.from({ length: 2_000 }, (_, i) => event(i, 9))
  const blocks = [61, 62, 63, 64, 65, 66]
  for (const block of blocks) sink.offer(roundOf(block, { chunks: [chunkOf('events', rows), chunkOf('traffic_1h', [traffic(60 * block, 9)])] }))
  await expect.poll(() => happenings.filter(({ kind }) => kind === 'spilled').length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4)
  expect(sink.pending().rows).toBe(6 * 2_001)
  expect(sink.pending().bytes).toBeLessThan(300_000)
  expect(readdirSync(join(rig.dir, 'spool-g')).length).toBeGreaterThanOrEqual(4)
  await sink.stop()
  await client.close()
  // A restart throws the files away: the rows come again from the log.
  const again = startSink({ ...options, client: rig.client, spoolDir: join(rig.dir, 'spool-g'), memoryBytesMax: 200_000 })
  expect(readdirSync(join(rig.dir, 'spool-g'))).toEqual([])
  for (const block of blocks) again.offer(roundOf(block, { chunks: [chunkOf('events', rows), chunkOf('traffic_1h', [traffic(60 * block, 9)])] }))
  await again.whenVerified(position(66))
  await again.stop()
  expect(readdirSync(join(rig.dir, 'spool-g'))).toEqual([])
  expect(await rig.rows('SELECT count() AS n, uniqExact(block) AS blocks FROM seals.events WHERE site_key = 9')).toEqual([{ n: 12_000, blocks: 6 }])
  expect(again.pending()).toMatchObject({ rows: 0, bytes: 0, spooledBytes: 0 })
}, 60_000)

test('a table that ClickHouse refuses waits alone: the others go on, and it goes on itself when it is mended', async () => {
  const { sink, happenings, notes } = sinkOf('f.json', 'log-f')
  await rig.client.command({ query: 'RENAME TABLE seals.traffic_1h TO seals.traffic_1h_away' })
  const rows = Array.from({ length: 50 }, (_, i) => event(i, 8))
  for (const block of [51, 52, 53]) sink.offer(roundOf(block, { chunks: [chunkOf('events', rows), chunkOf('traffic_1h', [traffic(60 * block, 8)])] }))
  const stored = 'SELECT count() AS n FROM seals.events WHERE site_key = 8'
  await expect.poll(() => rig.rows(stored), { timeout: 10_000 }).toEqual([{ n: 150 }])
  await expect.poll(() => sink.pending().refused.map(({ table }) => table)).toEqual(['traffic_1h'])
  await expect.poll(() => sink.pending(), { timeout: 10_000 }).toMatchObject({ rows: 3, blocks: 3, ahead: 0 })
  expect(sink.verified()).toBeLessThan(51)
  // Somebody mends it while the engine is restarted: what the other table has already is not sent again.
  await sink.stop()
  await rig.client.command({ query: 'RENAME TABLE seals.traffic_1h_away TO seals.traffic_1h' })
  const again = sinkOf('f.json', 'log-f')
  for (const block of [51, 52, 53]) again.sink.offer(roundOf(block, { chunks: [chunkOf('events', rows), chunkOf('traffic_1h', [traffic(60 * block, 8)])] }))
  await again.sink.whenVerified(position(53))
  await again.sink.stop()
  expect(await rig.rows(stored)).toEqual([{ n: 150 }])
  expect(await rig.rows('SELECT sum(people_in) AS n FROM seals.traffic_1h WHERE site_key = 8')).toEqual([{ n: 6 }])
  expect(happenings.some((happening) => happening.kind === 'refused' && happening.table === 'traffic_1h')).toBe(true)
  expect(notes.all()['sink:verified']).toBe(53)
}, 60_000)
