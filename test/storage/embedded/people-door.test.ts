import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { position } from '../../../core/ids.ts'
import { startSink } from '../../../storage/sink.ts'
import { chunkOf, fileNotes, roundOf, startRig, type Rig } from '../rig.ts'
import { endless, hostile, ordinary } from './hostile.ts'

let rig: Rig
let out = ''
let secretFile = ''
const SECRET = 'a-secret-that-no-answer-may-hold'
beforeAll(async () => {
  rig = await startRig()
  out = join(rig.dir, 'outfile')
  secretFile = join(rig.dir, 'secret.txt')
  writeFileSync(secretFile, SECRET)
  await rig.client.command({
    query:
      'INSERT INTO seals.events (seal, site_key, time, received, device_time, kind, value, boot, seq, expires, block) SELECT number, 1, now64(), now64(), now64(), 1 + number % 2, 1, 1, number, now() + 1000000, 1 FROM numbers(1000)',
  })
}, 60_000)
afterAll(() => rig.stop(), 30_000)

const ask = async (
  sql: string,
  options: { readonly token?: string; readonly query?: string; readonly headers?: Record<string, string>; readonly user?: string } = {},
) => {
  const authorization = `Basic ${Buffer.from(`${options.user ?? 'analyst'}:${options.token ?? 'token-of-analyst'}`).toString('base64')}`
  const response = await fetch(`${rig.embedded.url}/${options.query ?? ''}`, { method: 'POST', body: sql, headers: { authorization, ...options.headers } })
  return {
    status: response.status,
    code: response.headers.get('x-clickhouse-exception-code'),
    format: response.headers.get('x-clickhouse-format'),
    text: await response.text(),
  }
}

test('hostile statements are refused and leave no trace', async () => {
  const statements = hostile(out, secretFile)
  expect(statements.length).toBeGreaterThan(40)
  const let_through: string[] = []
  for (const sql of statements) {
    const answer = await ask(sql)
    expect(answer.text, sql).not.toContain(SECRET)
    if (answer.status < 400 || answer.code === null) let_through.push(`${sql} → ${answer.status} ${answer.text.slice(0, 200)}`)
  }
  expect(let_through).toEqual([])
  expect(existsSync(out)).toBe(false)
  expect(await rig.rows('SELECT count() AS n, sum(value) AS v FROM seals.events')).toEqual([{ n: 1000, v: 1000 }])
  expect(rig.exits).toEqual([])
  expect(rig.notes.filter(({ action }) => action === 'query-refused').length).toBeGreaterThan(40)
}, 60_000)

test('what runs endlessly or fills memory is stopped by its bound', async () => {
  const answers = await Promise.all(endless.map((sql) => ask(sql)))
  for (const [i, answer] of answers.entries())
    expect(['158', '159', '241', '396', '306', '394', '173'], `${endless[i]} → ${answer.text.slice(0, 300)}`).toContain(answer.code)
  expect(rig.exits).toEqual([])
  // Nothing of a failed query stands before the next answer, whoever asks.
  for (let i = 0; i < 12; i += 1) expect(await ask('SELECT 1')).toMatchObject({ status: 200, text: '1\n' })
}, 180_000)

test('ordinary questions are answered, each after a note of it', async () => {
  for (const sql of ordinary) {
    const before = rig.notes.length
    const answer = await ask(sql)
    expect(answer.status, `${sql} → ${answer.text.slice(0, 400)}`).toBe(200)
    expect(rig.notes.slice(before)).toEqual([{ who: 'analyst', role: 'analyst', action: 'query', target: 'clickhouse', detail: sql }])
  }
}, 60_000)

test('only analysts and admins without a limit of areas come in', async () => {
  for (const [token, status] of [
    ['token-of-analyst', 200],
    ['token-of-admin', 200],
    ['token-of-sender', 403],
    ['token-of-operator', 403],
    ['token-of-sre', 403],
    ['token-of-street', 403],
    ['unknown', 401],
    ['', 401],
  ] as const) {
    expect((await ask('SELECT 1', { token })).status, token).toBe(status)
  }
  expect((await ask('SELECT 1', { user: 'engine', token: 'guess' })).status).toBe(401)
  expect((await ask('SELECT 1', { user: 'default', token: '' })).status).toBe(401)
  expect((await fetch(`${rig.embedded.url}/?query=SELECT+1`)).status).toBe(401)
  expect(await (await fetch(`${rig.embedded.url}/ping`)).text()).toBe('Ok.\n')
})

