import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryHeader } from '../../core/entry.ts'
import type { EventKindName } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { PolicyDocument, PolicyRule } from '../../core/policy-document.ts'
import type { AlarmStep } from '../../core/rows.ts'
import type { MachineOptions } from '../../core/thread/machine-run.ts'
import type { Position } from '../../core/ids.ts'
import { ADMIN, eventsEntry, putSites, registry, tick, type TestEvent } from './entries.ts'
import { type Played, startPlayed } from './played.ts'
import { createHeard, createPool, feed, makeHistory, siteSpec, startTestMachine, T0 } from './thread/history.ts'

// A policy holds from its entry on: what stands meanwhile is judged anew at the next tick, and a restart keeps it.

const SECOND = 1000
const MINUTE = 60 * SECOND
const policy = (received: number, rules: readonly PolicyRule[], more: Partial<PolicyDocument> & { readonly expected?: number } = {}): Uint8Array => {
  const { expected = null, ...document } = more
  return registry(received, { op: 'put-policy', by: ADMIN, document: { ...document, rules }, expected })
}
const ticks = (from: number, to: number): Uint8Array[] => Array.from({ length: Math.floor((to - from) / SECOND) }, (_, n) => tick(from + (n + 1) * SECOND))
const brief = (steps: readonly AlarmStep[]): string[] => steps.map(({ received, kind, step }) => `${(received - T0) / SECOND} ${kind} ${step}`)
const seal = { id: '0000000000000001', from: null, until: null }
/** s-3, a building, and its one door. */
const building = siteSpec(3, { seals: [seal] })
const counter = (): ((at: number, kind: EventKindName, value?: number) => Uint8Array) => {
  let seq = 0
  return (at, kind, value = 0) => eventsEntry(at, [{ watch: 1, time: at, boot: 1, seq: (seq += 1), kind, value } satisfies TestEvent])
}
/** Heartbeats a minute, so that nothing goes offline. */
const quiet = (event: ReturnType<typeof counter>, from: number, to: number): Uint8Array[] =>
  ticks(from, to).flatMap((entry, n) => (n % 60 === 59 ? [event(from + (n + 1) * SECOND, 'HEARTBEAT', 3500), entry] : [entry]))

let played: Played
const play = (entries: readonly Uint8Array[]): Promise<void> => played.play(entries)
const resultOf = (position: number): unknown => played.machine.resultOf(position as Position)
const start = async (over: Partial<MachineOptions> = {}): Promise<ReturnType<typeof counter>> => {
  played = await startPlayed(over)
  return counter()
}
const forBuildings = (set: PolicyRule['set']): PolicyRule => ({ for: { kind: 'building' }, set })

describe('a door that stands open', () => {
  it('is told at the next tick where the limit is shortened below what it stood', async () => {
    const event = await start()
    await play([putSites(T0, [building]), event(T0 + SECOND, 'DOOR_OPENED'), ...quiet(event, T0 + SECOND, T0 + 100 * SECOND)])
    expect(brief(played.steps)).toEqual([])
    await play([policy(T0 + 100 * SECOND, [forBuildings({ doorHeldOpenMs: 60_000 })])])
    expect(brief(played.steps)).toEqual([])
    await play(quiet(event, T0 + 100 * SECOND, T0 + 110 * SECOND))
    expect(brief(played.steps)).toEqual(['101 door-held-open raised'])
    expect(played.steps[0]?.time).toBe(T0 + 61 * SECOND)
    await played.machine.stop()
  })
  it('waits for the shortened limit where it has not stood so long, and for the longer one where it is lengthened', async () => {
    const event = await start()
    await play([putSites(T0, [building]), event(T0, 'DOOR_OPENED'), ...quiet(event, T0, T0 + 10 * SECOND)])
    await play([policy(T0 + 10 * SECOND, [forBuildings({ doorHeldOpenMs: 30_000 })]), ...quiet(event, T0 + 10 * SECOND, T0 + 20 * SECOND)])
    expect(brief(played.steps)).toEqual([])
    await play([policy(T0 + 20 * SECOND, [forBuildings({ doorHeldOpenMs: 400_000 })]), ...quiet(event, T0 + 20 * SECOND, T0 + 402 * SECOND)])
    expect(brief(played.steps)).toEqual(['400 door-held-open raised'])
    await played.machine.stop()
  })
  it('is no alarm any more where the rule is switched off, or made longer; and is one again where it is switched on', async () => {
    const event = await start()
    await play([putSites(T0, [building]), event(T0, 'DOOR_OPENED'), ...quiet(event, T0, T0 + 301 * SECOND)])
    await play([policy(T0 + 310 * SECOND, [forBuildings({ doorHeldOpenMs: null })]), ...quiet(event, T0 + 310 * SECOND, T0 + 320 * SECOND)])
    await play([policy(T0 + 400 * SECOND, [forBuildings({ doorHeldOpenMs: 500_000 })]), ...quiet(event, T0 + 400 * SECOND, T0 + 501 * SECOND)])
    expect(brief(played.steps)).toEqual([
      '300 door-held-open raised',
      '311 door-held-open condition-gone',
      '311 door-held-open closed',
      '500 door-held-open raised',
    ])
    await played.machine.stop()
  })
  it('of another area or kind keeps its limit', async () => {
    const event = await start()
    await play([putSites(T0, [building]), event(T0, 'DOOR_OPENED'), ...quiet(event, T0, T0 + 10 * SECOND)])
    const rules: PolicyRule[] = [
      { for: { kind: 'gate' }, set: { doorHeldOpenMs: 20_000 } },
      { for: { area: 'city/d1' }, set: { doorHeldOpenMs: 20_000 } },
      { for: { site: 's-4' }, set: { doorHeldOpenMs: 20_000 } },
    ]
    await play([policy(T0 + 10 * SECOND, rules), ...quiet(event, T0 + 10 * SECOND, T0 + 200 * SECOND)])
    expect(brief(played.steps)).toEqual([])
    expect(resultOf(13)).toEqual({ kind: 'policy', version: 2, changed: true, sites: 0 })
    await play([putSites(T0 + 200 * SECOND, [{ ...building, area: 'city/d1/x' }]), ...quiet(event, T0 + 200 * SECOND, T0 + 202 * SECOND)])
    expect(brief(played.steps)).toEqual(['201 door-held-open raised'])
    await played.machine.stop()
  })
})

