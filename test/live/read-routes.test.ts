import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarmOf, createSource, type Source } from './source.ts'
import { secretOf } from './secret.ts'
import { startLiveServer, type LiveServer } from './server.ts'

// The read API over HTTP, on the engine's own gate and error handler.

const GULOU = 'fuzhou/gulou/antai/jinzhaili/7'
const TAIJIANG = 'fuzhou/taijiang/yizhou/1'
let server: LiveServer
let source: Source
let closed: Record<string, unknown>[] | 'down' = []
beforeEach(async () => {
  closed = []
  source = createSource()
  for (const name of ['admin@', 'operator@fuzhou/gulou', 'operator@fuzhou/gulou,fuzhou/taijiang', 'sre@', 'analyst@fuzhou/gulou', 'sender@'])
    source.addToken(name)
  for (let i = 1; i <= 5; i++)
    source.putSite({
      site: `s-${i}`,
      area: i < 4 ? GULOU : TAIJIANG,
      headcount: 3,
      corrected: i === 2 ? 5 : 3,
      differsSince: i === 2 ? 1_700_000_000_000 : null,
    })
  server = await startLiveServer(source, {
    query: () => (closed === 'down' ? Promise.reject(new Error('down')) : Promise.resolve(closed)),
    status: () => ({
      notReady: [...reasons],
      log: { bytes: 10, budgetBytes: 100, first: 1, next: 5 },
      sink: { rowsStored: 7, eventsStored: 3, oldestUnstoredSeconds: 1.5, waitingBytes: 0, spooledBytes: 0, refused: [] },
      details: {},
    }),
  })
})
const reasons: string[] = []
afterEach(() => server.close())

type Answer = { readonly status: number; readonly body: Record<string, any>; readonly type: string }
const get = async (path: string, token?: string): Promise<Answer> => {
  const response = await fetch(`${server.url}${path}`, { headers: token === undefined ? {} : { authorization: `Bearer ${secretOf(token)}` } })
  const type = response.headers.get('content-type') ?? ''
  const text = await response.text()
  return { status: response.status, type, body: type.includes('json') ? (JSON.parse(text) as Record<string, any>) : { text } }
}
const OPERATOR = 'operator@fuzhou/gulou'

test('one site: the contract’s body, a note of who looked, and nothing of other areas', async () => {
  source.raise({ id: 'a-1', site: 's-2', siteNo: 2, area: GULOU })
  source.raise({ id: 'a-2', site: 's-1', siteNo: 1, area: GULOU })
  const { status, body } = await get('/v1/sites/s-2', OPERATOR)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    site: 's-2',
    area: GULOU,
    kind: 'residence',
    headcount: 3,
    occupancy: { raw: 3, corrected: 5, confidence: 1 },
    comparison: { registered: 3, inside: 5, difference: 2, since: '2023-11-14T22:13:20.000Z' },
    door: 'closed',
    online: true,
    alarms: [{ id: 'a-1' }],
  })
  expect(body['seals']).toHaveLength(1)
  expect(server.notes).toEqual([{ who: OPERATOR, role: 'operator', action: 'view-site', target: 's-2', detail: '' }])
  expect(await get('/v1/sites/s-4', OPERATOR)).toMatchObject({ status: 404, type: expect.stringContaining('application/problem+json') })
  expect((await get('/v1/sites/never', OPERATOR)).status).toBe(404)
  expect(server.notes).toHaveLength(1)
})

