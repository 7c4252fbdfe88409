import { MalformedError } from './decoded.ts'

// Runs of packed varints into typed arrays. Each function reads [start, end) of `bytes` whole, writes from `at` on and returns
// the index after its last. The caller has checked that `out` has room: an element takes at least one byte.
// Reading past `bytes` gives undefined, which ends a varint; the position is then beyond `end` and the run is malformed.

/** uint32, and enums: what is longer is cut to its low 32 bits, as protobuf says. */
export const readUint32s = (bytes: Uint8Array, [start, end]: readonly [number, number], out: Uint32Array | Int32Array, at: number): number => {
  let pos = start
  while (pos < end) {
    let byte = bytes[pos++] as number
    let value = byte
    if (byte >= 128) {
      value &= 127
      let shift = 7
      do {
        byte = bytes[pos++] as number
        if (shift < 32) value |= (byte & 127) << shift
        shift += 7
      } while (byte >= 128 && shift < 70)
      if (byte >= 128) throw new MalformedError(pos - 1, 'a varint is longer than 10 bytes')
    }
    out[at++] = value
  }
  return ended(pos, end, at)
}

/** sint32: zigzag. */
export const readSint32s = (bytes: Uint8Array, range: readonly [number, number], out: Int32Array, at: number): number => {
  const to = readUint32s(bytes, range, out, at)
  for (let i = at; i < to; i++) out[i] = unzigzag(out[i] as number)
  return to
}

/** Zigzag varints whose running sum (each field has one, kept in `sum` over its pieces) goes to `out`: seq_delta. */
export const readSums = (bytes: Uint8Array, [start, end]: readonly [number, number], out: Uint32Array, at: number, sum: { value: number }): number => {
  let pos = start
  let total = sum.value
  while (pos < end) {
    // Up to four bytes in line: neighbours are of different seals, whose sequence numbers are far apart.
    let byte = bytes[pos] as number
    let raw = byte & 127
    let next = pos + 1
    for (let shift = 7; byte >= 128 && shift < 28; shift += 7) {
      byte = bytes[next++] as number
      raw |= (byte & 127) << shift
    }
    if (byte < 128) {
      total += unzigzag(raw)
      pos = next
    } else {
      readLong(bytes, pos)
      pos = long.pos
      total += long.high < 0x200000 ? zigzagNear() : Number(zigzagLong())
    }
    if (!(total >= 0 && total <= 0xffffffff)) throw new MalformedError(pos - 1, 'seq_delta: the running sum leaves 0 to 2^32 - 1')
    out[at++] = total
  }
  sum.value = total
  return ended(pos, end, at)
}

/** The running sum of time_ms_delta, modulo 2^64 as protobuf's integers are; exact as a double while it fits into one. */
export type TimeSum = { value: number; wide: bigint; fits: boolean }
export const createTimeSum = (): TimeSum => ({ value: 0, wide: 0n, fits: true })
const SAFE_MAX = Number.MAX_SAFE_INTEGER

export const readTimes = (bytes: Uint8Array, [start, end]: readonly [number, number], out: Float64Array, at: number, sum: TimeSum): number => {
  let pos = start
  let total = sum.value
  while (pos < end) {
    // Up to four bytes (28 bits, ±37 hours) in line: neighbours in a gateway's batch are that close.
    let byte = bytes[pos] as number
    let raw = byte & 127
    let next = pos + 1
    if (byte >= 128) {
      byte = bytes[next++] as number
      raw |= (byte & 127) << 7
      if (byte >= 128) {
        byte = bytes[next++] as number
        raw |= (byte & 127) << 14
        if (byte >= 128) {
          byte = bytes[next++] as number
          raw |= (byte & 127) << 21
        }
      }
    }
    const sumNear = total + unzigzag(raw)
    if (byte < 128 && sum.fits && sumNear >= 0 && sumNear <= SAFE_MAX) {
      total = sumNear
      pos = next
      out[at++] = total
      continue
    }
    readLong(bytes, pos)
    pos = long.pos
    sum.value = total
    addWide(sum)
    total = sum.value
    out[at++] = sum.fits ? total : SAFE_MAX
  }
  sum.value = total
  return ended(pos, end, at)
}

const addWide = (sum: TimeSum): void => {
  const near = sum.fits && long.high < 0x200000 ? sum.value + zigzagNear() : Number.NaN
  if (near >= 0 && near <= SAFE_MAX) {
    sum.value = near
    return
  }
  sum.wide = BigInt.asUintN(64, (sum.fits ? BigInt(sum.value) : sum.wide) + zigzagLong())
  sum.fits = sum.wide <= BigInt(SAFE_MAX)
  if (sum.fits) sum.value = Number(sum.wide)
}

const unzigzag = (raw: number): number => (raw >>> 1) ^ -(raw & 1)

/** The last 64-bit varint read, as two halves: one cell in place of an object an event. */
const long = { low: 0, high: 0, pos: 0 }

export const readLong = (bytes: Uint8Array, start: number): void => {
  let pos = start
  let low = 0
  let high = 0
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[pos++] as number
    if (shift < 28) low |= (byte & 127) << shift
    else if (shift === 28) {
      low |= (byte & 127) << 28
      high = (byte & 127) >>> 4
    } else if (shift < 63) high |= (byte & 127) << (shift - 32)
    else high |= (byte & 1) << 31
    if (!(byte >= 128)) {
      long.low = low >>> 0
      long.high = high >>> 0
      long.pos = pos
      return
    }
  }
  throw new MalformedError(pos - 1, 'a varint is longer than 10 bytes')
}
/** Where the last {@link readLong} ended, and its value as a double, at most 2^53 - 1. */
export const longEnd = (): number => long.pos
export const longDouble = (): number => (long.high >= 0x200000 ? SAFE_MAX : long.high * 0x100000000 + long.low)

/** Exact while the halves hold less than 2^53. */
const zigzagNear = (): number => {
  const raw = long.high * 0x100000000 + long.low
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
}
const zigzagLong = (): bigint => {
  const raw = (BigInt(long.high) << 32n) | BigInt(long.low)
  return (raw >> 1n) ^ -(raw & 1n)
}

const ended = (pos: number, end: number, at: number): number => {
  if (pos !== end) throw new MalformedError(end, 'a packed field ends within a varint')
  return at
}
