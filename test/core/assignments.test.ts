import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventKindName } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { AlarmStep } from '../../core/rows.ts'
import { TIMERS, WATCH_STATE } from '../../core/state.ts'
import { attachTable } from '../../core/table.ts'
import { workEntry } from '../../core/thread/body.ts'
import { stampReceived } from '../../core/entry.ts'
import { ADMIN, eventsEntry, extent, putPermit, putSites, registry, tick, type TestEvent } from './entries.ts'
import { startPlayed } from './played.ts'
import { createPool, feed, siteSpec, startTestMachine, T0 } from './thread/history.ts'

// Seals that move, sites that are renamed, end and are erased, in the middle of events; and what must hold of alarms through all of it.

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 1440 * MINUTE
const ticks = (from: number, to: number): Uint8Array[] => Array.from({ length: Math.floor((to - from) / SECOND) }, (_, n) => tick(from + (n + 1) * SECOND))
const counter = (): ((watch: number, time: number, kind: EventKindName, value?: number) => TestEvent) => {
  let seq = 0
  return (watch, time, kind, value = 0) => ({ watch, time, boot: 1, seq: (seq += 1), kind, value })
}
const seal = (n: number): { id: string; from: null; until: null } => ({ id: n.toString(16).padStart(16, '0'), from: null, until: null })
const acknowledged = (received: number, id: string): Uint8Array => {
  const bytes = workEntry({ op: 'acknowledge', id, by: ADMIN, note: '' })
  stampReceived(bytes, received)
  return bytes
}
const brief = (steps: readonly AlarmStep[]): string[] => steps.map(({ received, kind, site, step }) => `${(received - T0) / SECOND} ${kind} ${site} ${step}`)

