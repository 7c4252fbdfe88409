import type { FastifyInstance } from 'fastify'
import { maySee } from '../core/access.ts'
import type { WebhookRecord } from '../core/ops.ts'
import type { LiveDeps } from './deps.ts'
import { principalOf, refusal } from './problem.ts'
import { problems, webhookListSchema, webhookTestSchema } from './schemas.ts'
import { sendMessage, testMessage } from './webhook-send.ts'

// Webhooks as they are, and a try of one. No answer holds a secret: it is shown once, where it was made (ingest/webhook-routes.ts).

const security = [{ token: [] }] as const

export const registerWebhookReadRoutes = (app: FastifyInstance, deps: LiveDeps): void => {
  const list = { tags: ['webhooks'], summary: 'Webhooks, without their secrets', security, response: { 200: webhookListSchema, ...problems } }
  app.get('/v1/webhooks', { schema: list }, (request) => {
    const principal = principalOf(request)
    const waiting = waitingByWebhook(deps)
    const mine = deps.machine.webhooks().filter(({ area }) => maySee(principal, area))
    return { items: mine.map((webhook) => ({ ...webhookBody(webhook), waiting: waiting.get(webhook.webhookNo) ?? 0 })) }
  })
  const test = {
    tags: ['webhooks'],
    summary: 'Send a test message now, once, and say what became of it',
    security,
    params: { type: 'object', properties: { name: { type: 'string', maxLength: 64 } } },
    response: { 200: webhookTestSchema, ...problems },
  }
  app.post('/v1/webhooks/:name/test', { schema: test }, async (request) => {
    const { name: who, role } = principalOf(request)
    const { name } = request.params as { readonly name: string }
    const webhook = deps.machine.webhooks().find((one) => one.name === name)
    if (webhook === undefined || !maySee(principalOf(request), webhook.area)) throw refusal(404, 'no such webhook')
    await deps.noteAccess({ who, role, action: 'test-webhook', target: name, detail: '' })
    const began = performance.now()
    const sent = await sendMessage(webhook, testMessage(webhook, deps.clock()), deps.notices.timeoutMs)
    return { result: sent.result, error: sent.result === 'delivered' ? null : sent.error, ms: Math.round(performance.now() - began) }
  })
}

const webhookBody = ({ name, url, area, severities }: WebhookRecord): object => ({ name, url, area, severities })

const waitingByWebhook = ({ machine }: LiveDeps): ReadonlyMap<number, number> => {
  const waiting = new Map<number, number>()
  for (const { webhookNo } of machine.outbox().values()) waiting.set(webhookNo, (waiting.get(webhookNo) ?? 0) + 1)
  return waiting
}
