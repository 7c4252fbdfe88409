import type { Logger } from 'pino'
import type { LiveHappening } from './happenings.ts'
import type { OutsideHappening } from './outside.ts'

// What an operator of the engine reads on standard error: one JSON line for what needs attention or marks a step, none per
// request. Never a token, a site or a seal.

export type EngineHappening =
  | {
      readonly kind: 'started'
      readonly url: string
      readonly clickhouse: string
      readonly data: string
      readonly position: number
      readonly seconds: number
      readonly parts: Readonly<Record<string, number>>
    }
  | { readonly kind: 'recovering'; readonly snapshot: number; readonly entries: number }
  | { readonly kind: 'snapshot-damaged'; readonly reason: string }
  | { readonly kind: 'snapshot-written'; readonly position: number; readonly bytes: number; readonly seconds: number }
  | { readonly kind: 'snapshot-failed'; readonly error: Error }
  | { readonly kind: 'log-erased'; readonly position: number }
  | { readonly kind: 'policy-put'; readonly path: string; readonly version: number }
  | { readonly kind: 'pulse-failed'; readonly what: string; readonly error: unknown }
  | { readonly kind: 'clickhouse-exited'; readonly code: number | null; readonly signal: string | null; readonly restartInMs: number }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'stopping'; readonly why: string }
  | { readonly kind: 'stopped'; readonly seconds: number }

/** Lines for the engine's own steps, and for the happenings of the parts that somebody should read. */
export const journal =
  (log: Logger) =>
  (happening: EngineHappening | LiveHappening | OutsideHappening): void => {
    switch (happening.kind) {
      case 'started':
      case 'recovering':
      case 'policy-put':
      case 'stopping':
      case 'stopped':
      case 'log-erased':
      case 'webhook-recovered':
        return log.info(happening)
      case 'snapshot-written':
        return log.debug(happening)
      case 'retry':
      case 'erase-retry':
      case 'spill-failed':
      case 'names-failed':
      case 'snapshot-damaged':
      case 'clickhouse-exited':
      case 'query-failed':
      case 'webhook-down':
        return log.warn(happening)
      case 'refused':
      case 'log-refused':
        return log.error(happening)
      case 'request-failed':
      case 'snapshot-failed':
      case 'pulse-failed':
      case 'failed':
        return log.error({ ...happening, ...('error' in happening ? { err: happening.error } : {}) })
      default:
        // The rest is counted by live/metrics.ts and would be noise here.
        return undefined
    }
  }
