import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Piscina } from 'piscina'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmWork, RegistryOp, SiteSpec } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { extentEntry, registryEntry, tickEntry, workEntry } from '../../core/thread/body.ts'
import type { Machine } from '../../core/thread/machine.ts'
import { startMachine } from '../../core/thread/machine-run.ts'
import { hashToken } from '../../ingest/credentials.ts'
import { openLmdbLog, type LmdbLog } from '../../ingest/log/lmdb-log.ts'
import { registerIngest } from '../../ingest/register.ts'
import { decodeOn } from '../../ingest/thread/decode-pool.ts'
import { wire } from '../../proto/wire.ts'
import { startSink } from '../../storage/sink.ts'
import { openStore } from '../../storage/store.ts'
import { secretOf } from './secret.ts'
import { readLive, startLiveServer, type LiveServer } from './server.ts'

// Live on the real parts: protobuf over HTTP into the flushed log, through the machine, out on the stream and the API, and into
// a real ClickHouse, from which closed alarms are read.

const ROOT = { tokenNo: 0, name: 'test', role: 'admin', areas: [''] } as const
const AREA = 'fuzhou/gulou/antai/jinzhaili/7'
const stops: (() => Promise<unknown>)[] = []
let server: LiveServer
let machine: Machine
let log: LmdbLog
let verified: (block: number) => Promise<void>

const append = async (entry: Uint8Array): Promise<number> => {
  const at = await log.append(entry)
  await machine.whenApplied(at)
  return at
}
const change = (op: RegistryOp): Promise<number> => append(registryEntry(op))
const work = (op: AlarmWork): Promise<number> => append(workEntry(op))
const site = (n: number, area: string): SiteSpec => ({
  site: `s-${n}`,
  area,
  kind: 'residence',
  headcount: 3,
  capacity: null,
  inside: null,
  observation: { from: Date.now() - 3_600_000, until: Date.now() + 86_400_000 },
  seals: [{ id: n.toString(16).padStart(16, '0'), from: null, until: null }],
})

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-live-'))
  stops.push(() => Promise.resolve(rmSync(dir, { recursive: true, force: true })))
  const pool = new Piscina({ minThreads: 1, maxThreads: 1 })
  stops.push(() => pool.destroy())
  log = await openLmdbLog(join(dir, 'log'), { now: Date.now, segmentBytesMax: 64 * 1024 * 1024, segmentAgeMsMax: 3_600_000, budgetBytes: 1024 ** 3 })
  stops.push(() => log.close())
  machine = await startMachine({ run: (filename, task) => pool.run(task, { filename }), threads: 1, shardCount: 16, policy: POLICY_DEFAULT, position: 0 })
  stops.push(() => machine.stop())
  log.onDurable((entry) => machine.offer(entry.position, entry.bytes))
  const store = await openStore(undefined, {
    dataDir: dir,
    port: 0,
    authenticate: machine.tokenByHash,
    noteQuery: () => Promise.resolve(),
    onExit: () => undefined,
    onRefused: () => undefined,
  })
  stops.push(() => store.stop())
  const sink = startSink({ client: store.client, logId: log.id, note: log.note, noted: log.noted, emit: () => undefined })
  stops.push(() => sink.stop())
  verified = (block) => sink.whenVerified(block as never)
  machine.onRound(sink.offer)
  for (const name of ['operator@fuzhou/gulou', 'sender@', 'admin@', 'sre@']) {
    const [role = '', areas = ''] = name.split('@')
    await change({
      op: 'add-token',
      by: null,
      name: name.replaceAll(/[^a-z]/g, '-'),
      role: role as 'admin',
      areas: areas.split(','),
      hash: hashToken(secretOf(name)),
    })
  }
  await change({ op: 'put-sites', by: ROOT, sites: [site(1, AREA), site(2, AREA), site(3, 'fuzhou/taijiang/yizhou/1')] })
  server = await startLiveServer(
    { machine },
    {
      query: async (sql, params) => (await store.client.query({ query: sql, query_params: { ...params }, format: 'JSONEachRow' })).json(),
      prepare: (app, sessions) => {
        registerIngest(app, {
          backup: () => Promise.reject(new Error('no backups here')),
          log,
          machine,
          decode: decodeOn(pool),
          clock: Date.now,
          sessions,
          pressure: () => null,
          emit: () => undefined,
          advance: null,
        })
      },
    },
  )
  stops.push(() => server.close())
}, 90_000)
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
}, 60_000)