describe('an assignment', () => {
  it('that moved to another site: the old watch raises nothing, a late event counts for the old site and shows the seal alive', async () => {
    const { machine, steps, rows, play } = await startPlayed()
    const event = counter()
    // Seal 1 watches s-3, a building; at minute 1 it moves to s-8, another.
    await play([
      putSites(T0, [siteSpec(3, { seals: [seal(1)] }), siteSpec(8, { seals: [] })]),
      eventsEntry(T0 + SECOND, [event(1, T0 + SECOND, 'DOOR_OPENED')]),
      ...ticks(T0 + SECOND, T0 + MINUTE),
    ])
    await play([putSites(T0 + MINUTE, [siteSpec(8, { seals: [seal(1)] })]), ...ticks(T0 + MINUTE, T0 + 3 * MINUTE)])
    // Back-fill of the old assignment, two minutes after the move, and again: its own door may be open for ever.
    await play([
      eventsEntry(T0 + 3 * MINUTE, [event(1, T0 + 30 * SECOND, 'PASSAGE_IN', 2), event(1, T0 + 31 * SECOND, 'TAMPERED', 1)]),
      ...ticks(T0 + 3 * MINUTE, T0 + 8 * MINUTE),
    ])
    expect(machine.siteState('s-3')).toMatchObject({ raw: 2 })
    expect(machine.siteState('s-8')).toMatchObject({ raw: 0, online: false })
    expect(rows('events').map((row) => row['site_key'])).toEqual([1, 1, 1])
    // Heard at minute 3, so offline at minute 6, not at minute 4.
    expect(brief(steps)).toEqual(['360 offline s-8 raised'])
    await play([eventsEntry(T0 + 8 * MINUTE, [event(1, T0 + 32 * SECOND, 'HEARTBEAT', 3500)])])
    expect(brief(steps).at(-1)).toBe('480 offline s-8 closed')
    await machine.stop()
  })

  it('whose site takes another area keeps its state: door, offline and what was told go on', async () => {
    const { machine, steps, rows, play } = await startPlayed()
    const event = counter()
    const site = siteSpec(3, { seals: [seal(1)] })
    await play([
      putSites(T0, [site]),
      eventsEntry(T0 + SECOND, [event(1, T0 + SECOND, 'DOOR_OPENED'), event(1, T0 + SECOND, 'PASSAGE_IN', 1), event(1, T0 + SECOND, 'TAMPERED', 1)]),
      ...ticks(T0 + SECOND, T0 + MINUTE),
    ])
    await play([putSites(T0 + MINUTE, [{ ...site, area: 'elsewhere' }]), ...ticks(T0 + MINUTE, T0 + 6 * MINUTE)])
    expect(machine.siteState('s-3')).toMatchObject({ raw: 1, door: 'open', online: false, area: 'elsewhere' })
    await play([
      eventsEntry(T0 + 6 * MINUTE, [event(2, T0 + 6 * MINUTE, 'DOOR_CLOSED'), event(2, T0 + 6 * MINUTE, 'TAMPER_RESTORED')]),
      extent(T0 + 6 * MINUTE),
    ])
    expect(brief(steps)).toEqual([
      '1 tamper s-3 raised',
      '121 tamper s-3 escalated',
      '181 offline s-3 raised',
      '301 door-held-open s-3 raised',
      '360 tamper s-3 condition-gone',
      '360 door-held-open s-3 condition-gone',
      '360 door-held-open s-3 closed',
      '360 offline s-3 condition-gone',
      '360 offline s-3 closed',
    ])
    expect(rows('events').map((row) => row['site_key'])).toEqual([1, 1, 1, 2, 2])
    await machine.stop()
  })

  it('of a site that is observed again is told offline though never heard again, one period from then', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = counter()
    const site = siteSpec(1, { observation: { from: T0 - SECOND, until: T0 + 30 * DAY } })
    await play([
      putSites(T0, [site]),
      eventsEntry(T0 + SECOND, [event(1, T0 + SECOND, 'HEARTBEAT', 3500)]),
      registry(T0 + MINUTE, { op: 'end-observation', by: ADMIN, site: 's-1', until: null }),
    ])
    await play([...ticks(T0 + MINUTE, T0 + 10 * MINUTE), putSites(T0 + 10 * MINUTE, [site]), ...ticks(T0 + 10 * MINUTE, T0 + 15 * MINUTE)])
    expect(brief(steps)).toEqual(['780 offline s-1 raised'])
    await machine.stop()
  })

  it('of an erased site leaves rows of zeroes, and its timers do nothing', async () => {
    const { machine, steps, play } = await startPlayed()
    const event = counter()
    await play([
      putSites(T0, [siteSpec(1, { observation: { from: T0 - SECOND, until: T0 + MINUTE } })]),
      eventsEntry(T0 + SECOND, [event(1, T0 + SECOND, 'DOOR_OPENED'), event(1, T0 + SECOND, 'HEARTBEAT', 2900)]),
    ])
    await play([...ticks(T0 + SECOND, T0 + 5 * MINUTE), tick(T0 + 15 * DAY), tick(T0 + 15 * DAY + SECOND)])
    const { parts } = await machine.snapshot()
    const bytes = parts.get('state-watches') as Uint8Array
    const { columns } = attachTable(WATCH_STATE, 64, new SharedArrayBuffer(bytes.byteLength))
    expect([columns.doorTime.byteLength > 0, bytes.every((byte) => byte === 0)]).toEqual([true, true])
    expect(machine.siteState('s-1')).toBeUndefined()
    expect(brief(steps).filter((text) => Number(text.split(' ')[0]) > 60)).toEqual([])
    expect([...machine.openAlarms()]).toEqual([])
    await machine.stop()
  })
})

