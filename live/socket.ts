import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isArea } from '../core/ids.ts'
import type { Principal } from '../core/ops.ts'
import { CLIENT_BUFFER_BYTES_MAX, type Wire } from './client.ts'
import { parseCursor } from './cursor.ts'
import type { LiveDeps } from './deps.ts'
import type { LiveRefusal } from './happenings.ts'
import { principalOf, refusal } from './problem.ts'
import { TOPICS, type Format, type Topic } from './protocol.ts'

// GET /v1/live: the live hub on a WebSocket (docs/live.md). What is asked for is checked before the upgrade, so that a refusal
// is an ordinary problem document. The gate has checked token, role and origin by then.

/** A reader has nothing to say here; a few messages are forgiven, then it is let go. */
const MESSAGES_FORGIVEN = 16
const RETRY_AFTER_SECONDS = 5

type LiveQuery = { readonly topics?: string; readonly area?: string; readonly format?: string; readonly since?: string }
type Asked = { readonly topics: readonly Topic[]; readonly area: string; readonly format: Format; readonly since: string | undefined }
type Socket = {
  readonly bufferedAmount: number
  readonly send: (data: Uint8Array, options: { readonly binary: boolean }) => void
  readonly close: (code: number, reason: string) => void
  readonly ping: () => void
  readonly on: (event: 'close' | 'error' | 'pong' | 'message', listener: () => void) => void
}

const schema = {
  tags: ['live'],
  summary: 'Live stream: snapshot, then changes (WebSocket)',
  description: 'Messages and cursors are described in docs/live.md. Browsers pass the token as a subprotocol or by session cookie.',
  querystring: {
    type: 'object',
    properties: {
      topics: { type: 'string', description: 'alarms, occupancy, stats; comma-separated. Default: all that the role may have', maxLength: 64 },
      area: { type: 'string', description: 'only what lies in this area', maxLength: 600 },
      format: { type: 'string', enum: ['json', 'msgpack'], default: 'json' },
      since: { type: 'string', description: 'a cursor: only what changed after it, where the engine still has that', maxLength: 32 },
    },
  },
} as const

export const registerSocket = (app: FastifyInstance, deps: LiveDeps): void => {
  const refused = (reason: LiveRefusal, error: Error): Error => {
    deps.emit({ kind: 'client-refused', reason })
    return error
  }
  const preValidation = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const asked = askedFor(request.query as LiveQuery, principalOf(request))
    if ('problem' in asked) {
      done(refused(asked.status === 403 ? 'forbidden-topic' : 'bad-query', refusal(asked.status, asked.problem)))
      return
    }
    if (!deps.hub.full()) {
      done()
      return
    }
    reply.header('retry-after', RETRY_AFTER_SECONDS)
    done(refused('too-many-clients', refusal(503, 'as many live readers as this engine takes are connected', RETRY_AFTER_SECONDS)))
  }
  app.get('/v1/live', { websocket: true, schema, preValidation }, (socket, request) => {
    const principal = principalOf(request)
    const asked = askedFor(request.query as LiveQuery, principal)
    if (!('problem' in asked)) serve(deps, socket, principal, asked)
  })
}

const askedFor = (query: LiveQuery, principal: Principal): Asked | { readonly status: 400 | 403; readonly problem: string } => {
  const allowed: readonly Topic[] = principal.role === 'sre' ? ['stats'] : TOPICS
  const names = query.topics === undefined || query.topics === '' ? [...allowed] : query.topics.split(',')
  const topics = TOPICS.filter((topic) => names.includes(topic))
  const unknown = names.find((name) => !(TOPICS as readonly string[]).includes(name))
  if (unknown !== undefined) return { status: 400, problem: `topics: '${unknown}' is none of ${TOPICS.join(', ')}` }
  const forbidden = topics.find((topic) => !allowed.includes(topic))
  if (forbidden !== undefined) return { status: 403, problem: `topics: role ${principal.role} may not read ${forbidden}` }
  const { area = '', format = 'json', since } = query
  if (area !== '' && !isArea(area)) return { status: 400, problem: 'area: not a path of names separated by /' }
  if (format !== 'json' && format !== 'msgpack') return { status: 400, problem: 'format: neither json nor msgpack' }
  if (since !== undefined && since !== '' && parseCursor(since) === undefined) return { status: 400, problem: 'since: not a cursor of this stream' }
  return { topics, area, format, since: since === '' ? undefined : since }
}

const serve = (deps: LiveDeps, socket: Socket, principal: Principal, asked: Asked): void => {
  const wire: Wire = {
    send: (bytes, format) => socket.send(bytes, { binary: format === 'msgpack' }),
    buffered: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
    ping: () => {
      // A ping behind a full buffer would only grow it.
      if (socket.bufferedAmount < CLIENT_BUFFER_BYTES_MAX) socket.ping()
    },
  }
  const reader = deps.hub.join({ principal, ...asked }, wire)
  let messages = 0
  socket.on('pong', reader.answered)
  socket.on('error', reader.left)
  socket.on('close', reader.left)
  socket.on('message', () => {
    messages += 1
    if (messages > MESSAGES_FORGIVEN) reader.talked()
  })
}