describe('other rules', () => {
  it('offline: a longer limit ends it, a shorter one begins it', async () => {
    const event = await start()
    await play([putSites(T0, [building]), event(T0, 'HEARTBEAT', 3500), ...ticks(T0, T0 + 181 * SECOND)])
    expect(played.machine.fleet().sealsOnline).toBe(0)
    await play([policy(T0 + 190 * SECOND, [forBuildings({ heartbeatsMissedMax: 5 })]), ...ticks(T0 + 190 * SECOND, T0 + 195 * SECOND)])
    expect(played.machine.fleet().sealsOnline).toBe(1)
    await play([policy(T0 + 200 * SECOND, [forBuildings({ heartbeatMs: 1000 })]), ...ticks(T0 + 200 * SECOND, T0 + 205 * SECOND)])
    expect(brief(played.steps).filter((step) => !step.endsWith('condition-gone'))).toEqual([
      '180 offline raised',
      '191 offline closed',
      '201 offline condition-back',
    ])
    await played.machine.stop()
  })
  it('headcount: a side that is no longer watched ends at the entry; a shorter grace is over at the next tick', async () => {
    const event = await start()
    const site = siteSpec(3, { seals: [seal], headcount: 2 })
    const rule = forBuildings({ headcountSigmas: 0, quietMinute: null })
    await play([policy(T0, [rule]), putSites(T0, [site]), event(T0, 'PASSAGE_IN', 5), ...quiet(event, T0, T0 + 100 * SECOND)])
    await play([policy(T0 + 100 * SECOND, [rule, forBuildings({ headcountGraceMs: 60_000 })]), ...quiet(event, T0 + 100 * SECOND, T0 + 105 * SECOND)])
    await play([policy(T0 + 110 * SECOND, [rule, forBuildings({ headcountOver: false })]), ...quiet(event, T0 + 110 * SECOND, T0 + 112 * SECOND)])
    expect(brief(played.steps)).toEqual(['101 headcount-over raised', '110 headcount-over condition-gone', '110 headcount-over closed'])
    await played.machine.stop()
  })
  it('a kind that is off is cleared at once and told again where it still holds when it is on again', async () => {
    const event = await start()
    const off = forBuildings({ severity: { tamper: 'off' } })
    await play([putSites(T0, [building]), event(T0, 'TAMPERED', 1), ...quiet(event, T0, T0 + 10 * SECOND)])
    await play([policy(T0 + 10 * SECOND, [off]), event(T0 + 11 * SECOND, 'TAMPERED', 2), ...quiet(event, T0 + 11 * SECOND, T0 + 20 * SECOND)])
    expect(brief(played.steps)).toEqual(['0 tamper raised', '10 tamper cleared', '10 tamper closed'])
    await play([policy(T0 + 20 * SECOND, []), ...quiet(event, T0 + 20 * SECOND, T0 + 22 * SECOND)])
    expect(brief(played.steps).slice(3)).toEqual(['21 tamper raised'])
    await played.machine.stop()
  })
  it('checks: one that is switched off ends at the next tick, one that is switched on begins', async () => {
    const event = await start()
    const site = siteSpec(3, { seals: [seal], headcount: -1, capacity: 10 })
    const flaps = Array.from({ length: 40 }, (_, n) => event(T0 + n * 100, n % 2 === 0 ? 'DOOR_OPENED' : 'DOOR_CLOSED'))
    await play([putSites(T0, [site]), ...flaps, event(T0 + 4 * SECOND, 'PASSAGE_IN', 8), ...ticks(T0 + 4 * SECOND, T0 + 10 * SECOND)])
    await play([
      policy(T0 + 10 * SECOND, [forBuildings({ flapEventsMin: null, capacityWarnShare: 0.8, capacityClearShare: 0.5 })]),
      ...ticks(T0 + 10 * SECOND, T0 + 12 * SECOND),
    ])
    await play([policy(T0 + 20 * SECOND, [forBuildings({ capacityWarnShare: 0.95 })]), ...ticks(T0 + 20 * SECOND, T0 + 22 * SECOND)])
    expect(brief(played.steps)).toEqual([
      '5 flapping raised',
      '11 capacity-over raised',
      '11 flapping condition-gone',
      '11 flapping closed',
      '21 capacity-over condition-gone',
      '21 capacity-over closed',
      '21 flapping condition-back',
    ])
    await played.machine.stop()
  })
  it('opening hours: a site that is closed from now on is closed for the doors that stand open', async () => {
    const event = await start()
    // T0 is 08:00 local time of a Tuesday.
    const closes = (minute: number): PolicyRule =>
      forBuildings({ doorHeldOpenMs: null, closingGraceMs: 0, schedule: [[0, 1440], [0, minute], null, null, null, null, null] })
    await play([policy(T0, [closes(1440)]), putSites(T0, [building]), event(T0, 'DOOR_OPENED'), ...quiet(event, T0, T0 + 130 * SECOND)])
    expect(brief(played.steps)).toEqual([])
    await play([policy(T0 + 130 * SECOND, [closes(481)]), ...quiet(event, T0 + 130 * SECOND, T0 + 135 * SECOND)])
    await play([policy(T0 + 140 * SECOND, [closes(481)], { utcOffsetMinutes: 420 }), ...quiet(event, T0 + 140 * SECOND, T0 + 142 * SECOND)])
    expect(brief(played.steps)).toEqual(['131 left-open-at-closing raised', '141 left-open-at-closing condition-gone', '141 left-open-at-closing closed'])
    await played.machine.stop()
  })
  it('a change of the offset from UTC concerns every site', async () => {
    await start()
    await play([putSites(T0, [siteSpec(1), siteSpec(3), siteSpec(4)]), policy(T0, [], { utcOffsetMinutes: 0 })])
    expect(resultOf(2)).toEqual({ kind: 'policy', version: 2, changed: true, sites: 3 })
    await play([policy(T0, [], { utcOffsetMinutes: 0, holidays: ['2026-10-01'] })])
    expect(resultOf(3)).toEqual({ kind: 'policy', version: 3, changed: true, sites: 3 })
    await played.machine.stop()
  })
})

