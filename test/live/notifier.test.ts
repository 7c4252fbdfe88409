import { afterEach, describe, expect, test } from 'vitest'
import { ALARM } from '../../core/kinds.ts'
import type { DeliveredOp, WebhookRecord } from '../../core/ops.ts'
import type { Round } from '../../core/thread/machine.ts'
import type { LiveHappening } from '../../live/happenings.ts'
import { RETRY_MS_MAX, startNotifier, type Notifier, type Time } from '../../live/notifier.ts'
import { AT, copiedDesk, newDesk, say, webhook, work } from '../core/desk-world.ts'
import { startReceiver, type Receiver } from './receiver.ts'

// The notifier over a real desk and real HTTP, with a clock that the test drives: ten minutes without a receiver take no time.

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
let cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanUp) await clean()
  cleanUp = []
})
const receiverFor = async (): Promise<Receiver> => {
  const receiver = await startReceiver(() => SECRET)
  cleanUp.push(receiver.close)
  return receiver
}

/** Time stands still until it is moved; what is due then is called. */
const drivenTime = () => {
  let now = 0
  const planned = new Set<{ readonly at: number; readonly call: () => void }>()
  const time: Time = {
    now: () => now,
    random: () => 0.5,
    at: (at, call) => {
      const one = { at, call }
      planned.add(one)
      return () => planned.delete(one)
    },
  }
  const move = (ms: number): void => {
    now += ms
    for (const one of [...planned].filter(({ at }) => at <= now)) {
      planned.delete(one)
      one.call()
    }
  }
  return { time, move }
}
/** Until requests under way are answered. */
const settle = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((done) => setTimeout(done, 5))
  expect(holds()).toBe(true)
}

/** An engine's desk, and the log between it and the notifier: what is reported comes back as an entry. */
const startWorld = (webhooks: readonly WebhookRecord[], made = newDesk({ webhooks })) => {
  const desk = made
  const listeners = new Set<(round: Round) => void>()
  const reported: DeliveredOp['deliveries'][number][] = []
  const happenings: LiveHappening[] = []
  const troubled: string[] = []
  const { time, move } = drivenTime()
  let reporting = true
  const notifier: Notifier = startNotifier({
    machine: {
      webhooks: () => webhooks,
      outbox: desk.outbox,
      onRound: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    report: (op) => {
      if (!reporting) return Promise.reject(new Error('the log is full'))
      reported.push(...op.deliveries)
      desk.work(op, AT)
      return Promise.resolve()
    },
    emit: (happening) => void happenings.push(happening),
    onTrouble: (alarm) => troubled.push(alarm),
    retryMs: 1000,
    timeoutMs: 300,
    time,
  })
  cleanUp.push(notifier.stop)
  return {
    desk,
    notifier,
    reported,
    happenings,
    troubled,
    move,
    takesReports: (takes: boolean) => (reporting = takes),
    /** Hands on what was made, as a round does. */
    round: () => {
      const deliveries = desk.takeFresh()
      for (const listener of listeners) listener({ deliveries } as unknown as Round)
    },
  }
}
const results = (happenings: readonly LiveHappening[]): Record<string, number> => {
  const sums: Record<string, number> = {}
  for (const one of happenings) if (one.kind === 'notice-sent') sums[one.result] = (sums[one.result] ?? 0) + 1
  return sums
}

test('a notice is signed by the standard, holds the least, and is reported once it was taken', async () => {
  const receiver = await receiverFor()
  const world = startWorld([webhook({ url: receiver.url, secret: SECRET })])
  say(world.desk, 'passage-unpermitted', 'momentary', AT, { value: 3 })
  world.round()
  await settle(() => world.reported.length === 1)
  const [one] = receiver.received
  expect(one?.signed).toBe(true)
  expect(one?.id).toBe(world.reported[0]?.id)
  expect(one?.body).toEqual({
    type: 'alarm.raised',
    timestamp: new Date(AT).toISOString(),
    data: {
      alarm: one?.id.split('_')[1],
      kind: 'passage-unpermitted',
      severity: ALARM['passage-unpermitted'].severity,
      area: 'x/y',
      site: 'site-1',
      step: 'raised',
      note: '',
      since: new Date(AT).toISOString(),
      raisedAt: new Date(AT).toISOString(),
      at: new Date(AT).toISOString(),
    },
  })
  expect(world.desk.outbox().size).toBe(0)
})

test('ten minutes without a receiver: each step is delivered at least once with one id, in order, and asked for ever more rarely', async () => {
  const receiver = await receiverFor()
  await receiver.close()
  const world = startWorld([webhook({ url: receiver.url, secret: SECRET })])
  for (let seal = 1; seal <= 20; seal++) say(world.desk, 'tamper', 'began', AT, { seal })
  const ids = [...world.desk.outbox().keys()]
  world.round()
  let sent = 0
  for (let second = 0; second < 600; second++) {
    world.move(1000)
    await new Promise((done) => setTimeout(done, 1))
  }
  await settle(() => {
    const before = sent
    sent = results(world.happenings)['unreachable'] ?? 0
    return sent === before
  })
  // Not 20 notices times 600 seconds: a receiver that is down is asked by one request at a time.
  expect(sent).toBeGreaterThan(8)
  expect(sent).toBeLessThan(60)
  expect(world.happenings.filter(({ kind }) => kind === 'webhook-down')).toHaveLength(1)
  const first = ids[0] ?? ''
  expect(world.notifier.troubleOf(first)?.error).toBe('ECONNREFUSED')
  expect(world.troubled.length).toBeGreaterThan(0)
  // People go on working meanwhile.
  const [alarm] = [...world.desk.openAlarms()]
  say(world.desk, 'tamper', 'ended', AT, { seal: 1 })
  work(world.desk, 'acknowledge', { id: alarm?.id ?? '' })
  world.round()
  const all = [...world.desk.outbox().keys()]
  expect(all).toHaveLength(21)

  await receiver.open()
  for (let i = 0; i < 50 && world.desk.outbox().size > 0; i++) {
    world.move(RETRY_MS_MAX)
    await new Promise((done) => setTimeout(done, 30))
  }
  await settle(() => world.desk.outbox().size === 0)
  expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set(all))
  expect(receiver.received.length).toBe(all.length)
  expect(receiver.received.every(({ signed }) => signed)).toBe(true)
  const ofFirst = receiver.received.filter(({ id }) => id.includes(alarm?.id ?? 'none')).map(({ body }) => body.type)
  expect(ofFirst).toEqual(['alarm.raised', 'alarm.cleared'])
  expect(world.notifier.troubleOf(first)).toBeUndefined()
  expect(world.happenings.filter(({ kind }) => kind === 'webhook-recovered')).toHaveLength(1)
}, 60_000)

