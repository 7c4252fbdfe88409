import { afterEach, describe, expect, it } from 'vitest'
import type { PolicyRule } from '../../core/policy-document.ts'
import type { MachineOptions } from '../../core/thread/machine-run.ts'
import { ADMIN, eventsEntry, extent, putSites, registry, tick, type TestEvent } from './entries.ts'
import { type Played, startPlayed } from './played.ts'
import { siteSpec, T0 } from './thread/history.ts'

// Counting, case by case: what users of comparable systems reported about counters, and what each limit of docs/detectors.md says.

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const TWO32 = 2 ** 32
/** 04:00 of the default policy's local time (+08:00), the day after T0, which is 08:00 local. */
const QUIET = T0 + 20 * HOUR

const building = (doors = 1, inside = 0): Uint8Array =>
  putSites(T0, [
    siteSpec(1, {
      kind: 'building',
      headcount: 500,
      inside,
      observation: null,
      seals: Array.from({ length: doors }, (_, n) => ({ id: (n + 1).toString(16).padStart(16, '0'), from: null, until: null })),
    }),
  ])

let running: Played[] = []
const start = async (over: Partial<MachineOptions> = {}): Promise<Played> => {
  const played = await startPlayed(over)
  running.push(played)
  return played
}
afterEach(async () => {
  for (const { machine } of running) await machine.stop()
  running = []
})

type Draft = Partial<TestEvent> & { readonly seq: number }
const passage = (people: number, draft: Draft): TestEvent => ({
  watch: 1,
  boot: 1,
  time: T0 + draft.seq * SECOND,
  kind: people > 0 ? 'PASSAGE_IN' : 'PASSAGE_OUT',
  value: Math.abs(people),
  ...draft,
})
const counter = (totals: readonly [number, number], draft: Draft): TestEvent => ({ ...passage(1, draft), kind: 'COUNTER', value: 0, totals, ...draft })
const heartbeat = (draft: Draft): TestEvent => ({ ...passage(1, draft), kind: 'HEARTBEAT', value: 3600, ...draft })
const rollCall = (people: number, draft: Draft): TestEvent => ({ ...passage(1, draft), kind: 'ROLL_CALL', value: people, ...draft })
const rawOf = ({ machine }: Played): number => machine.siteState('s-1')?.raw as number
const correctedOf = ({ machine }: Played): number => machine.siteState('s-1')?.corrected as number
const after = async (...events: TestEvent[]): Promise<Played> => {
  const played = await start()
  await played.play([building(), ...events.map((event) => eventsEntry(T0 + HOUR, [event]))])
  return played
}

describe('what went wrong elsewhere', () => {
  it('a room with two doors keeps a signed raw count: no phantom after a month (Roode#133)', async () => {
    const played = await start()
    await played.play([building(2)])
    // Every day one comes in by the first door and leaves by the second; every other day the second is heard first.
    for (let day = 0; day < 30; day += 1) {
      const pair = [
        passage(1, { seq: day * 2 + 1, time: T0 + day * DAY }),
        passage(-1, { seq: day * 2 + 1, watch: 2, time: T0 + day * DAY + (day % 2 === 0 ? HOUR : -HOUR) }),
      ]
      await played.play((day % 2 === 0 ? pair : pair.toReversed()).map((event) => eventsEntry(T0 + day * DAY + 2 * HOUR, [event])))
    }
    expect(rawOf(played)).toBe(0)
    expect(correctedOf(played)).toBe(0)
    expect(Math.min(...played.rows('occupancy').map((row) => row['raw'] as number))).toBe(-1)
    expect(Math.min(...played.rows('occupancy').map((row) => row['corrected'] as number))).toBe(0)
  })

  it('a counter wraps at 2^32 without a jump (IMBuildings, Xenometric)', async () => {
    const played = await after(counter([TWO32 - 2, TWO32 - 1], { seq: 1 }), counter([3, 1], { seq: 9 }))
    expect(rawOf(played)).toBe(5 - 2)
  })

  it('a counter that starts at zero with the power is no jump either, and what passed before its first message counts', async () => {
    const played = await after(counter([900, 880], { seq: 7 }), counter([4, 1], { boot: 2, seq: 5, time: T0 + MINUTE }))
    expect(rawOf(played)).toBe(3)
  })

  it('a buffer of a thousand events that comes back after days, newest first, counts as if it had come in time (EN 50131)', async () => {
    const events = Array.from({ length: 1000 }, (_, n): TestEvent => {
      const seq = n + 2
      const time = T0 + seq * 5 * MINUTE
      return seq % 20 === 0 ? counter([Math.ceil(seq / 2), 0], { seq, time }) : passage(1, { seq, time })
    })
    // Half of the passages were lost before they were stored; the totals know of all.
    const stored = events.filter(({ kind, seq }) => kind === 'COUNTER' || seq % 2 === 0)
    const played = await start()
    await played.play([building(), eventsEntry(T0 + 2 * SECOND, [counter([0, 0], { seq: 1 })])])
    for (let until = stored.length; until > 0; until -= 50)
      await played.play([eventsEntry(T0 + 4 * DAY, stored.slice(Math.max(0, until - 50), until).toReversed())])
    expect(rawOf(played)).toBe(500)
    expect(played.machine.ledger()).toMatchObject({ tooOld: 0, repeated: 0 })
  })

  it('the count does not depend on what was received last (thingsboard#1769, #3119)', async () => {
    const events = [counter([0, 0], { seq: 1 }), passage(2, { seq: 2 }), passage(-1, { seq: 3 }), counter([7, 1], { seq: 5 }), passage(1, { seq: 6 })]
    const orders = [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [3, 0, 4, 1, 2],
      [1, 4, 2, 0, 3, 3, 1],
    ] as const
    const counts = await Promise.all(orders.map(async (order) => rawOf(await after(...order.map((n) => events[n] as TestEvent)))))
    expect(counts).toEqual([7, 7, 7, 7])
  })
})

