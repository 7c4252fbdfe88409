import type { FastifyRequest } from 'fastify'
import type { Principal } from '../core/ops.ts'

// How this folder refuses: an error with `statusCode` and `detail`, which the server's one error handler turns into a problem
// document (RFC 9457). And who is asking, as the gate decided before any handler ran.

export type Refusal = Error & { readonly statusCode: number; readonly detail: string; readonly retryAfterSeconds?: number }

export const refusal = (statusCode: number, detail: string, retryAfterSeconds?: number): Refusal =>
  Object.assign(new Error(detail), { statusCode, detail, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })

export const principalOf = (request: FastifyRequest): Principal => {
  const { principal } = request as FastifyRequest & { readonly principal?: Principal | null }
  // Only a route that the gate does not know could get here: refuse rather than show.
  if (principal === undefined || principal === null) throw refusal(401, 'this route needs a token')
  return principal
}
