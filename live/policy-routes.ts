import type { FastifyInstance } from 'fastify'
import { maySee } from '../core/access.ts'
import { isSiteId } from '../core/ids.ts'
import { visibleRules } from '../core/registry-policy.ts'
import type { LiveDeps } from './deps.ts'
import { principalOf, refusal } from './problem.ts'
import { policyEffectiveSchema, policySchema, policyVersionsSchema, problems } from './schemas.ts'

// The policy as it is read: the document in force, its versions, and what it gives for one site. A token of some areas is shown the
// rules that are for places in, or above, them, and for its own sites.

const security = [{ token: [] }] as const
const iso = (time: number): string | null => (time === 0 ? null : new Date(time).toISOString())

export const registerPolicyReads = (app: FastifyInstance, deps: LiveDeps): void => {
  const { machine } = deps
  const whole = { tags: ['policy'], summary: 'The policy in force: document, version, by, when', security, response: { 200: policySchema, ...problems } }
  app.get('/v1/policy', { schema: whole }, (request, reply) => {
    const principal = principalOf(request)
    const { version, time, by, document } = machine.policy()
    const mayName = (site: string): boolean => {
      const state = machine.siteState(site)
      return principal.areas.includes('') || (state !== undefined && maySee(principal, state.area))
    }
    return reply.header('etag', `"${version}"`).send({ version, time: iso(time), by, document: visibleRules(document, principal.areas, mayName) })
  })
  const versions = { tags: ['policy'], summary: 'Versions of the policy, newest first', security, response: { 200: policyVersionsSchema, ...problems } }
  app.get('/v1/policy/versions', { schema: versions }, () => ({
    items: machine
      .policyVersions()
      .toReversed()
      .map(({ version, time, by }) => ({ version, time: iso(time), by })),
  }))
  const effective = {
    tags: ['policy'],
    summary: 'The figures in force for one site',
    security,
    querystring: { type: 'object', required: ['site'], properties: { site: { type: 'string', maxLength: 64 } } },
    response: { 200: policyEffectiveSchema, ...problems },
  }
  app.get('/v1/policy/effective', { schema: effective }, async (request) => {
    const principal = principalOf(request)
    const { site } = request.query as { readonly site: string }
    const state = isSiteId(site) ? machine.siteState(site) : undefined
    if (state === undefined || !maySee(principal, state.area)) throw refusal(404, `no site ${site} here`)
    await deps.noteAccess({ who: principal.name, role: principal.role, action: 'view-policy', target: site, detail: '' })
    const { version } = machine.policy()
    return { site, area: state.area, kind: state.kind, version, parameters: machine.policyOf(state.siteNo), fleet: machine.fleetPolicy() }
  })
}
