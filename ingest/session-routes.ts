import type { FastifyInstance } from 'fastify'
import type { Machine } from '../core/thread/machine.ts'
import { hashToken } from './credentials.ts'
import { cookieOf, SESSION_COOKIE, sessionCookie } from './gate.ts'
import type { IngestEmit } from './happenings.ts'
import { Problem } from './problem.ts'
import type { Sessions } from './sessions.ts'

// Signing in at the page: a token (typed once) or a one-time link becomes a session cookie that scripts cannot read.

const tokenBody = {
  type: 'object',
  required: ['token'],
  additionalProperties: false,
  properties: { token: { type: 'string', minLength: 8, maxLength: 512 } },
} as const

export const registerSessionRoutes = (
  app: FastifyInstance,
  deps: { readonly machine: Machine; readonly sessions: Sessions; readonly emit: IngestEmit },
): void => {
  app.post<{ Body: { token: string } }>(
    '/session',
    { schema: { tags: ['engine'], summary: 'Begin a session with a token', body: tokenBody } },
    async (request, reply) => {
      const hash = hashToken(request.body.token)
      const principal = deps.machine.tokenByHash(hash)
      if (principal === undefined) throw new Problem('unauthenticated', 'the token is not known, or was revoked')
      deps.emit({ kind: 'signed-in', name: principal.name })
      return reply
        .header('set-cookie', sessionCookie(deps.sessions.begin(hash)))
        .header('cache-control', 'no-store')
        .send({ name: principal.name, role: principal.role, areas: principal.areas })
    },
  )
  app.delete('/session', { schema: { tags: ['engine'], summary: 'End the session' } }, async (request, reply) => {
    const cookie = cookieOf(request.headers.cookie)
    if (cookie !== undefined) deps.sessions.end(cookie)
    return reply.header('set-cookie', `${SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`).code(204).send()
  })
  app.post(
    '/v1/signin-links',
    { schema: { tags: ['engine'], summary: 'A link that signs in once, as the caller, within ten minutes', security: [{ token: [] }] } },
    async (request, reply) =>
      reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ url: `/?code=${deps.sessions.mintCode(request.tokenHash)}` }),
  )
}
