import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import WebSocket from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { api, apiOk } from '../../bench/http.ts'
import { createRig, eventually, get, openAlarms, register, rows, send, tick, type Rig } from './rig.ts'

// When an observation ends: no alarm, no live view, no acceptance a minute later; after its expiry nothing of the site is left, in
// ClickHouse, the log, or the snapshots: not its id, not its seal's, not the words people wrote about it. Time is the simulator's.

const T0 = Date.UTC(2026, 10, 24, 9)
const S = 1000
const HOUR = 3600 * S
const DAY = 24 * HOUR
const SEAL = 'c0ffee4271ab09d5'
const SITE = 'vanishing-home-0302'
const WORDS = 'sampling-visit-of-nurse-li'
const OTHER = 'c1ffee4271ab09d7'
const FLAGS = ['--tick-source', 'simulator', '--extent-ms', '100', '--snapshot-ms', '1000']
let rig: Rig
beforeAll(async () => {
  rig = createRig('erase')
  await rig.start(FLAGS)
}, 90_000)
afterAll(() => rig.dispose(), 30_000)

type Needle = { readonly what: string; readonly bytes: Buffer }
const sealBytes = Buffer.alloc(8)
sealBytes.writeBigUInt64LE(BigInt(`0x${SEAL}`))
const NEEDLES: readonly Needle[] = [
  { what: 'site id', bytes: Buffer.from(SITE) },
  { what: 'seal id as text', bytes: Buffer.from(SEAL) },
  { what: 'seal id as UInt64', bytes: sealBytes },
  { what: 'seal id as big-endian', bytes: Buffer.from(sealBytes).reverse() },
  { what: 'a reason', bytes: Buffer.from(WORDS) },
]
/** A folder of a part that is being written may be gone again. */
const entriesOf = (dir: string): Dirent[] => {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch {
    return []
  }
}
const filesOf = (dir: string): string[] =>
  entriesOf(dir).flatMap((entry) => (entry.isDirectory() ? filesOf(join(dir, entry.name)) : entry.isFile() ? [join(dir, entry.name)] : []))
/** What of the site is found in files, as `file: what`. */
const found = (folders: readonly string[], needles = NEEDLES): string[] =>
  folders
    .flatMap((folder) => filesOf(join(rig.dir, folder)))
    .flatMap((file) => {
      const bytes = readBytes(file)
      return needles.filter((needle) => bytes.includes(needle.bytes)).map(({ what }) => `${file.slice(rig.dir.length + 1)}: ${what}`)
    })
const readBytes = (file: string): Buffer => {
  try {
    return statSync(file).size > 1 << 30 ? Buffer.alloc(0) : readFileSync(file)
  } catch {
    return Buffer.alloc(0)
  }
}
/** A pattern that does not match its own text: queries are noted in `access` too. */
const unlikeItself = (text: string): string => `${text.slice(0, 4)}[${text[4]}]${text.slice(5)}`
const BY_SITE = ['events', 'occupancy', 'alarms', 'traffic_1m', 'traffic_1h', 'sites', 'seals', 'permits']
const countRows = async (): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {}
  for (const table of BY_SITE)
    counts[table] = Number((await rows<{ n: string }>(rig.target(), `SELECT count() AS n FROM seals.${table} WHERE site_key = 1`))[0]?.n)
  counts['access'] = Number(
    (
      await rows<{ n: string }>(
        rig.target(),
        `SELECT count() AS n FROM seals.access WHERE match(concat(target, detail), '${[SITE, SEAL, WORDS].map(unlikeItself).join('|')}')`,
      )
    )[0]?.n,
  )
  counts['rejected_events'] = Number(
    (await rows<{ n: string }>(rig.target(), `SELECT count() AS n FROM seals.rejected_events WHERE seal = ${BigInt(`0x${SEAL}`)}`))[0]?.n,
  )
  return counts
}

let messages: string[] = []
let ticker: WebSocket
test('while it lasts, the observation is everywhere', async () => {
  await tick(rig.target(), T0)
  await register(rig.target(), [
    { site: SITE, seals: [SEAL], from: T0 - S, until: T0 + HOUR, area: 'fuzhou/gulou/vanishing' },
    { site: 'staying-home', seals: [OTHER], from: T0 - S, until: T0 + 60 * DAY },
  ])
  ticker = new WebSocket(`${rig.target().url.replace('http', 'ws')}/v1/live?topics=alarms,occupancy&format=json`, {
    headers: { authorization: `Bearer ${rig.target().token('operator')}` },
  })
  ticker.on('message', (data: Buffer) => void messages.push(data.toString()))
  await new Promise((resolve, reject) => ticker.once('open', resolve).once('error', reject))
  await apiOk(rig.target(), 'operator', {
    path: '/v1/permits',
    json: { site: SITE, from: new Date(T0 + 2 * HOUR).toISOString(), until: new Date(T0 + 3 * HOUR).toISOString(), openings: 1, reason: WORDS },
  }).catch(() => undefined)
  await apiOk(rig.target(), 'operator', {
    path: '/v1/permits',
    json: { site: SITE, from: new Date(T0 + 30 * 60 * S).toISOString(), until: new Date(T0 + 40 * 60 * S).toISOString(), openings: 1, reason: WORDS },
  })
  expect(
    await send(rig.target(), [
      { seal: SEAL, time: T0, seq: 1, kind: 'DOOR_OPENED' },
      { seal: SEAL, time: T0, seq: 2, kind: 'PASSAGE_OUT', value: 1 },
      { seal: SEAL, time: T0, seq: 3, kind: 'TAMPERED', value: 1 },
      { seal: SEAL, time: T0 - HOUR, seq: 4, kind: 'HEARTBEAT', value: 3600 },
      { seal: OTHER, time: T0, seq: 1, kind: 'TAMPERED', value: 1 },
    ]),
  ).toMatchObject({ accepted: 4, rejected: 1 })
  await tick(rig.target(), T0 + S)
  expect((await get(rig.target(), `/v1/sites/${SITE}`)).status).toBe(200)
  const mine = (await openAlarms(rig.target())).filter(({ site }) => site === SITE)
  expect(mine.length).toBeGreaterThan(2)
  const acknowledged = await api(rig.target(), 'operator', { path: `/v1/alarms/${mine[0]?.id}/acknowledge`, json: { note: WORDS } })
  expect(acknowledged.status).toBe(200)
  await rows(rig.target(), `SELECT count() FROM seals.events WHERE site = '${SITE}'`)
  await eventually('rows in every table', countRows, (counts) => Object.values(counts).every((n) => n > 0))
  await eventually(
    'names in the log and in a snapshot',
    async () => found(['log', 'snapshots']),
    (list) => list.some((one) => one.startsWith('log/')) && list.some((one) => one.startsWith('snapshots/')),
  )
}, 30_000)

