import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES } from '../../core/access.ts'
import { KIND, openSocket, problemFlaws, siteLine, startRig, type Answer, type Rig } from './rig.ts'

// Every route × everybody × {in the token's areas, out of them, an area whose name only begins alike}, asked of a real engine.
// What is expected is written here from the contract, not read from the engine's own table; that both name the same routes is
// checked at the end, and test/access/routes.test.ts checks that the server has no others.

const IN = 'fuzhou/gulou/antai'
const AREAS = { in: `${IN}/7`, out: 'fuzhou/taijiang/yizhou/7', trick: `${IN}bei/7` } as const
type Where = keyof typeof AREAS
const WHERE = Object.keys(AREAS) as Where[]
const PLACES = { in: { site: 'in-1', seal: 0xa1 }, out: { site: 'out-1', seal: 0xa2 }, trick: { site: 'trick-1', seal: 0xa3 } } as const
type Who = 'nobody' | 'bad' | 'revoked' | 'sender' | 'operator' | 'analyst' | 'sre' | 'admin'
const WHO: readonly Who[] = ['nobody', 'bad', 'revoked', 'sender', 'operator', 'analyst', 'sre', 'admin']

let rig: Rig
const tokens = {} as Record<Who, string | undefined>
const alarms = {} as Record<Where, string>
beforeAll(async () => {
  rig = await startRig()
  await rig.addSites(WHERE.map((where) => [PLACES[where].site, AREAS[where], PLACES[where].seal] as const))
  for (const who of ['sender', 'operator', 'analyst', 'sre', 'admin'] as const) tokens[who] = await rig.addToken(`street-${who}`, who, [IN])
  tokens.bad = 'not-a-token-of-this-engine'
  tokens.revoked = await rig.addToken('gone', 'admin', [''])
  await rig.ask('DELETE', '/v1/tokens/gone', { token: rig.tokens.admin })
  for (const where of WHERE) alarms[where] = await rig.raise(PLACES[where].seal)
}, 90_000)
afterAll(() => rig.stop(), 60_000)

type Asked = { readonly path: string; readonly body?: unknown; readonly type?: string; readonly headers?: Readonly<Record<string, string>> }
type Expected = { readonly status: number; readonly passes?: (answer: Answer) => boolean }
type Row = {
  readonly route: string
  readonly roles: readonly Who[]
  /** What is asked about each of the three areas. */
  readonly ask: (where: Where) => Asked | Promise<Asked>
  readonly expect: Readonly<Record<Where, Expected>>
}
const ok = (status = 200, passes?: Expected['passes']): Expected => ({ status, ...(passes === undefined ? {} : { passes }) })
/** One named thing: found in the areas, not found outside of them. */
const one = (status = 200): Row['expect'] => ({ in: ok(status), out: ok(404), trick: ok(404) })
/** A list: narrowed to an area outside it is empty, and never holds what lies there. */
const list = (holds: (answer: Answer) => string): Row['expect'] => {
  const hides = (answer: Answer): boolean => !/out-1|trick-1|taijiang|antaibei/.test(holds(answer))
  return {
    in: ok(200, (answer) => holds(answer) !== '[]' && hides(answer)),
    out: ok(200, (answer) => holds(answer) === '[]'),
    trick: ok(200, (answer) => holds(answer) === '[]'),
  }
}
const items = list((answer) => JSON.stringify(answer.json?.items))
/** Nothing of any area is in it. */
const same = (status = 200): Row['expect'] => ({ in: ok(status), out: ok(status), trick: ok(status) })

