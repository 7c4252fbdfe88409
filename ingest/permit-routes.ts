import type { FastifyInstance, FastifyRequest } from 'fastify'
import { maySee } from '../core/access.ts'
import { DAY_MINUTES } from '../core/local-time.ts'
import { PERMIT_SOURCES, type PermitSource, type PermitSpec, type Principal } from '../core/ops.ts'
import { DECLARED_LIVE_MAX, DECLARED_MS_MAX, DECLARED_OPENINGS_MAX, REASON_LENGTH_MAX } from '../core/registry-check.ts'
import type { Machine } from '../core/thread/machine.ts'
import { type PermitWeekly, WEEKDAYS, type WeeklyBody, weeklyBody } from '../core/weekly.ts'
import type { Change } from './change.ts'
import { Problem } from './problem.ts'
import { timeOf } from './registry-routes.ts'

// Permits, made and revoked. Staff permit what they see fit, also by the week; a resident declares an errand, through an integrator's
// app (a sender's token, for its areas) or through staff. What a declaration may be is bounded where its entry is applied.

const security = [{ token: [] }]
const by = (request: FastifyRequest): Principal => request.principal as Principal

type PermitBody = {
  readonly site: string
  readonly from: string
  readonly until: string
  readonly openings?: number | null
  readonly reason?: string
  readonly weekly?: WeeklyBody | null
  readonly source?: PermitSource
}
const weeklySchema = {
  type: ['object', 'null'],
  description: 'only on these local days, at these local times of the day; openings are then counted each day',
  required: ['days', 'from', 'until'],
  additionalProperties: false,
  properties: {
    days: { type: 'array', items: { type: 'string', enum: WEEKDAYS }, minItems: 1, maxItems: WEEKDAYS.length, uniqueItems: true },
    from: { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' },
    until: { type: 'string', pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' },
  },
}
const permitSchema = {
  type: 'object',
  required: ['site', 'from', 'until'],
  additionalProperties: false,
  properties: {
    site: { type: 'string', minLength: 1, maxLength: 64 },
    from: { type: 'string', maxLength: 40 },
    until: { type: 'string', maxLength: 40 },
    openings: { type: ['integer', 'null'], minimum: 1, description: `null or absent: any number; of a declaration absent: ${DECLARED_OPENINGS_MAX}` },
    reason: { type: 'string', maxLength: REASON_LENGTH_MAX },
    weekly: weeklySchema,
    source: {
      type: 'string',
      enum: PERMIT_SOURCES,
      description: `declaration (all that a sender may post): by the resident, never backdated, at most ${DECLARED_MS_MAX / 60_000} minutes and ${DECLARED_OPENINGS_MAX} openings, at most ${DECLARED_LIVE_MAX} at a time`,
    },
  },
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
const weeklyOf = ({ days, from, until }: WeeklyBody): PermitWeekly => {
  const weekly = { days: WEEKDAYS.map((_, day) => day).filter((day) => days.includes(WEEKDAYS[day] as string)), from: minuteOf(from), until: minuteOf(until) }
  if (weekly.from < weekly.until && weekly.until <= DAY_MINUTES) return weekly
  throw new Problem('unprocessable', 'weekly.until: is not after weekly.from; what goes on past midnight is two permits', { where: 'body/weekly/until' })
}

const specOf = (body: PermitBody, role: Principal['role']): PermitSpec => {
  const { site, from, until, reason = '', weekly = null, source = role === 'sender' ? 'declaration' : 'staff' } = body
  if (role === 'sender' && source !== 'declaration') throw new Problem('forbidden', 'source: a sender only hands on declarations', { where: 'body/source' })
  const openings = body.openings === undefined && source === 'declaration' ? DECLARED_OPENINGS_MAX : (body.openings ?? null)
  const spec = { site, from: timeOf(from, 'from'), until: timeOf(until, 'until'), openings, reason, source }
  return weekly === null ? spec : { ...spec, weekly: weeklyOf(weekly) }
}

export const registerPermitRoutes = (app: FastifyInstance, { machine, change }: { readonly machine: Machine; readonly change: Change }): void => {
  const make = { schema: { tags: ['permits'], summary: 'Allow openings in a window, or on days of the week; declare an errand', security, body: permitSchema } }
  app.post<{ Body: PermitBody }>('/v1/permits', make, async (request, reply) => {
    const { site, from } = request.body
    const spec = specOf(request.body, by(request).role)
    // Looked at here too: what is not found shall leave nothing in the log.
    const state = machine.siteState(site)
    if (state !== undefined && !maySee(by(request), state.area)) throw new Problem('not-found', 'site: no such site')
    const action = spec.source === 'declaration' ? 'declare-permit' : 'put-permit'
    const result = await change.registry({ op: 'put-permit', by: by(request), permit: spec }, by(request), { action, target: site, detail: spec.reason })
    if (result.kind !== 'permit') throw new Error(`put-permit was answered by ${result.kind}`)
    const { permit } = result
    return reply.code(201).send({
      id: String(permit.permitNo),
      site,
      // A declaration begins when it is received, at the earliest.
      from: permit.from === spec.from ? from : new Date(permit.from).toISOString(),
      until: request.body.until,
      openings: permit.openings,
      weekly: permit.weekly === null ? null : weeklyBody(permit.weekly),
      source: permit.source,
      reason: permit.reason,
      by: permit.by,
    })
  })
  const end = { schema: { tags: ['permits'], summary: 'End a permit now', security } }
  app.delete<{ Params: { permit: string } }>('/v1/permits/:permit', end, async (request, reply) => {
    const { permit } = request.params
    if (!/^\d{1,9}$/.test(permit)) throw new Problem('not-found', 'no such permit')
    const noted = { action: 'revoke-permit', target: permit, detail: '' }
    await change.registry({ op: 'revoke-permit', by: by(request), permitNo: Number(permit) }, by(request), noted)
    return reply.code(204).send()
  })
}
