import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Round } from '../../../core/thread/machine.ts'
import { eventsEntry, extent, putSites, tick } from '../entries.ts'
import { createHeard, createPool, feed, siteSpec, startTestMachine } from './history.ts'

// No block crosses a month of `received`, whatever the entries of the log say of extents, and however rounds are cut.

const MONTH = Date.UTC(2026, 11, 1)
let pool: ReturnType<typeof createPool>
beforeAll(() => {
  pool = createPool(1)
})
afterAll(() => pool.close())

const site = { ...siteSpec(3), observation: null }
const event = (received: number, seq: number): Uint8Array => eventsEntry(received, [{ watch: 1, time: received, boot: 1, seq, kind: 'PASSAGE_IN', value: 1 }])
/** Positions 1 … 8: the month changes before 5 with rows open, and again before 8, where the extent has just ended. */
const entries = [
  putSites(MONTH - 5000, [site]),
  event(MONTH - 4000, 1),
  tick(MONTH - 3000),
  event(MONTH - 1, 2),
  event(MONTH, 3),
  tick(MONTH + 1000),
  extent(MONTH + 31 * 86_400_000 - 1),
  event(MONTH + 31 * 86_400_000, 4),
  extent(MONTH + 31 * 86_400_000 + 1),
]

const play = async (pause: number): Promise<{ readonly rounds: Round[]; readonly hash: string }> => {
  const machine = await startTestMachine(pool.run)
  const heard = createHeard()
  const rounds: Round[] = []
  machine.onRound(heard.listen)
  machine.onRound((round) => void rounds.push(round))
  for (let at = 0; at < entries.length; at += pause) await feed(machine, entries, at, Math.min(entries.length, at + pause))
  await machine.stop()
  return { rounds, hash: heard.hash() }
}

it('an extent ends where the month does, numbered by the last entry before', async () => {
  const { rounds } = await play(entries.length)
  const months = new Map<number, Set<string>>()
  for (const { block, received, chunks } of rounds)
    if (chunks.length > 0) months.set(block, (months.get(block) ?? new Set()).add(new Date(received).toISOString().slice(0, 7)))
  expect([...months].map(([block, of]) => [block, [...of]])).toEqual([
    [0, ['2026-11']],
    [4, ['2026-12']],
    [7, ['2027-01']],
  ])
  expect(rounds.filter(({ ends }) => ends).map(({ block, to }) => [block, to])).toEqual([
    [0, 4],
    [4, 7],
    [7, 9],
  ])
  // The rollups of the month go with it, stamped by its last entry.
  const rollups = rounds.flatMap(({ block, chunks }) => chunks.filter(({ table }) => table === 'traffic_1m').map(({ rows }) => [block, rows]))
  expect(rollups).toEqual([
    [0, 1],
    [4, 1],
    [7, 1],
  ])
})

it('says the same entry by entry', async () => {
  const whole = await play(entries.length)
  expect((await play(1)).hash).toBe(whole.hash)
})

it('goes on from a snapshot taken at that end', async () => {
  const machine = await startTestMachine(pool.run)
  const snapshots: Promise<Awaited<ReturnType<typeof machine.snapshot>>>[] = []
  machine.onRound((round) => {
    if (round.ends && snapshots.length === 0) snapshots.push(machine.snapshot())
  })
  await feed(machine, entries, 0, entries.length)
  const snapshot = await (snapshots[0] as (typeof snapshots)[number])
  await machine.stop()
  expect(snapshot.position).toBe(4)
  const rest = await startTestMachine(pool.run, snapshot)
  const ends: number[][] = []
  rest.onRound(({ block, to, ends: ended }) => void (ended && ends.push([block, to])))
  await feed(rest, entries, 4, entries.length)
  await rest.stop()
  expect(ends).toEqual([
    [4, 7],
    [7, 9],
  ])
})
