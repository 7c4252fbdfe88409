import { unpack } from 'msgpackr'
import { afterEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { CLIENT_ALARMS_MAX, CLIENT_BUFFER_BYTES_MAX } from '../../live/client.ts'
import { readLive, startLiveServer, type LiveServer } from './server.ts'
import { secretOf } from './secret.ts'
import { alarmOf, createSource, type Source } from './source.ts'

// The live stream over real sockets: who sees what, snapshot then changes, resuming, slow readers.

const GULOU = 'fuzhou/gulou/antai/jinzhaili/7'
const TAIJIANG = 'fuzhou/taijiang/yizhou/1'
let server: LiveServer
afterEach(() => server.close())

const begin = async (): Promise<Source> => {
  const source = createSource()
  for (const name of ['admin@', 'operator@', 'operator@fuzhou/gulou', 'sre@', 'sender@']) source.addToken(name)
  source.putSite({ site: 's-1', area: GULOU })
  source.putSite({ site: 's-2', area: TAIJIANG })
  source.raise({ id: 'a-1', site: 's-1', area: GULOU })
  source.raise({ id: 'a-2', site: 's-2', siteNo: 2, area: TAIJIANG })
  server = await startLiveServer(source)
  return source
}

test('a reader gets hello, snapshot, snapshot-end, then changes, of its areas only', async () => {
  const source = await begin()
  const all = readLive(server, 'admin@')
  const gulou = readLive(server, 'operator@fuzhou/gulou')
  const narrowed = readLive(server, 'admin@', 'area=fuzhou/taijiang')
  const outside = readLive(server, 'operator@fuzhou/gulou', 'area=fuzhou/taijiang')
  await Promise.all([all, gulou, narrowed, outside].map((reader) => reader.until('snapshot-end')))
  const seen = (reader: typeof all): unknown[] =>
    reader.messages.flatMap((message) =>
      message.type === 'alarms' ? message.alarms.map((alarm) => alarm.id) : message.type === 'occupancy' ? message.sites.map((site) => site.site) : [],
    )
  expect(seen(all)).toEqual(['a-1', 'a-2', 's-1', 's-2'])
  expect(seen(gulou)).toEqual(['a-1', 's-1'])
  expect(seen(narrowed)).toEqual(['a-2', 's-2'])
  expect(seen(outside)).toEqual([])
  expect(all.messages[0]).toMatchObject({ type: 'hello', resumed: false, cursor: expect.stringMatching(/^0:\d+$/) })

  source.raise({ id: 'a-3', site: 's-2', siteNo: 2, area: TAIJIANG })
  source.raise({ id: 'a-4', site: 's-1', area: GULOU })
  source.setInside('s-2', 5)
  source.setInside('s-1', 2)
  await all.until('alarm', (message) => message.alarm.id === 'a-4')
  await gulou.until('alarm', (message) => message.alarm.id === 'a-4')
  await gulou.until('occupancy', (message) => message.sites.some((site) => site.inside === 2))
  expect(JSON.stringify(gulou.messages)).not.toMatch(/taijiang|a-3|s-2/)
  expect(outside.messages.filter((message) => message.type === 'alarm' || message.type === 'occupancy')).toEqual([])
  expect(await all.until('stats', (message) => message.fleet?.alarmsOpen['critical'] === 4)).toMatchObject({ rowsStored: 7 })
  expect((await gulou.until('stats')).fleet).toBeNull()
})

test('an ended site and a closed alarm are told', async () => {
  const source = await begin()
  const reader = readLive(server, 'operator@fuzhou/gulou')
  await reader.until('snapshot-end')
  source.round([{ step: 'closed', alarm: alarmOf({ id: 'a-1', state: 'closed', acknowledged: true }) }])
  source.end('s-1')
  source.end('s-2')
  expect((await reader.until('alarm')).alarm.state).toBe('closed')
  expect(await reader.until('ended')).toEqual({ type: 'ended', sites: ['s-1'] })
})

test('sre reads stats only; a bad query is refused before the upgrade', async () => {
  await begin()
  const reader = readLive(server, 'sre@')
  await reader.until('stats')
  expect(reader.messages.map((message) => message.type).filter((type) => type === 'alarms' || type === 'occupancy')).toEqual([])
  const refused = async (token: string, query: string): Promise<number> => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/live?${query}`, { headers: { authorization: `Bearer ${secretOf(token)}` } })
    return new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => {
        resolve(response.statusCode ?? 0)
        socket.terminate()
      })
      socket.on('open', () => resolve(101))
      socket.on('error', () => undefined)
    })
  }
  expect(await refused('sre@', 'topics=alarms')).toBe(403)
  expect(await refused('sender@', '')).toBe(403)
  expect(await refused('admin@', 'topics=everything')).toBe(400)
  expect(await refused('admin@', 'since=yesterday')).toBe(400)
  expect(await refused('admin@', 'area=a//b')).toBe(400)
  expect(server.happenings.filter((happening) => happening.kind === 'client-refused').map((happening) => happening.reason)).toEqual([
    'forbidden-topic',
    'bad-query',
    'bad-query',
    'bad-query',
  ])
})

test('resuming by cursor gives exactly what was missed; a cursor inside a round repeats that round', async () => {
  const source = await begin()
  const first = readLive(server, 'operator@fuzhou/gulou')
  const { cursor } = await first.until('snapshot-end')
  first.socket.close()
  await first.closed
  source.round(['b-1', 'b-2', 'b-3'].map((id) => ({ step: 'raised' as const, alarm: alarmOf({ id }) })))
  source.raise({ id: 'b-4', area: TAIJIANG })
  source.setInside('s-1', 1)

  const second = readLive(server, 'operator@fuzhou/gulou', `since=${cursor}`)
  await second.until('snapshot-end')
  expect(second.messages[0]).toMatchObject({ type: 'hello', resumed: true })
  const told = second.messages.filter((message) => message.type === 'alarm')
  expect(told.map((message) => message.alarm.id)).toEqual(['b-1', 'b-2', 'b-3'])
  expect(second.messages.filter((message) => message.type === 'occupancy').flatMap((message) => message.sites.map((site) => [site.site, site.inside]))).toEqual(
    [['s-1', 1]],
  )

  const again = readLive(server, 'operator@fuzhou/gulou', `since=${told[0]?.cursor}&topics=alarms`)
  await again.until('snapshot-end')
  expect(again.messages.filter((message) => message.type === 'alarm').map((message) => message.alarm.id)).toEqual(['b-1', 'b-2', 'b-3'])

  const stale = readLive(server, 'operator@fuzhou/gulou', 'since=0:0')
  await stale.until('snapshot-end')
  expect(stale.messages[0]).toMatchObject({ resumed: false })
  const future = readLive(server, 'operator@fuzhou/gulou', 'since=0:99999999')
  await future.until('snapshot-end')
  expect(future.messages[0]).toMatchObject({ resumed: false })
})

test('msgpack says the same as JSON', async () => {
  const source = await begin()
  const json = readLive(server, 'admin@', 'topics=alarms')
  const packed = readLive(server, 'admin@', 'topics=alarms&format=msgpack', (data) => unpack(data) as unknown)
  await Promise.all([json.until('snapshot-end'), packed.until('snapshot-end')])
  source.raise({ id: 'a-9' })
  await Promise.all([json.until('alarm'), packed.until('alarm')])
  const withoutTime = (messages: unknown[]): unknown[] => messages.map((message) => ({ ...(message as object), at: '' }))
  expect(withoutTime(packed.messages)).toEqual(withoutTime(json.messages))
})

test('occupancy is watched only while somebody reads it, and conflated', async () => {
  const source = await begin()
  const alarmsOnly = readLive(server, 'admin@', 'topics=alarms')
  await alarmsOnly.until('snapshot-end')
  expect(source.watched()).toBe(false)
  const reader = readLive(server, 'admin@', 'topics=occupancy')
  await reader.until('snapshot-end')
  expect(source.watched()).toBe(true)
  for (let inside = 10; inside <= 1000; inside++) source.setInside('s-1', inside)
  await reader.until('occupancy', (message) => message.sites.some((site) => site.inside === 1000))
  const values = reader.messages.filter((message) => message.type === 'occupancy').flatMap((message) => message.sites.filter((site) => site.site === 's-1'))
  expect(values.length).toBeLessThan(10)
})

test('a revoked token ends its stream', async () => {
  const source = await begin()
  const reader = readLive(server, 'operator@fuzhou/gulou')
  await reader.until('snapshot-end')
  source.tokens.splice(
    source.tokens.findIndex((token) => token.name === 'operator@fuzhou/gulou'),
    1,
  )
  expect((await reader.closed).code).toBe(4001)
})

test('a stalled reader costs a bounded amount, is let go with 4008, and resumes without a loss', async () => {
  const source = await begin()
  const stalled = readLive(server, 'operator@')
  const healthy = readLive(server, 'admin@')
  const { cursor } = await stalled.until('snapshot-end')
  await healthy.until('snapshot-end')
  stalled.socket.pause()
  const alarms = CLIENT_ALARMS_MAX * 4
  const fill = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      source.raise({ id: `f-${i}`, area: GULOU })
      source.setInside('s-1', i)
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  await fill(0, alarms)
  await healthy.until('alarm', (message) => message.alarm.id === `f-${alarms - 1}`)
  // Only what the kernel and the one bounded buffer took is gone; the rest was never queued beyond the bound.
  expect(server.happenings).toContainEqual({ kind: 'client-left', reason: 'slow' })
  expect(server.hub.clients()).toBe(1)
  const buffered = Math.max(...[...server.app.websocketServer.clients].map((socket) => socket.bufferedAmount))
  expect(buffered).toBeLessThan(CLIENT_BUFFER_BYTES_MAX * 2)

  stalled.socket.resume()
  expect(await stalled.closed).toMatchObject({ code: 4008, reason: expect.stringContaining('since=CURSOR') })
  const got = stalled.messages.filter((message) => message.type === 'alarm')
  const resumed = readLive(server, 'operator@', `topics=alarms&since=${got.at(-1)?.cursor ?? cursor}`)
  await resumed.until('snapshot-end')
  const ids = new Set([...got, ...resumed.messages.filter((message) => message.type === 'alarm')].map((message) => message.alarm.id))
  expect([...ids].filter((id) => id.startsWith('f-')).length).toBe(alarms)
}, 30_000)

test('an outage is told to whoever may see an area within it, and to nobody beside it', async () => {
  const source = await begin()
  source.addToken('operator@xiamen')
  source.raise({ id: 'out-1', kind: 'area-outage', site: '', siteNo: 0, area: 'fuzhou', seal: '' })
  const [within, beside] = [readLive(server, 'operator@fuzhou/gulou'), readLive(server, 'operator@xiamen')]
  await Promise.all([within.until('snapshot-end'), beside.until('snapshot-end')])
  source.raise({ id: 'out-2', kind: 'area-outage', site: '', siteNo: 0, area: 'fuzhou/gulou', seal: '' })
  await within.until('alarm', ({ alarm }) => alarm.id === 'out-2')
  const seen = (reader: typeof within): string[] =>
    reader.messages.flatMap((message) => (message.type === 'alarms' ? message.alarms.map(({ id }) => id) : message.type === 'alarm' ? [message.alarm.id] : []))
  expect(seen(within)).toEqual(['a-1', 'out-1', 'out-2'])
  expect(seen(beside)).toEqual([])
  const list = async (token: string, path: string) => (await fetch(server.url + path, { headers: { authorization: `Bearer ${secretOf(token)}` } })).json()
  expect((await list('operator@fuzhou/gulou', '/v1/alarms?kind=area-outage')).items.map(({ id }: { id: string }) => id)).toEqual(['out-1', 'out-2'])
  expect((await list('operator@fuzhou/gulou', '/v1/alarms/out-1')).id).toBe('out-1')
  expect((await list('operator@xiamen', '/v1/alarms/out-1')).status).toBe(404)
})

test('a notice that could not be delivered is told as the alarm stands, with why', async () => {
  const source = createSource()
  source.addToken('admin@')
  const delivery = { id: 'd-1', webhook: 'duty', step: 'raised', state: 'waiting', at: 1000, changed: 1000, attempts: 0 } as const
  source.raise({ id: 'a-1', deliveries: [delivery] })
  server = await startLiveServer(source, { troubleOf: (id) => (id === 'd-1' ? { attempts: 3, error: 'ECONNREFUSED' } : undefined) })
  const reader = readLive(server, 'admin@')
  const { cursor } = await reader.until('snapshot-end')
  server.hub.refresh('a-1')
  server.hub.refresh('unknown')
  const told = await reader.until('alarm')
  expect(told).toMatchObject({
    step: 'undelivered',
    cursor,
    alarm: { id: 'a-1', deliveries: [{ id: 'd-1', state: 'waiting', attempts: 3, error: 'ECONNREFUSED' }] },
  })
})