const permitFor = (where: Where): object => ({
  site: PLACES[where].site,
  from: new Date(Date.now() - 1000).toISOString(),
  until: new Date(Date.now() + 60_000).toISOString(),
  openings: 1,
  reason: 'delivery',
})
const soon = (): string => new Date(Date.now() + 60_000).toISOString()
let made = 0
/** A port that nothing listens on. */
const HOOK = 'http://127.0.0.1:2/'
const hookIn = async (where: Where, then: string): Promise<Asked> => {
  const name = `hook-${made++}`
  await rig.ask('PUT', `/v1/webhooks/${name}`, { token: rig.tokens.admin, body: { url: HOOK, area: `${AREAS[where]}/${name}`, severities: ['info'] } })
  return { path: `/v1/webhooks/${name}${then}` }
}
const STAFF: readonly Who[] = ['operator', 'admin']

const TABLE: readonly Row[] = [
  { route: 'GET /v1/sites', roles: STAFF, ask: (where) => ({ path: `/v1/sites?area=${AREAS[where]}` }), expect: items },
  { route: 'GET /v1/sites/:site', roles: STAFF, ask: (where) => ({ path: `/v1/sites/${PLACES[where].site}` }), expect: one() },
  {
    route: 'PUT /v1/sites/:site',
    roles: ['admin'],
    expect: one(),
    ask: (where) => {
      const { site: _, ...body } = siteLine(PLACES[where].site, AREAS[where], PLACES[where].seal, { headcount: 3 + (made++ % 2) })
      return { path: `/v1/sites/${PLACES[where].site}`, body }
    },
  },
  {
    route: 'POST /v1/sites/:site/end',
    roles: ['admin'],
    expect: one(),
    ask: (where) => ({ path: `/v1/sites/${PLACES[where].site}/end`, body: { until: new Date(Date.now() + 3_600_000 - 1000 * made++).toISOString() } }),
  },
  {
    route: 'POST /v1/sites/import',
    roles: ['admin'],
    ask: (where) => ({
      path: '/v1/sites/import',
      type: 'application/x-ndjson',
      body: JSON.stringify(siteLine(`new-${where}`, AREAS[where], 0xb0 + WHERE.indexOf(where))),
    }),
    expect: {
      in: ok(200, ({ json }) => json.created + json.unchanged + json.changed === 1 && json.refused === 0),
      out: ok(200, ({ json }) => json.created === 0 && json.refused === 1 && json.problems[0].field === 'area'),
      trick: ok(200, ({ json }) => json.created === 0 && json.refused === 1 && json.problems[0].field === 'area'),
    },
  },
  { route: 'GET /v1/seals/:seal', roles: STAFF, ask: (where) => ({ path: `/v1/seals/${PLACES[where].seal.toString(16).padStart(16, '0')}` }), expect: one() },
  {
    route: 'GET /v1/permits',
    roles: STAFF,
    expect: items,
    ask: async (where) => {
      await rig.ask('POST', '/v1/permits', { token: rig.tokens.admin, body: permitFor(where) })
      return { path: `/v1/permits?area=${AREAS[where]}` }
    },
  },
  // By a sender it is a declaration: one of a minute, begun a second ago, for one opening.
  { route: 'POST /v1/permits', roles: ['sender', 'operator', 'admin'], ask: (where) => ({ path: '/v1/permits', body: permitFor(where) }), expect: one(201) },
  {
    route: 'DELETE /v1/permits/:permit',
    roles: STAFF,
    expect: one(204),
    ask: async (where) => ({ path: `/v1/permits/${(await rig.ask('POST', '/v1/permits', { token: rig.tokens.admin, body: permitFor(where) })).json.id}` }),
  },
  { route: 'GET /v1/alarms', roles: STAFF, ask: (where) => ({ path: `/v1/alarms?area=${AREAS[where]}` }), expect: items },
  { route: 'GET /v1/alarms/:id', roles: STAFF, ask: (where) => ({ path: `/v1/alarms/${alarms[where]}` }), expect: one() },
  {
    route: 'GET /v1/alarms/:id/evidence',
    roles: STAFF,
    ask: async (where) => {
      const path = `/v1/alarms/${alarms[where]}/evidence`
      // Its rows are in ClickHouse some seconds after the raise.
      while ((await rig.ask('GET', path, { token: rig.tokens.admin })).status === 503) await new Promise((resolve) => setTimeout(resolve, 100))
      return { path }
    },
    expect: one(),
  },
  { route: 'POST /v1/alarms/:id/acknowledge', roles: STAFF, ask: (where) => ({ path: `/v1/alarms/${alarms[where]}/acknowledge`, body: {} }), expect: one() },
  { route: 'POST /v1/alarms/:id/assign', roles: STAFF, ask: (where) => ({ path: `/v1/alarms/${alarms[where]}/assign`, body: { to: 'duty' } }), expect: one() },
  {
    route: 'POST /v1/alarms/:id/shelve',
    roles: STAFF,
    ask: (where) => ({ path: `/v1/alarms/${alarms[where]}/shelve`, body: { until: soon() } }),
    expect: one(),
  },
  // A tamper alarm is not cleared by hand: who may see it is told so, who may not learns nothing.
  {
    route: 'POST /v1/alarms/:id/clear',
    roles: STAFF,
    ask: (where) => ({ path: `/v1/alarms/${alarms[where]}/clear`, body: { note: 'looked' } }),
    expect: one(409),
  },
  { route: 'GET /v1/areas', roles: ['operator', 'analyst', 'admin'], ask: (where) => ({ path: `/v1/areas?area=${AREAS[where]}` }), expect: items },
  { route: 'GET /v1/policy', roles: ['operator', 'analyst', 'sre', 'admin'], ask: () => ({ path: '/v1/policy' }), expect: same() },
  { route: 'GET /v1/policy/versions', roles: ['operator', 'analyst', 'sre', 'admin'], ask: () => ({ path: '/v1/policy/versions' }), expect: same() },
  {
    route: 'GET /v1/policy/effective',
    roles: STAFF,
    ask: (where) => ({ path: `/v1/policy/effective?site=${PLACES[where].site}` }),
    expect: one(),
  },
  // It is the whole fleet's, so nobody of some areas may put it (test/access/policy.test.ts has those of all).
  { route: 'PUT /v1/policy', roles: ['admin'], ask: () => ({ path: '/v1/policy', body: { rules: [] } }), expect: same(403) },
  {
    route: 'GET /v1/tokens',
    roles: ['admin'],
    ask: () => ({ path: '/v1/tokens' }),
    expect: same(200),
  },
  {
    route: 'POST /v1/tokens',
    roles: ['admin'],
    expect: { in: ok(201), out: ok(403), trick: ok(403) },
    ask: (where) => ({ path: '/v1/tokens', body: { name: `made-${made++}`, role: 'operator', areas: [AREAS[where]] } }),
  },
  {
    route: 'DELETE /v1/tokens/:name',
    roles: ['admin'],
    expect: one(204),
    ask: async (where) => {
      const name = `made-${made++}`
      await rig.addToken(name, 'operator', [AREAS[where]])
      return { path: `/v1/tokens/${name}` }
    },
  },
  {
    route: 'GET /v1/webhooks',
    roles: ['admin'],
    expect: same(200),
    ask: async (where) => {
      await rig.ask('PUT', `/v1/webhooks/seen-${where}`, { token: rig.tokens.admin, body: { url: HOOK, area: AREAS[where], severities: ['minor'] } })
      return { path: '/v1/webhooks' }
    },
  },
  {
    route: 'PUT /v1/webhooks/:name',
    roles: ['admin'],
    expect: { in: ok(201), out: ok(403), trick: ok(403) },
    ask: (where) => ({ path: `/v1/webhooks/put-${made++}`, body: { url: HOOK, area: `${AREAS[where]}/${made}`, severities: ['major'] } }),
  },
  {
    route: 'DELETE /v1/webhooks/:name',
    roles: ['admin'],
    expect: one(204),
    ask: (where) => hookIn(where, ''),
  },
  {
    route: 'POST /v1/webhooks/:name/test',
    roles: ['admin'],
    expect: one(200),
    ask: (where) => hookIn(where, '/test'),
  },
  { route: 'POST /v1/signin-links', roles: ['admin'], ask: () => ({ path: '/v1/signin-links' }), expect: same(201) },
  { route: 'GET /v1/status', roles: ['sre', 'admin'], ask: () => ({ path: '/v1/status' }), expect: same() },
  // This engine's clock ticks by itself.
  { route: 'POST /v1/ticks', roles: ['admin'], ask: () => ({ path: '/v1/ticks', body: { now: Date.now() } }), expect: same(409) },
  // A relative path: refused for what it asks, by those who may ask.
  { route: 'POST /v1/backups', roles: ['sre', 'admin'], ask: () => ({ path: '/v1/backups', body: { dir: 'here' } }), expect: same(422) },
  { route: 'GET /metrics', roles: ['sre', 'admin'], ask: () => ({ path: '/metrics' }), expect: same() },
  { route: 'GET /openapi.json', roles: ['sender', 'operator', 'analyst', 'sre', 'admin'], ask: () => ({ path: '/openapi.json' }), expect: same() },
  { route: 'GET /docs', roles: ['sender', 'operator', 'analyst', 'sre', 'admin'], ask: () => ({ path: '/docs/' }), expect: same() },
  { route: 'GET /', roles: ['operator', 'sre', 'admin'], ask: () => ({ path: '/' }), expect: same() },
  { route: 'GET /page.js', roles: ['operator', 'sre', 'admin'], ask: () => ({ path: '/page.js' }), expect: same() },
  { route: 'GET /page.css', roles: ['operator', 'sre', 'admin'], ask: () => ({ path: '/page.css' }), expect: same() },
]
const verdictIs = (reason: string | null) =>
  ok(200, ({ json }) => (reason === null ? json.accepted === 1 && json.rejected === 0 : json.accepted === 0 && json.rejections[0].reason === reason))
