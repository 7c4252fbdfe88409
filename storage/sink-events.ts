import type { SinkTable } from './tables.ts'

// What the sink has to tell: one union, from which main makes metrics and log lines.

export type SinkHappening =
  | {
      readonly kind: 'block-verified'
      readonly table: SinkTable
      readonly block: number
      readonly rows: number
      readonly bytes: number
      readonly ms: number
      readonly attempts: number
    }
  /** An insert or a count did not end well; it will be tried again. */
  | {
      readonly kind: 'retry'
      readonly table: SinkTable
      readonly block: number
      readonly attempt: number
      readonly failures: number
      readonly waitMs: number
      readonly reason: string
    }
  /** ClickHouse does not take the content: the table waits until somebody looks. Said again with every try. */
  | { readonly kind: 'refused'; readonly table: SinkTable; readonly block: number; readonly reason: string; readonly waitMs: number }
  /** After an ambiguous end: the block was there, or was not and goes again under the next attempt. */
  | { readonly kind: 'resolved'; readonly table: SinkTable; readonly block: number; readonly there: boolean; readonly attempt: number }
  /** Rows that wait for ClickHouse went from memory to disk; or could not, and stay in memory. */
  | { readonly kind: 'spilled'; readonly table: SinkTable; readonly block: number; readonly rows: number; readonly bytes: number }
  | { readonly kind: 'spill-failed'; readonly reason: string }
  /** The dictionary of names was not reloaded; it is within a minute. */
  | { readonly kind: 'names-failed'; readonly reason: string }
  | { readonly kind: 'erased'; readonly siteKeys: number; readonly ms: number }
  | { readonly kind: 'erase-retry'; readonly siteKeys: number; readonly reason: string; readonly waitMs: number }
