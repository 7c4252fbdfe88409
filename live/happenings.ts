// What happens in this folder that an operator of the engine should be able to count. One union, one `emit`; live/metrics.ts
// turns each into a metric in one exhaustive switch. Emitted per client or per batch, never per event.

/** Why a reader of the live stream is gone. `slow` and `silent` are our doing and may be resumed by cursor. */
export type LeaveReason = 'closed' | 'slow' | 'silent' | 'revoked' | 'talkative' | 'shutdown'
export type LiveRefusal = 'too-many-clients' | 'bad-query' | 'forbidden-topic'

export type LiveHappening =
  | { readonly kind: 'client-joined'; readonly resumed: boolean }
  | { readonly kind: 'client-left'; readonly reason: LeaveReason }
  | { readonly kind: 'client-refused'; readonly reason: LiveRefusal }
  /** Occupancy values that a slow reader will not see because a newer one replaced them. */
  | { readonly kind: 'occupancy-conflated'; readonly sites: number }
  /** An alarm was raised and handed to the streams, this long after the entry that caused it was received. */
  | { readonly kind: 'alarm-raised'; readonly seconds: number }
  | { readonly kind: 'query-failed'; readonly route: string }
  /** One try of one notice of an alarm. */
  | { readonly kind: 'notice-sent'; readonly result: 'delivered' | 'refused' | 'timeout' | 'unreachable'; readonly seconds: number }
  /** A webhook's receiver failed several times in a row; it took one again. */
  | { readonly kind: 'webhook-down'; readonly webhook: string; readonly error: string }
  | { readonly kind: 'webhook-recovered'; readonly webhook: string }
export type LiveEmit = (happening: LiveHappening) => void
