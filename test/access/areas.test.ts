import { unpack } from 'msgpackr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wire } from '../../proto/wire.ts'
import { batchOf, eventually, KIND, openSocket, siteLine, startRig, type Rig, type Socket } from './rig.ts'

// Areas where many things come in one stream: each event of a sender's batch, each message of the live stream.

const IN = 'fuzhou/gulou/antai'
const OUT = { taijiang: 'fuzhou/taijiang/yizhou/7', trick: `${IN}bei/7` } as const
const HIDDEN = /out-|trick-|taijiang|antaibei/
let rig: Rig
beforeAll(async () => {
  rig = await startRig()
  await rig.addSites([
    ['in-1', `${IN}/7`, 0xa1],
    ['in-2', `${IN}/8`, 0xa2],
    ['in-3', IN, 0xa3],
    ['out-1', OUT.taijiang, 0xb1],
    ['out-2', OUT.taijiang, 0xb2],
    ['trick-1', OUT.trick, 0xc1],
    ['trick-2', OUT.trick, 0xc2],
  ])
}, 90_000)
afterAll(() => rig.stop(), 60_000)

const MIXED = [0xa1, 0xb1, 0xa3, 0xc1, 0xff, 0xa2]
const REASON = wire.RejectReason

test('a sender of some areas: the verdict is each event’s own, over HTTP and over the WebSocket', async () => {
  const token = await rig.addToken('gateway', 'sender', [IN])
  const beats = MIXED.map((seal) => ({ seal, kind: KIND.heartbeat, value: 3300 }))
  const wanted = [
    { index: 1, reason: 'FORBIDDEN_SEAL' },
    { index: 3, reason: 'FORBIDDEN_SEAL' },
    { index: 4, reason: 'UNKNOWN_SEAL' },
  ]
  expect((await rig.send(token, beats)).json).toEqual({ accepted: 3, rejected: 3, rejections: wanted })

  const { socket, binary, opened } = openSocket(rig.url, '/v1/events', { token })
  expect(await opened).toBe(101)
  socket.send(batchOf(beats))
  const receipt = wire.Receipt.decode(await eventually(() => binary[0]))
  expect([Number(receipt.accepted), Number(receipt.rejected)]).toEqual([3, 3])
  expect(receipt.rejections.map(({ index, reason }) => ({ index: index ?? 0, reason: REASON[reason ?? 0] }))).toEqual(wanted)
  socket.close()

  // An area that comes into being after the sender's first batch is judged like the others; so is a seal that moves.
  await rig.addSites([
    ['in-4', `${IN}/9`, 0xa4],
    ['trick-3', `${IN}bei/9`, 0xc3],
  ])
  const later = await rig.send(
    token,
    [0xa4, 0xc3].map((seal) => ({ seal, kind: KIND.heartbeat, value: 3300 })),
  )
  expect(later.json).toEqual({ accepted: 1, rejected: 1, rejections: [{ index: 1, reason: 'FORBIDDEN_SEAL' }] })
  const { site: _, ...moved } = siteLine('in-4', OUT.taijiang, 0xa4)
  expect((await rig.ask('PUT', '/v1/sites/in-4', { token: rig.tokens.admin, body: moved })).status).toBe(200)
  expect((await rig.send(token, [{ seal: 0xa4, kind: KIND.heartbeat, value: 3300 }])).json.rejections).toEqual([{ index: 0, reason: 'FORBIDDEN_SEAL' }])

  await eventually(async () => {
    const [row] = await rig.rows<{ n: number }>(`SELECT count() AS n FROM rejected_events WHERE reason = 'FORBIDDEN_SEAL'`)
    return row?.n === 6 ? row : undefined
  })
  expect(await rig.rows("SELECT DISTINCT site FROM events WHERE match(site, 'out|trick')")).toEqual([])
})

const told = (reader: Socket, packed: boolean): any[] => (packed ? reader.binary.map((bytes) => unpack(bytes) as unknown) : reader.messages)
const has = (reader: Socket, packed: boolean, type: string, passes: (message: any) => boolean = () => true): Promise<any> =>
  eventually(() => told(reader, packed).find((message) => message.type === type && passes(message)))

