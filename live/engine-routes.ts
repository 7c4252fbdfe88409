import type { FastifyInstance } from 'fastify'
import { maySee } from '../core/access.ts'
import type { LiveDeps } from './deps.ts'
import { principalOf } from './problem.ts'
import { problems, readySchema, tokenListSchema } from './schemas.ts'

// What the people who run the engine read: is it alive, is it ready and why not, how it stands, who has a token, the metrics.

const security = [{ token: [] }] as const

export const registerEngineRoutes = (app: FastifyInstance, deps: LiveDeps): void => {
  app.get(
    '/healthz',
    { schema: { tags: ['engine'], summary: 'The process answers', response: { 200: { type: 'object', properties: { alive: { type: 'boolean' } } } } } },
    () => ({ alive: true }),
  )
  app.get(
    '/readyz',
    { schema: { tags: ['engine'], summary: 'Ready to take events; says why not', response: { 200: readySchema, 503: readySchema } } },
    (_, reply) => {
      const reasons = deps.status().notReady
      return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons })
    },
  )
  app.get(
    '/metrics',
    { schema: { tags: ['engine'], summary: 'Prometheus metrics (docs/metrics.md)', security, response: { 200: { type: 'string' } } } },
    async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await deps.metrics()),
  )
  app.get(
    '/v1/tokens',
    { schema: { tags: ['tokens'], summary: 'Tokens: names, roles, areas; never the secrets', security, response: { 200: tokenListSchema, ...problems } } },
    (request) => {
      const principal = principalOf(request)
      return { items: deps.machine.tokens().filter(({ areas }) => areas.every((area) => maySee(principal, area))) }
    },
  )
  const status = {
    tags: ['engine'],
    summary: 'The engine as it stands: machine, ledger, log, sink, live',
    security,
    response: { 200: { type: 'object', additionalProperties: true }, ...problems },
  }
  app.get('/v1/status', { schema: status }, (request) => statusBody(deps, principalOf(request).role))
}

const statusBody = (deps: LiveDeps, role: string): Readonly<Record<string, unknown>> => {
  const { notReady, log, sink, details } = deps.status()
  const { rejectedByReason: _, ...ledger } = deps.machine.ledger()
  const waiting = Math.max(0, ledger.accepted - ledger.repeated - ledger.tooOld - sink.eventsStored)
  return {
    at: new Date(deps.clock()).toISOString(),
    role,
    ready: notReady.length === 0,
    reasons: notReady,
    machine: { applied: deps.machine.applied(), backlog: deps.machine.backlog(), ...deps.machine.fleet() },
    ledger: { ...ledger, stored: sink.eventsStored, waiting },
    log,
    sink,
    live: deps.hub.stats(),
    details,
  }
}
