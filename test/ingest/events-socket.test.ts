import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { registryEntry } from '../../core/thread/body.ts'
import { wire } from '../../proto/wire.ts'
import { residence, ROOT, startEngine, type Engine } from './engine.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
  await engine.log.append(registryEntry({ op: 'put-sites', by: ROOT, sites: [residence('s-1', 'fuzhou', ['00000000000000a1'], engine.clock.now)] }))
})
afterAll(() => engine.stop())

const batch = (seqs: readonly number[]): Uint8Array =>
  wire.EventBatch.encode({ events: seqs.map((seq) => ({ sealId: 0xa1, timeMs: engine.clock.now, boot: 1, seq, kind: 9, value: 3600 })) }).finish()
const opened = async (protocols: string[] = ['sealstream.v1', `sealstream.bearer.${engine.tokens.sender}`], headers: Record<string, string> = {}) => {
  const socket = new WebSocket(`${engine.url.replace('http', 'ws')}/v1/events`, protocols, { headers })
  const receipts: number[] = []
  socket.on('message', (data: Buffer) => receipts.push(Number(wire.Receipt.decode(data).accepted)))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })))
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  })
  return { socket, receipts, closed, status }
}

test('a receipt for each message, in order, far beyond what may be in flight', async () => {
  const { socket, receipts } = await opened()
  const sizes = Array.from({ length: 1000 }, (_, i) => i % 7)
  let seq = 0
  for (const size of sizes) socket.send(batch(Array.from({ length: size }, () => seq++)))
  await expect.poll(() => receipts.length, { timeout: 20_000 }).toBe(1000)
  expect(receipts).toEqual(sizes)
  socket.close()
})

test('a message that is no batch closes with 1007 after the receipts before it; others live on', async () => {
  const other = await opened([engine.tokens.sender])
  const { socket, receipts, closed } = await opened()
  socket.send(batch([1, 2]))
  socket.send(Buffer.from([0xff, 0xff, 0xff]))
  expect(await closed).toMatchObject({ code: 1007, reason: expect.stringContaining('body byte') })
  expect(receipts).toEqual([2])
  other.socket.send(batch([3]))
  await expect.poll(() => other.receipts).toEqual([1])
  other.socket.close()
})

test('no token, a wrong role, a foreign page: refused before the upgrade; text and oversize messages: closed', async () => {
  expect((await opened(['sealstream.v1'])).status).toBe(401)
  expect((await opened([engine.tokens.operator])).status).toBe(403)
  expect((await opened([engine.tokens.sender], { origin: 'https://evil.example' })).status).toBe(403)
  const text = await opened([engine.tokens.sender], { origin: 'https://page.example' })
  text.socket.send('hello')
  expect((await text.closed).code).toBe(1003)
  const large = await opened()
  large.socket.on('error', () => undefined)
  large.socket.send(new Uint8Array(9 * 1024 * 1024))
  expect((await large.closed).code).toBe(1009)
})

test('a revoked token ends its sockets at the next message', async () => {
  const token = await engine.addToken('gone', 'sender', [''])
  const { socket, closed } = await opened([token])
  await engine.log.append(registryEntry({ op: 'revoke-token', by: ROOT, name: 'gone' }))
  socket.send(batch([4]))
  expect((await closed).code).toBe(1008)
})
