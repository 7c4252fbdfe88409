import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endless, hostile } from '../storage/embedded/hostile.ts'
import { eventually, KIND, startRig, type Rig } from './rig.ts'

// The people's door of a whole engine under a steady load of events: hostile statements, fifty at once, one without end. Ingest
// goes on as before (the figures are printed), and every statement that reached the parser is a row with who asked it.

const SEALS = 400
const EVENTS_PER_BATCH = 100
const EVERY_MS = 20
const SECRET = 'a-secret-that-no-answer-may-hold'
let rig: Rig
beforeAll(async () => {
  rig = await startRig()
  await rig.addSites(Array.from({ length: SEALS }, (_, i) => [`s-${i}`, 'fuzhou/gulou/1', i + 1] as const))
}, 90_000)
afterAll(() => rig.stop(), 60_000)

/** A steady load that waits for no receipt; latencies count from the intended time. */
const startLoad = () => {
  const latencies: number[] = []
  const failures: string[] = []
  let accepted = 0
  let at = 0
  const timer = setInterval(() => {
    const began = performance.now()
    const events = Array.from({ length: EVENTS_PER_BATCH }, () => ({ seal: (at++ % SEALS) + 1, kind: KIND.heartbeat, value: 3300 }))
    rig.send(rig.tokens.sender, events).then(
      ({ status, json }) => {
        latencies.push(performance.now() - began)
        if (status === 200) accepted += json.accepted
        else failures.push(`${status}`)
      },
      (error: unknown) => failures.push(String(error)),
    )
  }, EVERY_MS)
  return {
    take: () => {
      const sorted = latencies.splice(0).toSorted((a, b) => a - b)
      const p = (share: number): number => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10
      return { receipts: sorted.length, p50: p(0.5), p99: p(0.99) }
    },
    failures,
    accepted: () => accepted,
    stop: () => clearInterval(timer),
  }
}
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const perSecond = (n: number, ms: number): number => Math.round((n / ms) * 1000)

test('hostile statements, fifty at once, one without end: refused or stopped, noted, and ingest unaffected', async () => {
  const secretFile = join(rig.engine.dataDir, 'secret.txt')
  const out = join(rig.engine.dataDir, 'outfile')
  writeFileSync(secretFile, SECRET)
  const statements = hostile(out, secretFile)
  expect(statements.length).toBeGreaterThan(30)
  const load = startLoad()
  await wait(1_000)
  load.take()
  let began = performance.now()
  await wait(3_000)
  const before = load.take()
  const beforeRate = perSecond(before.receipts, performance.now() - began)

  began = performance.now()
  const cross = endless.find((sql) => sql.includes('CROSS JOIN')) ?? ''
  const ending = rig.sql(cross, rig.tokens.analyst, 60_000).then((stopped) => ({ stopped, seconds: (performance.now() - began) / 1000 }))
  // People who go away leave nothing running: four queries are all that run at once, and the next one is answered.
  await Promise.all([1, 2, 3].map((n) => rig.sql(`${cross} AND ${n} = ${n}`, rig.tokens.analyst, 500).catch(() => undefined)))
  expect((await rig.sql('SELECT 1', rig.tokens.analyst, 5_000)).status).toBe(200)
  const letThrough: string[] = []
  for (const sql of statements) {
    const { status, text } = await rig.sql(sql)
    if (status < 400 || text.includes(SECRET)) letThrough.push(`${sql}: ${status} ${text.slice(0, 100)}`)
  }
  // Fifty at once, beside the endless one (three run, eight wait): each is answered or told to come again, at once.
  const fifty = await Promise.all(Array.from({ length: 50 }, (_, i) => rig.sql(`SELECT ${i}, count() FROM events WHERE sipHash64(seal, seq) % 7 = ${i % 7}`)))
  const { stopped, seconds } = await ending
  const during = load.take()
  const duringRate = perSecond(during.receipts, performance.now() - began)
  load.stop()
  process.stdout.write(
    `people's door: ingest before ${beforeRate} receipts/s, p50 ${before.p50} ms, p99 ${before.p99} ms; during ${duringRate} receipts/s, p50 ${during.p50} ms, p99 ${during.p99} ms\n`,
  )

  expect(letThrough).toEqual([])
  expect(existsSync(out)).toBe(false)
  expect(fifty.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(11)
  expect(fifty.filter(({ status, text }) => status !== 200 && !text.includes('TOO_MANY_SIMULTANEOUS_QUERIES'))).toEqual([])
  expect([stopped.status >= 400, stopped.text]).toEqual([true, expect.stringMatching(/TIMEOUT_EXCEEDED|TOO_SLOW|QUERY_WAS_CANCELLED|MEMORY_LIMIT_EXCEEDED/)])
  expect(seconds).toBeLessThan(40)
  // Ratios within one run: the load is open, so a stall shows as receipts that are missing or late.
  expect(load.failures).toEqual([])
  expect(duringRate).toBeGreaterThan(beforeRate * 0.5)

  // Everything that had a receipt is stored, whatever people asked meanwhile.
  await eventually(async () => {
    const [row] = await rig.rows<{ n: number }>('SELECT count() AS n FROM events')
    return row?.n === load.accepted() ? row : undefined
  })
  const noted = await rig.rows<{ who: string; action: string; detail: string }>(
    `SELECT who, action, detail FROM access WHERE target = 'clickhouse' AND action IN ('query', 'query-refused')`,
  )
  expect(new Set(noted.map(({ who }) => who))).toEqual(new Set(['analyst']))
  expect(noted.some(({ detail }) => detail === cross)).toBe(true)
  for (let i = 0; i < 50; i++)
    if (fifty[i]?.status === 200)
      expect(
        noted.some(({ action, detail }) => action === 'query' && detail.startsWith(`SELECT ${i}, `)),
        `query ${i}`,
      ).toBe(true)
  expect(noted.filter(({ action }) => action === 'query-refused').length).toBeGreaterThan(30)
  expect(await rig.metric('sealstream_people_door_refused_total')).toBeGreaterThanOrEqual(statements.length)
}, 90_000)

test('who comes in: analysts and admins of all areas; one of some areas gets no SQL, and is told what there is instead', async () => {
  const street = await rig.addToken('street-analyst', 'analyst', ['fuzhou/gulou'])
  const answer = await rig.sql('SELECT 1', street)
  expect(answer.status).toBe(403)
  expect(answer.text).toContain('/v1/areas')
  expect((await rig.ask('GET', '/v1/areas', { token: street })).json.items).toMatchObject([{ area: 'fuzhou', sites: SEALS }])
  for (const role of ['sender', 'operator', 'sre'] as const) expect((await rig.sql('SELECT 1', rig.tokens[role])).status, role).toBe(403)
  expect((await rig.sql('SELECT 1', 'no-such-token')).status).toBe(401)
  expect((await rig.sql('SELECT 1', rig.tokens.admin)).text).toBe('1\n')
  const leaver = await rig.addToken('leaver', 'analyst', [''])
  expect((await rig.sql('SELECT 1', leaver)).status).toBe(200)
  await rig.ask('DELETE', '/v1/tokens/leaver', { token: rig.tokens.admin })
  expect((await rig.sql('SELECT 1', leaver)).status).toBe(401)
})
