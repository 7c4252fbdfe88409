import { areaCovers, isArea } from './ids.ts'
import { type Principal, type RegistryOp, type RegistryResult, ROLES } from './ops.ts'
import type { RegistryState, TokenRecord } from './registry-state.ts'

// Tokens: only hashes are kept. A tokenNo is never reused and its name stays known after it is revoked, because rejected events and
// alarm steps name it. Nobody gives away more areas than they have, and the last admin of all areas cannot be revoked.

const NAME = /^[\p{L}\p{N}._@:-]{1,64}$/u
const HASH = /^[0-9a-f]{64}$/
const AREAS_MAX = 256

export const addToken = (state: RegistryState, op: RegistryOp & { op: 'add-token' }): RegistryResult => {
  const problem = tokenProblem(op)
  if (problem !== undefined) return { kind: 'refused', status: 422, detail: problem }
  const { by } = op
  if (by !== null && !op.areas.every((area) => by.areas.some((own) => areaCovers(own, area))))
    return { kind: 'refused', status: 403, detail: 'areas: reach beyond your own' }
  if (state.tokens.some((token) => token.active && token.name === op.name)) return { kind: 'refused', status: 409, detail: `name: ${op.name} is taken` }
  if (state.tokensByHash.has(op.hash)) return { kind: 'refused', status: 409, detail: 'hash: is known already' }
  const token: TokenRecord = { tokenNo: state.tokens.length + 1, name: op.name, role: op.role, areas: op.areas.slice(), hash: op.hash, active: true }
  state.tokens.push(token)
  state.tokensByHash.set(op.hash, token)
  return { kind: 'done' }
}

const tokenProblem = ({ name, role, areas, hash }: RegistryOp & { op: 'add-token' }): string | undefined => {
  if (typeof name !== 'string' || !NAME.test(name)) return 'name: wants 1 to 64 letters, digits and . _ @ : -'
  if (!ROLES.includes(role)) return `role: wants one of ${ROLES.join(', ')}`
  if (!Array.isArray(areas) || areas.length === 0 || areas.length > AREAS_MAX) return `areas: wants 1 to ${AREAS_MAX} path prefixes; the empty one is all`
  if (!areas.every((area: unknown) => area === '' || (typeof area === 'string' && isArea(area))))
    return 'areas: each wants segments of letters, digits and . _ : - between slashes'
  if (typeof hash !== 'string' || !HASH.test(hash)) return 'hash: wants 64 hex digits'
  return undefined
}

export const revokeToken = (state: RegistryState, by: Principal, name: string): RegistryResult => {
  const token = state.tokens.find((candidate) => candidate.active && candidate.name === name)
  const within = token?.areas.every((area) => by.areas.some((own) => areaCovers(own, area))) ?? false
  if (token === undefined || !within) return { kind: 'refused', status: 404, detail: 'no such token' }
  const ruler = (candidate: TokenRecord): boolean => candidate.active && candidate.role === 'admin' && candidate.areas.includes('')
  if (ruler(token) && state.tokens.filter(ruler).length === 1) return { kind: 'refused', status: 409, detail: 'the last admin of all areas cannot be revoked' }
  token.active = false
  state.tokensByHash.delete(token.hash)
  return { kind: 'done' }
}

export const principalOf = ({ tokenNo, name, role, areas }: TokenRecord): Principal => ({ tokenNo, name, role, areas })
