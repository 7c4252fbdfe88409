import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { position } from '../../core/ids.ts'
import type { AlarmStep, SiteRow } from '../../core/rows.ts'
import { startSink } from '../../storage/sink.ts'
import { chunkOf, fileNotes, roundOf, startRig, type Rig } from './rig.ts'

// Every query of docs/queries.md, taken from the page, asked at the people's door by the official client, on rows that came in
// through the real encoder and sink.

const HOUR = 3_600_000
const DAY = 24 * HOUR
// Noon of yesterday in Shanghai: far enough from midnight and from now for every question.
const NOW = Date.now()
const NOON = Math.floor((NOW + 8 * HOUR) / DAY) * DAY - 8 * HOUR - 12 * HOUR
const EXPIRES = Math.floor(NOW / 1000) + 90 * 86_400
const day = (ms: number): string => new Date(ms + 8 * HOUR).toISOString().slice(0, 10)

const page = readFileSync(join(import.meta.dirname, '../../../docs/queries.md'), 'utf8')
const queries = [...page.matchAll(/## (\d)\. .*?```sql\n(.*?)```/gs)].map((match) => match[2] as string)

let rig: Rig
let analyst: ClickHouseClient
beforeAll(async () => {
  rig = await startRig()
  analyst = createClient({ url: rig.embedded.url, username: 'analyst', password: 'token-of-analyst', database: 'seals' })
  await fill()
}, 90_000)
afterAll(async () => {
  await analyst.close()
  await rig.stop()
}, 30_000)

const siteRow = (siteKey: number, name: string, area: string, kind: string, headcount: number): SiteRow => ({
  siteKey,
  site: name,
  area,
  areaKey: siteKey,
  kind,
  headcount,
  capacity: null,
  observedFrom: NOW - DAY,
  observedUntil: NOW + DAY,
  changed: NOW,
  expires: NOW + 90 * DAY,
})
const steps = (id: string, kind: string, siteKey: number, area: string, acknowledgedAfterMs: number | null): readonly AlarmStep[] => {
  const base = {
    id,
    kind,
    severity: 'critical',
    site: `s${siteKey}`,
    siteKey,
    area,
    seal: '0000000000000007',
    note: '',
    repeats: 0,
    value: 1,
    expires: NOW + 30 * DAY,
  }
  const raised: AlarmStep = { ...base, step: 'raised', time: NOON, received: NOON, by: '' }
  if (acknowledgedAfterMs === null) return [raised]
  const at = NOON + acknowledgedAfterMs
  return [
    raised,
    { ...base, step: 'condition-gone', time: NOON + 1, received: NOON + 1, by: '' },
    { ...base, step: 'acknowledged', time: at, received: at, by: 'li' },
    { ...base, step: 'closed', time: at, received: at, by: 'li' },
  ]
}
const heartbeat = (seal: number, ms: number, millivolts: number) => ({
  seal,
  site_key: 1,
  time: ms,
  received: ms + 500,
  device_time: ms,
  kind: 9,
  value: millivolts,
  boot: 1,
  seq: Math.floor(ms / HOUR),
  expires: EXPIRES,
})

const fill = async (): Promise<void> => {
  const sink = startSink({ client: rig.client, logId: 'log', ...fileNotes(join(rig.dir, 'notes.json')), emit: () => undefined })
  const changes = [
    [1, 3, -2],
    [1, 2, -1],
    [2, 1, 0],
  ] as const
  const traffic = (siteKey: number, ms: number, people: number) => ({
    site_key: siteKey,
    time: ms / 1000,
    people_in: people,
    people_out: people - 1,
    openings: 0,
    received: Math.floor(NOW / 1000),
    expires: EXPIRES,
  })
  const areaTraffic = (ms: number, people: number) => ({
    area_key: 1,
    kind: 1,
    time: ms / 1000,
    people_in: people,
    people_out: 0,
    openings: 0,
    received: Math.floor(NOW / 1000),
  })
  sink.offer(
    roundOf(1, {
      plain: {
        sites: [
          siteRow(1, 's1', 'fuzhou/gulou/antai/jzl/7', 'residence', 3),
          siteRow(2, 's2', 'fuzhou/gulou/antai/jzl/8', 'residence', 1),
          siteRow(3, 's3', 'fuzhou/taijiang/x', 'residence', 4),
          siteRow(4, 'tower', 'fuzhou/gulou/antai', 'building', 0),
        ],
        alarms: [
          ...steps('a1', 'door-opened', 1, 'fuzhou/gulou/antai/jzl/7', 60_000),
          ...steps('a2', 'passage-unpermitted', 2, 'fuzhou/gulou/antai/jzl/8', null),
          ...steps('a3', 'door-opened', 3, 'fuzhou/taijiang/x', 120_000),
        ],
        access: [
          { time: NOW - HOUR, who: 'chen', role: 'operator', action: 'view', target: 'jzl-0007-0302', detail: '' },
          { time: NOW, who: 'wu', role: 'operator', action: 'view', target: 'other', detail: '' },
        ],
      },
      chunks: [
        chunkOf(
          'occupancy',
          changes.map(([siteKey, corrected, hours]) => ({
            site_key: siteKey,
            time: NOW + hours * HOUR,
            received: NOW,
            raw: corrected,
            corrected,
            confidence: 1,
            cause: 1,
            expires: EXPIRES,
          })),
        ),
        chunkOf('traffic_1h', [traffic(4, NOON, 30), traffic(4, NOON, 10), traffic(4, NOON - DAY, 5), traffic(4, NOON - HOUR, 9), traffic(1, NOON, 500)]),
        chunkOf('area_1h', [areaTraffic(NOON, 30), areaTraffic(NOON, 30), areaTraffic(NOON - 7 * DAY, 40)]),
        chunkOf('events', [
          heartbeat(7, NOW - 3 * DAY, 3300),
          heartbeat(7, NOW - 2 * HOUR, 3100),
          heartbeat(8, NOW - 2 * HOUR, 3600),
          heartbeat(9, NOW - 2 * HOUR, 2900),
          { ...heartbeat(8, NOW - 10 * HOUR, 3600), seq: 1, received: NOW - 2 * HOUR },
          { ...heartbeat(8, NOW - 2 * HOUR, 3600), seq: 2, device_time: 0 },
        ]),
      ],
    }),
  )
  // The same keys again, in another block: rollups must add up.
  sink.offer(roundOf(2, { chunks: [chunkOf('traffic_1h', [traffic(4, NOON, 2)])] }))
  await sink.whenVerified(position(2))
  await sink.stop()
}

const answer = async (number: number): Promise<readonly Record<string, unknown>[]> => {
  const query = queries[number - 1]
  if (query === undefined) throw new Error(`docs/queries.md has no query ${number}`)
  return (await analyst.query({ query, format: 'JSONEachRow' })).json()
}

test('the page has eight queries', () => expect(queries).toHaveLength(8))

test('1: inside against registered', async () => {
  expect(await answer(1)).toEqual([
    { street: 'fuzhou/gulou/antai', sites: 2, registered: 4, inside_now: 3, sites_that_differ: 1 },
    { street: 'fuzhou/taijiang/x', sites: 1, registered: 4, inside_now: 4, sites_that_differ: 0 },
  ])
})
test('2: busiest hours', async () => {
  expect(await answer(2)).toEqual([
    { site: 'tower', hour_of_day: 12, people_in: 47, people_out: 43 },
    { site: 'tower', hour_of_day: 11, people_in: 9, people_out: 8 },
  ])
})
test('3: without a permit', async () => {
  expect(await answer(3)).toEqual([
    { street: 'fuzhou/gulou/antai', day: day(NOON), openings: 1, passages: 1, sites: 2 },
    { street: 'fuzhou/taijiang/x', day: day(NOON), openings: 1, passages: 0, sites: 1 },
  ])
})
test('4: waiting', async () => {
  expect(await answer(4)).toEqual([
    { kind: 'door-opened', alarms: 2, still_waiting: 0, median_seconds: 90, p95_seconds: 117 },
    { kind: 'passage-unpermitted', alarms: 1, still_waiting: 1, median_seconds: null, p95_seconds: null },
  ])
})
test('5: batteries', async () => {
  expect((await answer(5)).map(({ seal_id, site, millivolts_now, lost_millivolts }) => ({ seal_id, site, millivolts_now, lost_millivolts }))).toEqual([
    { seal_id: '0000000000000009', site: 's1', millivolts_now: 2900, lost_millivolts: 0 },
    { seal_id: '0000000000000007', site: 's1', millivolts_now: 3100, lost_millivolts: 200 },
  ])
})
test('6: late', async () => {
  const rows = await answer(6)
  const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0)
  expect([sum('events'), sum('late'), sum('with_a_wrong_clock')]).toEqual([5, 1, 1])
  expect(Math.max(...rows.map((row) => Number(row['p99_late_seconds'])))).toBe(8 * 3600)
})
test('7: against the week before', async () => {
  expect((await answer(7)).filter((row) => row['day'] === day(NOON))).toEqual([
    { area: 'fuzhou/gulou/antai/jzl/7', day: day(NOON), people: 60, week_before: 40, change_percent: 50 },
  ])
})
test('8: who looked', async () => {
  expect((await answer(8)).map(({ who, action }) => ({ who, action }))).toEqual([{ who: 'chen', action: 'view' }])
})
