import type { TroubleOf } from '../core/alarm-body.ts'
import type { AccessNote } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { EvidenceDeps } from './evidence-recompute.ts'
import type { LiveEmit } from './happenings.ts'
import type { Clock, Hub } from './hub.ts'

// What main hands to this folder. The log and the sink are told as plain figures: `live` knows neither.

export type EngineStatus = {
  /** Why the engine cannot take events now, in words; empty when it can. */
  readonly notReady: readonly string[]
  readonly log: { readonly bytes: number; readonly budgetBytes: number; readonly first: number; readonly next: number }
  readonly sink: {
    /** Rows in ClickHouse, over all tables, of blocks that are verified; and those of `events` alone. Over the log's life. */
    readonly rowsStored: number
    readonly eventsStored: number
    /** Age of the oldest entry whose rows are not verified in ClickHouse; 0 when all are. */
    readonly oldestUnstoredSeconds: number
    /** Rows that wait, in memory and on disk. */
    readonly waitingBytes: number
    readonly spooledBytes: number
    /** Tables that ClickHouse refuses for their content, and why. */
    readonly refused: readonly { readonly table: string; readonly reason: string }[]
  }
  /** Anything else worth reading for whoever runs it. */
  readonly details: Readonly<Record<string, unknown>>
}
export type QueryRow = Readonly<Record<string, unknown>>

export type LiveDeps = {
  readonly machine: Machine
  readonly hub: Hub
  readonly clock: Clock
  /** Resolves once the note is durable in the log. */
  readonly noteAccess: (note: AccessNote) => Promise<unknown>
  /** Rows of a query with ClickHouse parameters (`{name:Type}`). Rejects when ClickHouse does not answer. */
  readonly query: (sql: string, params: Readonly<Record<string, unknown>>) => Promise<readonly QueryRow[]>
  readonly status: () => EngineStatus
  readonly metrics: () => Promise<string>
  readonly emit: LiveEmit
  /** What the notifier knows of notices that wait, and how long a receiver has to answer. */
  readonly notices: { readonly troubleOf: TroubleOf; readonly timeoutMs: number }
  /** Evidence of alarms: reads of what is stored, and replays of it on a thread of their own. */
  readonly evidence: Omit<EvidenceDeps, 'now'>
  /** Where the built page lies (dist/web). */
  readonly pageDir: string
}
