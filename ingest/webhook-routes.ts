import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Principal } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Change } from './change.ts'
import { Problem } from './problem.ts'

// Webhooks: put and removed (live lists and tries them). A secret that the engine makes is in the answer that made it and nowhere else; one
// that the caller brings is not said again at all.

const security = [{ token: [] }]
const body = {
  type: 'object',
  required: ['url', 'area', 'severities'],
  additionalProperties: false,
  properties: {
    url: { type: 'string', minLength: 1, maxLength: 2048, description: 'http:// or https://, without user and password' },
    area: { type: 'string', maxLength: 600, description: 'path prefix; empty is all' },
    severities: { type: 'array', minItems: 1, maxItems: 4, items: { type: 'string', enum: ['critical', 'major', 'minor', 'info'] } },
    secret: { type: 'string', maxLength: 200, description: 'whsec_…; without it a new webhook is given one and an old one keeps its own' },
  },
}
type Body = { readonly url: string; readonly area: string; readonly severities: readonly ('critical' | 'major' | 'minor' | 'info')[]; readonly secret?: string }
type Deps = { readonly machine: Machine; readonly change: Change }

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32

export const registerWebhookRoutes = (app: FastifyInstance, { machine, change }: Deps): void => {
  const put = { schema: { tags: ['webhooks'], summary: 'Send notices of an area’s alarms to a URL; one webhook for each area and severity', security, body } }
  app.put<{ Params: { name: string }; Body: Body }>('/v1/webhooks/:name', put, async (request, reply) => {
    const by = request.principal as Principal
    const { name } = request.params
    const { url, area, severities, secret } = request.body
    if (!URL.canParse(url)) throw new Problem('unprocessable', 'url: is not a URL', { where: 'body/url' })
    const known = machine.webhooks().some((webhook) => webhook.name === name)
    const made = known || secret !== undefined ? null : `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
    await change.registry({ op: 'put-webhook', by, webhook: { name, url, area, severities, secret: secret ?? made } }, by, {
      action: 'put-webhook',
      target: name,
      detail: `${area} ${severities.join(' ')}`,
    })
    return reply
      .code(known ? 200 : 201)
      .header('cache-control', 'no-store')
      .send({ name, url, area, severities, ...(made === null ? {} : { secret: made }) })
  })
  const remove = { schema: { tags: ['webhooks'], summary: 'Remove a webhook; notices that wait for it are dropped', security } }
  app.delete<{ Params: { name: string } }>('/v1/webhooks/:name', remove, async (request, reply) => {
    const by = request.principal as Principal
    const { name } = request.params
    await change.registry({ op: 'remove-webhook', by, name }, by, { action: 'remove-webhook', target: name, detail: '' })
    return reply.code(204).send()
  })
}
