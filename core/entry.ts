// The log's byte format: one entry. What an entry says is never judged again (ARCHITECTURE.md, "Entry, verdict, receipt").
//
//   offset  type     field
//        0  u8       format version (1)
//        1  u8       entry kind (ENTRY)
//        2  u16      0
//        4  u32      count: admitted events (events entries), body bytes (others)
//        8  f64      received: wall time of the entry, Unix ms, never less than the entry's before it
//       16  u32      deviceCount: events whose device_time differs from time (wrong or missing clock)
//       20  u32      counterCount: events of kind COUNTER
//       24  u32      rejectedCount: rejected events kept whole
//       28  u32      rejectedUnlisted: rejected events only counted (the sender's cap)
//       32  …        body: the columns below for events entries, one msgpack value for the others
//
// Columns of an events entry, in this order, little-endian, each starting on a multiple of 8:
//   time f64[n] (event time, Unix ms) · watch u32[n] · boot u32[n] · seq u32[n] · value i32[n] · kind u8[n]
//   deviceIndex u32[d] · deviceTime f64[d]  (deviceTime 0 = the seal has no clock)
//   counterIndex u32[c] · counterIn u32[c] · counterOut u32[c]
//   rejectedSeal u32[2r] (low, high) · rejectedTime f64[r] · rejectedBoot u32[r] · rejectedSeq u32[r] · rejectedValue i32[r]
//   · rejectedKind i32[r] · rejectedReason u8[r] · rejectedSender u32[r] (token number)
// `watch` is the assignment in force at the event's time (core/directory.ts): it names seal, site and area at once.
// For passages `value` is the number of people, never 0.

export const ENTRY_VERSION = 1
export const ENTRY = { events: 1, registry: 2, work: 3, tick: 4, extent: 5, access: 6 } as const
export type EntryKind = (typeof ENTRY)[keyof typeof ENTRY]
export const ENTRY_HEADER_BYTES = 32

export type EventColumns = {
  readonly count: number
  readonly time: Float64Array
  readonly watch: Uint32Array
  readonly boot: Uint32Array
  readonly seq: Uint32Array
  readonly value: Int32Array
  readonly kind: Uint8Array
  readonly deviceIndex: Uint32Array
  readonly deviceTime: Float64Array
  readonly counterIndex: Uint32Array
  readonly counterIn: Uint32Array
  readonly counterOut: Uint32Array
  readonly rejectedSeal: Uint32Array
  readonly rejectedTime: Float64Array
  readonly rejectedBoot: Uint32Array
  readonly rejectedSeq: Uint32Array
  readonly rejectedValue: Int32Array
  readonly rejectedKind: Int32Array
  readonly rejectedReason: Uint8Array
  readonly rejectedSender: Uint32Array
  readonly rejectedUnlisted: number
}
export type EntrySizes = { readonly count: number; readonly device: number; readonly counter: number; readonly rejected: number }

const align8 = (n: number): number => (n + 7) & ~7

/** Bytes of an events entry with these sizes. */
export const eventsEntryBytes = ({ count, device, counter, rejected }: EntrySizes): number =>
  ENTRY_HEADER_BYTES +
  count * 8 +
  align8(count * 4) * 4 +
  align8(count) +
  align8(device * 4) +
  device * 8 +
  align8(counter * 4) * 3 +
  rejected * 8 +
  rejected * 8 +
  align8(rejected * 4) * 5 +
  align8(rejected)

/** Writes the header of an events entry; the columns are then filled through {@link eventColumns}. */
export const writeEventsHeader = (bytes: Uint8Array, received: number, sizes: EntrySizes, rejectedUnlisted: number): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  writeHeader(view, ENTRY.events, sizes.count, received)
  view.setUint32(16, sizes.device, true)
  view.setUint32(20, sizes.counter, true)
  view.setUint32(24, sizes.rejected, true)
  view.setUint32(28, rejectedUnlisted, true)
}

const writeHeader = (view: DataView, kind: EntryKind, count: number, received: number): void => {
  view.setUint8(0, ENTRY_VERSION)
  view.setUint8(1, kind)
  view.setUint16(2, 0, true)
  view.setUint32(4, count, true)
  view.setFloat64(8, received, true)
}

/** An entry of any kind but events: header and a body that is already encoded. */
export const bodyEntry = (kind: Exclude<EntryKind, 1>, received: number, body: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(ENTRY_HEADER_BYTES + body.length)
  writeHeader(new DataView(bytes.buffer), kind, body.length, received)
  bytes.set(body, ENTRY_HEADER_BYTES)
  return bytes
}

export type EntryHeader = { readonly kind: EntryKind; readonly count: number; readonly received: number }

/** Reads and checks a header. Throws where the bytes are no entry of a version this engine knows. */
export const entryHeader = (bytes: Uint8Array): EntryHeader => {
  if (bytes.byteLength < ENTRY_HEADER_BYTES) throw new RangeError(`entry of ${bytes.byteLength} bytes is shorter than its header`)
  const version = bytes[0]
  if (version !== ENTRY_VERSION) throw new RangeError(`entry format ${version} is not known here (this engine reads ${ENTRY_VERSION})`)
  const kind = bytes[1] as EntryKind
  if (kind < ENTRY.events || kind > ENTRY.access) throw new RangeError(`entry kind ${kind} is not known`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { kind, count: view.getUint32(4, true), received: view.getFloat64(8, true) }
}

/** The time received of an entry, in place; ingest stamps it last, in log order. */
export const stampReceived = (bytes: Uint8Array, received: number): void =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setFloat64(8, received, true)

/** The columns of an events entry as views over its bytes (no copy). `bytes` must start on a multiple of 8 of its buffer. */
export const eventColumns = (bytes: Uint8Array): EventColumns => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const n = view.getUint32(4, true)
  const d = view.getUint32(16, true)
  const c = view.getUint32(20, true)
  const r = view.getUint32(24, true)
  const expected = eventsEntryBytes({ count: n, device: d, counter: c, rejected: r })
  if (bytes.byteLength !== expected) throw new RangeError(`events entry has ${bytes.byteLength} bytes, its header says ${expected}`)
  const buffer = bytes.buffer as ArrayBuffer
  let at = bytes.byteOffset + ENTRY_HEADER_BYTES
  const take = (length: number): number => {
    const start = at
    at += align8(length)
    return start
  }
  const f64 = (length: number): Float64Array => new Float64Array(buffer, take(length * 8), length)
  const u32 = (length: number): Uint32Array => new Uint32Array(buffer, take(length * 4), length)
  const i32 = (length: number): Int32Array => new Int32Array(buffer, take(length * 4), length)
  const u8 = (length: number): Uint8Array => new Uint8Array(buffer, take(length), length)
  return {
    count: n,
    time: f64(n),
    watch: u32(n),
    boot: u32(n),
    seq: u32(n),
    value: i32(n),
    kind: u8(n),
    deviceIndex: u32(d),
    deviceTime: f64(d),
    counterIndex: u32(c),
    counterIn: u32(c),
    counterOut: u32(c),
    rejectedSeal: u32(r * 2),
    rejectedTime: f64(r),
    rejectedBoot: u32(r),
    rejectedSeq: u32(r),
    rejectedValue: i32(r),
    rejectedKind: i32(r),
    rejectedReason: u8(r),
    rejectedSender: u32(r),
    rejectedUnlisted: view.getUint32(28, true),
  }
}
