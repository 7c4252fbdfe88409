import Fastify, { type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import WebSocket from 'ws'
import type { AccessNote, Principal, Role } from '../../core/ops.ts'
import { ruleOf } from '../../core/access.ts'
import type { LiveDeps } from '../../live/deps.ts'
import type { LiveHappening } from '../../live/happenings.ts'
import { startHub, type Hub } from '../../live/hub.ts'
import { createMetrics, type Metrics } from '../../live/metrics.ts'
import type { LiveMessage } from '../../live/protocol.ts'
import { registerLive } from '../../live/register.ts'
import type { Source } from './source.ts'

// A real fastify server with live on it, on a free port. In place of ingest's gate a hook reads role and areas from the token
// ("operator@fuzhou/gulou"), and applies the same access table.

export type LiveServer = {
  readonly app: FastifyInstance
  readonly url: string
  readonly hub: Hub
  readonly metrics: Metrics
  readonly notes: AccessNote[]
  readonly happenings: LiveHappening[]
  readonly asked: { sql: string; params: Readonly<Record<string, unknown>> }[]
  readonly close: () => Promise<void>
}
export type ServerOptions = { readonly query?: LiveDeps['query']; readonly status?: LiveDeps['status']; readonly prepare?: (app: FastifyInstance) => void }

export const principalOfToken = (token: string): Principal => {
  const [role = '', areas = ''] = token.split('@')
  return { tokenNo: 1, name: token, role: role as Role, areas: areas.split(',') }
}

export const startLiveServer = async (source: Source, options: ServerOptions = {}): Promise<LiveServer> => {
  const app = Fastify()
  const notes: AccessNote[] = []
  const happenings: LiveHappening[] = []
  const asked: LiveServer['asked'] = []
  const clock = { now: () => Date.now() }
  const status = options.status ?? ((): ReturnType<LiveDeps['status']> => ({ notReady: [], log: { bytes: 1, first: 1, next: 2 }, sink: { rowsStored: 7, eventsStored: 3, oldestUnstoredSeconds: 0 }, details: {} }))
  const hub = startHub({ machine: source.machine, clock, emit: (happening) => observe(happening), figures: () => ({ rowsStored: status().sink.rowsStored, lagSeconds: status().sink.oldestUnstoredSeconds }) })
  const metrics = createMetrics({ machine: source.machine, status, liveClients: hub.clients })
  const observe = (happening: LiveHappening): void => {
    happenings.push(happening)
    metrics.observe(happening)
  }
  app.addHook('onRequest', async (request, reply) => {
    const url = request.routeOptions.url ?? ''
    if (url === '/healthz' || url === '/readyz') return
    const cookie = /session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    const token = request.headers.authorization?.replace('Bearer ', '') ?? (cookie === undefined ? undefined : decodeURIComponent(cookie))
    if (token === undefined) return reply.code(401).send({ detail: 'no token' })
    const principal = principalOfToken(token)
    const rule = ruleOf(request.method, url)
    if (rule !== undefined && !rule.roles.includes(principal.role)) return reply.code(403).send({ detail: 'role' })
    Object.assign(request, { principal })
    return undefined
  })
  app.setErrorHandler((error: { statusCode?: number; detail?: string; message: string }, _, reply) =>
    reply.code(error.statusCode ?? 500).type('application/problem+json').send({ status: error.statusCode ?? 500, detail: error.detail ?? error.message }))
  options.prepare?.(app)
  await registerLive(app, {
    machine: source.machine, hub, clock, status, metrics: metrics.expose, emit: observe, pageDir: join(import.meta.dirname, '../../web'),
    noteAccess: (note) => Promise.resolve(notes.push(note)),
    query: (sql, params) => {
      asked.push({ sql, params })
      return options.query === undefined ? Promise.resolve([]) : options.query(sql, params)
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    app, url, hub, metrics, notes, happenings, asked,
    close: async () => {
      hub.close()
      await app.close()
    },
  }
}

export type LiveReader = {
  readonly socket: WebSocket
  readonly messages: LiveMessage[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  /** Resolves with the first message, past or to come, that passes. */
  readonly until: <T extends LiveMessage['type']>(type: T, passes?: (message: Extract<LiveMessage, { type: T }>) => boolean) => Promise<Extract<LiveMessage, { type: T }>>
}
export const readLive = (server: LiveServer, token: string, query = '', decode = (data: Buffer): unknown => JSON.parse(data.toString())): LiveReader => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/live?${query}`, { headers: { authorization: `Bearer ${token}` } })
  const messages: LiveMessage[] = []
  const waiting: (() => void)[] = []
  socket.on('message', (data: Buffer) => {
    messages.push(decode(data) as LiveMessage)
    for (const look of [...waiting]) look()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })))
  socket.on('error', () => undefined)
  return {
    socket, messages, closed,
    until: (type, passes = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = messages.find((message) => message.type === type && passes(message as never))
          if (found !== undefined) resolve(found as never)
        }
        waiting.push(look)
        look()
        setTimeout(() => reject(new Error(`no ${type} message within 5 s; got ${messages.map((one) => one.type).join(' ')}`)), 5_000).unref()
      }),
  }
}
