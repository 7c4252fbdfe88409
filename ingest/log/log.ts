import type { Position } from '../../core/ids.ts'

// The durable, ordered log of one partition. One interface for LMDB on one machine and, later, JetStream on many;
// test/ingest/log/contract.ts is run on every implementation.
// Invariants: positions are 1, 2, 3 … without gaps; an append resolves only after the flush; what resolved is read back
// after any crash of the process, whole and in order; `received` never decreases along the log.

export type LogEntry = { readonly position: Position; readonly bytes: Uint8Array }
export type LogStats = { readonly bytes: number; readonly first: Position; readonly next: Position; readonly oldestMs: number }

export type Log = {
  /** Random, minted with the log, renewed by a restore: 32 hex digits. */
  readonly id: string
  /**
   * Appends one entry and resolves with its position after the flush; entries appended together share one. The log stamps
   * `received` (now, never less than before). Rejects with LogFullError on a full disk or a spent budget; nothing is then appended.
   */
  readonly append: (bytes: Uint8Array) => Promise<Position>
  /** Called for each entry after its flush, in order without gaps, before its append resolves. */
  readonly onDurable: (listener: (entry: LogEntry) => void) => void
  /** Entries from a position on, at most `bytesMax` (at least one), copied: no cursor is held. Empty at the end. */
  readonly read: (from: Position, bytesMax: number) => readonly LogEntry[]
  /** Forgets entries below `to`; frees whole segments only. */
  readonly trim: (to: Position) => void
  /** A small durable note beside the log (for example the last verified block). */
  readonly note: (key: string, value: unknown) => Promise<void>
  readonly noted: (key: string) => unknown
  readonly stats: () => LogStats
  /** `received` of the newest entry, 0 in an empty log: the engine's clock stands here or later, whatever the host's says. */
  readonly received: () => number
  readonly close: () => Promise<void>
}

export class LogFullError extends Error {
  override readonly name = 'LogFullError'
}
