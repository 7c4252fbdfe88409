// Writes EventBatch messages (proto/seal/v1/seal.proto) straight from typed arrays, as rows or as columns, without an object
// per event: the load generator must cost less than the engine it loads. test/bench/wire.test.ts holds both against the
// generated code.

import { EVENT } from '../core/kinds.ts'

/** Events by column; the first `count` cells of each are in use. */
export type EventArrays = {
  count: number
  readonly capacity: number
  readonly low: Uint32Array
  readonly high: Uint32Array
  /** The seal's clock, Unix ms; 0 = none. */
  readonly time: Float64Array
  readonly boot: Uint32Array
  readonly seq: Uint32Array
  readonly kind: Uint8Array
  readonly value: Int32Array
  /** COUNTER only. */
  readonly totalIn: Uint32Array
  readonly totalOut: Uint32Array
}

export const createEvents = (capacity: number): EventArrays => ({
  count: 0,
  capacity,
  low: new Uint32Array(capacity),
  high: new Uint32Array(capacity),
  time: new Float64Array(capacity),
  boot: new Uint32Array(capacity),
  seq: new Uint32Array(capacity),
  kind: new Uint8Array(capacity),
  value: new Int32Array(capacity),
  totalIn: new Uint32Array(capacity),
  totalOut: new Uint32Array(capacity),
})

/** An event is at most 1+8 + 1+10 + (1+5)·6 bytes as a row, and less as columns. */
const EVENT_BYTES_MAX = 64

/** A buffer that is written from the front and used again for the next batch. */
type Sink = { bytes: Uint8Array; at: number }
const rowSink: Sink = { bytes: new Uint8Array(1 << 16), at: 0 }
const columnSink: Sink = { bytes: new Uint8Array(1 << 16), at: 0 }
const cellSink: Sink = { bytes: new Uint8Array(1 << 16), at: 0 }

