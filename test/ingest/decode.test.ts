import fc from 'fast-check'
import { Writer } from 'protobufjs/minimal.js'
import { expect, test } from 'vitest'
import { decodeBatch } from '../../ingest/decode.ts'
import { createDecoded } from '../../ingest/decoded.ts'
import { wire } from '../../proto/wire.ts'

const out = createDecoded()
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
type Row = {
  readonly seal: bigint
  readonly time: bigint
  readonly boot: number
  readonly seq: number
  readonly kind: number
  readonly value: number
  readonly totalIn: number
  readonly totalOut: number
}

const u32 = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 0xffffffff }))
const time = fc.oneof(fc.bigInt(1_790_000_000_000n, 1_790_000_100_000n), fc.constant(0n), fc.bigInt(0n, (1n << 64n) - 1n))
const row: fc.Arbitrary<Row> = fc
  .record({
    seal: fc.bigInt(0n, (1n << 64n) - 1n),
    time,
    boot: u32,
    seq: u32,
    kind: fc.oneof(fc.integer({ min: 0, max: 13 }), fc.integer()),
    value: fc.oneof(fc.integer({ min: -100, max: 100 }), fc.integer()),
    totalIn: u32,
    totalOut: u32,
  })
  .map((made) => (made.kind === 12 ? made : { ...made, totalIn: 0, totalOut: 0 }))
const rows = fc.array(row, { maxLength: 40 })

const writer = (): Writer => Writer.create()
const long = (n: bigint): never => ({ low: Number(BigInt.asIntN(32, n)), high: Number(BigInt.asIntN(32, n >> 32n)), unsigned: true }) as never
const zigzag = (n: bigint): bigint => BigInt.asUintN(64, (n << 1n) ^ (n >> 63n))

const rowsBytes = (events: readonly Row[], junk: boolean): Uint8Array => {
  const to = writer()
  for (const { seal, time: at, boot, seq, kind, value, totalIn, totalOut } of events) {
    to.uint32(10).fork()
    if (junk)
      to.uint32(16 * 8 + 2)
        .fork()
        .uint32(77)
        .ldelim()
    to.uint32(9)
      .fixed32(Number(seal & 0xffffffffn))
      .fixed32(Number(seal >> 32n))
      .uint32(16)
      .uint64(long(at))
      .uint32(24)
      .uint32(boot)
      .uint32(32)
      .uint32(seq)
    to.uint32(40).int32(kind).uint32(48).sint32(value).uint32(56).uint32(totalIn).uint32(64).uint32(totalOut)
    to.ldelim()
    if (junk) to.uint32(99 * 8).uint32(5)
  }
  return to.finish()
}
const columnsBytes = (events: readonly Row[]): Uint8Array => {
  const to = writer()
  const counters = events.filter(({ kind }) => kind === 12)
  const packed = (field: number, write: (event: Row, before: Row | undefined) => void, of = events): void => {
    to.uint32(field * 8 + 2).fork()
    of.forEach((event, i) => write(event, of[i - 1]))
    to.ldelim()
  }
  to.uint32(18).fork()
  packed(1, ({ seal }) => to.fixed32(Number(seal & 0xffffffffn)).fixed32(Number(seal >> 32n)))
  packed(2, (event, before) => to.uint64(long(zigzag(BigInt.asIntN(64, event.time - (before?.time ?? 0n))))))
  packed(3, ({ boot }) => to.uint32(boot))
  packed(4, (event, before) => to.uint64(long(zigzag(BigInt(event.seq - (before?.seq ?? 0))))))
  packed(5, ({ kind }) => to.int32(kind))
  packed(6, ({ value }) => to.sint32(value))
  packed(7, ({ totalIn }) => to.uint32(totalIn), counters)
  packed(8, ({ totalOut }) => to.uint32(totalOut), counters)
  return to.ldelim().finish()
}
const decoded = (bytes: Uint8Array): unknown => {
  const result = decodeBatch(bytes, out)
  if (result.kind !== 'decoded') return result
  return Array.from({ length: result.count }, (_, i) => ({
    seal: (BigInt(out.high[i] as number) << 32n) | BigInt(out.low[i] as number),
    time: out.time[i],
    boot: out.boot[i],
    seq: out.seq[i],
    kind: out.kind[i],
    value: out.value[i],
    totalIn: out.totalIn[i],
    totalOut: out.totalOut[i],
  }))
}
const wanted = (events: readonly Row[]): unknown => events.map((event) => ({ ...event, time: Number(event.time > SAFE ? SAFE : event.time) }))

test('rows, with unknown fields between, give what was written', () => {
  fc.assert(
    fc.property(rows, fc.boolean(), (events, junk) => {
      expect(decoded(rowsBytes(events, junk))).toEqual(wanted(events))
    }),
    { numRuns: 300 },
  )
})

test('columns mean the same as rows, and both may stand in one batch, rows first', () => {
  fc.assert(
    fc.property(rows, rows, (first, second) => {
      expect(decoded(columnsBytes(second))).toEqual(wanted(second))
      expect(decoded(Buffer.concat([columnsBytes(second), rowsBytes(first, false)]))).toEqual(wanted([...first, ...second]))
    }),
    { numRuns: 300 },
  )
})

test('the generated code reads the same rows', () => {
  fc.assert(
    fc.property(rows, (events) => {
      const theirs = wire.EventBatch.decode(rowsBytes(events, true)).events.map((event) => ({
        seal: BigInt(String(event.sealId)),
        time: BigInt(String(event.timeMs)),
        boot: event.boot,
        seq: event.seq,
        kind: event.kind,
        value: event.value,
        totalIn: event.totalIn,
        totalOut: event.totalOut,
      }))
      expect(decoded(rowsBytes(events, true))).toEqual(wanted(theirs as unknown as Row[]))
    }),
    { numRuns: 200 },
  )
})

test('bytes of any kind never throw, and what is cut short is malformed with an offset within it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(['decoded', 'malformed']).toContain(decodeBatch(bytes, out).kind)
    }),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(1000), fc.boolean(), (events, cut, columns) => {
      const whole = columns ? columnsBytes(events) : rowsBytes(events, false)
      const result = decodeBatch(whole.subarray(0, cut % whole.length), out)
      if (result.kind === 'malformed') expect(result.offset).toBeLessThanOrEqual(whole.length)
      else expect(result).toMatchObject({ kind: 'decoded' })
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(255), (events, at, byte) => {
      const bytes = Uint8Array.from(columnsBytes(events))
      bytes[at % bytes.length] = byte
      expect(['decoded', 'malformed']).toContain(decodeBatch(bytes, out).kind)
    }),
    { numRuns: 3000 },
  )
})

test('columns of unequal length are malformed', () => {
  const bytes = writer().uint32(18).fork().uint32(10).fork().fixed32(1).fixed32(0).ldelim().ldelim().finish()
  expect(decodeBatch(bytes, out)).toMatchObject({ kind: 'malformed', detail: 'column 2 has 0 elements, seal_id has 1' })
})
