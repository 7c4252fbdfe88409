import { Reader } from 'protobufjs/minimal.js'
import { readColumns } from './decode-columns.ts'
import { EVENTS_PER_BATCH_MAX, MalformedError, TooManyError, type Decoded, type DecodeResult } from './decoded.ts'
import { longDouble, longEnd, readLong } from './varint.ts'

// `seal.v1.EventBatch` bytes → typed arrays, without an object an event. Same result as decoding with the generated code
// (a test compares), except that a time beyond 2^53 - 1 reads as that. Unknown fields are skipped, and so is a known field
// number under another wire type, as protobuf readers do. Never throws for what the bytes hold.

const TAG = { events: 10, columns: 18 } as const
const EVENT_TAG = { sealId: 9, time: 16, boot: 24, seq: 32, kind: 40, value: 48, totalIn: 56, totalOut: 64 } as const

/** Decodes a batch into `out`, from row 0 on. */
export const decodeBatch = (bytes: Uint8Array, out: Decoded): DecodeResult => {
  const reader = new Reader(bytes)
  try {
    return { kind: 'decoded', count: readBatch(reader, out) }
  } catch (error) {
    if (error instanceof TooManyError) return { kind: 'too-many' }
    if (error instanceof MalformedError) return { kind: 'malformed', offset: error.offset, detail: error.message }
    // What protobufjs's Reader throws: an end of bytes, a bad tag, a varint too long.
    if (error instanceof Error) return { kind: 'malformed', offset: Math.min(reader.pos, bytes.length), detail: error.message }
    throw error
  }
}

const readBatch = (reader: Reader, out: Decoded): number => {
  const end = reader.len
  const columns: (readonly [number, number])[] = []
  let count = 0
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag !== TAG.events && tag !== TAG.columns) {
      reader.skipType(tag & 7, 0, tag >>> 3)
      continue
    }
    const length = reader.uint32()
    const to = reader.pos + length
    if (to > end) throw new MalformedError(reader.pos, `a field of ${length} bytes does not fit into the batch`)
    if (tag === TAG.events) {
      if (count === EVENTS_PER_BATCH_MAX) throw new TooManyError()
      reader.len = to
      readEvent(reader, out, count++)
      reader.len = end
    } else columns.push([reader.pos, to])
    reader.pos = to
  }
  return columns.length === 0 ? count : readColumns(reader, columns, out, count)
}

const readEvent = (reader: Reader, out: Decoded, at: number): void => {
  const end = reader.len
  let low = 0
  let high = 0
  let time = 0
  let boot = 0
  let seq = 0
  let kind = 0
  let value = 0
  let totalIn = 0
  let totalOut = 0
  while (reader.pos < end) {
    const tag = reader.tag()
    switch (tag) {
      case EVENT_TAG.sealId:
        low = reader.fixed32()
        high = reader.fixed32()
        break
      case EVENT_TAG.time:
        time = readTime(reader)
        break
      case EVENT_TAG.boot:
        boot = reader.uint32()
        break
      case EVENT_TAG.seq:
        seq = reader.uint32()
        break
      case EVENT_TAG.kind:
        kind = reader.int32()
        break
      case EVENT_TAG.value:
        value = reader.sint32()
        break
      case EVENT_TAG.totalIn:
        totalIn = reader.uint32()
        break
      case EVENT_TAG.totalOut:
        totalOut = reader.uint32()
        break
      default:
        reader.skipType(tag & 7, 0, tag >>> 3)
    }
  }
  if (reader.pos !== end) throw new MalformedError(end, 'an event ends within a field')
  out.low[at] = low
  out.high[at] = high
  out.time[at] = time
  out.boot[at] = boot
  out.seq[at] = seq
  out.kind[at] = kind
  out.value[at] = value
  out.totalIn[at] = totalIn
  out.totalOut[at] = totalOut
}

/** A uint64 as a double; Reader.uint64() would make an object. A time of our century has six bytes: 28 + 14 bits in line. */
const readTime = (reader: Reader): number => {
  const { buf, pos } = reader
  if (reader.len - pos >= 6) {
    const b0 = buf[pos] as number
    const b1 = buf[pos + 1] as number
    const b2 = buf[pos + 2] as number
    const b3 = buf[pos + 3] as number
    const b4 = buf[pos + 4] as number
    const b5 = buf[pos + 5] as number
    if ((b0 & b1 & b2 & b3 & b4) >= 128 && b5 < 128) {
      reader.pos = pos + 6
      return ((b0 & 127) | ((b1 & 127) << 7) | ((b2 & 127) << 14) | ((b3 & 127) << 21)) + ((b4 & 127) | (b5 << 7)) * 0x10000000
    }
  }
  readLong(buf, pos)
  if (longEnd() > reader.len) throw new MalformedError(pos, 'time_ms ends after its event')
  reader.pos = longEnd()
  return longDouble()
}
