// What happens in the folders that `live` does not know, in their own shapes: main hands ingest's and storage's happenings to
// `observe` as they are, and the compiler says when a shape has drifted or a new one has no metric.

export type IngestSeen =
  | { readonly kind: 'request-refused'; readonly code: string }
  | { readonly kind: 'request-failed'; readonly route: string }
  | { readonly kind: 'task-decoded'; readonly requests: number; readonly bytes: number; readonly unlisted: number; readonly seconds: number }
  | { readonly kind: 'log-refused'; readonly requests: number; readonly full: boolean }
  | { readonly kind: 'socket-opened' }
  | { readonly kind: 'socket-closed'; readonly code: number }
  | { readonly kind: 'signed-in' }
export type LogSeen = { readonly kind: 'log-flushed'; readonly entries: number; readonly bytes: number; readonly seconds: number }
export type SinkSeen =
  | { readonly kind: 'block-verified'; readonly table: string; readonly rows: number; readonly bytes: number; readonly ms: number; readonly attempts: number }
  | { readonly kind: 'retry'; readonly table: string }
  | { readonly kind: 'refused'; readonly table: string }
  | { readonly kind: 'resolved'; readonly table: string; readonly there: boolean }
  | { readonly kind: 'spilled'; readonly bytes: number }
  | { readonly kind: 'spill-failed' }
  | { readonly kind: 'names-failed' }
  | { readonly kind: 'erased'; readonly siteKeys: number; readonly ms: number }
  | { readonly kind: 'erase-retry' }
/** The people's door of ClickHouse refused a statement. */
export type DoorSeen = { readonly kind: 'statement-refused'; readonly reason: string }
export type OutsideHappening = IngestSeen | LogSeen | SinkSeen | DoorSeen