const EVENTS: Row = {
  route: 'POST /v1/events',
  roles: ['sender', 'admin'],
  ask: () => ({ path: '/v1/events' }),
  expect: { in: verdictIs(null), out: verdictIs('FORBIDDEN_SEAL'), trick: verdictIs('FORBIDDEN_SEAL') },
}

/** What this row expects for somebody: a role that may not, or no valid token, is told nothing of the thing. */
const expectedOf = (row: Row, who: Who, where: Where): Expected => {
  if (who === 'nobody' || who === 'bad' || who === 'revoked') return ok(401)
  return row.roles.includes(who) ? row.expect[where] : ok(403)
}
let cells = 0
const flawOf = (cell: string, expected: Expected, answer: Answer): string[] => {
  cells++
  if (answer.status !== expected.status) return [`${cell}: ${answer.status}, not ${expected.status}: ${answer.text.slice(0, 120)}`]
  if (answer.status >= 400) return problemFlaws(answer).map((flaw) => `${cell}: ${flaw}`)
  return expected.passes === undefined || expected.passes(answer) ? [] : [`${cell}: ${answer.text.slice(0, 400)}`]
}

describe('route × who × where', () => {
  test.each(TABLE)('$route', async (row) => {
    const [method = ''] = row.route.split(' ')
    const flaws: string[] = []
    for (const who of WHO) {
      for (const where of WHERE) {
        const { path, ...rest } = await row.ask(where)
        flaws.push(...flawOf(`${who} ${where}`, expectedOf(row, who, where), await rig.ask(method, path, { token: tokens[who], ...rest })))
      }
    }
    expect(flaws).toEqual([])
  })
  test('POST /v1/events', async () => {
    const flaws: string[] = []
    for (const who of WHO) {
      for (const where of WHERE) {
        const answer = await rig.send(tokens[who] ?? '', [{ seal: PLACES[where].seal, kind: KIND.heartbeat, value: 3300 }])
        flaws.push(...flawOf(`${who} ${where}`, expectedOf(EVENTS, who, where), answer as Answer))
      }
    }
    expect(flaws).toEqual([])
  })
  test.each(['/v1/live', '/v1/events'])('GET %s (WebSocket)', async (path) => {
    const roles: readonly Who[] = path === '/v1/live' ? ['operator', 'sre', 'admin'] : ['sender', 'admin']
    const flaws: string[] = []
    for (const who of WHO) {
      const { socket, refusal } = openSocket(rig.url, path, { token: tokens[who] })
      const answer = await refusal
      const expected = who === 'nobody' || who === 'bad' || who === 'revoked' ? 401 : roles.includes(who) ? 101 : 403
      flaws.push(...flawOf(who, ok(expected), answer ?? { status: 101, headers: {}, text: '', json: undefined }))
      socket.terminate()
    }
    expect(flaws).toEqual([])
  })
  test('a token of all areas sees all three', async () => {
    for (const where of WHERE) {
      expect((await rig.ask('GET', `/v1/sites/${PLACES[where].site}`, { token: rig.tokens.operator })).status).toBe(200)
      expect((await rig.ask('GET', `/v1/sites?area=${AREAS[where]}`, { token: rig.tokens.operator })).json.items).not.toEqual([])
    }
  })
})

