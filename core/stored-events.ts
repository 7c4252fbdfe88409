import { eventColumns, eventsEntryBytes, writeEventsHeader } from './entry.ts'
import { EVENT } from './kinds.ts'

// Events as they stand in ClickHouse, on their way back into a machine (docs/evidence.md): rows of RowBinary, every one of the same
// width, so that the n-th begins at n × STORED_EVENT_BYTES and nothing is parsed twice. Little-endian, in this order:
//   received i64 · time i64 · device_time i64 (Unix ms) · seal u64 · site_key u32 · boot u32 · seq u32 · value i32
//   · total_in u32 · total_out u32 · kind i8
// Rows are in the order of STORED_EVENT_ORDER: that of arrival, but for what several seals sent in one millisecond.

export const STORED_EVENT_COLUMNS = ['received', 'time', 'device_time', 'seal', 'site_key', 'boot', 'seq', 'value', 'total_in', 'total_out', 'kind'] as const
export const STORED_EVENT_ORDER = 'received, seal, turn, time, boot, seq'
export const STORED_EVENT_BYTES = 57

const AT = {
  received: 0,
  time: 8,
  device: 16,
  sealLow: 24,
  sealHigh: 28,
  siteKey: 32,
  boot: 36,
  seq: 40,
  value: 44,
  totalIn: 48,
  totalOut: 52,
  kind: 56,
} as const
const TWO32 = 4_294_967_296

export type StoredEvents = {
  readonly count: number
  readonly received: (row: number) => number
  readonly time: (row: number) => number
  readonly deviceTime: (row: number) => number
  readonly sealLow: (row: number) => number
  readonly sealHigh: (row: number) => number
  readonly siteKey: (row: number) => number
  readonly boot: (row: number) => number
  readonly seq: (row: number) => number
  readonly value: (row: number) => number
  readonly kind: (row: number) => number
  /** COUNTER's totals. */
  readonly totals: (row: number) => readonly [number, number]
}

export const storedEvents = (bytes: Uint8Array): StoredEvents => {
  if (bytes.byteLength % STORED_EVENT_BYTES !== 0) throw new RangeError(`${bytes.byteLength} bytes are no whole number of rows of ${STORED_EVENT_BYTES}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const cell = (row: number, offset: number): number => row * STORED_EVENT_BYTES + offset
  const u32 =
    (offset: number) =>
    (row: number): number =>
      view.getUint32(cell(row, offset), true)
  const ms =
    (offset: number) =>
    (row: number): number =>
      view.getInt32(cell(row, offset + 4), true) * TWO32 + view.getUint32(cell(row, offset), true)
  return {
    count: bytes.byteLength / STORED_EVENT_BYTES,
    received: ms(AT.received),
    time: ms(AT.time),
    deviceTime: ms(AT.device),
    sealLow: u32(AT.sealLow),
    sealHigh: u32(AT.sealHigh),
    siteKey: u32(AT.siteKey),
    boot: u32(AT.boot),
    seq: u32(AT.seq),
    value: (row) => view.getInt32(cell(row, AT.value), true),
    kind: (row) => view.getUint8(cell(row, AT.kind)),
    totals: (row) => [view.getUint32(cell(row, AT.totalIn), true), view.getUint32(cell(row, AT.totalOut), true)],
  }
}

/** One entry of these rows, in their order, under the watches given with them; all were received at the same time. */
export const entryOfRows = (events: StoredEvents, rows: readonly number[], watches: readonly number[]): Uint8Array => {
  const device: number[] = []
  const counter: number[] = []
  rows.forEach((row, at) => {
    if (events.deviceTime(row) !== events.time(row)) device.push(at)
    if (events.kind(row) === EVENT.COUNTER) counter.push(at)
  })
  const sizes = { count: rows.length, device: device.length, counter: counter.length, rejected: 0 }
  const bytes = new Uint8Array(eventsEntryBytes(sizes))
  writeEventsHeader(bytes, events.received(rows[0] as number), sizes, 0)
  const columns = eventColumns(bytes)
  rows.forEach((row, at) => {
    columns.time[at] = events.time(row)
    columns.watch[at] = watches[at] as number
    columns.boot[at] = events.boot(row)
    columns.seq[at] = events.seq(row)
    columns.value[at] = events.value(row)
    columns.kind[at] = events.kind(row)
  })
  device.forEach((at, i) => {
    columns.deviceIndex[i] = at
    columns.deviceTime[i] = events.deviceTime(rows[at] as number)
  })
  counter.forEach((at, i) => {
    const [totalIn, totalOut] = events.totals(rows[at] as number)
    columns.counterIndex[i] = at
    columns.counterIn[i] = totalIn
    columns.counterOut[i] = totalOut
  })
  return bytes
}
