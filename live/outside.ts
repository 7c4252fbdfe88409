// What happens in the folders that `live` does not know, in the words of the metrics. main translates: each happening of ingest
// and storage becomes one of these, or is only logged.

export type OutsideHappening =
  /** A request refused whole: the problem's code. */
  | { readonly kind: 'request-refused'; readonly reason: string }
  | { readonly kind: 'rejected-capped'; readonly events: number }
  | { readonly kind: 'log-flushed'; readonly seconds: number }
  | { readonly kind: 'block-stored'; readonly table: string; readonly seconds: number }
  | { readonly kind: 'block-retried'; readonly reason: string }
  | { readonly kind: 'statement-refused'; readonly reason: string }
