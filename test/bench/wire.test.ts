import { describe, expect, it } from 'vitest'
import { EVENT } from '../../core/kinds.ts'
import { wire } from '../../proto/wire.ts'
import { seeded } from '../../bench/random.ts'
import { createEvents, encodeColumns, encodeRows, pushEvent, type EventArrays } from '../../bench/wire.ts'

const U32 = 4_294_967_296
const EDGES = [0, 1, 127, 128, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, U32 - 1]

const anyEvents = (seed: number, count: number): EventArrays => {
  const random = seeded(seed)
  const events = createEvents(count)
  const u32 = (): number => (random.chance(0.3) ? random.pick(EDGES) : random.int(0, U32))
  for (let i = 0; i < count; i++) {
    const time = random.pick([0, 1, 1_795_000_000_000 + random.int(-1e9, 1e9), 86_400_000 * 400_000, random.int(0, U32)])
    pushEvent(events, { low: u32(), high: u32(), time, boot: u32(), seq: u32(), kind: random.int(0, 13), value: u32() | 0 })
    if (events.kind[i] !== EVENT.COUNTER) continue
    events.totalIn[i] = u32()
    events.totalOut[i] = u32()
  }
  return events
}

const rowsOf = (events: EventArrays): unknown[] =>
  Array.from({ length: events.count }, (_, i) => ({
    sealId: (BigInt(events.high[i] as number) << 32n) | BigInt(events.low[i] as number),
    time: events.time[i],
    boot: events.boot[i],
    seq: events.seq[i],
    kind: events.kind[i],
    value: events.value[i],
    totalIn: events.totalIn[i],
    totalOut: events.totalOut[i],
  }))

describe('the event encoders agree with the generated code', () => {
  it('rows', () => {
    for (const seed of [1, 2, 3]) {
      const events = anyEvents(seed, 300)
      const read = wire.EventBatch.decode(encodeRows(events)).events ?? []
      expect(
        read.map((row) => ({
          sealId: BigInt(String(row.sealId)),
          time: Number(row.timeMs),
          boot: row.boot,
          seq: row.seq,
          kind: row.kind,
          value: row.value,
          totalIn: row.totalIn,
          totalOut: row.totalOut,
        })),
      ).toEqual(rowsOf(events))
    }
  })

  it('columns', () => {
    for (const seed of [1, 2, 3]) {
      const events = anyEvents(seed, 300)
      const columns = wire.EventBatch.decode(encodeColumns(events)).columns
      let time = 0
      let seq = 0
      let counter = 0
      const read = (columns?.sealId ?? []).map((id, i) => {
        time += Number(columns?.timeMsDelta?.[i])
        seq += Number(columns?.seqDelta?.[i])
        const isCounter = columns?.kind?.[i] === EVENT.COUNTER
        const at = isCounter ? counter++ : -1
        return {
          sealId: BigInt(String(id)),
          time,
          boot: columns?.boot?.[i],
          seq,
          kind: columns?.kind?.[i],
          value: columns?.value?.[i],
          totalIn: isCounter ? columns?.totalIn?.[at] : 0,
          totalOut: isCounter ? columns?.totalOut?.[at] : 0,
        }
      })
      expect(read).toEqual(rowsOf(events))
      expect(counter).toBeGreaterThan(0)
    }
  })
})
