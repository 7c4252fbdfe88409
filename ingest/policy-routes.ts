import type { FastifyInstance } from 'fastify'
import type { Principal } from '../core/ops.ts'
import { POLICY_DEFAULT } from '../core/policy.ts'
import { checkPolicy, problemsText } from '../core/policy-check.ts'
import type { Change } from './change.ts'
import { Problem } from './problem.ts'

// The policy is put whole: a document (docs/policy.md), checked before it becomes an entry, and applied from that entry on. `If-Match`
// with the version that it was made from keeps two people from undoing each other's work: 412 where another is in force.

const schema = {
  tags: ['policy'],
  summary: 'Put the policy: rules by kind, area and site. If-Match: the version it was made from',
  security: [{ token: [] }],
  headers: { type: 'object', properties: { 'if-match': { type: 'string', maxLength: 40, description: '"3": only where version 3 is in force' } } },
  body: { type: 'object' },
}

export const registerPolicyRoutes = (app: FastifyInstance, { change }: { readonly change: Change }): void => {
  app.put('/v1/policy', { schema }, async (request, reply) => {
    const by = request.principal as Principal
    if (!by.areas.includes('')) throw new Problem('forbidden', 'the policy is for the whole fleet: it takes a token of all areas')
    const expected = expectedOf(request.headers['if-match'])
    const checked = checkPolicy(POLICY_DEFAULT, request.body)
    if (checked.kind === 'wrong') {
      const [first] = checked.problems
      throw new Problem('unprocessable', problemsText(checked.problems), { where: `body/${first?.where ?? ''}` })
    }
    const noted = { action: 'put-policy', target: 'policy', detail: expected === null ? '' : `made from version ${expected}` }
    const result = await change.registry({ op: 'put-policy', by, document: checked.document, expected }, by, noted)
    if (result.kind !== 'policy') throw new Error(`put-policy was answered by ${result.kind}`)
    const { version, changed, sites } = result
    return reply.header('etag', `"${version}"`).send({ version, changed, sites })
  })
}

/** `"3"`, `W/"3"` or a bare 3; `*`, and no header, is whichever version is in force. */
const expectedOf = (header: string | undefined): number | null => {
  if (header === undefined || header.trim() === '*') return null
  const [, version] = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header.trim()) ?? []
  if (version === undefined) throw new Problem('malformed', `if-match: ${header} is no version of the policy, such as "3"`, { where: 'header if-match' })
  return Number(version)
}
