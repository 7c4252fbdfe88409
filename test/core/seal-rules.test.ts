import { describe, expect, it } from 'vitest'
import type { EventKindName } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { AlarmStep } from '../../core/rows.ts'
import { ADMIN, eventsEntry, putSites, registry, tick, type TestEvent } from './entries.ts'
import { startPlayed } from './played.ts'
import { random, siteSpec, T0 } from './thread/history.ts'

// The rules about the seal and its door where a scenario (test/golden/rules) does not reach: what others' systems got wrong, seals that
// move, sites that take another area or are observed again.

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 1440 * MINUTE
const at = (minutes: number): number => T0 + Math.round(minutes * MINUTE)
const seal = (n: number): { id: string; from: null; until: null } => ({ id: n.toString(16).padStart(16, '0'), from: null, until: null })
const gate = siteSpec(4, { headcount: 0, seals: [seal(1)] })
const building = siteSpec(3, { headcount: 5, seals: [seal(1)] })
const ticks = (from: number, to: number): Uint8Array[] => Array.from({ length: Math.floor((to - from) / SECOND) }, (_, n) => tick(from + (n + 1) * SECOND))
/** Events numbered in the order in which they are written. */
const device = (): ((watch: number, time: number, kind: EventKindName, value?: number) => TestEvent) => {
  let seq = 0
  return (watch, time, kind, value = kind === 'HEARTBEAT' ? 3600 : 1) => ({ watch, time, boot: 1, seq: (seq += 1), kind, value })
}
const brief = (steps: readonly AlarmStep[]): string[] => steps.map(({ received, kind, step }) => `${(received - T0) / MINUTE} ${kind} ${step}`)
const of = (steps: readonly AlarmStep[], kind: string): string[] => brief(steps).filter((text) => text.split(' ')[1] === kind)

type Arrival = { readonly received: number; readonly event: TestEvent }
/** Entries of arrivals, one a moment, and a tick a second. */
const entriesOf = (arrivals: readonly Arrival[], until: number): Uint8Array[] => {
  const entries: { readonly time: number; readonly order: number; readonly bytes: Uint8Array }[] = ticks(T0, until).map((bytes, n) => ({
    time: T0 + (n + 1) * SECOND,
    order: 1,
    bytes,
  }))
  const moments = new Map<number, TestEvent[]>()
  for (const { received, event } of arrivals) moments.set(received, [...(moments.get(received) ?? []), event])
  for (const [time, events] of moments) entries.push({ time, order: 0, bytes: eventsEntry(time, events) })
  return entries.toSorted((a, b) => a.time - b.time || a.order - b.order).map(({ bytes }) => bytes)
}