test.each([
  ['json', false],
  ['msgpack', true],
] as const)(
  'the live stream in %s: every type of message is narrowed to the token’s areas',
  async (format, packed) => {
    const token = await rig.addToken(`street-${format}`, 'operator', [IN])
    const [first, second] = packed ? [0xa1, 0xa2] : [0xa2, 0xa1]
    await rig.raise(0xb1)
    await rig.raise(0xc1)
    const reader = openSocket(rig.url, `/v1/live?format=${format}`, { token })
    const all = openSocket(rig.url, `/v1/live?format=${format}`, { token: rig.tokens.operator })
    await has(reader, packed, 'snapshot-end')
    await has(all, packed, 'snapshot-end')
    // Changes everywhere: alarms, people, a permit's alarm, an end.
    for (const seal of [0xb2, 0xc2, 0xb1, 0xc1, first, second])
      await rig.send(rig.tokens.sender, [
        { seal, kind: KIND.passageOut, value: 1 },
        { seal, kind: KIND.tampered, value: 1 },
      ])
    const site = packed ? 'end-2' : 'end-1'
    const [inside, outside] = [`in-${site}`, `trick-${site}`]
    await rig.addSites([
      [inside, `${IN}/7`, packed ? 0xd1 : 0xd2],
      [outside, OUT.trick, packed ? 0xe1 : 0xe2],
    ])
    for (const seal of packed ? [0xd1, 0xe1] : [0xd2, 0xe2]) await rig.send(rig.tokens.sender, [{ seal, kind: KIND.passageOut, value: 1 }])
    await has(reader, packed, 'occupancy', ({ sites }) => sites.some((one: any) => one.site === inside && one.inside === 2))
    await has(all, packed, 'occupancy', ({ sites }) => sites.some((one: any) => one.site === outside && one.inside === 2))
    for (const name of [outside, inside]) expect((await rig.ask('POST', `/v1/sites/${name}/end`, { token: rig.tokens.admin, body: {} })).status).toBe(200)

    await has(all, packed, 'ended', ({ sites }) => sites.includes(outside))
    await has(reader, packed, 'ended', ({ sites }) => sites.includes(inside))
    await has(reader, packed, 'alarm', ({ alarm }) => alarm.site === 'in-1' || alarm.site === 'in-2')
    const stats = await has(reader, packed, 'stats')
    expect(stats.fleet).toBeNull()
    expect((await has(all, packed, 'stats', ({ fleet }) => fleet !== null)).fleet.sites).toBeGreaterThan(6)
    expect((await has(reader, packed, 'hello')).areas).toEqual([IN])
    expect(JSON.stringify(told(reader, packed))).not.toMatch(HIDDEN)
    // The other reader shows that there was something to hide, of each type.
    for (const type of ['alarms', 'occupancy', 'alarm', 'ended'])
      expect(JSON.stringify(told(all, packed).filter((message) => message.type === type)), type).toMatch(HIDDEN)
    expect(new Set(told(reader, packed).map(({ type }) => type))).toEqual(
      new Set(['hello', 'occupancy', 'snapshot-end', 'alarm', 'ended', 'stats', ...(packed ? ['alarms'] : [])]),
    )

    // What was missed is narrowed too.
    const { cursor } = await has(reader, packed, 'snapshot-end')
    reader.socket.terminate()
    const resumed = openSocket(rig.url, `/v1/live?format=${format}&since=${cursor}`, { token })
    await has(resumed, packed, 'snapshot-end')
    expect((await has(resumed, packed, 'hello')).resumed).toBe(true)
    await has(resumed, packed, 'alarm')
    expect(JSON.stringify(told(resumed, packed))).not.toMatch(HIDDEN)
    for (const one of [all, resumed]) one.socket.terminate()
  },
  30_000,
)

test('asking for an area outside one’s own gives an empty stream; roles limit topics', async () => {
  const token = await rig.addToken('street-x', 'operator', [IN])
  for (const area of [OUT.taijiang, OUT.trick, 'fuzhou/gulou/ant']) {
    const reader = openSocket(rig.url, `/v1/live?area=${area}`, { token })
    await has(reader, false, 'snapshot-end')
    expect(reader.messages.slice(0, 3).map(({ type }) => type)).toEqual(['hello', 'stats', 'snapshot-end'])
    expect(reader.messages.slice(3).every(({ type }) => type === 'stats')).toBe(true)
    expect(reader.messages[0].areas).toEqual([])
    reader.socket.terminate()
  }
  const sre = openSocket(rig.url, '/v1/live', { token: rig.tokens.sre })
  await has(sre, false, 'stats')
  expect(new Set(sre.messages.map(({ type }) => type))).toEqual(new Set(['hello', 'stats', 'snapshot-end']))
  sre.socket.terminate()
  expect(await openSocket(rig.url, '/v1/live?topics=alarms', { token: rig.tokens.sre }).opened).toBe(403)
  for (const query of ['topics=everything', 'area=//', 'format=xml', 'since=yesterday'])
    expect(await openSocket(rig.url, `/v1/live?${query}`, { token }).opened, query).toBe(400)
})