let seq = 0
const send = async (sealId: number, kind: number, value: number): Promise<void> => {
  const event: object = { sealId, timeMs: Date.now(), boot: 1, seq: ++seq, kind, value }
  const body = wire.EventBatch.encode({ events: [event] }).finish()
  const answer = await fetch(`${server.url}/v1/events`, {
    method: 'POST',
    body: body as never,
    headers: { authorization: `Bearer ${secretOf('sender@')}`, 'content-type': 'application/x-protobuf', accept: 'application/json' },
  })
  expect(await answer.json()).toMatchObject({ accepted: 1, rejected: 0 })
}
const get = async (path: string): Promise<any> =>
  (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${secretOf('operator@fuzhou/gulou')}` } })).json()

test('an event becomes an alarm on the stream and in the API, is acknowledged, and is found in ClickHouse once closed', async () => {
  const reader = readLive(server, 'operator@fuzhou/gulou')
  await reader.until('snapshot-end')
  await send(3, 5, 1)
  await send(1, 5, 1)
  const { alarm } = await reader.until('alarm', (message) => message.step === 'raised')
  expect(alarm).toMatchObject({ kind: 'tamper', severity: 'critical', site: 's-1', area: AREA, seal: '0000000000000001', active: true, acknowledged: false })
  expect((await get('/v1/alarms')).items).toMatchObject([{ id: alarm.id, kind: 'tamper' }])
  expect((await get(`/v1/alarms/${alarm.id}`)).id).toBe(alarm.id)

  await send(1, 6, 0)
  // A seal is told of once between two ticks: the end of the condition is told at this one.
  await append(tickEntry())
  const answered = await work({ op: 'acknowledge', id: alarm.id, by: { ...ROOT, name: 'duty' }, note: '' })
  expect(machine.resultOf(answered as never)).toMatchObject({ kind: 'alarm' })
  const closed = await reader.until('alarm', (message) => message.alarm.id === alarm.id && message.alarm.state === 'closed')
  expect(closed.alarm).toMatchObject({ acknowledged: true, acknowledgedBy: 'duty', active: false })
  expect((await get('/v1/alarms')).items).toEqual([])

  const first = await append(extentEntry())
  await append(extentEntry())
  await verified(first)
  const old = (await get('/v1/alarms?state=closed&limit=1&severity=critical')).items
  expect(old).toMatchObject([{ id: alarm.id, kind: 'tamper', state: 'closed', acknowledged: true, acknowledgedBy: 'duty', site: 's-1', value: 1 }])
  expect(await get(`/v1/alarms/${alarm.id}`)).toMatchObject({ id: alarm.id, state: 'closed' })
  expect((await get('/v1/alarms?state=closed&area=fuzhou/taijiang')).items).toEqual([])
  expect((await get('/v1/alarms?state=all&site=s-1&kind=tamper')).items).toHaveLength(1)
  expect(reader.messages.filter((message) => message.type === 'alarm').every((message) => message.alarm.area === AREA)).toBe(true)
}, 60_000)

test('people passing change the occupancy that readers see; a passage without a permit is an alarm; an ended site leaves', async () => {
  const reader = readLive(server, 'operator@fuzhou/gulou', 'topics=occupancy')
  await reader.until('snapshot-end')
  await send(2, 2, 1)
  await reader.until('occupancy', (message) =>
    message.sites.some((one) => one.site === 's-2' && one.inside === 2 && one.registered === 3 && one.difference === -1),
  )
  expect(await get('/v1/sites/s-2')).toMatchObject({
    site: 's-2',
    headcount: 3,
    occupancy: { raw: 2, corrected: 2 },
    comparison: { registered: 3, inside: 2, difference: -1 },
    alarms: [{ kind: 'passage-unpermitted' }],
  })
  expect(await get('/v1/seals/0000000000000002')).toMatchObject({ seal: '0000000000000002', site: 's-2', online: true })
  expect((await get('/v1/areas?area=fuzhou')).items).toMatchObject([
    { area: 'fuzhou/gulou', sites: 2, registered: 6, inside: 5, differing: 1, alarms: { critical: 1 } },
  ])

  await change({
    op: 'put-permit',
    by: ROOT,
    permit: { site: 's-2', from: Date.now() - 1000, until: Date.now() + 60_000, openings: 2, reason: 'sampling visit' },
  })
  expect((await get('/v1/permits')).items).toMatchObject([{ site: 's-2', openings: 2, reason: 'sampling visit' }])

  await change({ op: 'end-observation', by: ROOT, site: 's-2', until: Date.now() })
  await append(tickEntry())
  expect(await reader.until('ended')).toEqual({ type: 'ended', sites: ['s-2'] })
  expect((await get('/v1/sites')).items.map((one: { site: string }) => one.site)).toEqual(['s-1'])
  expect((await get('/v1/sites/s-2')).status).toBe(404)
}, 60_000)

test('the metrics count the real ledger', async () => {
  const text = await (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${secretOf('sre@')}` } })).text()
  expect(text).toContain(`sealstream_events_accepted_total ${seq}\n`)
  expect(text).toMatch(/sealstream_event_to_alarm_seconds_count [3-9]/)
})
