import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, KIND, openSocket, problemFlaws, startRig, type Rig } from './rig.ts'

// Signing in at the page of a real engine whose clock the test moves: one-time links, sessions, and pages of other origins.

let rig: Rig
let now = 0
const tick = async (ms: number): Promise<void> => {
  now += ms
  expect((await rig.ask('POST', '/v1/ticks', { token: rig.tokens.admin, body: { now } })).status).toBe(200)
}
beforeAll(async () => {
  rig = await startRig(['--tick-source', 'simulator', '--origins', 'https://page.example'])
  await tick(Date.now())
  await rig.addSites([['s-1', 'fuzhou/gulou/1', 1]])
}, 90_000)
afterAll(() => rig.stop(), 60_000)

const EVIL = { origin: 'https://evil.example' }
const own = (): { readonly origin: string } => ({ origin: rig.url })
const link = async (token = rig.tokens.admin): Promise<string> => (await rig.ask('POST', '/v1/signin-links', { token })).json.url
const cookieOf = (setCookie: readonly string[] | undefined): string => setCookie?.[0]?.split(';')[0] ?? ''
const signIn = async (token: string): Promise<string> => {
  const answer = await rig.ask('POST', '/session', { body: { token } })
  expect(answer.status).toBe(200)
  return cookieOf(answer.headers['set-cookie'])
}

test('a link signs in once, within ten minutes; only GET uses it up', async () => {
  const url = await link()
  expect((await rig.ask('HEAD', url)).status).toBe(401)
  const first = await rig.ask('GET', url)
  expect([first.status, first.headers.location, first.headers['cache-control']]).toEqual([303, '/', 'no-store'])
  expect(first.headers['set-cookie']?.[0]).toMatch(/^sealstream_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const cookie = cookieOf(first.headers['set-cookie'])
  expect((await rig.ask('GET', '/', { headers: { cookie } })).text).toContain('<!doctype html>')
  expect((await rig.ask('GET', '/v1/sites', { headers: { cookie } })).json.items).toHaveLength(1)

  const again = await rig.ask('GET', url)
  expect([again.status, again.headers['set-cookie'], problemFlaws(again)]).toEqual([401, undefined, []])
  expect((await rig.ask('GET', '/?code=guessed-code')).status).toBe(401)
  expect((await rig.ask('GET', '/?code=a&code=b')).status).toBe(401)

  const late = await link()
  await tick(10 * 60_000)
  expect((await rig.ask('GET', late)).status).toBe(401)
  const racing = await link()
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await rig.ask('GET', racing)).status))
  expect(statuses.toSorted((a, b) => a - b)).toEqual([303, 401, 401, 401, 401, 401, 401, 401])
})

test('a session ends by itself, by hand, and with its token', async () => {
  const ended = await signIn(rig.tokens.operator)
  const out = await rig.ask('DELETE', '/session', { headers: { cookie: ended } })
  expect([out.status, out.headers['set-cookie']?.[0]]).toEqual([204, 'sealstream_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'])
  expect((await rig.ask('GET', '/v1/sites', { headers: { cookie: ended } })).status).toBe(401)

  const token = await rig.addToken('leaver', 'operator', [''])
  const revoked = await signIn(token)
  const [live, events] = [openSocket(rig.url, '/v1/live', { headers: { cookie: revoked, ...own() } }), openSocket(rig.url, '/v1/live', { token })]
  expect([await live.opened, await events.opened]).toEqual([101, 101])
  expect((await rig.ask('DELETE', '/v1/tokens/leaver', { token: rig.tokens.admin })).status).toBe(204)
  expect((await rig.ask('GET', '/v1/sites', { headers: { cookie: revoked } })).status).toBe(401)
  expect((await rig.ask('GET', '/v1/sites', { token })).status).toBe(401)
  expect((await live.closed).code).toBe(4001)
  expect((await events.closed).code).toBe(4001)
  expect((await rig.ask('POST', '/session', { body: { token } })).status).toBe(401)

  const sender = await rig.addToken('old-gateway', 'sender', [''])
  const socket = openSocket(rig.url, '/v1/events', { token: sender })
  expect(await socket.opened).toBe(101)
  await rig.ask('DELETE', '/v1/tokens/old-gateway', { token: rig.tokens.admin })
  socket.socket.send(Buffer.alloc(0))
  expect((await socket.closed).code).toBe(1008)

  const old = await signIn(rig.tokens.operator)
  await tick(12 * 3_600_000)
  expect((await rig.ask('GET', '/v1/sites', { headers: { cookie: old } })).status).toBe(401)
}, 30_000)