test('settings in the URL cannot loosen a bound', async () => {
  for (const query of ['?readonly=0&max_memory_usage=0', '?max_threads=64', '?allow_ddl=1', '?database=system', '?max_result_rows=0', '?async_insert=1'])
    expect((await ask('SELECT 1', { query })).status, query).toBeGreaterThanOrEqual(403)
  expect((await ask('SELECT sipHash64(number) FROM numbers(2000000)', { query: '?max_execution_time=100000' })).code).toBe('396')
})

test('parameters are bound as values', async () => {
  const bound = (value: string, type = 'String') => ask(`SELECT {x:${type}}`, { query: `?param_x=${encodeURIComponent(value)}` })
  expect((await bound("a'; DROP TABLE events; --")).text).toBe("a\\'; DROP TABLE events; --\n")
  expect((await bound('7', 'UInt8')).text).toBe('7\n')
  expect((await bound(String.raw`\N`, 'Nullable(String)')).text).toBe('\\N\n')
  expect((await ask('SELECT count() FROM {t:Identifier}', { query: '?param_t=events' })).text).toBe('1000\n')
  expect((await ask('SELECT count() FROM {t:Identifier}', { query: '?param_t=system.processes' })).status).toBe(403)
  expect((await ask('SELECT count() FROM {t:Identifier}', { query: '?param_t=a`b' })).status).toBe(400)
})

test('the official client works at the people’s door: formats, parameters, gzip, ping', async () => {
  const client = createClient({
    url: rig.embedded.url,
    username: 'analyst',
    password: 'token-of-analyst',
    database: 'seals',
    compression: { response: true, request: true },
  })
  expect((await client.ping()).success).toBe(true)
  expect((await client.ping({ select: true })).success).toBe(true)
  const answer = await client.query({
    query: 'SELECT kind, count() AS n FROM events WHERE value = {v:Int32} GROUP BY kind ORDER BY kind',
    query_params: { v: 1 },
    format: 'JSON',
  })
  expect((await answer.json<{ kind: string; n: number }>()).data).toEqual([
    { kind: 'PASSAGE_IN', n: 500 },
    { kind: 'PASSAGE_OUT', n: 500 },
  ])
  await expect(client.query({ query: 'SELECT nothing FROM events' })).rejects.toMatchObject({ code: '47', type: 'UNKNOWN_IDENTIFIER' })
  await expect(client.command({ query: 'DROP TABLE events' })).rejects.toMatchObject({ code: '497' })
  await client.close()
  expect((await ask('SELECT 1 AS x', { query: '?default_format=JSONEachRow' })).text).toBe('{"x":1}\n')
  expect((await ask('SELECT 1 AS x', { headers: { 'x-clickhouse-format': 'CSVWithNames' } })).text).toBe('"x"\n1\n')
})

test('fifty at once: some are served, the rest are told to come again, and inserts go on', async () => {
  const notes = fileNotes(join(rig.dir, 'sink.json'))
  const lags: number[] = []
  const sink = startSink({ client: rig.client, logId: 'log', ...notes, emit: (h) => void (h.kind === 'block-verified' && lags.push(h.ms)) })
  const rows = Array.from({ length: 10_000 }, (_, i) => ({
    seal: i,
    site_key: 2,
    time: 1.79e12 + i,
    received: 1.79e12,
    device_time: 1.79e12 + i,
    kind: 1,
    value: 1,
    boot: 1,
    seq: i,
    expires: 4e9,
  }))
  const chunk = chunkOf('events', rows)
  const store = async (block: number): Promise<void> => {
    sink.offer(roundOf(block, { chunks: [chunk] }))
    await sink.whenVerified(position(block))
  }
  for (let block = 2; block < 8; block += 1) await store(block)
  const alone = Math.max(...lags.splice(0))
  const heavy = Promise.all(Array.from({ length: 50 }, (_, i) => ask(`SELECT ${i}, count() FROM numbers(100000000) WHERE sipHash64(number) % 7 = 3`)))
  for (let block = 8; block < 14; block += 1) await store(block)
  const beside = Math.max(...lags)
  const answers = await heavy
  const busy = answers.filter(({ code }) => code === '202')
  expect(busy.length).toBeGreaterThanOrEqual(50 - 4 - 8)
  for (const { status } of busy) expect(status).toBe(429)
  expect(answers.length - busy.length).toBeGreaterThan(0)
  process.stderr.write(`slowest block of 10,000 rows: ${alone} ms alone, ${beside} ms beside fifty people\n`)
  expect(await rig.rows('SELECT count() AS n FROM seals.events WHERE site_key = 2')).toEqual([{ n: 120_000 }])
  await sink.stop()
}, 180_000)