describe('any history of a few colliding seals', () => {
  const kind = fc.constantFrom<readonly [EventKindName, number]>(
    ['PASSAGE_IN', 1],
    ['PASSAGE_OUT', 1],
    ['DOOR_OPENED', 0],
    ['DOOR_CLOSED', 0],
    ['TAMPERED', 1],
    ['TAMPER_RESTORED', 0],
    ['HEARTBEAT', 2900],
    ['HEARTBEAT', 3500],
    ['TEMPERATURE', 38_000],
  )
  const event = fc.record({
    seal: fc.integer({ min: 1, max: 3 }),
    kind,
    late: fc.constantFrom(0, 0, 0, 5000, 90_000),
    twice: fc.boolean(),
    wrong: fc.integer({ min: 0, max: 9 }),
  })
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('events' as const), events: fc.array(event, { minLength: 1, maxLength: 6 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 1, 2, 70, 200, 700) }) },
    fc.record({ do: fc.constant('move' as const), seal: fc.integer({ min: 1, max: 3 }), site: fc.constantFrom(1, 2, 3) }),
    fc.record({ do: fc.constant('rename' as const), site: fc.constantFrom(1, 2, 3), area: fc.constantFrom('x', 'y') }),
    fc.record({ do: fc.constant('end' as const), site: fc.constantFrom(1, 2) }),
    fc.record({ do: fc.constant('permit' as const), site: fc.constantFrom(1, 2) }),
    fc.record({ do: fc.constant('acknowledge' as const) }),
    fc.record({ do: fc.constant('restart' as const) }),
  )

  it('never has two alarms open under one key, tells offline in time and ends it with the next event', async () => {
    let raised = 0
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), async (actions) => {
        let played = await startPlayed()
        const all: AlarmStep[] = []
        let position = 0
        let now = T0
        const specs = new Map([1, 2, 3].map((n) => [n, siteSpec(n, { area: 'x', observation: n < 3 ? { from: T0 - SECOND, until: T0 + 30 * DAY } : null })]))
        const seqs = [0, 0, 0, 0]
        const play = async (entries: readonly Uint8Array[]): Promise<void> => {
          await played.play(entries)
          position += entries.length
        }
        const watchOf = (n: number): number => {
          const directory = played.machine.directory()
          const { from, until, previous } = directory.watches.columns
          let watch = directory.seals.columns.head[n] as number
          while (watch !== 0 && !(now >= (from[watch] as number) && now < (until[watch] as number))) watch = previous[watch] as number
          return watch === 0 ? (directory.seals.columns.head[n] as number) : watch
        }
        await play([putSites(T0, [...specs.values()])])
        for (const step of actions) {
          now += 7
          if (step.do === 'wait') {
            const entries = ticks(now, now + step.seconds * SECOND)
            now += step.seconds * SECOND
            await play(entries)
          } else if (step.do === 'events') {
            const events = step.events.flatMap(({ seal: n, kind: [name, value], late, twice, wrong }): TestEvent[] => {
              const one = {
                watch: watchOf(n),
                time: now - late,
                boot: 1,
                seq: (seqs[n] = (seqs[n] as number) + 1),
                kind: name,
                value,
                ...(wrong === 0 ? { device: 0 } : {}),
              }
              // Two triggers in one millisecond.
              return twice ? [one, { ...one, seq: (seqs[n] = seqs[n] + 1) }] : [one]
            })
            await play([eventsEntry(now, events)])
          } else if (step.do === 'move') {
            for (const [n, spec] of specs)
              specs.set(n, { ...spec, seals: [...spec.seals.filter(({ id }) => id !== seal(step.seal).id), ...(n === step.site ? [seal(step.seal)] : [])] })
            await play([putSites(now, [specs.get(step.site) as Parameters<typeof putSites>[1][number]])])
          } else if (step.do === 'rename') {
            specs.set(step.site, { ...(specs.get(step.site) as Parameters<typeof putSites>[1][number]), area: step.area })
            await play([putSites(now, [specs.get(step.site) as Parameters<typeof putSites>[1][number]])])
          } else if (step.do === 'end') await play([registry(now, { op: 'end-observation', by: ADMIN, site: `s-${step.site}`, until: null })])
          else if (step.do === 'permit')
            await play([putPermit(now, { site: `s-${step.site}`, from: now, until: now + 5 * MINUTE, openings: 1, reason: 'visit' })])
          else if (step.do === 'acknowledge') {
            const [first] = [...played.machine.openAlarms()]
            if (first !== undefined) await play([acknowledged(now, first.id)])
          } else {
            const { position: at, parts } = await played.machine.snapshot()
            await played.machine.stop()
            all.push(...played.steps)
            played = await startPlayed({ parts, position: at, shardCount: 1 + (position % 5) })
          }
          // What the seals of live sites should be, from what the machine shows.
          for (const spec of specs.values()) {
            for (const one of played.machine.siteState(spec.site)?.seals ?? []) {
              const alarms = [...played.machine.openAlarms()].filter((alarm) => alarm.kind === 'offline' && alarm.seal === one.seal)
              expect(alarms.length).toBeLessThanOrEqual(1)
              if (one.online) expect(alarms).toEqual([])
              if (step.do === 'wait' && one.lastHeard > 0 && now - one.lastHeard > 3 * MINUTE + 5 * SECOND)
                expect(alarms.length, `offline of ${one.seal}`).toBe(1)
            }
          }
        }
        all.push(...played.steps)
        const open = new Map<string, string>()
        for (const { kind: name, seal: about, site, step, id } of all) {
          const key = name === 'fever' ? `${name} ${id}` : about === '' ? `${name} ${site}` : `${name} ${about}`
          if (step === 'raised' || (step === 'condition-back' && !open.has(key))) {
            expect(open.get(key), key).toBeUndefined()
            open.set(key, id)
            raised += 1
          } else if (step === 'closed') {
            expect(open.get(key), key).toBe(id)
            open.delete(key)
          } else expect(open.get(key), `${key} ${step}`).toBe(id)
        }
        const keys = [...open.values()].toSorted()
        expect([...played.machine.openAlarms()].map(({ id }) => id).toSorted()).toEqual(keys)
        const ledger = played.machine.ledger()
        expect(ledger.applied + ledger.repeated + ledger.tooOld).toBe(ledger.accepted)
        await played.machine.stop()
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60), seed: Number(process.env['SEED'] ?? 2986) },
    )
    expect(raised).toBeGreaterThan(500)
  }, 60_000)
})

