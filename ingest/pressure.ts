import type { Pressure } from './gate.ts'

// When to hold senders back: asked before a body is read. Each bound leaves room for what is under way when it is reached.

export type Load = {
  /** Why events cannot be taken at all, or null. */
  readonly notReady: string | null
  readonly logBytes: number
  readonly logBudgetBytes: number
  readonly backlogBytes: number
  readonly backlogBytesMax: number
  readonly unstoredBytes: number
  readonly unstoredBytesMax: number
  readonly spooledBytes: number
  readonly spooledBytesMax: number
}

/** Share of the log's budget at which senders are held back; the rest is for requests under way and for the engine's own entries. */
const LOG_SHARE_MAX = 0.95

export const pressureOf = (load: Load): Pressure | null => {
  if (load.notReady !== null) return { status: 503, retryAfterSeconds: 2, detail: load.notReady }
  if (load.logBytes > load.logBudgetBytes * LOG_SHARE_MAX) {
    return { status: 503, retryAfterSeconds: 10, detail: `the log uses ${load.logBytes} of ${load.logBudgetBytes} bytes: ClickHouse is behind or down` }
  }
  if (load.backlogBytes > load.backlogBytesMax) return { status: 503, retryAfterSeconds: 1, detail: 'durable events wait for the detectors' }
  if (load.unstoredBytes > load.unstoredBytesMax || load.spooledBytes > load.spooledBytesMax)
    return { status: 503, retryAfterSeconds: 10, detail: 'rows wait for ClickHouse, which is behind or down' }
  return null
}
