import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiOk } from '../../bench/http.ts'
import { startReceiver, type Receiver } from '../live/receiver.ts'
import { createRig, eventually, get, openAlarms, register, rows, sealId, send, tick, type Rig } from './rig.ts'

// Webhooks on a real engine: the receiver is down for ten minutes of the engine's clock (the test drives it) and for dozens of tries, and
// the engine is killed meanwhile, several times. Each step of each alarm is delivered at least once, with one id, and after its delivery is in
// the log never again.

const FLAGS = ['--tick-source', 'simulator', '--webhook-retry-ms', '20', '--webhook-timeout-ms', '500', '--snapshot-ms', '1000', '--extent-ms', '200']
const DAY = 86_400_000
const MINUTE = 60_000
const START = Date.now() + 5000
const SEALS = Array.from({ length: 12 }, (_, n) => sealId(0xc001 + n))

let rig: Rig
let receiver: Receiver
let secret = ''
beforeAll(async () => {
  receiver = await startReceiver(() => secret)
  rig = createRig('webhook')
  await rig.start(FLAGS)
}, 90_000)
afterAll(async () => {
  await rig.dispose()
  await receiver.close()
}, 30_000)

const put = async (name: string, body: object): Promise<{ readonly secret: string }> =>
  (await apiOk(rig.target(), 'admin', { method: 'PUT', path: `/v1/webhooks/${name}`, json: body })) as { secret: string }
type Shown = {
  readonly id: string
  readonly deliveries: readonly { readonly id: string; readonly state: string; readonly attempts: number; readonly error: string | null }[]
}
const shown = async (): Promise<readonly Shown[]> => (await openAlarms(rig.target())) as unknown as readonly Shown[]

