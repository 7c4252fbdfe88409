import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { mayCall, ROUTES, ruleOf, type Route } from '../core/access.ts'
import type { Principal } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import { hashToken } from './credentials.ts'
import { Problem } from './problem.ts'
import type { Sessions } from './sessions.ts'

// Who is asking, and may they: decided for every request before its body is read, from the one table in core/access.ts. A route
// that the table does not name is for admins only. Handlers find the answer in `request.principal`.

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; null on the few routes that need no token. */
    principal: Principal | null
    /** SHA-256 of the token that was shown or that the session stands for. */
    tokenHash: string
  }
}

export const SESSION_COOKIE = 'sealstream_session'
/** A WebSocket client that cannot set headers offers this subprotocol beside `sealstream.bearer.TOKEN`. */
export const SUBPROTOCOL = 'sealstream.v1'
export const BEARER_SUBPROTOCOL = 'sealstream.bearer.'
const TOKEN_FORM = /^[A-Za-z0-9._~+/=-]{8,512}$/

/** Open to anybody. /session and /?code= carry their own proof; /seal.proto is public by nature. */
const OPEN: ReadonlySet<string> = new Set(['GET /healthz', 'GET /readyz', 'HEAD /healthz', 'HEAD /readyz', 'POST /session', 'DELETE /session'])

export type Pressure = { readonly status: 429 | 503 | 507; readonly retryAfterSeconds: number; readonly detail: string }
export type GateDeps = {
  readonly machine: Machine
  readonly sessions: Sessions
  readonly origins: readonly string[]
  /** Why events cannot be taken now; null when they can. Asked before a body is read. */
  readonly pressure: () => Pressure | null
}

export const registerGate = (app: FastifyInstance, deps: GateDeps): void => {
  app.decorateRequest('principal', null)
  app.decorateRequest('tokenHash', '')
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    const url = request.routeOptions.url ?? ''
    const shown = tokenOf(request, deps.sessions)
    checkOrigin(request, shown, deps.origins)
    if (OPEN.has(`${request.method} ${url}`)) return
    if (url === '/' && request.method === 'GET' && typeof (request.query as { code?: unknown }).code === 'string') return redeem(request, reply, deps.sessions)
    request.principal = authenticate(request, reply, shown, deps.machine)
    const rule = ruleOf(request.method, url)
    authorize(rule, request.principal)
    if (rule?.socket === true && request.headers.upgrade === undefined)
      throw new Problem('malformed', 'this is a WebSocket: ask for an upgrade', { where: 'header upgrade' })
    if (url === '/v1/events') refuseUnderPressure(request, reply, deps.pressure())
  })
}

type Shown = { readonly by: 'header' | 'subprotocol' | 'cookie'; readonly hash: string | undefined } | { readonly by: 'nothing' }

const tokenOf = (request: FastifyRequest, sessions: Sessions): Shown => {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const match = /^Bearer +(\S+)$/i.exec(authorization)
    return { by: 'header', hash: hashOf(match?.[1] ?? '') }
  }
  const offered = request.headers['sec-websocket-protocol']
  if (offered !== undefined) {
    const names = offered.split(',').map((name) => name.trim())
    const bearer = names.find((name) => name.startsWith(BEARER_SUBPROTOCOL))?.slice(BEARER_SUBPROTOCOL.length) ?? names.find((name) => name !== SUBPROTOCOL)
    if (bearer !== undefined) return { by: 'subprotocol', hash: hashOf(bearer) }
  }
  const cookie = cookieOf(request.headers.cookie)
  return cookie === undefined ? { by: 'nothing' } : { by: 'cookie', hash: sessions.tokenHashOf(cookie) }
}
const hashOf = (token: string): string | undefined => (TOKEN_FORM.test(token) ? hashToken(token) : undefined)

export const cookieOf = (header: string | undefined): string | undefined =>
  header
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${SESSION_COOKIE}=`))
    ?.slice(SESSION_COOKIE.length + 1)

const authenticate = (request: FastifyRequest, reply: FastifyReply, shown: Shown, machine: Machine): Principal => {
  const hash = shown.by === 'nothing' ? undefined : shown.hash
  const principal = hash === undefined ? undefined : machine.tokenByHash(hash)
  if (hash !== undefined && principal !== undefined) {
    request.tokenHash = hash
    return principal
  }
  void reply.header('www-authenticate', shown.by === 'nothing' ? 'Bearer realm="sealstream"' : 'Bearer realm="sealstream", error="invalid_token"')
  throw new Problem('unauthenticated', shown.by === 'nothing' ? 'no token was shown' : 'the token is not known, or was revoked')
}

const authorize = (rule: Route | undefined, principal: Principal): void => {
  if (rule === undefined ? principal.role === 'admin' : mayCall(rule, principal)) return
  throw new Problem('forbidden', `role ${principal.role} may not call this`)
}

/** A browser sends cookies and opens WebSockets for any page: only our own pages may use either. Others show a token. */
const checkOrigin = (request: FastifyRequest, shown: Shown, allowed: readonly string[]): void => {
  const { origin, host } = request.headers
  const socket = request.headers.upgrade !== undefined
  const changing = request.method !== 'GET' && request.method !== 'HEAD'
  if (!socket && !(changing && shown.by !== 'header')) return
  if (origin === undefined) {
    if (socket && shown.by === 'cookie') throw new Problem('forbidden', 'a session may open a WebSocket from its own page only', { where: 'header origin' })
    return
  }
  if (allowed.includes(origin) || originHost(origin) === host) return
  throw new Problem('forbidden', `origin ${origin} is not allowed`, { where: 'header origin' })
}
const originHost = (origin: string): string | undefined => {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

const redeem = (request: FastifyRequest, reply: FastifyReply, sessions: Sessions): FastifyReply => {
  const tokenHash = sessions.redeemCode((request.query as { readonly code: string }).code)
  if (tokenHash === undefined) throw new Problem('unauthenticated', 'this sign-in link was used already, or is older than ten minutes')
  return reply
    .header('set-cookie', sessionCookie(sessions.begin(tokenHash)))
    .header('cache-control', 'no-store')
    .redirect('/', 303)
}
export const sessionCookie = (value: string): string => `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict`

const refuseUnderPressure = (request: FastifyRequest, reply: FastifyReply, pressure: Pressure | null): void => {
  if (pressure === null) return
  // The body is not read: the connection cannot be used again.
  if (request.method === 'POST') void reply.header('connection', 'close')
  const code = pressure.status === 429 ? 'too-many-requests' : pressure.status === 507 ? 'disk-full' : 'unavailable'
  throw new Problem(code, pressure.detail, { retryAfterSeconds: pressure.retryAfterSeconds })
}

/** Methods that a path knows, where the one asked for is not among them: for 405. */
export const methodsOf = (path: string): readonly string[] => [
  ...ROUTES.filter((rule) => matches(rule.path, path)).map((rule) => rule.method),
  ...[...OPEN].filter((route) => route.endsWith(` ${path}`)).map((route) => route.split(' ', 1)[0] as string),
]
const matches = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
}