describe('what other systems got wrong', () => {
  it('lesson: flapping is one alarm, however long and however much', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const arrivals = Array.from({ length: 1800 }, (_, n) => {
      const time = T0 + MINUTE + n * SECOND
      return { received: time, event: event(1, time, n % 2 === 0 ? 'BEAM_BLOCKED' : 'BEAM_CLEARED', 0) }
    })
    await play([putSites(T0, [gate]), ...entriesOf(arrivals, at(45))])
    // The last window of five minutes with so many is that from minute 30 on; it counts until minute 40.
    expect(of(steps, 'flapping')).toEqual([`${(MINUTE + 19 * SECOND) / MINUTE} flapping raised`, '40 flapping condition-gone', '40 flapping closed'])
    expect(of(steps, 'beam-blocked')).toEqual([])
    await machine.stop()
  })

  it('lesson: two triggers of a condition a millisecond apart are one alarm, and it ends', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const twice = (time: number, kind: EventKindName): Arrival[] => [0, 1].map((ms) => ({ received: time + ms, event: event(1, time + ms, kind, 0) }))
    await play([putSites(T0, [gate]), ...entriesOf([...twice(at(1), 'BEAM_BLOCKED'), ...twice(at(5), 'BEAM_CLEARED')], at(7))])
    expect(of(steps, 'beam-blocked')).toEqual([
      `${(3 * MINUTE + SECOND) / MINUTE} beam-blocked raised`,
      '5 beam-blocked condition-gone',
      '5 beam-blocked closed',
    ])
    await machine.stop()
  })

  it('lesson: the newest is not the last received: any order of arrival between two ticks ends the same', async () => {
    const event = device()
    const story: TestEvent[] = [
      event(1, at(0.1), 'PASSAGE_IN'),
      ...Array.from({ length: 5 }, (_, n) => [event(1, at(0.5 + n), 'DOOR_OPENED', 0), event(1, at(0.6 + n), 'DOOR_CLOSED', 0)]).flat(),
      event(1, at(7), 'BEAM_BLOCKED', 0),
      event(1, at(8), 'BEAM_CLEARED', 0),
      event(1, at(9), 'BEAM_BLOCKED', 0),
      ...Array.from({ length: 20 }, (_, n) => event(1, at(10) + n * SECOND, n % 2 === 0 ? 'TAMPERED' : 'TAMPER_RESTORED', n % 2 === 0 ? 1 : 0)),
      ...Array.from({ length: 40 }, (_, n) => event(1, at(12) + n * SECOND, 'TEMPERATURE', 35_000 + n)),
    ]
    const { building: figures } = POLICY_DEFAULT.kinds
    const policy = { ...POLICY_DEFAULT, kinds: { ...POLICY_DEFAULT.kinds, building: { ...figures, flapEventsMin: 15, thermalDriftMilliC: 700 } } }
    const rand = random(20_261_124)
    const told: string[][] = []
    for (let order = 0; order < 12; order += 1) {
      const { machine, steps, play } = await startPlayed({ policy })
      const shuffled =
        order === 0
          ? story
          : story
              .map((one) => ({ one, key: rand() }))
              .toSorted((a, b) => a.key - b.key)
              .map(({ one }) => one)
      const arrivals = shuffled.map((one, n) => ({ received: at(15) + n, event: one }))
      await play([putSites(T0, [building]), ...entriesOf(arrivals, at(45))])
      // How often a removal is repeated is of its order of arrival; what is not a check is not compared.
      const checks = new Set(['passage-door-shut', 'door-without-passage', 'flapping', 'beam-blocked', 'thermal-drift'])
      told.push(brief(steps).filter((text) => checks.has(text.split(' ')[1] as string)))
      await machine.stop()
    }
    expect(new Set(told[0]?.map((text) => text.split(' ')[1]))).toEqual(new Set(['door-without-passage', 'flapping', 'beam-blocked', 'thermal-drift']))
    for (const other of told) expect(other).toEqual(told[0])
  }, 60_000)

  it('lesson: one bad clock hurts its own seal only, and does not silence it', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const other = device()
    // Door 1 has a clock of next year: ingest gives its events the time received. Door 2 is as any door.
    const wrong = (time: number, kind: EventKindName): Arrival => ({ received: time, event: { ...event(1, time, kind, 0), device: time + 365 * DAY } })
    const right = (time: number, kind: EventKindName): Arrival => ({ received: time, event: other(2, time, kind, 0) })
    await play([
      putSites(T0, [siteSpec(4, { headcount: 0, seals: [seal(1), seal(2)] })]),
      ...entriesOf([wrong(at(1), 'BEAM_BLOCKED'), right(at(2), 'BEAM_BLOCKED'), wrong(at(6), 'BEAM_CLEARED'), right(at(7), 'BEAM_CLEARED')], at(8)),
    ])
    const gone = of(steps, 'beam-blocked').map((text) => text.replace(' beam-blocked', ''))
    expect(gone).toEqual(['3 raised', '4 raised', '6 condition-gone', '6 closed', '7 condition-gone', '7 closed'])
    await machine.stop()
  })

  it('lesson: a seal that comes back with all that it stored, newest first, has lost nothing', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const beat = (minute: number): TestEvent => event(1, at(minute), 'HEARTBEAT')
    // No link from minute 20 to minute 80; then a thousand numbers, newest first, within a second; no instant sees a gap that is one.
    const beats = Array.from({ length: 300 }, (_, minute) => beat(minute + 1))
    const live = beats.filter((_, n) => n < 20 || n >= 80).map((one) => ({ received: one.time, event: one }))
    const stored = beats.filter((_, n) => n >= 20 && n < 80).map((one) => ({ received: at(81.2) - Math.round((one.time - T0) / MINUTE), event: one }))
    await play([putSites(T0, [gate]), ...entriesOf([...live, ...stored], at(300))])
    expect(of(steps, 'sequence-gap')).toEqual([])
    await machine.stop()
  })
})

