import { expect, test } from 'vitest'
import { position } from '../../../core/ids.ts'
import { POLICY_DEFAULT } from '../../../core/policy.ts'
import type { AlarmStep } from '../../../core/rows.ts'
import { startMachine } from '../../../core/thread/machine-run.ts'
import { replayStored, type ReplayInput } from '../../../core/thread/stored-replay.ts'
import { makeHistory, T0 } from './history.ts'
import { createKept, type Kept } from './stored.ts'

// A history through the real machine; what ClickHouse would keep of it through the replay; both raise the same.

const kept = async (entries: readonly Uint8Array[]): Promise<Kept> => {
  const machine = await startMachine({ run: () => Promise.reject(new Error('no pool here')), threads: 1, shardCount: 1, policy: POLICY_DEFAULT, position: 0 })
  const heard = createKept()
  machine.onRound(heard.listen)
  for (const [index, bytes] of entries.entries()) {
    machine.offer(position(index + 1), bytes)
    await machine.whenApplied(position(index + 1))
  }
  await machine.stop()
  return heard
}

const inputOf = (history: Kept, over: Partial<ReplayInput> = {}): ReplayInput => ({
  events: history.events(),
  ops: history.ops(),
  policy: POLICY_DEFAULT,
  ticks: [T0 + 999],
  tickMs: 1000,
  ties: 'tick-first',
  fromMs: 0,
  untilMs: Math.max(...history.steps.map(({ received }) => received)),
  ...over,
})

const raisedOf = (steps: readonly AlarmStep[]): string[] =>
  steps
    .filter(({ step }) => step === 'raised')
    .map(
      ({ id, kind, site, seal, severity, time, received, value }) =>
        `${received - T0} ${kind} ${site} ${seal} ${severity} since ${time - T0} value ${value} ${id}`,
    )
    .toSorted()

test('a fleet’s history from its rows raises what the machine raised, to the millisecond and with the same ids', { timeout: 60_000 }, async () => {
  const history = await kept(makeHistory(7, { sites: 40, minutes: 40, perSecond: 4 }))
  const raised = raisedOf(history.steps)
  expect(raised.length).toBeGreaterThan(100)
  const replayed = await replayStored(inputOf(history))
  expect(replayed.refused).toEqual([])
  expect(replayed.unplaced).toBe(0)
  expect(raisedOf(replayed.steps)).toEqual(raised)
})