test('receiver down for ten minutes, engine killed meanwhile: each alarm step is delivered at least once, with one id', async () => {
  await register(
    rig.target(),
    SEALS.map((seal, n) => ({ site: `home-${n}`, seals: [seal], from: START - DAY, until: START + DAY })),
  )
  const made = await put('duty', { url: receiver.url, area: 'fuzhou', severities: ['critical'] })
  secret = made.secret
  expect(secret).toMatch(/^whsec_/)
  expect(JSON.stringify((await get(rig.target(), '/v1/webhooks')).value)).not.toContain(secret)
  await receiver.close()

  let kills = 0
  const killed = async (): Promise<void> => {
    kills += 1
    await rig.kill()
  }
  let now = START
  const until = async (end: number): Promise<void> => {
    for (; now < end; now += 5000) await tick(rig.target(), now)
  }
  await until(START + MINUTE)
  for (const [n, seal] of SEALS.entries()) {
    await send(rig.target(), [{ seal, time: now, seq: 1, kind: 'TAMPERED', value: 1 }])
    // Two minutes later the first are escalated; the engine dies at the third, the sixth and the ninth.
    await until(now + 50_000)
    if (n % 3 !== 2) continue
    await killed()
    await rig.start(FLAGS)
  }
  // Half are over and acknowledged while nobody hears of it.
  // (Seals that say nothing else go offline meanwhile: that is major, and nobody asked for it.)
  const open = (await openAlarms(rig.target())).filter(({ kind }) => kind === 'tamper')
  expect(open).toHaveLength(SEALS.length)
  for (const { id, seal } of open.filter((_, n) => n % 2 === 0)) {
    await send(rig.target(), [{ seal, time: now, seq: 2, kind: 'TAMPER_RESTORED' }])
    await apiOk(rig.target(), 'operator', { path: `/v1/alarms/${id}/acknowledge`, json: {} })
  }
  await until(START + 14 * MINUTE)
  const trouble = await eventually('a notice that was tried in vain is shown so', shown, (alarms) =>
    alarms.some(({ deliveries }) => deliveries.some(({ state, attempts, error }) => state === 'waiting' && attempts > 0 && error === 'ECONNREFUSED')),
  )
  expect(trouble.length).toBeGreaterThan(0)
  await killed()
  await rig.start(FLAGS)
  await sleep(300)
  await receiver.open()
  await killed()
  await rig.start(FLAGS)

  const waiting = async (): Promise<number> => {
    const { items } = (await get(rig.target(), '/v1/webhooks')).value as { items: { waiting: number }[] }
    return items[0]?.waiting ?? -1
  }
  await eventually('all notices are taken', waiting, (count) => count === 0, 60_000)
  // Per alarm: raised, escalated once or twice, and cleared where a person came: what the steps in ClickHouse say.
  const steps = await eventually(
    'the deliveries are steps of the alarms',
    () =>
      rows<{ id: string; raised: string; escalated: string; closed: string; delivered: string }>(
        rig.target(),
        `SELECT id, countIf(step = 'raised') AS raised, countIf(step = 'escalated') AS escalated, countIf(step = 'closed') AS closed, countIf(step = 'delivered') AS delivered FROM seals.alarms WHERE kind = 'tamper' GROUP BY id`,
      ),
    (found) => found.length === SEALS.length && found.every((one) => Number(one.delivered) === Number(one.raised) + Number(one.escalated) + Number(one.closed)),
    30_000,
  )
  const byAlarm = new Map<string, Set<string>>()
  for (const { id, body, signed } of receiver.received) {
    expect(signed).toBe(true)
    const alarm = body.data['alarm'] ?? ''
    byAlarm.set(alarm, (byAlarm.get(alarm) ?? new Set()).add(id))
  }
  expect([...byAlarm.keys()].sort()).toEqual(steps.map(({ id }) => id).sort())
  for (const one of steps) expect(byAlarm.get(one.id)?.size, one.id).toBe(Number(one.delivered))
  expect(steps.filter(({ closed }) => Number(closed) === 1)).toHaveLength(SEALS.length / 2)
  // Who waits still has waited long enough; of those that a person came to, all but the last few had too.
  expect(steps.filter(({ closed }) => Number(closed) === 0).every(({ escalated }) => Number(escalated) === 1 || Number(escalated) === 2)).toBe(true)
  // One text under one id: a repeat says the same.
  const texts = new Map<string, string>()
  for (const { id, text } of receiver.received) {
    expect(texts.get(id) ?? text).toBe(text)
    texts.set(id, text)
  }

  // Once its delivery is in the log, nothing is sent again, also not by the next run.
  const before = receiver.received.length
  await killed()
  await rig.start(FLAGS)
  await sleep(1500)
  expect(receiver.received.length).toBe(before)
  console.log(`webhook.test: ${texts.size} notices, ${receiver.received.length} taken, engine killed ${kills} times`)
}, 240_000)

test('a try says what became of it; no answer, log line or page of the API has the secret', async () => {
  const tried = await apiOk(rig.target(), 'admin', { method: 'POST', path: '/v1/webhooks/duty/test', json: {} })
  expect(tried).toMatchObject({ result: 'delivered', error: null })
  expect(receiver.received.at(-1)?.body).toMatchObject({ type: 'webhook.test', data: { webhook: 'duty' } })
  expect(receiver.received.at(-1)?.signed).toBe(true)
  await put('duty', { url: 'http://127.0.0.1:2/hidden-path', area: 'fuzhou', severities: ['critical', 'major'] })
  expect(await apiOk(rig.target(), 'admin', { method: 'POST', path: '/v1/webhooks/duty/test', json: {} })).toMatchObject({
    result: 'unreachable',
    error: 'ECONNREFUSED',
  })
  const texts = [await get(rig.target(), '/v1/webhooks'), await get(rig.target(), '/v1/status'), await get(rig.target(), '/metrics')].map(({ value }) =>
    JSON.stringify(value),
  )
  for (const text of [...texts, ...rig.lines]) expect(text).not.toContain(secret.slice(6))
  expect(rig.lines.join('')).not.toContain('hidden-path')
}, 60_000)