describe("a tick with more timers than the machine's own thread takes", () => {
  let pool: ReturnType<typeof createPool>
  beforeAll(() => {
    pool = createPool(2)
  })
  afterAll(() => pool.close())

  it('says on worker threads what it says here, from tables that were tiny', async () => {
    const COUNT = 21_000
    const specs = Array.from({ length: COUNT }, (_, n) => ({ ...siteSpec(3), site: `s-${n}`, seals: [seal(n + 1)] }))
    // Some were heard later, so that two ticks have work.
    const heard = (from: number, to: number): Uint8Array =>
      eventsEntry(
        T0 + 2000,
        Array.from({ length: Math.floor((to - from) / 50) }, (_, n) => ({
          watch: n * 50 + 1,
          time: T0 + 1500,
          boot: 1,
          seq: 1,
          kind: 'HEARTBEAT' as const,
          value: 3500,
        })),
      )
    const play = async (from: number, to: number, threads: number): Promise<{ said: string[]; capacity: number }> => {
      const machine = await startTestMachine(pool.run, { threads, policy: { ...POLICY_DEFAULT, outageSealsMin: COUNT + 1 } })
      const said: string[] = []
      machine.onRound((round) => {
        for (const { received, kind, seal: about, step } of round.alarmSteps) said.push(`${received} ${kind} ${about} ${step}`)
      })
      const entries = [putSites(T0, specs.slice(from, to)), heard(from, to), ...[1, 179, 180, 181, 182, 183, 400].map((second) => tick(T0 + second * SECOND))]
      await feed(machine, entries, 0, entries.length)
      const { parts } = await machine.snapshot()
      await machine.stop()
      const timers = [...parts].filter(([name]) => name.endsWith('-timers')).map(([, bytes]) => bytes.byteLength / 13)
      return { said: said.toSorted(), capacity: Math.max(...timers) }
    }
    expect(Object.keys(TIMERS)).toEqual(['deadline', 'row', 'type'])
    const whole = await play(0, COUNT, 2)
    // 50 divides the halves, so that the same seals are heard.
    const halves = [await play(0, 10_500, 1), await play(10_500, COUNT, 1)]
    expect(whole.said.length).toBe(COUNT)
    expect(whole.said).toEqual(halves.flatMap(({ said }) => said).toSorted())
    expect(new Set(whole.said.map((text) => text.split(' ')[0])).size).toBe(2)
    expect(whole.capacity).toBeGreaterThan(64)
  }, 60_000)
})