describe('what a receiver answers', () => {
  test('4xx holds up that alarm alone; the others go on', async () => {
    const receiver = await receiverFor()
    const world = startWorld([webhook({ url: receiver.url, secret: SECRET })])
    receiver.answer = ({ body }) => (body.data['kind'] === 'tamper' ? 422 : 200)
    say(world.desk, 'tamper', 'began')
    for (let seal = 1; seal <= 10; seal++) say(world.desk, 'offline', 'began', AT, { seal })
    world.round()
    await settle(() => world.reported.length === 10)
    expect(world.desk.outbox().size).toBe(1)
    expect(world.notifier.troubleOf([...world.desk.outbox().keys()][0] ?? '')).toEqual({ attempts: 1, error: 'answered 422' })
    receiver.answer = () => 204
    world.move(1000)
    await settle(() => world.desk.outbox().size === 0)
    expect(world.reported.at(-1)?.attempts).toBe(2)
  })
  test('no answer in time, redirects and 5xx are tries that failed', async () => {
    const receiver = await receiverFor()
    const world = startWorld([webhook({ url: receiver.url, secret: SECRET })])
    const answers: (number | 'never')[] = ['never', 302, 503, 200]
    receiver.answer = () => answers.shift() ?? 200
    say(world.desk, 'tamper', 'began')
    world.round()
    for (const [result, count] of [
      ['timeout', 1],
      ['refused', 1],
      ['refused', 2],
      ['delivered', 1],
    ] as const) {
      await settle(() => results(world.happenings)[result] === count)
      world.move(RETRY_MS_MAX)
    }
    await settle(() => world.reported.length === 1)
    expect(world.reported[0]?.attempts).toBe(4)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
  })
})

test('one receiver that is down holds up no other', async () => {
  const [good, bad] = [await receiverFor(), await receiverFor()]
  await bad.close()
  const world = startWorld([
    webhook({ webhookNo: 1, name: 'bad', url: bad.url, area: '', secret: SECRET }),
    webhook({ webhookNo: 2, name: 'good', url: good.url, area: 'x', secret: SECRET }),
  ])
  for (let seal = 1; seal <= 200; seal++) say(world.desk, 'tamper', 'began', AT, { seal })
  world.round()
  await settle(() => world.reported.length === 200)
  expect(good.received).toHaveLength(200)
})

test('what was taken is not sent again by this run, though the log refuses to hear of it; the next run sends it once more, under its id', async () => {
  const receiver = await receiverFor()
  const webhooks = [webhook({ url: receiver.url, secret: SECRET })]
  const world = startWorld(webhooks)
  world.takesReports(false)
  say(world.desk, 'tamper', 'began')
  world.round()
  await settle(() => receiver.received.length === 1)
  for (let i = 0; i < 20; i++) world.move(RETRY_MS_MAX)
  await world.notifier.stop()
  expect(receiver.received).toHaveLength(1)

  const next = startWorld(webhooks, copiedDesk(world.desk, { webhooks }))
  await settle(() => next.reported.length === 1)
  expect(receiver.received.map(({ id }) => id)).toEqual([next.reported[0]?.id, next.reported[0]?.id])
  expect(next.desk.outbox().size).toBe(0)
})

test('what the desk has given up is not sent', async () => {
  const receiver = await receiverFor()
  await receiver.close()
  const world = startWorld([webhook({ url: receiver.url, secret: SECRET })])
  say(world.desk, 'tamper', 'began')
  say(world.desk, 'tamper', 'began', AT, { seal: 8, site: 2 })
  world.round()
  await settle(() => (results(world.happenings)['unreachable'] ?? 0) >= 2)
  world.desk.eraseSite(2, AT)
  await receiver.open()
  for (let i = 0; i < 10; i++) {
    world.move(RETRY_MS_MAX)
    await new Promise((done) => setTimeout(done, 20))
  }
  await settle(() => world.desk.outbox().size === 0)
  expect(receiver.received.map(({ body }) => body.data['site'])).toEqual(['site-1'])
})
