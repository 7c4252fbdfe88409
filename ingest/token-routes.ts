import type { FastifyInstance } from 'fastify'
import { ROLES, type Principal, type Role } from '../core/ops.ts'
import type { Change } from './change.ts'
import { hashToken, mintToken } from './credentials.ts'

// Tokens: made and revoked (live lists them). A token is in the answer that made it and nowhere else: only its hash is kept.

const security = [{ token: [] }]
const body = {
  type: 'object',
  required: ['name', 'role'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 64 },
    role: { type: 'string', enum: [...ROLES] },
    areas: { type: 'array', maxItems: 256, items: { type: 'string', maxLength: 600 } },
  },
}

export const registerTokenRoutes = (app: FastifyInstance, { change }: { readonly change: Change }): void => {
  const add = { schema: { tags: ['tokens'], summary: "Make a token; it is shown once. Without `areas` it has the caller's", security, body } }
  app.post<{ Body: { name: string; role: Role; areas?: readonly string[] } }>('/v1/tokens', add, async (request, reply) => {
    const by = request.principal as Principal
    const { name, role, areas = by.areas } = request.body
    const token = mintToken()
    await change.registry({ op: 'add-token', by, name, role, areas, hash: hashToken(token) }, by, { action: 'add-token', target: name, detail: role })
    return reply.code(201).header('cache-control', 'no-store').send({ name, role, areas, token })
  })
  app.delete<{ Params: { name: string } }>(
    '/v1/tokens/:name',
    { schema: { tags: ['tokens'], summary: 'Revoke a token, from the next request on', security } },
    async (request, reply) => {
      const by = request.principal as Principal
      const { name } = request.params
      await change.registry({ op: 'revoke-token', by, name }, by, { action: 'revoke-token', target: name, detail: '' })
      return reply.code(204).send()
    },
  )
}