describe('counters', () => {
  it('that jump by more than a million are stored only', async () => {
    const played = await after(
      counter([0, 0], { seq: 1 }),
      counter([1_000_001, 0], { seq: 2 }),
      counter([1_000_000, 0], { seq: 3 }),
      counter([999_999, 0], { seq: 4 }),
    )
    expect(rawOf(played)).toBe(1_000_000)
    expect(played.rows('events').length).toBe(4)
  })
  it('of a later start count by differences where the first is above a million', async () => {
    const played = await after(passage(1, { seq: 1 }), counter([1_000_001, 0], { boot: 2, seq: 3 }), counter([1_000_005, 0], { boot: 2, seq: 4 }))
    expect(rawOf(played)).toBe(1 + 4)
  })
  it('count whole once an event of an earlier start is heard, be it a heartbeat', async () => {
    const played = await after(counter([4, 1], { boot: 2, seq: 5 }), heartbeat({ seq: 9 }))
    expect(rawOf(played)).toBe(3)
    const last = played.rows('occupancy').at(-1)
    expect([last?.['raw'], last?.['cause']]).toEqual([3, 2])
  })
  it('know the newest 8 passages from before the first one; the others count as they are', async () => {
    const early = Array.from({ length: 7 }, (_, n) => passage(1, { seq: n + 10 }))
    // All seven passed after the counter, which is late; the next one has told of them.
    expect(rawOf(await after(...early, counter([0, 0], { seq: 1 }), counter([7, 0], { seq: 20 })))).toBe(7)
    // Of ten, two are not known and count beside what the counter tells.
    const more = Array.from({ length: 10 }, (_, n) => passage(1, { seq: n + 10 }))
    expect(rawOf(await after(...more, counter([0, 0], { seq: 1 }), counter([10, 0], { seq: 20 })))).toBe(12)
  })
  it('of a start that was not known from its beginning count by differences', async () => {
    const old = passage(1, { seq: 1 })
    const early = (length: number): TestEvent[] => Array.from({ length }, (_, n) => passage(1, { boot: 2, seq: n + 1, time: T0 + MINUTE + n }))
    // Seven known passages are in the totals of nine; with eight the start may have had more.
    expect(rawOf(await after(old, ...early(6), counter([9, 0], { boot: 2, seq: 40, time: T0 + HOUR })))).toBe(1 + 9)
    expect(rawOf(await after(old, ...early(8), counter([9, 0], { boot: 2, seq: 40, time: T0 + HOUR })))).toBe(1 + 8)
  })
  it('that arrive among passages are placed by the newest 32 of them', async () => {
    const passages = Array.from({ length: 40 }, (_, n) => passage(1, { seq: n * 2 + 2 }))
    const among = (seq: number): Promise<Played> => after(counter([0, 0], { seq: 1 }), ...passages, counter([1, 0], { seq }))
    expect(rawOf(await among(17))).toBe(1 + 32)
    // Behind 33 of them the oldest of those counts as told of.
    expect(rawOf(await among(15))).toBe(1 + 32)
    expect(rawOf(await among(19))).toBe(1 + 31)
  })
  it('that arrive on one side of all passages are exact however many those are', async () => {
    const passages = Array.from({ length: 40 }, (_, n) => passage(1, { seq: n + 10 }))
    expect(rawOf(await after(counter([0, 0], { seq: 1 }), ...passages, counter([0, 0], { seq: 5 })))).toBe(40)
    expect(rawOf(await after(counter([40, 0], { seq: 100 }), ...passages, counter([0, 0], { seq: 5 })))).toBe(40)
  })
  it('are gone when the site is erased', async () => {
    const played = await start()
    const home = siteSpec(1, { kind: 'residence', observation: { from: T0, until: T0 + 2 * HOUR } })
    await played.play([putSites(T0, [home]), eventsEntry(T0 + HOUR, [counter([2, 0], { seq: 1 }), passage(1, { seq: 2 })])])
    const kept = async (): Promise<number> => {
      const { parts } = await played.machine.snapshot()
      const tables = [...parts].filter(([name]) => name.endsWith('-counters'))
      expect(tables.length).toBe(16)
      // The lists' heads aside: how many rows were taken, and the first that was given back.
      return tables.reduce((sum, [, bytes]) => sum + new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2).filter((cell) => cell > 1).length, 0)
    }
    expect(await kept()).toBeGreaterThan(0)
    await played.play([tick(T0 + 2 * HOUR + MINUTE), tick(T0 + 16 * DAY)])
    expect(played.machine.siteState('s-1')).toBeUndefined()
    expect(await kept()).toBe(0)
  })
  it('of three starts keep at most what can still be heard of, and what they gave', async () => {
    const played = await start()
    await played.play([building()])
    let [seq, people] = [0, 0]
    for (let boot = 1; boot <= 40; boot += 1) {
      seq = 1
      const events = [counter([0, 0], { boot, seq }), passage(1, { boot, seq: (seq += 1) }), counter([3, 0], { boot, seq: (seq += 2) })]
      people += 3
      await played.play([
        eventsEntry(
          T0 + boot * MINUTE,
          events.map((event) => ({ ...event, time: T0 + boot * MINUTE })),
        ),
      ])
    }
    expect(rawOf(played)).toBe(people)
    const { parts } = await played.machine.snapshot()
    const bytes = [...parts].filter(([name]) => name.endsWith('-counters')).reduce((sum, [, part]) => sum + part.byteLength, 0)
    // 16 shards' tables as they were made: none has grown.
    const fresh = await start()
    const before = [...(await fresh.machine.snapshot()).parts]
      .filter(([name]) => name.endsWith('-counters'))
      .reduce((sum, [, part]) => sum + part.byteLength, 0)
    expect(bytes).toBe(before)
  })
  it('go on after a restart with another number of shards, and with a site that moves to another area', async () => {
    const first = await start()
    await first.play([building(), eventsEntry(T0 + MINUTE, [counter([0, 0], { seq: 1 }), passage(1, { seq: 2 })])])
    await first.play([extent(T0 + MINUTE)])
    const { parts, position } = await first.machine.snapshot()
    const second = await start({ parts, position, shardCount: 5 })
    const moved = putSites(T0 + 2 * MINUTE, [
      siteSpec(1, {
        kind: 'building',
        area: 'elsewhere',
        headcount: 500,
        inside: 0,
        observation: null,
        seals: [{ id: '0000000000000001', from: null, until: null }],
      }),
    ])
    await second.play([moved, eventsEntry(T0 + 3 * MINUTE, [counter([5, 1], { seq: 9, watch: 2, time: T0 + 3 * MINUTE })])])
    expect(rawOf(second)).toBe(4)
    // A passage from before the move, told of by the counter after it.
    await second.play([eventsEntry(T0 + 4 * MINUTE, [passage(1, { seq: 3, time: T0 + MINUTE })])])
    expect(rawOf(second)).toBe(4)
  })
})

