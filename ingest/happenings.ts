// What happens in this folder that an operator of the engine should be able to count or read. One union, one `emit`; main turns
// each into metrics and log lines in one exhaustive switch. Emitted per request, task or flush, never per event.

export type RefusalCode =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'outdated'
  | 'too-slow'
  | 'headers-too-large'
  | 'too-large'
  | 'unsupported'
  | 'unprocessable'
  | 'too-many-requests'
  | 'internal'
  | 'unavailable'
  | 'disk-full'

export type IngestHappening =
  /** A request (or a message of a socket) refused whole; no event of it counts as offered. */
  | { readonly kind: 'request-refused'; readonly code: RefusalCode; readonly status: number; readonly route: string; readonly detail: string }
  /** Something threw that should not: a bug. */
  | { readonly kind: 'request-failed'; readonly route: string; readonly error: Error }
  /** One decode task: `rejected` by REASON number; `unlisted` of them are only counted in the log. */
  | {
      readonly kind: 'task-decoded'
      readonly requests: number
      readonly bytes: number
      readonly accepted: number
      readonly rejected: ReadonlyMap<number, number>
      readonly unlisted: number
      readonly seconds: number
    }
  | { readonly kind: 'log-refused'; readonly requests: number; readonly full: boolean }
  | { readonly kind: 'socket-opened' }
  | { readonly kind: 'socket-closed'; readonly code: number }
  | { readonly kind: 'signed-in'; readonly name: string }
export type IngestEmit = (happening: IngestHappening) => void
