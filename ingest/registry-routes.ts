import type { FastifyInstance, FastifyRequest } from 'fastify'
import { maySee } from '../core/access.ts'
import type { Principal } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Change } from './change.ts'
import { Problem } from './problem.ts'
import { parseIso, parseSite } from './site-line.ts'

// What people change of the registry, one thing a request: sites and observations (permits:
// ingest/permit-routes.ts). Shapes are checked by schema; whether a
// change fits is decided where its entry is applied, and answered from there. What lies outside the caller's areas is not found.

const security = [{ token: [] }]
const by = (request: FastifyRequest): Principal => request.principal as Principal

export const registerRegistryRoutes = (app: FastifyInstance, { machine, change }: { readonly machine: Machine; readonly change: Change }): void => {
  const put = {
    schema: { tags: ['sites'], summary: 'Register or change a site (the body of an import line, without `site`)', security, body: { type: 'object' } },
  }
  app.put<{ Params: { site: string }; Body: Record<string, unknown> }>('/v1/sites/:site', put, async (request, reply) => {
    const { site } = request.params
    if (request.body['site'] !== undefined && request.body['site'] !== site)
      throw new Problem('unprocessable', `site: the path says ${site}`, { where: 'body/site' })
    const parsed = parseSite({ ...request.body, site })
    if ('problem' in parsed) throw new Problem('unprocessable', `${parsed.problem.field}: ${parsed.problem.detail}`, { where: `body/${parsed.problem.field}` })
    const existing = machine.siteState(site)
    if (existing !== undefined && !maySee(by(request), existing.area)) throw new Problem('not-found', 'no such site')
    if (!maySee(by(request), parsed.ok.area)) throw new Problem('forbidden', 'area: lies outside your areas', { where: 'body/area' })
    const result = await change.registry({ op: 'put-sites', by: by(request), sites: [parsed.ok] }, by(request), {
      action: 'put-site',
      target: site,
      detail: '',
    })
    if (result.kind !== 'sites') throw new Error(`put-sites was answered by ${result.kind}`)
    const [problem] = result.problems
    if (problem !== undefined) throw new Problem('unprocessable', `${problem.field}: ${problem.detail}`, { where: `body/${problem.field}` })
    return reply.code(result.created > 0 ? 201 : 200).send({ site, result: result.created > 0 ? 'created' : result.changed > 0 ? 'changed' : 'unchanged' })
  })
  const endBody = {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { until: { type: ['string', 'null'], description: 'when; null or absent = now' } },
  }
  const end = { schema: { tags: ['sites'], summary: "End a site, or a residence's observation", security, body: endBody } }
  app.post<{ Params: { site: string }; Body: { until?: string | null } | null }>('/v1/sites/:site/end', end, async (request, reply) => {
    const { site } = request.params
    const given = request.body?.until ?? null
    const until = given === null ? null : timeOf(given, 'until')
    await change.registry({ op: 'end-observation', by: by(request), site, until }, by(request), { action: 'end-site', target: site, detail: given ?? 'now' })
    return reply.send({ site, until: given })
  })
}

/** A strict RFC 3339 time of a body as Unix ms. Throws a Problem that names the field. */
export const timeOf = (text: string, field: string): number => {
  const time = parseIso(text)
  if (time === undefined) throw new Problem('unprocessable', `${field}: wants a time like 2026-11-24T00:00:00Z`, { where: `body/${field}` })
  return time
}
