import type { Reader } from 'protobufjs/minimal.js'
import { EVENT } from '../core/kinds.ts'
import { MalformedError, TooManyError, EVENTS_PER_BATCH_MAX, type Decoded } from './decoded.ts'
import { createTimeSum, readSint32s, readSums, readTimes, readUint32s, type TimeSum } from './varint.ts'

// `seal.v1.EventColumns` into typed arrays. A column may come in pieces, packed or not; pieces are joined in order, over several
// EventColumns of one batch too (that is how protobuf merges a message that stands twice).

const FIELD = { sealId: 1, time: 2, boot: 3, seq: 4, kind: 5, value: 6, totalIn: 7, totalOut: 8 } as const
const WIRE = { varint: 0, fixed64: 1, packed: 2 } as const

type State = {
  readonly out: Decoded
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Next index by field number; all equal at the end. */
  readonly at: number[]
  readonly time: TimeSum
  readonly seq: { value: number }
  readonly totals: { readonly in: number[]; readonly out: number[] }
}

/** Reads the columns at `ranges` into rows from `base` on. Returns the number of events in all. */
export const readColumns = (reader: Reader, ranges: readonly (readonly [number, number])[], out: Decoded, base: number): number => {
  const bytes = reader.buf
  const state: State = {
    out,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    at: [0, base, base, base, base, base, base],
    time: createTimeSum(),
    seq: { value: 0 },
    totals: { in: [], out: [] },
  }
  for (const [start, end] of ranges) {
    reader.pos = start
    reader.len = end
    while (reader.pos < end) readPiece(reader, state)
  }
  const lengthEnd = ranges.at(-1)?.[1] ?? 0
  const count = state.at[FIELD.sealId] as number
  for (let field = FIELD.time as number; field <= FIELD.value; field++) {
    if (state.at[field] !== count)
      throw new MalformedError(lengthEnd, `column ${field} has ${(state.at[field] as number) - base} elements, seal_id has ${count - base}`)
  }
  placeTotals(state, [base, count], lengthEnd)
  return count
}

const readPiece = (reader: Reader, state: State): void => {
  const tag = reader.tag()
  const field = tag >>> 3
  const wire = tag & 7
  const single = field === FIELD.sealId ? WIRE.fixed64 : WIRE.varint
  if (field > FIELD.totalOut || (wire !== WIRE.packed && wire !== single)) {
    reader.skipType(wire, 0, field)
    return
  }
  const length = wire === WIRE.packed ? reader.uint32() : lengthOfSingle(reader, wire)
  const start = reader.pos
  if (start + length > reader.len) throw new MalformedError(start, `a field of ${length} bytes does not fit into what holds it`)
  readField(state, field, [start, start + length])
  reader.pos = start + length
}

const lengthOfSingle = (reader: Reader, wire: number): number => {
  const start = reader.pos
  reader.skipType(wire, 0, 1)
  const length = reader.pos - start
  reader.pos = start
  return length
}

const readField = (state: State, field: number, range: readonly [number, number]): void => {
  const { bytes, out, at } = state
  const from = at[field] ?? 0
  if (field <= FIELD.value && from + range[1] - range[0] > EVENTS_PER_BATCH_MAX && from + countOf(bytes, field, range) > EVENTS_PER_BATCH_MAX)
    throw new TooManyError()
  switch (field) {
    case FIELD.sealId:
      at[field] = readSeals(state, range, from)
      break
    case FIELD.time:
      at[field] = readTimes(bytes, range, out.time, from, state.time)
      break
    case FIELD.boot:
      at[field] = readUint32s(bytes, range, out.boot, from)
      break
    case FIELD.seq:
      at[field] = readSums(bytes, range, out.seq, from, state.seq)
      break
    case FIELD.kind:
      at[field] = readUint32s(bytes, range, out.kind, from)
      break
    case FIELD.value:
      at[field] = readSint32s(bytes, range, out.value, from)
      break
    case FIELD.totalIn:
      readTotals(bytes, range, state.totals.in)
      break
    case FIELD.totalOut:
      readTotals(bytes, range, state.totals.out)
      break
  }
}

/** Elements of a run: eighths of it, or its bytes that end a varint. */
const countOf = (bytes: Uint8Array, field: number, [start, end]: readonly [number, number]): number => {
  if (field === FIELD.sealId) return (end - start) / 8
  let count = 0
  for (let i = start; i < end; i++) count += (bytes[i] as number) >>> 7
  return end - start - count
}

const readSeals = ({ view, out }: State, [start, end]: readonly [number, number], from: number): number => {
  if ((end - start) % 8 !== 0) throw new MalformedError(start, `seal_id has ${end - start} bytes, which is no multiple of 8`)
  const { low, high } = out
  let at = from
  for (let pos = start; pos < end; pos += 8) {
    low[at] = view.getUint32(pos, true)
    high[at++] = view.getUint32(pos + 4, true)
  }
  return at
}

const readTotals = (bytes: Uint8Array, range: readonly [number, number], totals: number[]): void => {
  const run = new Uint32Array(range[1] - range[0])
  const count = readUint32s(bytes, range, run, 0)
  if (totals.length + count > EVENTS_PER_BATCH_MAX) throw new TooManyError()
  for (let i = 0; i < count; i++) totals.push(run[i] as number)
}

/** One element for each COUNTER, in order; or none at all, then they are 0. */
const placeTotals = ({ out, totals }: State, [base, count]: readonly [number, number], offset: number): void => {
  const { kind, totalIn, totalOut } = out
  if (totals.in.length !== totals.out.length) throw new MalformedError(offset, `total_in has ${totals.in.length} elements, total_out ${totals.out.length}`)
  totalIn.fill(0, base, count)
  totalOut.fill(0, base, count)
  if (totals.in.length === 0) return
  let next = 0
  for (let i = base; i < count; i++) {
    if (kind[i] !== EVENT.COUNTER) continue
    totalIn[i] = totals.in[next] ?? 0
    totalOut[i] = totals.out[next++] ?? 0
  }
  if (next !== totals.in.length) throw new MalformedError(offset, `total_in has ${totals.in.length} elements for ${next} events of kind COUNTER`)
}