test('a page of another origin can do nothing with a person’s cookie', async () => {
  const cookie = await signIn(rig.tokens.admin)
  const permit = { site: 's-1', from: new Date(now).toISOString(), until: new Date(now + 60_000).toISOString() }
  const before = await rig.metric('sealstream_requests_refused_total', 'forbidden')
  const attempts: readonly (readonly [string, string, unknown])[] = [
    ['POST', '/v1/permits', permit],
    ['POST', '/v1/tokens', { name: 'evil', role: 'admin' }],
    ['DELETE', '/v1/tokens/operator', undefined],
    ['POST', '/v1/sites/s-1/end', {}],
    ['POST', '/v1/signin-links', undefined],
    ['PUT', '/v1/sites/s-1', {}],
    ['POST', '/v1/alarms/x/acknowledge', {}],
    ['POST', '/session', { token: rig.tokens.operator }],
    ['DELETE', '/session', undefined],
  ]
  for (const origin of [EVIL.origin, 'null', 'http://127.0.0.1:1', `${rig.url}.evil.example`]) {
    for (const [method, path, body] of attempts) {
      const answer = await rig.ask(method, path, { body, headers: { cookie, origin } })
      expect([answer.status, problemFlaws(answer)], `${method} ${path} from ${origin}`).toEqual([403, []])
    }
  }
  // The body types of a plain form do not get in either, from wherever.
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    expect((await rig.ask('POST', '/v1/permits', { type, body: JSON.stringify(permit), headers: { cookie, ...own() } })).status).toBe(415)
  }
  expect((await rig.metric('sealstream_requests_refused_total', 'forbidden')) - before).toBe(4 * attempts.length)
  expect((await rig.ask('GET', '/v1/tokens', { headers: { cookie } })).text).not.toContain('evil')
  expect((await rig.ask('GET', '/v1/permits', { headers: { cookie } })).json.items).toEqual([])
  for (const origin of [rig.url, 'https://page.example'])
    expect((await rig.ask('POST', '/v1/permits', { body: permit, headers: { cookie, origin } })).status).toBe(201)
})

test('WebSockets: Origin, cookie, subprotocol', async () => {
  const cookie = await signIn(rig.tokens.admin)
  const token = rig.tokens.admin
  const open = async (path: string, options: Parameters<typeof openSocket>[2]): Promise<string> => {
    const one = openSocket(rig.url, path, options)
    const status = await one.opened
    const refusal = await one.refusal
    if (refusal !== undefined) expect(problemFlaws(refusal), JSON.stringify(options)).toEqual([])
    const protocol = one.socket.protocol
    one.socket.terminate()
    return `${status} ${protocol}`.trim()
  }
  for (const path of ['/v1/live', '/v1/events']) {
    expect(await open(path, { headers: { cookie, ...own() } })).toBe('101')
    expect(await open(path, { headers: { cookie, origin: 'https://page.example' } })).toBe('101')
    expect(await open(path, { headers: { cookie } })).toBe('403')
    expect(await open(path, { headers: { cookie, ...EVIL } })).toBe('403')
    expect(await open(path, { headers: { cookie, origin: 'null' } })).toBe('403')
    expect(await open(path, { token })).toBe('101')
    expect(await open(path, { token, headers: EVIL })).toBe('403')
    expect(await open(path, { protocols: ['sealstream.v1', `sealstream.bearer.${token}`], headers: own() })).toBe('101 sealstream.v1')
    expect(await open(path, { protocols: ['sealstream.v1', `sealstream.bearer.${token}`], headers: EVIL })).toBe('403')
    expect(await open(path, { protocols: ['sealstream.v1', 'sealstream.bearer.wrong-token-here'] })).toBe('401')
    expect(await open(path, { protocols: ['sealstream.v1'] })).toBe('401')
    // A header that is wrong is not made good by a cookie that is right.
    expect(await open(path, { token: 'wrong-token-here', headers: { cookie, ...own() } })).toBe('401')
  }
})

test('after all of it events still flow', async () => {
  expect((await rig.send(rig.tokens.sender, [{ seal: 1, kind: KIND.tampered, value: 1, timeMs: now }])).json).toMatchObject({ accepted: 1, rejected: 0 })
  await eventually(async () => ((await rig.ask('GET', '/v1/alarms?kind=tamper', { token: rig.tokens.operator })).json.items.length === 1 ? true : undefined))
})
