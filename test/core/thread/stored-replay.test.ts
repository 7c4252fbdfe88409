import { expect, test } from 'vitest'
import { entryHeader, stampReceived } from '../../../core/entry.ts'
import { position } from '../../../core/ids.ts'
import { POLICY_DEFAULT } from '../../../core/policy.ts'
import type { AlarmStep } from '../../../core/rows.ts'
import { STORED_EVENT_BYTES, storedEvents } from '../../../core/stored-events.ts'
import { workEntry } from '../../../core/thread/body.ts'
import { startMachine } from '../../../core/thread/machine-run.ts'
import { createReplayer, replayStored, type ReplayInput } from '../../../core/thread/stored-replay.ts'
import { ADMIN } from '../entries.ts'
import { makeHistory, T0 } from './history.ts'
import { createKept, type Kept } from './stored.ts'

// A history through the real machine; what ClickHouse would keep of it through the replay; both raise the same.

/** Where `worksEvery` is not 0, a person acknowledges the alarm that has waited longest after so many entries. */
const kept = async (entries: readonly Uint8Array[], worksEvery = 0): Promise<Kept> => {
  const machine = await startMachine({ run: () => Promise.reject(new Error('no pool here')), threads: 1, shardCount: 1, policy: POLICY_DEFAULT, position: 0 })
  const heard = createKept()
  machine.onRound(heard.listen)
  let at = 0
  const apply = (bytes: Uint8Array): Promise<void> => {
    at += 1
    machine.offer(position(at), bytes)
    return machine.whenApplied(position(at))
  }
  for (const [index, bytes] of entries.entries()) {
    await apply(bytes)
    if (worksEvery === 0 || index % worksEvery !== 0) continue
    const waiting = [...machine.openAlarms()].find(({ acknowledged, active }) => !acknowledged && !active)
    if (waiting === undefined) continue
    const work = workEntry({ op: 'acknowledge', id: waiting.id, by: ADMIN, note: 'seen' })
    stampReceived(work, entryHeader(bytes).received)
    await apply(work)
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

test('what people did to alarms makes room for the next ones, in the replay as in the machine', { timeout: 60_000 }, async () => {
  const entries = makeHistory(23, { sites: 12, minutes: 15, perSecond: 4 })
  const [alone, worked] = [await kept(entries), await kept(entries, 40)]
  const raised = raisedOf(worked.steps)
  expect(worked.steps.filter(({ step }) => step === 'acknowledged').length).toBeGreaterThan(20)
  expect(raised.length).toBeGreaterThan(raisedOf(alone.steps).length + 10)
  expect(raisedOf((await replayStored(inputOf(worked))).steps)).toEqual(raised)
  // And it follows from the work, not from the events alone.
  const unworked = { ...inputOf(worked), ops: worked.ops().filter(({ kind }) => kind !== 'work') }
  expect(raisedOf((await replayStored(unworked)).steps)).not.toEqual(raised)
})

test('the bytes of events in pieces give the same as at once', { timeout: 60_000 }, async () => {
  const history = await kept(makeHistory(31, { sites: 10, minutes: 8, perSecond: 4 }))
  const input = inputOf(history)
  const whole = await replayStored(input)
  const rows = storedEvents(input.events)
  const replayer = await createReplayer(input)
  let from = 0
  for (let row = 1; row <= rows.count; row += 1) {
    // A piece ends where the time received does.
    if (row < rows.count && (rows.received(row) === rows.received(row - 1) || row - from < 100)) continue
    await replayer.feed(input.events.subarray(from * STORED_EVENT_BYTES, row * STORED_EVENT_BYTES))
    from = row
  }
  const pieces = await replayer.finish()
  expect(raisedOf(pieces.steps)).toEqual(raisedOf(whole.steps))
  expect([pieces.events, pieces.ticks]).toEqual([whole.events, whole.ticks])
  expect(raisedOf(whole.steps).length).toBeGreaterThan(20)
})
