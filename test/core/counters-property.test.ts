import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { netOf } from './counter-truth.ts'
import { eventsEntry, putSites, type TestEvent, tick } from './entries.ts'
import { startPlayed } from './played.ts'
import { siteSpec, T0 } from './thread/history.ts'

// Counters on any history: doors of one building that restart, lose events, send counters that wrap, send some of them twice, and all in
// any order within the limits that docs/detectors.md states.

const DOORS = 3
const TWO32 = 2 ** 32
/** Known before a watch's first counter, and remembered of a boot (core/newest.ts, COUNTER_RING). */
const BEFORE_FIRST_MAX = 7
const PASSAGES_MAX = 32
const building = putSites(T0, [
  siteSpec(1, {
    kind: 'building',
    headcount: 1000,
    inside: 5,
    observation: null,
    seals: Array.from({ length: DOORS }, (_, n) => ({ id: (n + 1).toString(16).padStart(16, '0'), from: null, until: null })),
  }),
])

type Step = { readonly door: number; readonly what: 'in' | 'out' | 'counter' | 'heartbeat' | 'restart'; readonly people: number; readonly lost: boolean }
const step: fc.Arbitrary<Step> = fc.record({
  door: fc.integer({ min: 1, max: DOORS }),
  what: fc.constantFrom<Step['what']>('in', 'in', 'in', 'out', 'out', 'counter', 'counter', 'heartbeat', 'restart'),
  people: fc.integer({ min: 1, max: 3 }),
  lost: fc.boolean(),
})
const bases = fc.array(fc.constantFrom(0, 7, TWO32 - 2, TWO32 - 1, 3_000_000), { minLength: DOORS * 2, maxLength: DOORS * 2 })

type Sent = { readonly event: TestEvent; readonly lost: boolean }
type Door = { boot: number; seq: number; totals: [number, number]; passages: number }
/** What the doors sent, in the order in which it happened; `lost` on the way. A door restarts at most once: older boots are told apart no more. */
const happen = (steps: readonly Step[], from: readonly number[]): Sent[] => {
  const doors = Array.from({ length: DOORS }, (_, n): Door => ({ boot: 3, seq: 0, totals: [from[n * 2] as number, from[n * 2 + 1] as number], passages: 0 }))
  return steps.flatMap(({ door: watch, what, people, lost }, n): Sent[] => {
    const door = doors[watch - 1] as Door
    if (what === 'restart') {
      if (door.boot === 3) Object.assign(door, { boot: 4, seq: 0, totals: [0, 0], passages: 0 })
      return []
    }
    if ((what === 'in' || what === 'out') && (door.passages += 1) > PASSAGES_MAX) return []
    door.seq += 1
    if (what === 'in') door.totals[0] = (door.totals[0] + people) % TWO32
    if (what === 'out') door.totals[1] = (door.totals[1] + people) % TWO32
    const { boot, seq } = door
    const common = { watch, time: T0 + n * 100, boot, seq }
    if (what === 'counter') return [{ event: { ...common, kind: 'COUNTER', value: 0, totals: [...door.totals] as [number, number] }, lost }]
    if (what === 'heartbeat') return [{ event: { ...common, kind: 'HEARTBEAT', value: 3600 }, lost }]
    return [{ event: { ...common, kind: what === 'in' ? 'PASSAGE_IN' : 'PASSAGE_OUT', value: people }, lost }]
  })
}

/** The same events in another order, with some sent again; the first counter of each door no later than the limit. */
const arrive = (events: readonly TestEvent[], ranks: readonly number[]): TestEvent[] => {
  const order = events
    .flatMap((event, n) => ((ranks[n] as number) % 5 === 0 ? [event, event] : [event]))
    .map((event, n) => [ranks[n] as number, event] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, event]) => event)
  for (let watch = 1; watch <= DOORS; watch += 1) {
    const first = order.findIndex((event) => event.watch === watch && event.kind === 'COUNTER')
    const before = order.slice(0, first).filter((event) => event.watch === watch && event.kind.startsWith('PASSAGE'))
    if (new Set(before).size <= BEFORE_FIRST_MAX) continue
    const [counter] = order.splice(first, 1)
    order.unshift(counter as TestEvent)
  }
  return order
}

const rawOf = async (order: readonly TestEvent[], size: number): Promise<number> => {
  const { machine, play } = await startPlayed()
  const entries: Uint8Array[] = []
  for (let at = 0; at < order.length; at += size) entries.push(eventsEntry(T0 + 60_000, order.slice(at, at + size)))
  await play([building, ...entries, tick(T0 + 61_000)])
  const raw = machine.siteState('s-1')?.raw as number
  await machine.stop()
  return raw
}

describe('counters on any history', () => {
  it('give the same raw count in any order, through wraps, restarts, losses and repeats', async () => {
    let repaired = 0
    const ranks = fc.array(fc.nat({ max: 9999 }), { minLength: 400, maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 30, maxLength: 150, size: 'max' }),
        bases,
        ranks,
        fc.integer({ min: 1, max: 9 }),
        async (steps, from, order, size) => {
          const heard = happen(steps, from)
            .filter(({ lost }, n) => !lost || n % 2 > 0)
            .map(({ event }) => event)
          const expected = 5 + netOf(arrive(heard, order))
          const passages = heard
            .filter(({ kind }) => kind.startsWith('PASSAGE'))
            .reduce((sum, { kind, value }) => sum + (kind === 'PASSAGE_IN' ? value : -value), 5)
          if (passages !== expected) repaired += 1
          for (const some of [heard, heard.toReversed(), order])
            expect(await rawOf(arrive(heard, some === order ? order : heard.map((_, n) => (some === heard ? n * 5 + 1 : 9999 - n * 5))), size)).toBe(expected)
        },
      ),
      { numRuns: 200, seed: 4294967 },
    )
    expect(repaired).toBeGreaterThan(50)
  }, 120_000)

  it('repair every passage that was lost between two of them', async () => {
    let lostPassages = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 30, maxLength: 150, size: 'max' }),
        bases,
        fc.array(fc.nat({ max: 9999 }), { minLength: 400, maxLength: 400 }),
        async (steps, from, ranks) => {
          const doors = Array.from({ length: DOORS }, (_, n) => n + 1)
          const plain = steps.filter(({ what }) => what !== 'restart')
          // A counter at either end of each door's history: all that was lost lies between.
          const ends = doors.map((door): Step => ({ door, what: 'counter', people: 1, lost: false }))
          const all = happen([...ends, ...plain, ...ends], from)
          const truth = all.reduce((sum, { event }) => sum + (event.kind === 'PASSAGE_IN' ? event.value : event.kind === 'PASSAGE_OUT' ? -event.value : 0), 5)
          lostPassages += all.filter(({ event, lost }) => lost && event.kind.startsWith('PASSAGE')).length
          const heard = all.filter(({ lost }) => !lost).map(({ event }) => event)
          expect(await rawOf(arrive(heard, ranks), 4)).toBe(truth)
        },
      ),
      { numRuns: 150, seed: 32 },
    )
    expect(lostPassages).toBeGreaterThan(1000)
  }, 120_000)
})
