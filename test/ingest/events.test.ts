import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ENTRY, entryHeader, eventColumns } from '../../core/entry.ts'
import { registryEntry } from '../../core/thread/body.ts'
import { wire } from '../../proto/wire.ts'
import { residence, ROOT, startEngine, type Engine } from './engine.ts'

let engine: Engine
const SEAL = '0000000000a1b2c3'
const event = (more: object = {}): object => ({ sealId: 0xa1b2c3, timeMs: engine.clock.now - 1000, boot: 1, seq: 1, kind: 3, value: 0, ...more })
const batch = (events: readonly object[]): Uint8Array => wire.EventBatch.encode({ events } as never).finish()
const post = (body: Uint8Array | string, headers: Record<string, string> = {}, token = engine.tokens.sender): Promise<Response> =>
  fetch(`${engine.url}/v1/events`, {
    method: 'POST',
    body: body as never,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf', ...headers },
  })
const problem = async (answer: Response): Promise<Record<string, unknown>> => {
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  return (await answer.json()) as Record<string, unknown>
}

beforeAll(async () => {
  engine = await startEngine()
  await engine.log.append(registryEntry({ op: 'put-sites', by: ROOT, sites: [residence('s-1', 'fuzhou/gulou', [SEAL], engine.clock.now)] }))
})
afterAll(() => engine.stop())

test('a batch is durable in the log when its receipt arrives', async () => {
  const answer = await post(batch([event(), event({ sealId: 99 }), event({ seq: 2, kind: 1, value: 0 })]))
  expect(answer.status).toBe(200)
  const receipt = wire.Receipt.decode(new Uint8Array(await answer.arrayBuffer()))
  expect(Number(receipt.accepted)).toBe(2)
  expect(receipt.rejections.map(({ index, reason }) => [index, reason])).toEqual([[1, 1]])
  const last = engine.entries.findLast((entry) => entryHeader(entry.bytes).kind === ENTRY.events)
  const columns = eventColumns(last?.bytes as Uint8Array)
  expect([...columns.kind]).toEqual([3, 1])
  expect([...columns.value]).toEqual([0, 1])
  expect([...columns.rejectedReason]).toEqual([1])
  expect(engine.log.read(last?.position as never, 1)[0]?.bytes).toEqual(last?.bytes)
})

test('an empty batch, gzip, and a receipt as JSON', async () => {
  expect((await (await post(new Uint8Array(0))).arrayBuffer()).byteLength).toBe(0)
  const zipped = await post(gzipSync(batch([event({ seq: 3 })])), { 'content-encoding': 'gzip', accept: 'application/json' })
  expect(await zipped.json()).toEqual({ accepted: 1, rejected: 0, rejections: [] })
  const rejected = await post(batch([event({ sealId: 7 })]), { accept: 'application/json' })
  expect(await rejected.json()).toEqual({ accepted: 0, rejected: 1, rejections: [{ index: 0, reason: 'UNKNOWN_SEAL' }] })
})

test.each([
  ['no token', 401, { authorization: '' }, 'x'],
  ['an unknown token', 401, { authorization: 'Bearer seal_nonsense-nonsense' }, 'x'],
  ['a wrong content type', 415, { 'content-type': 'application/json' }, '{}'],
  ['an unknown encoding', 415, { 'content-encoding': 'br' }, 'x'],
  ['what is no protobuf', 400, {}, '\u00ff\u00ff\u00ff'],
  ['what is no gzip', 400, { 'content-encoding': 'gzip' }, 'hello'],
])('%s gets a problem document', async (_, status, headers: Record<string, string>, body) => {
  const answer = await post(body, headers)
  expect(answer.status).toBe(status)
  expect(await problem(answer)).toMatchObject({
    status,
    title: expect.any(String),
    detail: expect.any(String),
    type: expect.stringMatching(/^urn:sealstream:problem:/),
  })
  if (status === 401) expect(answer.headers.get('www-authenticate')).toContain('Bearer')
})

test('oversize bodies and gzip bombs are too large', async () => {
  const large = await post(new Uint8Array(9 * 1024 * 1024))
  expect([large.status, (await problem(large))['status']]).toEqual([413, 413])
  const bomb = await post(gzipSync(new Uint8Array(64 * 1024 * 1024)), { 'content-encoding': 'gzip' })
  expect([bomb.status, (await problem(bomb))['detail']]).toEqual([413, expect.stringContaining('decompresses')])
  const many = await post(batch(Array.from({ length: 100_001 }, () => ({}))))
  expect([many.status, (await problem(many))['detail']]).toEqual([413, expect.stringContaining('100000')])
})

test('under pressure a request is refused before its body is read', async () => {
  engine.pressure.now = { status: 503, retryAfterSeconds: 7, detail: 'behind' }
  try {
    const answer = await post(batch([event()]))
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7'])
    expect(await problem(answer)).toMatchObject({ status: 503, detail: 'behind' })
  } finally {
    engine.pressure.now = null
  }
})

test('a role that may not send is forbidden; unknown paths and methods are told apart', async () => {
  expect((await post(batch([]), {}, engine.tokens.operator)).status).toBe(403)
  expect((await fetch(`${engine.url}/nowhere`)).status).toBe(404)
  const wrong = await fetch(`${engine.url}/v1/events`, { method: 'PUT' })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, GET'])
})

test('a sender limited to areas may not write elsewhere', async () => {
  const near = await engine.addToken('near', 'sender', ['fuzhou'])
  const far = await engine.addToken('far', 'sender', ['xiamen'])
  const sent = async (token: string): Promise<unknown> => (await post(batch([event({ seq: 9 })]), { accept: 'application/json' }, token)).json()
  expect(await sent(near)).toMatchObject({ accepted: 1 })
  expect(await sent(far)).toMatchObject({ accepted: 0, rejections: [{ index: 0, reason: 'FORBIDDEN_SEAL' }] })
})