test('sites by page, over two areas, each once', async () => {
  const seen: string[] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null && pages < 10; pages++) {
    const { body }: Answer = await get(`/v1/sites?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, 'operator@fuzhou/gulou,fuzhou/taijiang')
    seen.push(...body['items'].map((site: { site: string }) => site.site))
    cursor = body['next']
  }
  expect(seen).toEqual(['s-1', 's-2', 's-3', 's-4', 's-5'])
  expect((await get('/v1/sites', OPERATOR)).body['items']).toHaveLength(3)
  expect((await get('/v1/sites?area=fuzhou/taijiang', OPERATOR)).body['items']).toEqual([])
  for (const bad of ['limit=0', 'limit=9999', 'limit=x', 'cursor=x', 'area=//']) expect((await get(`/v1/sites?${bad}`, OPERATOR)).status).toBe(400)
})

test('open alarms: most severe first, then longest waiting; pages lose and double nothing', async () => {
  const now = Date.now()
  for (let i = 0; i < 25; i++) source.raise({ id: `m-${i}`, severity: 'minor', kind: 'low-battery', raisedAt: now - i * 1000, area: GULOU })
  source.raise({ id: 'worst', severity: 'critical', raisedAt: now, area: GULOU })
  source.raise({ id: 'elsewhere', area: TAIJIANG })
  const ids: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body }: Answer = await get(`/v1/alarms?state=open&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`, OPERATOR)
    ids.push(...body['items'].map((alarm: { id: string }) => alarm.id))
    cursor = body['next']
  }
  expect(ids).toEqual(['worst', ...Array.from({ length: 25 }, (_, i) => `m-${24 - i}`)])
  expect((await get('/v1/alarms?kind=tamper', OPERATOR)).body['items']).toHaveLength(1)
  expect((await get('/v1/alarms?severity=critical', 'admin@')).body['items']).toHaveLength(2)
  expect((await get('/v1/alarms?kind=nonsense', OPERATOR)).status).toBe(400)
  expect((await get('/v1/alarms?cursor=nonsense', OPERATOR)).status).toBe(400)
})

test('closed alarms come from ClickHouse within the caller’s areas; all is open, then closed', async () => {
  source.raise({ id: 'open-1', area: GULOU })
  closed = [
    {
      id: 'closed-1',
      kind: 'tamper',
      severity: 'critical',
      state: 'closed',
      active: 0,
      acknowledged: 1,
      site: 's-1',
      area: GULOU,
      seal: '',
      repeats: '2',
      raised_ms: '1700000000000',
      cleared_ms: '1700000060000',
    },
  ]
  const { body } = await get('/v1/alarms?state=all', OPERATOR)
  expect(body['items'].map((alarm: { id: string }) => alarm.id)).toEqual(['open-1', 'closed-1'])
  expect(body['items'][1]).toMatchObject({
    state: 'closed',
    active: false,
    acknowledged: true,
    repeats: 2,
    raisedAt: '2023-11-14T22:13:20.000Z',
    goneAt: '2023-11-14T22:14:20.000Z',
  })
  expect(server.asked[0]?.params).toMatchObject({ areas: ['fuzhou/gulou'] })
  closed = 'down'
  expect(await get('/v1/alarms?state=closed', OPERATOR)).toMatchObject({ status: 503, type: expect.stringContaining('problem+json') })
  expect((await get('/v1/alarms?state=open', OPERATOR)).status).toBe(200)
  expect(server.happenings).toContainEqual({ kind: 'query-failed', route: '/v1/alarms' })
})

test('one alarm, open or closed; a look is noted', async () => {
  source.raise({ id: 'a-1', area: GULOU })
  source.raise({ id: 'a-2', area: TAIJIANG })
  expect(await get('/v1/alarms/a-1', OPERATOR)).toMatchObject({ status: 200, body: { id: 'a-1', state: 'open' } })
  expect((await get('/v1/alarms/a-2', OPERATOR)).status).toBe(404)
  expect(server.notes.map((note) => [note.action, note.target])).toEqual([['view-alarm', 'a-1']])
})

test('areas are summed one level below', async () => {
  source.raise({ id: 'a-1', area: GULOU, severity: 'critical' })
  const top = await get('/v1/areas', 'admin@')
  expect(top.body['items']).toEqual([
    {
      area: 'fuzhou',
      sites: 5,
      sitesOnline: 5,
      seals: 5,
      sealsOnline: 5,
      registered: 15,
      inside: 17,
      differing: 1,
      alarms: { critical: 1, major: 0, minor: 0, info: 0 },
    },
  ])
  expect((await get('/v1/areas?area=fuzhou', 'admin@')).body['items'].map((area: { area: string; sites: number }) => [area.area, area.sites])).toEqual([
    ['fuzhou/gulou', 3],
    ['fuzhou/taijiang', 2],
  ])
  expect((await get('/v1/areas?area=fuzhou', 'analyst@fuzhou/gulou')).body['items'].map((area: { area: string }) => area.area)).toEqual(['fuzhou/gulou'])
})

const PLAIN_PERMIT = { weekly: null, lastDay: null, source: 'staff', made: 0 } as const
test('permits, tokens, status, readiness', async () => {
  source.permits.push({
    permitNo: 4,
    site: 's-1',
    siteNo: 1,
    area: GULOU,
    from: 0,
    until: 1000,
    openings: 2,
    used: 1,
    reason: 'sampling visit',
    by: 'x',
    ...PLAIN_PERMIT,
  })
  source.permits.push({
    permitNo: 5,
    site: 's-4',
    siteNo: 4,
    area: TAIJIANG,
    from: 0,
    until: 1000,
    openings: null,
    used: 0,
    reason: '',
    by: 'x',
    ...PLAIN_PERMIT,
  })
  expect((await get('/v1/permits', OPERATOR)).body['items']).toMatchObject([{ id: '4', openings: 2, used: 1, reason: 'sampling visit' }])
  expect((await get('/v1/tokens', 'admin@')).body['items']).toContainEqual({ name: 'sre@', role: 'sre', areas: [''] })
  expect(JSON.stringify((await get('/v1/tokens', 'admin@')).body)).not.toContain('hash')
  expect((await get('/v1/status', 'sre@')).body).toMatchObject({ ready: true, ledger: { stored: 3 }, log: { bytes: 10 }, sink: { rowsStored: 7 } })
  expect((await get('/healthz')).status).toBe(200)
  expect((await get('/readyz')).status).toBe(200)
  reasons.push('the log’s budget is used up')
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { ready: false, reasons: ['the log’s budget is used up'] } })
  reasons.length = 0
})

test('the API describes itself: every read route is there; the docs need a token and nothing from elsewhere', async () => {
  expect((await get('/openapi.json')).status).toBe(401)
  const { body } = await get('/openapi.json', 'sender@')
  for (const path of [
    '/v1/live',
    '/v1/sites',
    '/v1/sites/{site}',
    '/v1/seals/{seal}',
    '/v1/permits',
    '/v1/alarms',
    '/v1/alarms/{id}',
    '/v1/areas',
    '/v1/tokens',
    '/v1/status',
    '/metrics',
    '/healthz',
    '/readyz',
  ]) {
    expect(Object.keys(body['paths'])).toContain(path)
    expect(body['paths'][path].get.summary).toEqual(expect.any(String))
  }
  const docs = await get('/docs/', 'sender@')
  expect(docs.status === 200 || docs.status === 302).toBe(true)
  expect(docs.body['text']).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)[^"' ]*\.(js|css)/)
  expect((await get('/docs/static/swagger-ui.css', 'sender@')).status).toBe(200)
  expect((await get('/docs/static/swagger-ui.css')).status).toBe(401)
})

test('a closed alarm leaves the open list', async () => {
  source.raise({ id: 'a-1', area: GULOU })
  source.round([{ step: 'closed', alarm: alarmOf({ id: 'a-1', state: 'closed' }) }])
  expect((await get('/v1/alarms', OPERATOR)).body['items']).toEqual([])
})
