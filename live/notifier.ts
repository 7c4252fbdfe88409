import type { Trouble } from '../core/alarm-body.ts'
import { createHeap, type Heap } from '../core/heap.ts'
import type { Delivery, DeliveredOp, WebhookRecord } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { LiveEmit } from './happenings.ts'
import { createReporter, type Report } from './notice-reports.ts'
import { messageOf, sendMessage, type Sent } from './webhook-send.ts'

// Sends the notices that wait in the desk's outbox to their webhooks. Holds always: of one alarm and webhook one notice is under way at
// a time, in order; a notice is sent again until its receiver has taken it (or the desk gives it up), always under the same id;
// what was taken is reported to the log, and after that never sent again, by this run or a later one. A receiver that is down is asked
// by one request at a time, ever more rarely; it holds up nobody else's notices.

/** Requests under way at once: in all, and to one receiver. */
const SENDING_MAX = 64
const SENDING_PER_WEBHOOK_MAX = 4
/** After so many failures in a row a receiver counts as down. */
const FAILURES_DOWN = 3
/** The longest pause between two tries: who repairs a receiver waits no longer than that. */
export const RETRY_MS_MAX = 5 * 60_000

export type NotifierDeps = {
  readonly machine: Pick<Machine, 'onRound' | 'outbox' | 'webhooks'>
  /** Writes to the log what was delivered. */
  readonly report: (op: DeliveredOp) => Promise<unknown>
  readonly emit: LiveEmit
  /** A try failed: what the alarm shows of it has changed. */
  readonly onTrouble: (alarm: string) => void
  /** The first pause; the following are twice as long each, with full jitter. */
  readonly retryMs: number
  readonly timeoutMs: number
  readonly time?: Time
}
/** Milliseconds that never go back, a call at a later one, and chance: a test drives them. */
export type Time = { readonly now: () => number; readonly at: (ms: number, call: () => void) => () => void; readonly random: () => number }
const realTime: Time = {
  now: () => performance.now(),
  random: Math.random,
  at: (ms, call) => {
    const timer = setTimeout(call, Math.max(0, ms - performance.now()))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

export type Notifier = {
  readonly troubleOf: (deliveryId: string) => Trouble | undefined
  /** Resolves when no request is under way and all that was taken is reported. */
  readonly stop: () => Promise<void>
}

/** The notices of one alarm for one webhook, in order; the first is the one that is tried. */
type Line = { readonly key: string; readonly waiting: Delivery[]; readonly no: number; nextAt: number; tries: number }
type Receiver = { readonly lines: Heap<Line>; sending: number; failures: number; nextAt: number }
type Running = {
  readonly deps: NotifierDeps
  readonly time: Time
  readonly lines: Map<string, Line>
  readonly receivers: Map<number, Receiver>
  readonly troubles: Map<string, Trouble>
  readonly reporter: Report
  lineCount: number
  sending: number
  cancelTimer: () => void
  stopped: boolean
  idle: () => void
}

export const startNotifier = (deps: NotifierDeps): Notifier => {
  const running: Running = {
    deps,
    time: deps.time ?? realTime,
    lines: new Map(),
    receivers: new Map(),
    troubles: new Map(),
    reporter: createReporter(deps.report),
    lineCount: 0,
    sending: 0,
    cancelTimer: () => undefined,
    stopped: false,
    idle: () => undefined,
  }
  for (const delivery of deps.machine.outbox().values()) enqueue(running, delivery)
  const leave = deps.machine.onRound((round) => {
    for (const delivery of round.deliveries) enqueue(running, delivery)
    if (round.deliveries.length > 0) pump(running)
  })
  pump(running)
  return {
    troubleOf: (id) => running.troubles.get(id),
    stop: async () => {
      running.stopped = true
      leave()
      running.cancelTimer()
      if (running.sending > 0) await new Promise<void>((resolve) => (running.idle = resolve))
      await running.reporter.flush()
    },
  }
}

const receiverOf = (running: Running, webhookNo: number): Receiver => {
  const known = running.receivers.get(webhookNo)
  if (known !== undefined) return known
  const made: Receiver = {
    lines: createHeap<Line>((a, b) => (a.nextAt === b.nextAt ? a.no < b.no : a.nextAt < b.nextAt)),
    sending: 0,
    failures: 0,
    nextAt: 0,
  }
  running.receivers.set(webhookNo, made)
  return made
}

const enqueue = (running: Running, delivery: Delivery): void => {
  const key = `${delivery.webhookNo} ${delivery.alarm}`
  const line = running.lines.get(key)
  if (line !== undefined) return void line.waiting.push(delivery)
  running.lineCount += 1
  const made: Line = { key, waiting: [delivery], no: running.lineCount, nextAt: running.time.now(), tries: 0 }
  running.lines.set(key, made)
  receiverOf(running, delivery.webhookNo).lines.push(made)
}

/** Sends what may be sent now, and comes back when the next may be. */
const pump = (running: Running): void => {
  if (running.stopped) return
  const now = running.time.now()
  let next = Infinity
  for (const [webhookNo, receiver] of running.receivers) {
    const webhook = running.deps.machine.webhooks().find((one) => one.webhookNo === webhookNo)
    while (mayStart(running, receiver, now)) start(running, receiver, webhook, receiver.lines.take() as Line)
    const line = receiver.lines.first()
    if (line === undefined) {
      if (receiver.sending === 0 && receiver.failures === 0) running.receivers.delete(webhookNo)
    } else if (receiver.sending < limitOf(receiver)) next = Math.min(next, Math.max(line.nextAt, receiver.nextAt))
  }
  running.cancelTimer()
  // Where all places are taken, the end of a request comes back here.
  if (next !== Infinity && running.sending < SENDING_MAX) running.cancelTimer = running.time.at(next, () => pump(running))
}
const limitOf = (receiver: Receiver): number => (receiver.failures >= FAILURES_DOWN ? 1 : SENDING_PER_WEBHOOK_MAX)
const mayStart = (running: Running, receiver: Receiver, now: number): boolean => {
  const line = receiver.lines.first()
  if (line === undefined || running.sending >= SENDING_MAX || receiver.sending >= limitOf(receiver)) return false
  return line.nextAt <= now && receiver.nextAt <= now
}

const start = (running: Running, receiver: Receiver, webhook: WebhookRecord | undefined, line: Line): void => {
  const { machine } = running.deps
  // What the desk has given up since is not sent any more.
  while (line.waiting[0] !== undefined && (webhook === undefined || !machine.outbox().has(line.waiting[0].id))) forget(running, line)
  const delivery = line.waiting[0]
  if (delivery === undefined || webhook === undefined) return void running.lines.delete(line.key)
  running.sending += 1
  receiver.sending += 1
  const began = running.time.now()
  void sendMessage(webhook, messageOf(delivery), running.deps.timeoutMs).then((sent) => {
    running.sending -= 1
    receiver.sending -= 1
    running.deps.emit({ kind: 'notice-sent', result: sent.result, seconds: (running.time.now() - began) / 1000 })
    line.tries += 1
    if (sent.result === 'delivered') taken(running, receiver, line, delivery)
    else failed(running, { receiver, line, delivery, webhook }, sent)
    if (line.waiting.length > 0) receiver.lines.push(line)
    else running.lines.delete(line.key)
    if (running.sending === 0) running.idle()
    pump(running)
  })
}

const forget = (running: Running, line: Line): void => {
  const gone = line.waiting.shift()
  if (gone !== undefined) running.troubles.delete(gone.id)
  line.tries = 0
}

const taken = (running: Running, receiver: Receiver, line: Line, delivery: Delivery): void => {
  running.reporter.add({ id: delivery.id, attempts: line.tries })
  if (receiver.failures >= FAILURES_DOWN) running.deps.emit({ kind: 'webhook-recovered', webhook: delivery.webhook })
  receiver.failures = 0
  receiver.nextAt = 0
  forget(running, line)
  line.nextAt = running.time.now()
}

type Failed = { readonly receiver: Receiver; readonly line: Line; readonly delivery: Delivery; readonly webhook: WebhookRecord }
const failed = (running: Running, { receiver, line, delivery, webhook }: Failed, sent: Exclude<Sent, { result: 'delivered' }>): void => {
  const { random, now } = running.time
  const { retryMs, emit, onTrouble } = running.deps
  const pause = (tries: number): number => Math.max(random() * Math.min(RETRY_MS_MAX, retryMs * 2 ** (tries - 1)), Math.min(sent.retryAfterMs, RETRY_MS_MAX))
  line.nextAt = now() + pause(line.tries)
  if (!sent.item) {
    receiver.failures += 1
    if (receiver.failures === FAILURES_DOWN) emit({ kind: 'webhook-down', webhook: webhook.name, error: sent.error })
    if (receiver.failures >= FAILURES_DOWN) receiver.nextAt = now() + pause(receiver.failures - FAILURES_DOWN + 1)
  }
  running.troubles.set(delivery.id, { attempts: line.tries, error: sent.error })
  // Shown at the first, second, fourth, eighth … try: a receiver that stays down must not make a stream of changes.
  if ((line.tries & (line.tries - 1)) === 0) onTrouble(delivery.alarm)
}
