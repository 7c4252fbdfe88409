import { createHash } from 'node:crypto'
import { Writer } from 'protobufjs/minimal.js'
import { createDirectory, sealHash, type Directory } from '../../core/directory.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { admit } from '../../ingest/admit.ts'
import { decodeBatch } from '../../ingest/decode.ts'
import { createDecoded, type Decoded } from '../../ingest/decoded.ts'
import { createEntryBuilder } from '../../ingest/entry-builder.ts'
import type { Kernel, KernelResult, KernelSize } from './kernel.ts'
import { CALLS, measure, rates } from './measure.ts'

// One thread's work on an EventBatch of 2,000 events: bytes to typed arrays, by rows and by columns; and with the verdicts and
// the finished entry of the log.

const EVENTS = 2000
const START_MS = 1_790_000_000_000

type Event = {
  readonly low: number
  readonly high: number
  readonly time: number
  readonly boot: number
  readonly seq: number
  readonly kind: number
  readonly value: number
}
const makeEvents = (): Event[] => {
  let state = 7
  const random = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 0x100000000) * n)
  }
  return Array.from({ length: EVENTS }, (_, i) => ({
    low: random(0xffffffff),
    high: 861_234,
    time: START_MS + i * 20 + random(1000),
    boot: random(300),
    seq: random(100_000),
    kind: 1 + random(4),
    value: random(2),
  }))
}
const long = (n: number): { low: number; high: number; unsigned: boolean } => ({ low: (n >>> 0) | 0, high: Math.floor(n / 0x100000000), unsigned: true })
const zigzag = (n: number): { low: number; high: number; unsigned: boolean } => long(n < 0 ? -2 * n - 1 : 2 * n)

const rowsOf = (events: readonly Event[]): Uint8Array => {
  const to = Writer.create()
  for (const { low, high, time, boot, seq, kind, value } of events) {
    to.uint32(10)
      .fork()
      .uint32(9)
      .fixed32(low)
      .fixed32(high)
      .uint32(16)
      .uint64(long(time))
      .uint32(24)
      .uint32(boot)
      .uint32(32)
      .uint32(seq)
      .uint32(40)
      .int32(kind)
    if (value !== 0) to.uint32(48).sint32(value)
    to.ldelim()
  }
  return new Uint8Array(to.finish())
}
const columnsOf = (events: readonly Event[]): Uint8Array => {
  const to = Writer.create().uint32(18).fork()
  const column = (field: number, write: (event: Event, before: Event | undefined) => void): void => {
    to.uint32(field * 8 + 2).fork()
    events.forEach((event, i) => write(event, events[i - 1]))
    to.ldelim()
  }
  column(1, ({ low, high }) => to.fixed32(low).fixed32(high))
  column(2, (event, before) => to.uint64(zigzag(event.time - (before?.time ?? 0))))
  column(3, ({ boot }) => to.uint32(boot))
  column(4, (event, before) => to.uint64(zigzag(event.seq - (before?.seq ?? 0))))
  column(5, ({ kind }) => to.int32(kind))
  column(6, ({ value }) => to.sint32(value))
  return new Uint8Array(to.ldelim().finish())
}
const directoryOf = (events: readonly Event[]): Directory => {
  const directory = createDirectory(events.length)
  const { low, high, head } = directory.seals.columns
  const { sealNo } = directory.slots.columns
  events.forEach((event, i) => {
    const no = i + 1
    let slot = sealHash(event.low, event.high) & (directory.slots.capacity - 1)
    while (sealNo[slot] !== 0) slot = (slot + 1) & (directory.slots.capacity - 1)
    sealNo[slot] = low.length > no ? no : 0
    low[no] = event.low
    high[no] = event.high
    head[no] = no
    directory.watches.columns.until[no] = Infinity
    directory.watches.columns.observedUntil[no] = Infinity
  })
  return directory
}

type Timed = { readonly name: string; readonly size: KernelSize; readonly bytes: Uint8Array }
const timed = async ({ name, size, bytes }: Timed, work: () => Uint8Array): Promise<KernelResult> => ({
  ...rates(await measure(name, { amount: CALLS[size], run: () => void work() }), EVENTS),
  detail: { 'bytes/event': Number((bytes.length / EVENTS).toFixed(1)) },
  hash: createHash('sha256').update(work()).digest('hex').slice(0, 16),
})
const timesOf = (out: Decoded): Uint8Array => new Uint8Array(out.time.buffer as ArrayBuffer, 0, EVENTS * 8)

const kernel = (name: string, encode: (events: readonly Event[]) => Uint8Array, admitted: boolean): Kernel => ({
  name,
  unit: 'events',
  run: async (size) => {
    const events = makeEvents()
    const bytes = encode(events)
    const out = createDecoded()
    if (!admitted) {
      return timed({ name, size, bytes }, () => {
        decodeBatch(bytes, out)
        return timesOf(out)
      })
    }
    const builder = createEntryBuilder()
    const admission = { directory: directoryOf(events), policy: POLICY_DEFAULT, received: START_MS + 60_000, tokenNo: 1, allowed: null, listedMax: 1000 }
    return timed({ name, size, bytes }, () => {
      decodeBatch(bytes, out)
      admit(out, EVENTS, admission, builder)
      return builder.finish(admission.received) as Uint8Array
    })
  },
})

export const kernels: readonly Kernel[] = [
  kernel('decode rows', rowsOf, false),
  kernel('decode columns', columnsOf, false),
  kernel('decode columns, verdicts, entry', columnsOf, true),
]