describe('a site that takes another area', () => {
  it('hears a late closing of before: the door closes under the new key, its alarm ends, rows keep the old key', async () => {
    const { machine, steps, rows, play } = await startPlayed()
    const event = device()
    await play([
      putSites(T0, [building]),
      ...entriesOf([{ received: at(0.5), event: event(1, at(0.5), 'DOOR_OPENED', 0) }], at(1)),
      putSites(at(1), [{ ...building, area: 'elsewhere' }]),
      ...ticks(at(1), at(2)),
      putSites(at(2), [{ ...building, area: 'further' }]),
      ...ticks(at(2), at(6)),
    ])
    expect(of(steps, 'door-held-open')).toEqual([`5.5 door-held-open raised`])
    expect(machine.siteState('s-3')).toMatchObject({ door: 'open' })
    await play([eventsEntry(at(6), [event(1, at(0.9), 'DOOR_CLOSED', 0), event(1, at(0.95), 'PASSAGE_IN', 2)]), ...ticks(at(6), at(7))])
    expect(machine.siteState('s-3')).toMatchObject({ door: 'closed', raw: 2 })
    expect(of(steps, 'door-held-open').at(-1)).toBe('6 door-held-open closed')
    expect(rows('events').map((row) => row['site_key'])).toEqual([1, 1, 1])
    expect(rows('occupancy').map((row) => row['site_key'])).toEqual([1])
    await machine.stop()
  })

  it('keeps what its checks know: a passage behind a shut door of before counts after', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const arrivals = (['DOOR_CLOSED', 'PASSAGE_IN'] as const).map((kind, n) => ({ received: at(1 + n), event: event(1, at(1 + n), kind) }))
    await play([putSites(T0, [building]), ...entriesOf(arrivals, at(4)), putSites(at(4), [{ ...building, area: 'elsewhere' }]), ...ticks(at(4), at(20))])
    expect(of(steps, 'passage-door-shut')).toEqual(['14 passage-door-shut raised'])
    await machine.stop()
  })

  it('goes on looking for lost events', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const beats = Array.from({ length: 130 }, (_, minute) => {
      const one = event(1, at(minute + 0.1), 'HEARTBEAT')
      // Twenty lost between minute 45 and 46.
      return { received: one.time, event: { ...one, watch: minute < 50 ? 1 : 2, seq: one.seq + (minute > 45 ? 20 : 0) } }
    })
    const [before, after] = [beats.slice(0, 50), beats.slice(50)]
    await play([
      putSites(T0, [gate]),
      ...entriesOf(before, at(50)),
      putSites(at(50), [{ ...gate, area: 'elsewhere' }]),
      ...entriesOf(after, at(130)).filter((_, n) => n >= 3000),
    ])
    expect(of(steps, 'sequence-gap')).toEqual([
      `${(90 * MINUTE + SECOND) / MINUTE} sequence-gap raised`,
      `${(120 * MINUTE + SECOND) / MINUTE} sequence-gap condition-gone`,
      `${(120 * MINUTE + SECOND) / MINUTE} sequence-gap closed`,
    ])
    await machine.stop()
  })
})

describe('a watch that is not in force', () => {
  it('ends what its checks told; observed again, it tells what still holds, and counts lost events anew', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    const home = siteSpec(1, { observation: { from: T0 - SECOND, until: T0 + 30 * DAY } })
    await play([
      putSites(T0, [home]),
      ...entriesOf([{ received: at(1), event: event(1, at(1), 'BEAM_BLOCKED', 0) }], at(5)),
      registry(at(5), { op: 'end-observation', by: ADMIN, site: 's-1', until: null }),
      ...ticks(at(5), at(10)),
      putSites(at(10), [home]),
      ...ticks(at(10), at(12)),
    ])
    expect(of(steps, 'beam-blocked').map((text) => text.replace(' beam-blocked', ''))).toEqual([
      '3 raised',
      '5 cleared',
      '5 closed',
      `${(10 * MINUTE + SECOND) / MINUTE} raised`,
    ])
    await machine.stop()
  })

  it('of a seal that moved away: what the old door told ends, the new one knows nothing of it', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = device()
    await play([
      putSites(T0, [gate, siteSpec(9, { headcount: 0, seals: [] })]),
      ...entriesOf([{ received: at(1), event: event(1, at(1), 'BEAM_BLOCKED', 0) }], at(4)),
      putSites(at(4), [siteSpec(9, { headcount: 0, seals: [seal(1)] })]),
      ...ticks(at(4), at(10)),
    ])
    expect(of(steps, 'beam-blocked')).toEqual(['3 beam-blocked raised', '4 beam-blocked condition-gone', '4 beam-blocked closed'])
    await machine.stop()
  })
})
