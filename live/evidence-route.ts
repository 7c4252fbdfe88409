import type { FastifyInstance, FastifyReply } from 'fastify'
import { createHash } from 'node:crypto'
import { maySee } from '../core/access.ts'
import type { LiveDeps } from './deps.ts'
import { evidenceAlarm, evidenceOf } from './evidence.ts'
import type { EvidenceDeps } from './evidence-recompute.ts'
import { evidenceBody } from './evidence-body.ts'
import { EVIDENCE_STYLE, evidencePage } from './evidence-page.ts'
import { evidenceSchema } from './evidence-schema.ts'
import { principalOf, type Refusal, refusal } from './problem.ts'
import { problems } from './schemas.ts'

// GET /v1/alarms/:id/evidence: JSON, or for a browser one document that stands alone (no script, nothing fetched). Holds always: an
// alarm outside the caller's areas is not found, and the look is noted in the log before anything is gathered.

/** Recomputations cost a thread of up to some seconds each; who comes when so many wait comes again. */
const WAITING_MAX = 8

export const registerEvidence = (app: FastifyInstance, deps: LiveDeps): void => {
  const evidence: EvidenceDeps = { ...deps.evidence, now: deps.clock }
  let waiting = 0
  const schema = {
    tags: ['alarms'],
    summary: 'Why an alarm was raised: rule, events, permits, state, and its recomputation from what is stored',
    description: 'JSON, or for Accept: text/html a document that stands alone.',
    security: [{ token: [] }],
    params: { type: 'object', properties: { id: { type: 'string', maxLength: 64 } } },
    response: { 200: { content: { 'application/json': { schema: evidenceSchema }, 'text/html': { schema: { type: 'string' } } } }, ...problems },
  }
  app.get('/v1/alarms/:id/evidence', { schema }, async (request, reply) => {
    const { id } = request.params as { readonly id: string }
    const principal = principalOf(request)
    const found = await evidenceAlarm(evidence, id).catch(notAnswering(deps))
    if (found === undefined) throw missing(deps, id, (area) => maySee(principal, area))
    if (!maySee(principal, found.alarm.area)) throw notFound(id)
    await deps.noteAccess({ who: principal.name, role: principal.role, action: 'view-evidence', target: id, detail: '' })
    if (waiting >= WAITING_MAX) throw refusal(429, `${WAITING_MAX} pieces of evidence are being put together already`, 2)
    waiting += 1
    try {
      const whole = await evidenceOf(evidence, found.alarm, found.steps).catch(notAnswering(deps))
      return wantsPage(request.headers.accept) ? await page(reply, evidencePage(whole)) : evidenceBody(whole)
    } finally {
      waiting -= 1
    }
  })
}

const wantsPage = (accept: string | undefined): boolean => {
  const at = (type: string): number => (accept ?? '').toLowerCase().indexOf(type)
  return at('text/html') >= 0 && (at('application/json') < 0 || at('text/html') < at('application/json'))
}

const STYLE_HASH = createHash('sha256').update(EVIDENCE_STYLE).digest('base64')
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
const page = (reply: FastifyReply, html: string): FastifyReply =>
  reply
    .headers({
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .type('text/html; charset=utf-8')
    .serializer((body: string) => body)
    .send(html)

const notFound = (id: string): Refusal =>
  refusal(
    404,
    `no alarm ${id} here: there is none, it lies outside your areas, or its data has expired (a residence's 14 days after its observation ended, others' after 90 days)`,
  )

/** No rows: the running machine knows whether they are only not stored yet. */
const missing = (deps: LiveDeps, id: string, isVisible: (area: string) => boolean): Refusal => {
  const open = deps.machine.alarm(id)
  return open !== undefined && isVisible(open.area) ? refusal(503, 'the alarm was raised a moment ago and is not in ClickHouse yet', 2) : notFound(id)
}
/** ClickHouse's codes for: took too long, too many at once, more memory than allowed. */
const BUSY = new Set<unknown>(['159', '202', '241'])
/** Nobody answers, or not now. A statement that ClickHouse refuses is a bug of ours, and stays one. */
const notAnswering =
  (deps: LiveDeps) =>
  (error: unknown): never => {
    const { code, type } = (typeof error === 'object' && error !== null ? error : {}) as { readonly code?: unknown; readonly type?: unknown }
    if (code === undefined || (type !== undefined && !BUSY.has(code))) throw error
    deps.emit({ kind: 'query-failed', route: '/v1/alarms/:id/evidence' })
    throw refusal(503, 'evidence is put together from ClickHouse, which does not answer now', 5)
  }
