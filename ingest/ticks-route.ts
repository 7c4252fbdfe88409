import type { FastifyInstance } from 'fastify'
import { tickEntry } from '../core/thread/body.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Log } from './log/log.ts'
import { isLoopback } from './loopback.ts'
import { Problem } from './problem.ts'

// POST /v1/ticks: a simulation drives the engine's clock. Only with tick source `simulator`, only from this machine, only forward.

const body = {
  type: 'object',
  required: ['now'],
  additionalProperties: false,
  properties: { now: { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000, description: "the engine's clock, Unix ms; never less than before" } },
} as const

export const registerTicksRoute = (
  app: FastifyInstance,
  deps: { readonly log: Log; readonly machine: Machine; readonly clock: () => number; readonly advance: ((now: number) => void) | null },
): void => {
  const schema = { tags: ['engine'], summary: "Move the engine's clock (tick source simulator)", security: [{ token: [] }], body }
  app.post<{ Body: { now: number } }>('/v1/ticks', { schema }, async (request) => {
    const { now } = request.body
    if (deps.advance === null) throw new Problem('conflict', "this engine's clock ticks by itself; start it with --tick-source simulator")
    if (!isLoopback(request.ip)) throw new Problem('forbidden', 'the clock is moved from the same machine only')
    if (now < deps.clock()) throw new Problem('unprocessable', `the clock stands at ${deps.clock()} and moves forward only`, { where: 'body/now' })
    deps.advance(now)
    const position = await deps.log.append(tickEntry())
    await deps.machine.whenApplied(position)
    return { now, position }
  })
}
