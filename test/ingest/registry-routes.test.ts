import { afterAll, beforeAll, expect, test } from 'vitest'
import { ENTRY, entryHeader } from '../../core/entry.ts'
import type { AccessNote } from '../../core/ops.ts'
import { unpackBody } from '../../core/thread/body.ts'
import { startEngine, type Engine } from './engine.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine({ simulator: true })
})
afterAll(() => engine.stop())

const call = async (
  method: string,
  path: string,
  { token = engine.tokens.admin, json, text, type }: { token?: string; json?: unknown; text?: string; type?: string } = {},
) => {
  const body = json === undefined ? text : JSON.stringify(json)
  const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }) }
  const answer = await fetch(engine.url + path, { method, headers, ...(body === undefined ? {} : { body }) })
  const answered = await answer.text()
  return { status: answer.status, body: (answered === '' ? null : JSON.parse(answered)) as Record<string, unknown>, headers: answer.headers }
}
const notes = (): AccessNote[] =>
  engine.entries.filter((entry) => entryHeader(entry.bytes).kind === ENTRY.access).flatMap((entry) => unpackBody<AccessNote[]>(entry.bytes))
const CONTRACT =
  '{"site":"jzl-0007-0302","area":"fuzhou/gulou/antai/jinzhaili/7","kind":"residence","headcount":3,"capacity":null,"inside":null,"observation":{"from":"2026-11-24T00:00:00Z","until":"2026-12-08T00:00:00Z"},"seals":["0000000000a1b2c3"]}'
const importLines = (text: string, type = 'application/x-ndjson') => call('POST', '/v1/sites/import', { text, type })

test('an import reports each bad line by number, field and reason, and takes the others', async () => {
  const broken = CONTRACT.replace('2026-11-24T00:00:00Z', '2026-02-30T00:00:00Z').replace('jzl-0007-0302', 'x')
  const { status, body } = await importLines(
    [CONTRACT, 'not json', '', broken, CONTRACT.replace('jzl-0007-0302', 'y y').replace('a1b2c3', 'a1b2c4'), '{"site":1}'].join('\n'),
  )
  expect([status, body['created'], body['refused']]).toEqual([200, 1, 4])
  expect((body['problems'] as { line: number; field: string }[]).map(({ line, field }) => [line, field])).toEqual([
    [2, ''],
    [4, 'observation.from'],
    [5, 'site'],
    [6, 'kind'],
  ])
  expect(await importLines(CONTRACT)).toMatchObject({ body: { created: 0, unchanged: 1, refused: 0 } })
  expect(engine.registry.site('jzl-0007-0302')).toBeDefined()
})

test('more lines than one entry holds, and a line without end', async () => {
  const lines = Array.from({ length: 2500 }, (_, i) => JSON.stringify({ site: `mall-${i}`, area: 'fuzhou/taijiang', kind: 'building', seals: [] }))
  lines.splice(1200, 0, 'x'.repeat(100_000))
  const { body } = await importLines(`${lines.join('\n')}\n`)
  expect([body['created'], body['problems']]).toEqual([2500, [{ line: 1201, field: '', detail: expect.stringContaining('longer') }]])
})

test('the same as CSV', async () => {
  const csv =
    'site,area,kind,headcount,observation.from,observation.until,seals\r\n"r-1",fuzhou/a,residence,2,2026-11-24T00:00:00Z,2026-12-08T00:00:00+08:00,00000000000000aa;00000000000000AB\nr-2,fuzhou/a,residence,two,,,\n'
  const { body } = await importLines(csv, 'text/csv')
  expect(body).toMatchObject({ created: 1, refused: 1, problems: [{ line: 3, field: 'headcount' }] })
  expect(engine.registry.seal('00000000000000ab')?.assignments[0]?.site).toBe('r-1')
  expect((await importLines('site,colour\n', 'text/csv')).status).toBe(422)
})

