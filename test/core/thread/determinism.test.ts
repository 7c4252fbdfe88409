import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { MachineOptions } from '../../../core/thread/machine-run.ts'
import { POLICY_QUICK } from './scripts.ts'
import { createHeard, createPool, feed, type Heard, makeHistory, startTestMachine } from './history.ts'

// Same entries, same outputs, byte for byte, however they are cut, restored, spread over threads and shards.

const SEED = 20261124
const entries = makeHistory(SEED, { sites: 600, minutes: 22, perSecond: 40 })
let pool: ReturnType<typeof createPool>
let whole: { readonly hash: string; readonly heard: Heard; readonly ledger: unknown }

const play = async (over: Partial<MachineOptions>, pause: number): Promise<{ hash: string; heard: Heard; ledger: unknown }> => {
  const heard = createHeard()
  const machine = await startTestMachine(pool.run, { policy: POLICY_QUICK, ...over })
  machine.onRound(heard.listen)
  for (let at = 0; at < entries.length; at += pause) await feed(machine, entries, at, Math.min(entries.length, at + pause))
  const ledger = machine.ledger()
  await machine.stop()
  return { hash: heard.hash(), heard, ledger }
}

beforeAll(async () => {
  pool = createPool(2)
  whole = await play({}, entries.length)
}, 60_000)
afterAll(() => pool.close())

describe(`a history of ${entries.length} entries, seed ${SEED}`, () => {
  it('is not empty: rows in every table, alarms of every kind that has a rule', () => {
    for (const table of ['events', 'occupancy', 'traffic_1m', 'traffic_1h', 'area_1h'] as const) expect(whole.heard.rows(table), table).toBeGreaterThan(100)
    const kinds = new Set(whole.heard.steps.map((step) => (JSON.parse(step) as { kind: string }).kind))
    expect([...kinds].toSorted()).toEqual([
      'battery-forecast',
      'beam-blocked',
      'clock-wrong',
      'door-held-open',
      'door-opened',
      'door-without-passage',
      'fever',
      'flapping',
      'headcount-over',
      'headcount-under',
      'left-open-at-closing',
      'low-battery',
      'offline',
      'opened-off-schedule',
      'passage-door-shut',
      'passage-unpermitted',
      'permit-overrun',
      'sequence-gap',
      'tamper',
      'thermal-drift',
      'too-many-openings',
    ])
  })

  it('says the same entry by entry', async () => {
    expect((await play({}, 7)).hash).toBe(whole.hash)
  }, 60_000)

  it('says the same on two threads, and with one shard', async () => {
    const two = await play({ threads: 2 }, 500)
    expect(two.hash).toBe(whole.hash)
    expect(two.ledger).toEqual(whole.ledger)
    expect((await play({ shardCount: 1 }, 500)).hash).toBe(whole.hash)
  }, 60_000)

  it('says the same on worker threads alone, where entries cross shards', async () => {
    // Large entries go to the pool: the same events, ten seconds an entry, differ only in what was received when; so against each other.
    const big = makeHistory(SEED, { sites: 600, minutes: 2, perSecond: 2400 })
    const hashes = await Promise.all(
      [1, 2].map(async (threads) => {
        const heard = createHeard()
        const machine = await startTestMachine(pool.run, { policy: POLICY_QUICK, threads, shardCount: threads === 1 ? 1 : 16 })
        machine.onRound(heard.listen)
        await feed(machine, big, 0, big.length)
        await machine.stop()
        return heard.hash()
      }),
    )
    expect(hashes[0]).toBe(hashes[1])
  }, 120_000)

  it('says the same where rows are stored already, and makes none of them again', async () => {
    const half = await play({ storedBlock: Infinity }, 500)
    for (const table of ['events', 'occupancy', 'traffic_1m', 'traffic_1h', 'area_1h'] as const) expect(half.heard.rows(table), table).toBe(0)
    expect(half.heard.steps).toEqual(whole.heard.steps)
    expect(half.ledger).toEqual(whole.ledger)
  }, 60_000)

  it('says the same in pieces, each from a snapshot, with other numbers of shards', async () => {
    const heard = createHeard()
    let machine = await startTestMachine(pool.run, { policy: POLICY_QUICK })
    machine.onRound(heard.listen)
    const cuts = [0, 1, 333, 1000, 2048, entries.length]
    for (let piece = 1; piece < cuts.length; piece += 1) {
      await feed(machine, entries, cuts[piece - 1] as number, cuts[piece] as number)
      const { position, parts } = await machine.snapshot()
      expect(position).toBe(cuts[piece])
      await machine.stop()
      machine = await startTestMachine(pool.run, { policy: POLICY_QUICK, parts, position: position, shardCount: [16, 5, 1, 16, 3][piece - 1] as number })
      machine.onRound(heard.listen)
    }
    expect(machine.ledger()).toEqual(whole.ledger)
    expect(heard.hash()).toBe(whole.hash)
  }, 60_000)
})
