// Where decoded events lie until they have a verdict: one array a field, reused from batch to batch by its thread.
// Row i of every column is event i of the batch (rows first, then columns: the index a Receipt names).

/** Events of one EventBatch. 100,000 packed by columns are about 0.84 MB; a full device buffer is 1,000 of them. */
export const EVENTS_PER_BATCH_MAX = 100_000

export type Decoded = {
  readonly low: Uint32Array
  readonly high: Uint32Array
  /** The seal's clock, Unix ms, 0 = none. Beyond 2^53 - 1 it reads as that: still "far ahead", and a double holds it. */
  readonly time: Float64Array
  readonly boot: Uint32Array
  readonly seq: Uint32Array
  readonly kind: Int32Array
  readonly value: Int32Array
  readonly totalIn: Uint32Array
  readonly totalOut: Uint32Array
}

export const createDecoded = (): Decoded => {
  const n = EVENTS_PER_BATCH_MAX
  return {
    low: new Uint32Array(n),
    high: new Uint32Array(n),
    time: new Float64Array(n),
    boot: new Uint32Array(n),
    seq: new Uint32Array(n),
    kind: new Int32Array(n),
    value: new Int32Array(n),
    totalIn: new Uint32Array(n),
    totalOut: new Uint32Array(n),
  }
}

export type DecodeResult =
  | { readonly kind: 'decoded'; readonly count: number }
  /** `offset`: the byte of the body at which it stopped making sense. */
  | { readonly kind: 'malformed'; readonly offset: number; readonly detail: string }
  | { readonly kind: 'too-many' }

/** Thrown within the decoder, caught at its edge (decode.ts). */
export class MalformedError extends Error {
  readonly offset: number
  constructor(offset: number, detail: string) {
    super(detail)
    this.offset = offset
  }
}
export class TooManyError extends Error {}