test('sites, permits and tokens: put, end, make, revoke; each noted with who', async () => {
  const site = { area: 'fuzhou/b', kind: 'building', seals: ['00000000000000b1'] }
  expect(await call('PUT', '/v1/sites/tower', { json: site })).toMatchObject({ status: 201, body: { result: 'created' } })
  expect(await call('PUT', '/v1/sites/tower', { json: site })).toMatchObject({ status: 200, body: { result: 'unchanged' } })
  expect(await call('PUT', '/v1/sites/tower', { json: { ...site, kind: 'castle' } })).toMatchObject({ status: 422, body: { where: 'body/kind' } })
  const permit = { site: 'tower', from: '2026-11-24T09:00:00Z', until: '2099-11-24T10:00:00Z', openings: 2, reason: 'sampling visit' }
  const made = await call('POST', '/v1/permits', { json: permit, token: engine.tokens.operator })
  expect(made).toMatchObject({ status: 201, body: { site: 'tower', openings: 2 } })
  expect(await call('POST', '/v1/permits', { json: { ...permit, from: 'soon' } })).toMatchObject({ status: 422, body: { where: 'body/from' } })
  expect(await call('POST', '/v1/permits', { json: { site: 'tower' } })).toMatchObject({ status: 422, body: { detail: expect.stringContaining('from') } })
  expect((await call('POST', '/v1/permits', { text: '{' })).status).toBe(400)
  expect((await call('DELETE', `/v1/permits/${made.body['id'] as string}`)).status).toBe(204)
  expect((await call('DELETE', '/v1/permits/999')).status).toBe(404)
  expect((await call('POST', '/v1/sites/tower/end')).status).toBe(200)
  expect((await call('POST', '/v1/sites/nowhere/end')).status).toBe(404)
  const token = await call('POST', '/v1/tokens', { json: { name: 'street-7', role: 'operator', areas: ['fuzhou/b'] } })
  expect((await call('POST', '/v1/tokens', { json: { name: 'street-7', role: 'operator', areas: [''] } })).status).toBe(409)
  const limited = token.body['token'] as string
  expect((await call('POST', '/v1/permits', { json: { ...permit, site: 'jzl-0007-0302' }, token: limited })).status).toBe(404)
  expect((await call('DELETE', '/v1/tokens/street-7')).status).toBe(204)
  expect((await call('POST', '/v1/permits', { json: permit, token: limited })).status).toBe(401)
  expect(notes()).toEqual(expect.arrayContaining([{ who: 'operator', role: 'operator', action: 'put-permit', target: 'tower', detail: 'sampling visit' }]))
})

test('ticks move the clock forward only', async () => {
  const now = engine.clock.now + 60_000
  expect(await call('POST', '/v1/ticks', { json: { now } })).toMatchObject({ status: 200, body: { now } })
  expect(entryHeader(engine.entries.at(-1)?.bytes as Uint8Array)).toMatchObject({ kind: ENTRY.tick, received: now })
  expect((await call('POST', '/v1/ticks', { json: { now: now - 1 } })).status).toBe(422)
})

test('a one-time link begins a session; the cookie works from our own origin only', async () => {
  const link = await call('POST', '/v1/signin-links')
  const first = await fetch(engine.url + (link.body['url'] as string), { redirect: 'manual' })
  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  const set = first.headers.get('set-cookie') ?? ''
  expect(set).toMatch(/HttpOnly; SameSite=Strict/)
  expect((await fetch(engine.url + (link.body['url'] as string), { redirect: 'manual' })).status).toBe(401)
  const cookie = set.split(';', 1)[0] ?? ''
  expect(await (await fetch(`${engine.url}/`, { headers: { cookie } })).json()).toEqual({ hello: 'admin' })
  const tick = (origin: string) =>
    fetch(`${engine.url}/v1/ticks`, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/json' },
      body: JSON.stringify({ now: engine.clock.now }),
    })
  expect((await tick('https://evil.example')).status).toBe(403)
  expect((await tick(engine.url)).status).toBe(200)
  expect((await fetch(`${engine.url}/session`, { method: 'DELETE', headers: { cookie } })).status).toBe(204)
  expect((await fetch(`${engine.url}/`, { headers: { cookie } })).status).toBe(401)
})

test('alarm work is answered with the alarm as it stands', async () => {
  const alarm = {
    id: 'a1',
    kind: 'tamper',
    severity: 'critical',
    state: 'open',
    active: true,
    acknowledged: false,
    site: 's',
    siteNo: 1,
    area: 'fuzhou/b',
    seal: '',
    since: 0,
    raisedAt: 0,
    goneAt: null,
    acknowledgedAt: null,
    acknowledgedBy: '',
    assignedTo: '',
    shelvedUntil: null,
    shelvedBy: '',
    shelvedReason: '',
    waitingSince: 0,
    escalation: 0,
    deliveries: [],
    repeats: 0,
    value: 0,
  }
  engine.alarms.set('a1', alarm as never)
  expect(await call('POST', '/v1/alarms/a1/acknowledge', { token: engine.tokens.operator })).toMatchObject({
    status: 200,
    body: { acknowledged: true, acknowledgedBy: 'operator' },
  })
  expect(await call('POST', '/v1/alarms/a1/assign', { json: { to: 'lin' } })).toMatchObject({ body: { assignedTo: 'lin' } })
  expect((await call('POST', '/v1/alarms/a1/assign', { json: {} })).status).toBe(422)
  expect((await call('POST', '/v1/alarms/none/clear')).status).toBe(404)
  const far = await engine.addToken('far', 'operator', ['xiamen'])
  expect((await call('POST', '/v1/alarms/a1/clear', { token: far })).status).toBe(404)
})