describe('versions', () => {
  const rules = [forBuildings({ doorHeldOpenMs: 60_000 })]
  it('the same document makes none; one made from another version than that in force is refused', async () => {
    await start()
    await play([putSites(T0, [building]), policy(T0, rules, { expected: 1 }), policy(T0, structuredClone(rules)), policy(T0, [], { expected: 1 })])
    expect([2, 3, 4].map(resultOf)).toEqual([
      { kind: 'policy', version: 2, changed: true, sites: 1 },
      { kind: 'policy', version: 2, changed: false, sites: 0 },
      { kind: 'refused', status: 412, detail: 'version 2 is in force, not 1: somebody else changed the policy meanwhile' },
    ])
    expect(played.machine.policyVersions()).toEqual([
      { version: 1, time: 0, by: 'built in' },
      { version: 2, time: T0, by: 'admin' },
    ])
    await played.machine.stop()
  })
  it('it takes a token of all areas', async () => {
    await start()
    await play([registry(T0, { op: 'put-policy', by: { ...ADMIN, areas: ['city'] }, document: { rules }, expected: null })])
    expect(resultOf(1)).toMatchObject({ kind: 'refused', status: 403 })
    expect(played.machine.policy().version).toBe(1)
    await played.machine.stop()
  })
  it('a restart keeps the policy, its versions, and what it means for sites to come', async () => {
    const event = await start()
    const sites = [building, siteSpec(2), siteSpec(8)]
    await play([policy(T0, rules), putSites(T0, sites), policy(T0, [...rules, { for: { site: 's-8' }, set: { doorHeldOpenMs: 5000 } }])])
    await play([event(T0, 'DOOR_OPENED'), ...quiet(event, T0, T0 + 30 * SECOND)])
    const { position, parts } = await played.machine.snapshot()
    const before = played.machine
    const figures = [1, 2, 3].map(before.policyOf)
    await before.stop()
    played = await startPlayed({ parts, position, shardCount: 3 })
    expect([1, 2, 3].map(played.machine.policyOf)).toEqual(figures)
    expect(figures.map(({ doorHeldOpenMs }) => doorHeldOpenMs)).toEqual([60_000, 120_000, 5000])
    expect(played.machine.policy()).toEqual(before.policy())
    expect(played.machine.policyVersions()).toHaveLength(3)
    await play([putSites(T0 + 30 * SECOND, [siteSpec(13)]), ...quiet(event, T0 + 30 * SECOND, T0 + 61 * SECOND)])
    expect(played.machine.policyOf(4).doorHeldOpenMs).toBe(60_000)
    expect(brief(played.steps)).toEqual(['60 door-held-open raised'])
    await played.machine.stop()
  })
  it('rules that name a site go when its data does', async () => {
    await start()
    const home = siteSpec(1, { observation: { from: T0 - SECOND, until: T0 + MINUTE } })
    await play([putSites(T0, [home]), policy(T0, [...rules, { for: { site: 's-1' }, set: { doorHeldOpenMs: 5000 } }])])
    await play([tick(T0 + MINUTE), tick(T0 + MINUTE + POLICY_DEFAULT.residenceRetentionMs)])
    expect(played.machine.policy()).toMatchObject({ version: 2, document: { rules } })
    expect(JSON.stringify(played.machine.policy())).not.toContain('s-1')
    await played.machine.stop()
  })
})