describe('anchors', () => {
  const night = async (over: {
    readonly morning?: readonly TestEvent[]
    readonly rules?: readonly PolicyRule[]
    readonly events?: readonly TestEvent[]
  }): Promise<Played> => {
    const played = await start()
    const rules = over.rules ?? []
    await played.play([building(), registry(T0, { op: 'put-policy', by: ADMIN, document: { rules }, expected: null })])
    await played.play([eventsEntry(T0 + HOUR, over.events ?? [passage(5, { seq: 1, time: T0 + HOUR }), passage(-2, { seq: 2, time: T0 + HOUR })])])
    await played.play([tick(QUIET + 12 * MINUTE - SECOND), eventsEntry(QUIET + 12 * MINUTE - 1, over.morning ?? []), tick(QUIET + 12 * MINUTE)])
    return played
  }
  it('a quiet hour empties a building at the first tick twelve minutes later, not before', async () => {
    const played = await night({})
    expect(played.rows('occupancy').map((row) => [row['time'], row['received'], row['raw'], row['corrected'], row['cause']])).toEqual([
      [T0 + HOUR, T0 + HOUR, 5, 5, 1],
      [T0 + HOUR, T0 + HOUR, 3, 3, 1],
      [QUIET, QUIET + 12 * MINUTE, 3, 0, 4],
    ])
    expect(played.machine.siteState('s-1')?.confidence).toBeCloseTo(0.9, 6)
  })
  it('is made up for by the first tick within twelve hours, and never after them', async () => {
    for (const [late, left] of [
      [12 * HOUR - 1, 0],
      [12 * HOUR, 3],
    ] as const) {
      const played = await start()
      await played.play([building(), eventsEntry(T0 + HOUR, [passage(5, { seq: 1, time: T0 + HOUR }), passage(-2, { seq: 2, time: T0 + HOUR })])])
      await played.play([tick(T0 + HOUR), tick(QUIET + late)])
      expect(correctedOf(played)).toBe(left)
    }
  })
  it('what passed after the quiet hour counts on top of it', async () => {
    const played = await night({ morning: [passage(4, { seq: 3, time: QUIET + 1 })] })
    expect([rawOf(played), correctedOf(played)]).toEqual([7, 4])
  })
  it('is not made where somebody passed within the hour, at either end of it', async () => {
    for (const time of [QUIET, QUIET - HOUR]) expect(correctedOf(await night({ morning: [passage(-1, { seq: 3, time })] }))).toBe(2)
    expect(correctedOf(await night({ morning: [passage(-1, { seq: 3, time: QUIET - HOUR - 1 })] }))).toBe(0)
  })
  it('is not made behind eight changes, for it could not be placed', async () => {
    const morning = (length: number): TestEvent[] => Array.from({ length }, (_, n) => passage(1, { seq: n + 3, time: QUIET + 1 + n }))
    expect(correctedOf(await night({ morning: morning(7) }))).toBe(7)
    expect(correctedOf(await night({ morning: morning(8) }))).toBe(3 + 8)
  })
  it('is not made where a roll-call is newer, nor where nobody has passed since one', async () => {
    expect(correctedOf(await night({ morning: [rollCall(1, { seq: 3, time: QUIET })] }))).toBe(1)
    expect(correctedOf(await night({ events: [rollCall(3, { seq: 1, time: T0 + HOUR })] }))).toBe(3)
  })
  it('is made by the policy of the site: when, how many stay, or never', async () => {
    const rule = (set: PolicyRule['set']): PolicyRule[] => [{ for: { kind: 'building' }, set }]
    expect(correctedOf(await night({ rules: rule({ quietInside: 2 }) }))).toBe(2)
    expect(correctedOf(await night({ rules: rule({ quietMinute: null }) }))).toBe(3)
    expect(correctedOf(await night({ rules: rule({ quietMinute: 300 }) }))).toBe(3)
  })
  it('teach what a site miscounts: the error of each day, spread over its passages', async () => {
    const played = await start()
    await played.play([building()])
    let seq = 0
    const left: number[] = []
    for (let day = 0; day < 12; day += 1) {
      const begins = T0 + day * DAY
      // 200 come in, of whom the door sees 100 in and 90 out.
      const events = Array.from({ length: 190 }, (_, n) => passage(n < 100 ? 1 : -1, { seq: (seq += 1), time: begins + n * MINUTE }))
      await played.play(events.map((event) => eventsEntry(event.time, [event])))
      left.push(correctedOf(played))
      await played.play([tick(begins + 20 * HOUR + 12 * MINUTE)])
      expect(correctedOf(played)).toBe(0)
    }
    // The first anchor teaches nothing; each after it an error of 10 over 190 passages, on top of nine tenths of what was learnt before.
    let [errors, passages] = [0, 0]
    const expected = left.map((_, day) => {
      if (day > 1) [errors, passages] = [0.9 * errors + 10, 0.9 * passages + 190]
      return 10 - Math.round((errors / (passages + 200)) * 190)
    })
    expect(expected.slice(0, 6)).toEqual([10, 10, 5, 4, 3, 2])
    expect(left).toEqual(expected)
    expect(rawOf(played)).toBe(120)
  })
})