test('lists without a filter hold what lies in the token’s areas, and nothing else', async () => {
  for (const path of ['/v1/sites', '/v1/alarms', '/v1/alarms?state=all', '/v1/permits', '/v1/areas', '/v1/areas?area=fuzhou', '/v1/areas?area=fuzhou/gulou']) {
    const { status, text, json } = await rig.ask('GET', path, { token: tokens.operator })
    expect(status, path).toBe(200)
    expect(json.items.length, path).toBeGreaterThan(0)
    expect(text, path).not.toMatch(/out-1|trick-1|taijiang|antaibei/)
  }
  const { json } = await rig.ask('GET', '/v1/tokens', { token: tokens.admin })
  const names = json.items.map(({ name }: { name: string }) => name)
  expect(names).toContain('street-operator')
  expect(names).not.toContain('admin')
  const hooks = (await rig.ask('GET', '/v1/webhooks', { token: tokens.admin })).json.items.map(({ name }: { name: string }) => name)
  expect(hooks).toContain('seen-in')
  expect(hooks.filter((name: string) => name === 'seen-out' || name === 'seen-trick')).toEqual([])
  expect(json.items.every(({ areas }: { areas: string[] }) => areas.every((area) => area === IN || area.startsWith(`${IN}/`)))).toBe(true)
})

test('what is asked of a filter or an id outside leaves no difference from what does not exist', async () => {
  for (const [outside, nowhere] of [
    ['/v1/sites/out-1', '/v1/sites/none-1'],
    [`/v1/alarms/${alarms.out}`, '/v1/alarms/none'],
    ['/v1/seals/00000000000000a2', '/v1/seals/00000000000000ff'],
  ] as const) {
    const [a, b] = [await rig.ask('GET', outside, { token: tokens.operator }), await rig.ask('GET', nowhere, { token: tokens.operator })]
    const plain = (text: string, path: string): string => text.replaceAll(path, '').replaceAll(path.split('/').at(-1) ?? '', '')
    expect(plain(a.text, outside)).toBe(plain(b.text, nowhere))
  }
})

test('the matrix is whole: it has every route of core/access.ts, and every cell was asked', () => {
  const sockets = ['GET /v1/events', 'GET /v1/live']
  const here = [...TABLE.map(({ route }) => route), EVENTS.route, ...sockets]
  expect(here.toSorted()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted())
  expect(cells).toBe((TABLE.length + 1) * WHO.length * WHERE.length + sockets.length * WHO.length)
})
