import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import WebSocket from 'ws'
import type { AccessNote } from '../../core/ops.ts'
import { buildServer } from '../../ingest/server.ts'
import { registerSessionRoutes } from '../../ingest/session-routes.ts'
import { createSessions, type Sessions } from '../../ingest/sessions.ts'
import { registerApiDocs } from '../../live/api-docs.ts'
import type { LiveDeps } from '../../live/deps.ts'
import type { LiveHappening } from '../../live/happenings.ts'
import { startHub, type Hub } from '../../live/hub.ts'
import { createMetrics, type Metrics } from '../../live/metrics.ts'
import type { LiveMessage } from '../../live/protocol.ts'
import { registerLive } from '../../live/register.ts'
import { NO_EVIDENCE } from './no-evidence.ts'
import { secretOf } from './secret.ts'
import type { Source } from './source.ts'

// The engine's own server (ingest's gate and error handler) with live on it, on a free port. A token's name in these tests says
// its role and areas: "operator@fuzhou/gulou".

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
export type ServerOptions = {
  readonly troubleOf?: LiveDeps['notices']['troubleOf']
  readonly query?: LiveDeps['query']
  readonly status?: LiveDeps['status']
  readonly prepare?: (app: FastifyInstance, sessions: Sessions) => void
}

export const startLiveServer = async (source: Pick<Source, 'machine'>, options: ServerOptions = {}): Promise<LiveServer> => {
  const notes: AccessNote[] = []
  const happenings: LiveHappening[] = []
  const asked: LiveServer['asked'] = []
  const clock = (): number => Date.now()
  const status =
    options.status ??
    ((): ReturnType<LiveDeps['status']> => ({
      notReady: [],
      log: { bytes: 1, budgetBytes: 100, first: 1, next: 2 },
      sink: { rowsStored: 7, eventsStored: 3, oldestUnstoredSeconds: 0, waitingBytes: 0, spooledBytes: 0, refused: [] },
      details: {},
    }))
  const hub = startHub({
    machine: source.machine,
    clock,
    emit: (happening) => observe(happening),
    ...(options.troubleOf === undefined ? {} : { troubleOf: options.troubleOf }),
    figures: () => ({ rowsStored: status().sink.rowsStored, lagSeconds: status().sink.oldestUnstoredSeconds }),
  })
  const metrics = createMetrics({ machine: source.machine, status, liveClients: hub.clients, clock })
  const observe = (happening: LiveHappening): void => {
    happenings.push(happening)
    metrics.observe(happening)
  }
  const sessions = createSessions(clock)
  const app = await buildServer({ machine: source.machine, sessions, origins: [], pressure: () => null, emit: metrics.observe })
  await registerApiDocs(app)
  if (options.prepare === undefined) registerSessionRoutes(app, { machine: source.machine, sessions, emit: metrics.observe })
  else options.prepare(app, sessions)
  await registerLive(app, {
    machine: source.machine,
    hub,
    clock,
    status,
    metrics: metrics.expose,
    emit: observe,
    notices: { troubleOf: options.troubleOf ?? (() => undefined), timeoutMs: 1000 },
    evidence: NO_EVIDENCE,
    pageDir: join(import.meta.dirname, '../../web'),
    noteAccess: (note) => Promise.resolve(notes.push(note)),
    query: (sql, params) => {
      asked.push({ sql, params })
      return options.query === undefined ? Promise.resolve([]) : options.query(sql, params)
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    app,
    url,
    hub,
    metrics,
    notes,
    happenings,
    asked,
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
  readonly until: <T extends LiveMessage['type']>(
    type: T,
    passes?: (message: Extract<LiveMessage, { type: T }>) => boolean,
  ) => Promise<Extract<LiveMessage, { type: T }>>
}
export const readLive = (server: LiveServer, token: string, query = '', decode = (data: Buffer): unknown => JSON.parse(data.toString())): LiveReader => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/live?${query}`, { headers: { authorization: `Bearer ${secretOf(token)}` } })
  const messages: LiveMessage[] = []
  const waiting: (() => void)[] = []
  socket.on('message', (data: Buffer) => {
    messages.push(decode(data) as LiveMessage)
    for (const look of waiting) look()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })))
  socket.on('error', () => undefined)
  return {
    socket,
    messages,
    closed,
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
