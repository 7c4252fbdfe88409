import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { IngestEmit } from './happenings.ts'
import { BEARER_SUBPROTOCOL, methodsOf, registerGate, SUBPROTOCOL, type GateDeps } from './gate.ts'
import { Problem, problemDocument, problemOf } from './problem.ts'
import { BODY_BYTES_MAX } from './thread/decode-task.ts'

// The one HTTP server: gate, limits, and the error handler that turns whatever goes wrong anywhere into a problem document.
// Routes are added by registerIngest (ingest/register.ts), by live, and by main.

export type ServerDeps = GateDeps & { readonly emit: IngestEmit }

/** Time to send a whole request: an import of a million sites over a slow line; who stalls in the headers goes after Node's 60 s. */
const REQUEST_MS_MAX = 300_000
const KEEP_ALIVE_MS = 75_000
/** JSON bodies of the registry: the largest is one site with its seals. Imports and events have limits of their own. */
const JSON_BYTES_MAX = 1024 * 1024

export const buildServer = async (deps: ServerDeps): Promise<FastifyInstance> => {
  const app = Fastify({
    logger: false,
    bodyLimit: JSON_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: 256 },
    exposeHeadRoutes: true,
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true, allErrors: false } },
    clientErrorHandler: (error, socket) => refuseNoise(deps, error, socket),
    frameworkErrors: (error, request, reply) => {
      void sendProblem(deps, request, reply, error)
    },
  }) as unknown as FastifyInstance
  // Bodies are JSON unless a route says otherwise: fastify's own parser of plain text would make a wrong type (415) a wrong shape.
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    // Under pressure the body is not worth its bytes; those senders try again anyway.
    if ((error.statusCode ?? 500) < 429 && bodyIsComing(request.raw)) await linger(request.raw)
    return sendProblem(deps, request, reply, error)
  })
  // A refused upgrade leaves a socket that nobody owns any more: neither Node's server nor @fastify/websocket would close it.
  app.addHook('onResponse', async (request, reply) => {
    if (request.headers.upgrade !== undefined && reply.raw.statusCode >= 400) request.raw.socket.destroySoon()
  })
  app.setNotFoundHandler((request, reply) => sendProblem(deps, request, reply, notFound(request, reply)))
  registerGate(app, deps)
  await app.register(websocket, {
    options: { maxPayload: BODY_BYTES_MAX, perMessageDeflate: false, handleProtocols: chooseProtocol },
    errorHandler: (error, socket) => {
      // ws itself closes a socket whose frames are wrong, with the RFC's code; that is the sender's doing.
      const { code = '' } = error as NodeJS.ErrnoException
      if (code.startsWith('WS_ERR_')) {
        const problem = new Problem(code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'too-large' : 'malformed', error.message)
        return deps.emit({ kind: 'request-refused', code: problem.code, status: problem.statusCode, route: 'websocket', detail: problem.message })
      }
      deps.emit({ kind: 'request-failed', route: 'websocket', error })
      socket.close(1011, 'internal error')
    },
  })
  return app
}

const bodyIsComing = (raw: IncomingMessage): boolean =>
  !raw.complete && (Number(raw.headers['content-length'] ?? 0) > 0 || raw.headers['transfer-encoding'] !== undefined)
/** A sender of too much reads its answer only once it has sent: closing while it still sends would lose the answer. */
const LINGER_BYTES_MAX = 64 * 1024 * 1024
const LINGER_MS_MAX = 2_000
const linger = (raw: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    let bytes = 0
    const done = (): void => {
      clearTimeout(timer)
      raw.off('data', count)
      resolve()
    }
    const count = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > LINGER_BYTES_MAX) done()
    }
    const timer = setTimeout(done, LINGER_MS_MAX)
    if (raw.complete || raw.destroyed) return done()
    raw.on('data', count).once('end', done).once('close', done)
  })

/** What Node's parser could not read as HTTP: told on the bare socket, in the same words. */
const refuseNoise = (deps: ServerDeps, error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return void socket.destroy()
  const problem = noiseProblem(error)
  deps.emit({ kind: 'request-refused', code: problem.code, status: problem.statusCode, route: 'unknown', detail: problem.message })
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify(problemDocument(problem))
  const head = `HTTP/1.1 ${problem.statusCode} ${STATUS_CODES[problem.statusCode] ?? ''}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
  socket.end(head + body, () => socket.destroy())
}
const noiseProblem = (error: NodeJS.ErrnoException): Problem => {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large', 'the headers are longer than 16 KiB', { where: 'headers' })
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('too-slow', 'the request did not end in time')
  return new Problem('malformed', `not HTTP: ${error.code ?? error.message}`)
}

const notFound = (request: FastifyRequest, reply: FastifyReply): Problem => {
  const path = request.url.split('?', 1)[0] ?? ''
  const methods = methodsOf(path)
  if (methods.length === 0 || methods.includes(request.method)) return new Problem('not-found', `nothing is at ${path}`)
  void reply.header('allow', methods.join(', '))
  return new Problem('method-not-allowed', `${path} answers to ${methods.join(', ')}`)
}

/** The protocol's name where it is offered; else what was offered, for a client that sends the token alone. */
const chooseProtocol = (offered: Set<string>): string | false => {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL
  return [...offered].find((name) => !name.startsWith(BEARER_SUBPROTOCOL)) ?? [...offered][0] ?? false
}

const sendProblem = (deps: ServerDeps, request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply => {
  const route = `${request.method} ${request.routeOptions?.url ?? 'unknown'}`
  let problem = problemOf(thrown)
  if (problem === undefined) {
    deps.emit({ kind: 'request-failed', route, error: thrown as Error })
    problem = new Problem('internal', 'the engine failed at this request; its log says why')
  }
  deps.emit({ kind: 'request-refused', code: problem.code, status: problem.statusCode, route, detail: problem.message })
  if (problem.retryAfterSeconds !== undefined) void reply.header('retry-after', String(problem.retryAfterSeconds))
  return reply
    .code(problem.statusCode)
    .type('application/problem+json')
    .serializer((body) => JSON.stringify(body))
    .send(problemDocument(problem, request.url.split('?', 1)[0]))
}
