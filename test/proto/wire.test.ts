// Bytes of one batch, written out by hand from the protobuf encoding (https://protobuf.dev/programming-guides/encoding), so that a
// change of field type that keeps the generated code consistent with itself still fails.
import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { expect, test } from 'vitest'
import { wire } from '../../proto/wire.ts'

/** A 64-bit number as the generated code wants it. */
const long = (value: bigint) => wire.Event.fromObject({ sealId: String(value) }).sealId

test('a row is these bytes', () => {
  const bytes = wire.EventBatch.encode({
    events: [{ sealId: long(0xa1b2c3d4n), timeMs: 300, boot: 1, seq: 2, kind: wire.EventKind.COUNTER, value: -1, totalIn: 3, totalOut: 4 }],
  }).finish()
  expect(Buffer.from(bytes).toString('hex')).toBe('0a18' + '09d4c3b2a100000000' + '10ac02' + '1801' + '2002' + '280c' + '3001' + '3803' + '4004')
})

test('columns are packed, times and sequence numbers as zigzag differences', () => {
  const bytes = wire.EventBatch.encode({
    columns: {
      sealId: [1, 1],
      timeMsDelta: [300, -1],
      boot: [1, 1],
      seqDelta: [9, -1],
      kind: [wire.EventKind.HEARTBEAT, wire.EventKind.COUNTER],
      value: [-1, 0],
      totalIn: [5],
      totalOut: [6],
    },
  }).finish()
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '122d' + '0a1001000000000000000100000000000000' + '1203d80401' + '1a020101' + '22021201' + '2a02090c' + '32020100' + '3a0105' + '420106',
  )
})

const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const event = fc.record({
  sealId: id,
  timeMs: fc.integer({ min: 0, max: 2 ** 53 - 1 }),
  boot: uint32,
  seq: uint32,
  kind: fc.integer({ min: 0, max: 12 }),
  value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  totalIn: uint32,
  totalOut: uint32,
})

test('any event survives the generated code, 64-bit ids included', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      const sent = events.map((one) => ({ ...one, sealId: long(one.sealId) }))
      const read = wire.EventBatch.decode(wire.EventBatch.encode({ events: sent }).finish())
      const plain = read.events.map((one) => ({ ...wire.Event.toObject(wire.Event.create(one), { longs: String, defaults: true }) }))
      expect(plain).toEqual(events.map((one) => ({ ...one, sealId: String(one.sealId), timeMs: String(one.timeMs) })))
    }),
  )
})

test('a field from the future is skipped', () => {
  const later = protobuf.Writer.create()
    .uint32(8)
    .uint64(7)
    .uint32((99 << 3) | 2)
    .string('new')
    .finish()
  expect(Number(wire.Receipt.decode(later).accepted)).toBe(7)
})
