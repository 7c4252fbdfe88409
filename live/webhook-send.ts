import { createHmac } from 'node:crypto'
import type { Delivery, WebhookRecord } from '../core/ops.ts'

// One request to one receiver, signed by the Standard Webhooks scheme (https://www.standardwebhooks.com): HMAC-SHA256 over
// `id.timestamp.body` with the bytes of the secret behind `whsec_`. The body holds the least that says where to look: no seal, no value,
// no person. What a receiver answers is not read beyond its status.

export type Sent =
  | { readonly result: 'delivered' }
  /** `item`: the receiver is there and does not want this one; its others may go on. */
  | { readonly result: 'refused' | 'timeout' | 'unreachable'; readonly item: boolean; readonly error: string; readonly retryAfterMs: number }

export type Message = { readonly id: string; readonly body: string }

export const messageOf = (delivery: Delivery): Message => ({
  id: delivery.id,
  body: JSON.stringify({
    type: `alarm.${delivery.step}`,
    timestamp: new Date(delivery.at).toISOString(),
    data: {
      alarm: delivery.alarm,
      kind: delivery.kind,
      severity: delivery.severity,
      area: delivery.area,
      site: delivery.site,
      step: delivery.step,
      note: delivery.note,
      since: new Date(delivery.since).toISOString(),
      raisedAt: new Date(delivery.raisedAt).toISOString(),
      at: new Date(delivery.at).toISOString(),
    },
  }),
})
export const testMessage = ({ webhookNo, name }: WebhookRecord, now: number): Message => ({
  id: `msg_test_${webhookNo}_${now}`,
  body: JSON.stringify({ type: 'webhook.test', timestamp: new Date(now).toISOString(), data: { webhook: name } }),
})

export const signatureOf = (secret: string, id: string, timestamp: number, body: string): string => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** Answers in which waiting and trying again may help all of a receiver's messages, not this one alone. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

export const sendMessage = async ({ url, secret }: Pick<WebhookRecord, 'url' | 'secret'>, { id, body }: Message, timeoutMs: number): Promise<Sent> => {
  const timestamp = Math.floor(Date.now() / 1000)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'sealstream',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(secret, id, timestamp, body),
  }
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    if (response.ok) return { result: 'delivered' }
    const item = response.status < 500 && !BUSY.has(response.status)
    return { result: 'refused', item, error: `answered ${response.status}`, retryAfterMs: retryAfter(response.headers.get('retry-after')) }
  } catch (error) {
    return failure(error, timeoutMs)
  }
}

const retryAfter = (header: string | null): number => (header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0)

/** By code, never by message: messages may name hosts and paths of a secret URL. */
const failure = (error: unknown, timeoutMs: number): Sent => {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { result: 'timeout', item: false, error: `no answer within ${timeoutMs / 1000} s`, retryAfterMs: 0 }
  const cause = error instanceof Error ? (error.cause as { readonly code?: unknown } | undefined) : undefined
  return { result: 'unreachable', item: false, error: typeof cause?.code === 'string' ? cause.code : 'no connection', retryAfterMs: 0 }
}