test('a minute after its end: no alarm, no live view, no acceptance', async () => {
  messages = []
  await tick(rig.target(), T0 + HOUR)
  await tick(rig.target(), T0 + HOUR + 61 * S)
  expect((await openAlarms(rig.target())).filter(({ site }) => site === SITE)).toEqual([])
  expect((await openAlarms(rig.target())).filter(({ site }) => site === 'staying-home').length).toBeGreaterThan(0)
  expect((await get(rig.target(), `/v1/sites/${SITE}`)).status).toBe(404)
  await eventually(
    'the live stream says so',
    async () => messages,
    (seen) => seen.some((one) => one.includes(SITE) && one.includes('ended')),
  )
  for (const time of [T0 + HOUR + 60 * S, T0 + 2 * S])
    expect(await send(rig.target(), [{ seal: SEAL, time, seq: 10, kind: 'TAMPERED', value: 1 }])).toMatchObject({ accepted: 0, rejected: 1 })
  ticker.close()
})

test('after its expiry: no row, and no trace in log, snapshots or spool', async () => {
  await tick(rig.target(), T0 + HOUR + 14 * DAY + DAY)
  await tick(rig.target(), T0 + HOUR + 15 * DAY + S)
  await eventually(
    'erased',
    async () => rig.lines.filter((line) => line.includes('log-erased')).length,
    (n) => n > 0,
    20_000,
  )
  expect(await countRows()).toEqual(Object.fromEntries([...BY_SITE, 'access', 'rejected_events'].map((table) => [table, 0])))
  await eventually(
    'no trace',
    async () => found(['log', 'snapshots', 'spool']),
    (list) => list.length === 0,
    5000,
  )
  // ClickHouse keeps the text of finished mutations: none may have the names that it deleted.
  expect(found(['clickhouse']).filter((one) => one.includes('mutation_'))).toEqual([])
  // What stays is whole: the other home, after a restart too.
  await rig.kill()
  await rig.start(FLAGS)
  expect((await get(rig.target(), '/v1/sites/staying-home')).status).toBe(200)
  expect((await openAlarms(rig.target())).filter(({ site, kind }) => site === 'staying-home' && kind === 'tamper')).toHaveLength(1)
  expect((await get(rig.target(), `/v1/sites/${SITE}`)).status).toBe(404)
  expect(found(['log', 'snapshots', 'spool'])).toEqual([])
}, 60_000)

test('an engine that is killed as data expires forgets it at its next start', async () => {
  const needles = [
    { what: 'site id', bytes: Buffer.from('staying-home') },
    { what: 'seal id as UInt64', bytes: Buffer.from(OTHER, 'hex').reverse() },
  ]
  expect(found(['snapshots'], needles).length).toBeGreaterThan(0)
  await tick(rig.target(), T0 + 60 * DAY)
  await tick(rig.target(), T0 + 75 * DAY)
  await rig.kill()
  await rig.start(FLAGS)
  await eventually(
    'no trace',
    async () => found(['log', 'snapshots', 'spool'], needles),
    (list) => list.length === 0,
    20_000,
  )
  const left = await rows<{ n: string }>(
    rig.target(),
    'SELECT (SELECT count() FROM seals.events) + (SELECT count() FROM seals.sites) + (SELECT count() FROM seals.seals) + (SELECT count() FROM seals.alarms) AS n',
  )
  expect(Number(left[0]?.n)).toBe(0)
}, 60_000)

/** Old parts live a minute (storage/migrations), and ClickHouse looks for them when it has nothing better to do, at most 10 minutes apart: too long for every run. */
if (process.env['SEALSTREAM_TEST_LONG'] === '1') {
  test("and ClickHouse's own files hold no trace once it has let its old parts go", async () => {
    await eventually(
      'no trace in parts',
      async () => found(['clickhouse']),
      (list) => list.length === 0,
      900_000,
    )
  }, 920_000)
}