describe('determinism', () => {
  const RULES: readonly (readonly PolicyRule[])[] = [
    [{ for: {}, set: { doorHeldOpenMs: 10_000, headcountGraceMs: 30_000, heartbeatsMissedMax: 1 } }],
    [
      { for: { area: 'city/d1' }, set: { doorHeldOpenMs: null, severity: { tamper: 'off', 'headcount-over': 'off', offline: 'off' } } },
      forBuildings({ permitNeeded: true }),
    ],
    [],
    [
      { for: { area: 'city/d1/b1' }, set: { doorHeldOpenMs: 2000 } },
      { for: { site: 's-7' }, set: { feverMilliC: 30_000 } },
      { for: {}, set: { batteryLowMv: 3550, batteryOkMv: 3600 } },
    ],
  ]
  const history = makeHistory(7, { sites: 300, minutes: 10, perSecond: 20 })
  const every = Math.floor(history.length / 9)
  const entries = history.flatMap((bytes, at) =>
    at % every === every - 1 ? [bytes, policy(entryHeader(bytes).received, RULES[Math.floor(at / every) % RULES.length] ?? [])] : [bytes],
  )
  let pool: ReturnType<typeof createPool>
  beforeAll(() => void (pool = createPool(2)))
  afterAll(() => pool.close())

  it('a history with changes of policy says the same in one go, on two threads, and in pieces from snapshots', async () => {
    const runs = [
      { threads: 1, piece: entries.length },
      { threads: 2, piece: 700 },
      { threads: 1, shardCount: 1, piece: 13 },
    ].map(async ({ piece, ...over }) => {
      const heard = createHeard()
      const machine = await startTestMachine(pool.run, over)
      machine.onRound(heard.listen)
      for (let at = 0; at < entries.length; at += piece) await feed(machine, entries, at, Math.min(entries.length, at + piece))
      await machine.stop()
      return heard
    })
    const [whole, ...others] = await Promise.all(runs)
    expect(whole?.steps.filter((step) => step.includes('the policy silences it')).length).toBeGreaterThan(10)
    for (const other of others) expect(other.hash()).toBe(whole?.hash())
    const heard = createHeard()
    let machine = await startTestMachine(pool.run)
    machine.onRound(heard.listen)
    const cuts = [0, every + 2, 3 * every, 4 * every + 40, entries.length]
    for (let piece = 1; piece < cuts.length; piece += 1) {
      await feed(machine, entries, cuts[piece - 1] as number, cuts[piece] as number)
      const { position, parts } = await machine.snapshot()
      await machine.stop()
      machine = await startTestMachine(pool.run, { parts, position, shardCount: [5, 16, 1, 3][piece - 1] as number })
      machine.onRound(heard.listen)
    }
    await machine.stop()
    expect(heard.hash()).toBe(whole?.hash())
  }, 120_000)
})