const reset = (sink: Sink, bytes: number): Sink => {
  if (sink.bytes.length < bytes) sink.bytes = new Uint8Array(bytes * 2)
  sink.at = 0
  return sink
}
const varint32 = (sink: Sink, value: number): void => {
  let rest = value >>> 0
  while (rest > 127) {
    sink.bytes[sink.at++] = (rest & 127) | 128
    rest >>>= 7
  }
  sink.bytes[sink.at++] = rest
}
/** A whole number below 2^53, which is more than any time in milliseconds needs. */
const varint53 = (sink: Sink, value: number): void => {
  let rest = value
  while (rest > 0xffff_ffff) {
    sink.bytes[sink.at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  varint32(sink, rest)
}
const zigzag = (sink: Sink, value: number): void => {
  if (value >= -0x4000_0000 && value < 0x4000_0000) varint32(sink, (value << 1) ^ (value >> 31))
  else varint53(sink, value >= 0 ? value * 2 : -value * 2 - 1)
}
const fixed32 = (sink: Sink, value: number): void => {
  const { bytes, at } = sink
  bytes[at] = value & 255
  bytes[at + 1] = (value >>> 8) & 255
  bytes[at + 2] = (value >>> 16) & 255
  bytes[at + 3] = value >>> 24
  sink.at = at + 4
}

const WIRE = { varint: 0, fixed64: 1, bytes: 2 } as const
const tag = (field: number, wire: number): number => (field << 3) | wire

/** EventBatch.events: one message an event. The bytes are the caller's to keep. */
export const encodeRows = (events: EventArrays): Uint8Array => {
  const out = reset(rowSink, events.count * (EVENT_BYTES_MAX + 2))
  for (let i = 0; i < events.count; i++) {
    const row = reset(cellSink, EVENT_BYTES_MAX)
    writeRow(row, events, i)
    out.bytes[out.at++] = tag(1, WIRE.bytes)
    varint32(out, row.at)
    out.bytes.set(row.bytes.subarray(0, row.at), out.at)
    out.at += row.at
  }
  return out.bytes.slice(0, out.at)
}

const writeRow = (row: Sink, events: EventArrays, i: number): void => {
  row.bytes[row.at++] = tag(1, WIRE.fixed64)
  fixed32(row, events.low[i] as number)
  fixed32(row, events.high[i] as number)
  row.bytes[row.at++] = tag(2, WIRE.varint)
  varint53(row, events.time[i] as number)
  row.bytes[row.at++] = tag(3, WIRE.varint)
  varint32(row, events.boot[i] as number)
  row.bytes[row.at++] = tag(4, WIRE.varint)
  varint32(row, events.seq[i] as number)
  row.bytes[row.at++] = tag(5, WIRE.varint)
  varint32(row, events.kind[i] as number)
  row.bytes[row.at++] = tag(6, WIRE.varint)
  zigzag(row, events.value[i] as number)
  if (events.kind[i] !== EVENT.COUNTER) return
  row.bytes[row.at++] = tag(7, WIRE.varint)
  varint32(row, events.totalIn[i] as number)
  row.bytes[row.at++] = tag(8, WIRE.varint)
  varint32(row, events.totalOut[i] as number)
}

/** EventBatch.columns: packed columns, times and sequence numbers as deltas. The bytes are the caller's to keep. */
export const encodeColumns = (events: EventArrays): Uint8Array => {
  const columns = reset(columnSink, events.count * EVENT_BYTES_MAX + 128)
  const { count, low, high, time, boot, seq, kind, value } = events
  column(columns, 1, count, (sink) => {
    for (let i = 0; i < count; i++) {
      fixed32(sink, low[i] as number)
      fixed32(sink, high[i] as number)
    }
  })
  column(columns, 2, count, (sink) => {
    for (let i = 0, last = 0; i < count; i++) {
      const now = time[i] as number
      zigzag(sink, now - last)
      last = now
    }
  })
  column(columns, 3, count, (sink) => {
    for (let i = 0; i < count; i++) varint32(sink, boot[i] as number)
  })
  column(columns, 4, count, (sink) => {
    for (let i = 0, last = 0; i < count; i++) {
      const now = seq[i] as number
      zigzag(sink, now - last)
      last = now
    }
  })
  column(columns, 5, count, (sink) => {
    for (let i = 0; i < count; i++) sink.bytes[sink.at++] = (kind[i] as number) & 127
  })
  column(columns, 6, count, (sink) => {
    for (let i = 0; i < count; i++) zigzag(sink, value[i] as number)
  })
  totals(columns, 7, events, events.totalIn)
  totals(columns, 8, events, events.totalOut)
  const out = new Uint8Array(columns.at + 11)
  const head: Sink = { bytes: out, at: 0 }
  out[head.at++] = tag(2, WIRE.bytes)
  varint32(head, columns.at)
  out.set(columns.bytes.subarray(0, columns.at), head.at)
  return out.subarray(0, head.at + columns.at)
}

const column = (to: Sink, field: number, count: number, write: (sink: Sink) => void): void => {
  const cells = reset(cellSink, count * 10)
  write(cells)
  if (cells.at === 0) return
  to.bytes[to.at++] = tag(field, WIRE.bytes)
  varint32(to, cells.at)
  to.bytes.set(cells.bytes.subarray(0, cells.at), to.at)
  to.at += cells.at
}

const totals = (to: Sink, field: number, { count, kind }: EventArrays, values: Uint32Array): void =>
  column(to, field, count, (sink) => {
    for (let i = 0; i < count; i++) if (kind[i] === EVENT.COUNTER) varint32(sink, values[i] as number)
  })

/** Appends one event; the arrays must have room. Ids are given as their two halves. */
export const pushEvent = (
  events: EventArrays,
  event: { low: number; high: number; time: number; boot: number; seq: number; kind: number; value: number },
): void => {
  if (events.count >= events.capacity) throw new RangeError(`a batch of ${events.capacity} events is full`)
  const i = events.count++
  events.low[i] = event.low
  events.high[i] = event.high
  events.time[i] = event.time
  events.boot[i] = event.boot
  events.seq[i] = event.seq
  events.kind[i] = event.kind
  events.value[i] = event.value
}
