import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { position } from '../../core/ids.ts'
import type { Evidence, Recomputation } from '../../core/evidence.ts'
import type { AlarmKindName } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { RuleSet } from '../../core/policy-document.ts'
import { startMachine } from '../../core/thread/machine-run.ts'
import { replayStored } from '../../core/thread/stored-replay.ts'
import { evidenceAlarm, evidenceOf } from '../../live/evidence.ts'
import type { EvidenceDeps } from '../../live/evidence-recompute.ts'
import { evidencePage } from '../../live/evidence-page.ts'
import { createEvidenceSource } from '../../storage/evidence.ts'
import { startSink } from '../../storage/sink.ts'
import { ADMIN, eventsEntry, extent, putPermit, putSites, registry, tick, type TestEvent } from '../core/entries.ts'
import { fileNotes, startRig, type Rig } from '../storage/rig.ts'

// Evidence from a real ClickHouse that the real sink filled from a real machine; then with what is stored tampered with, so that the
// recomputation must notice, and say what.

const MINUTE = 60_000
const DAY = 86_400_000
/** Whole minutes, so that the story reads well; an hour ago, so that nothing of it has expired. */
const T0 = Math.floor(Date.now() / MINUTE) * MINUTE - 60 * MINUTE
const [HOME, TOWER] = ['0000000000000001', '0000000000000002']

let rig: Rig
let deps: EvidenceDeps
beforeAll(async () => {
  rig = await startRig()
  const sink = startSink({ client: rig.client, logId: 'log', ...fileNotes(join(rig.dir, 'notes.json')), emit: () => undefined })
  const machine = await startMachine({ run: () => Promise.reject(new Error('no pool here')), threads: 1, shardCount: 1, policy: POLICY_DEFAULT, position: 0 })
  machine.onRound(sink.offer)
  const entries = story()
  for (const [index, bytes] of entries.entries()) machine.offer(position(index + 1), bytes)
  await machine.whenApplied(position(entries.length))
  await sink.whenVerified(position(0))
  await sink.stop()
  await machine.stop()
  deps = { source: createEvidenceSource(rig.client), replay: replayStored, now: Date.now, simulated: false }
}, 60_000)
afterAll(() => rig.stop(), 30_000)

/** 40 minutes: a flat where someone comes in without a permit and later with one, and a tower whose door stands open. */
const story = (): Uint8Array[] => {
  const seq = [0, 0, 0]
  const at = (minute: number, watch: number, kind: TestEvent['kind'], value = 0): Uint8Array => {
    seq[watch] = (seq[watch] ?? 0) + 1
    return eventsEntry(T0 + minute * MINUTE + 5000, [{ watch, time: T0 + minute * MINUTE, boot: 1, seq: seq[watch], kind, value }])
  }
  const base = { area: 'fuzhou/gulou/antai/7', capacity: null, inside: null }
  const observation = { from: T0 - DAY, until: T0 + DAY }
  const policy = (minute: number, set: RuleSet): Uint8Array =>
    registry(T0 + minute * MINUTE, { op: 'put-policy', by: ADMIN, document: { rules: [{ for: {}, set }] }, expected: null })
  const entries = [
    // Always open: the story is told at any time of the day.
    policy(-2, { schedule: null }),
    putSites(T0 - MINUTE, [
      { ...base, site: 'flat', kind: 'residence', headcount: 2, observation, seals: [{ id: HOME, from: null, until: null }] },
      { ...base, site: 'tower', kind: 'building', headcount: 10, observation: null, seals: [{ id: TOWER, from: null, until: null }] },
    ]),
    putPermit(T0 - MINUTE, { site: 'flat', from: T0 + 20 * MINUTE, until: T0 + 25 * MINUTE, openings: 1, reason: 'sampling visit' }),
  ]
  const happenings: Readonly<Record<number, readonly Uint8Array[]>> = {
    5: [at(5, 1, 'DOOR_OPENED'), at(5.5, 1, 'PASSAGE_IN', 2), at(5.6, 1, 'DOOR_CLOSED')],
    6: [at(6, 2, 'DOOR_OPENED')],
    10: [policy(10.5, { schedule: null, holdDownMs: 30_000 })],
    21: [at(21, 1, 'DOOR_OPENED'), at(21.2, 1, 'DOOR_CLOSED'), at(22, 1, 'DOOR_OPENED'), at(22.2, 1, 'DOOR_CLOSED')],
  }
  for (let minute = 0; minute <= 40; minute += 1) {
    entries.push(at(minute, 1, 'HEARTBEAT', 3600), at(minute, 2, 'HEARTBEAT', 3600), ...(happenings[minute] ?? []))
  }
  // The engine's seconds are not the minute's.
  for (let second = -59; second <= 41 * 60; second += 1) entries.push(tick(T0 + second * 1000 + 345))
  // (A stable sort: what was received together stays in its order.)
  return [...entries.toSorted((a, b) => receivedOf(a) - receivedOf(b)), extent(T0 + 42 * MINUTE)]
}
const receivedOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getFloat64(8, true)

const alarmOf = async (kind: AlarmKindName, nth = 0): Promise<string> => {
  const rows = await rig.rows<{ id: string }>(`SELECT id FROM seals.alarms WHERE kind = '${kind}' AND step = 'raised' ORDER BY received`)
  const id = rows[nth]?.id
  if (id === undefined) throw new Error(`no ${kind} was raised (${rows.length})`)
  return id
}
const evidence = async (id: string, with_: Partial<EvidenceDeps> = {}): Promise<Evidence> => {
  const all = { ...deps, ...with_ }
  const found = await evidenceAlarm(all, id)
  if (found === undefined) throw new Error(`no alarm ${id}`)
  return evidenceOf(all, found.alarm, found.steps)
}
const told = ({ recomputation }: Evidence): Recomputation | readonly string[] =>
  recomputation.done ? recomputation.differences.map(({ what, stored, recomputed }) => `${what}: ${stored} / ${recomputed}`) : recomputation

test('every alarm of the story is recomputed to the last bit', async () => {
  const rows = await rig.rows<{ id: string; kind: string }>("SELECT id, kind FROM seals.alarms WHERE step = 'raised' ORDER BY received")
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(['door-opened', 'passage-unpermitted', 'door-held-open', 'headcount-over']))
  for (const { id, kind } of rows)
    expect((await evidence(id)).recomputation, kind).toMatchObject({ done: true, matches: true, identical: true, differences: [], begins: null })
})

test('it says what the rule looked at, which figures were in force then, and what was registered and permitted', async () => {
  const held = await evidence(await alarmOf('door-held-open'))
  expect(held.rule).toContain('5 minutes')
  // Version 3 came into force at 10.5 minutes, the alarm was raised at 11.
  expect(held.policy).toMatchObject({ version: 3, since: T0 + 10.5 * MINUTE, parameters: [{ name: 'doorHeldOpenMs', value: 300_000 }] })
  expect(held.events.items.map(({ kind, time }) => [kind, time])).toEqual([['DOOR_OPENED', T0 + 6 * MINUTE]])
  expect(held.site).toMatchObject({ kind: 'building', headcount: 10, seals: [{ id: TOWER }] })
  const opened = await evidence(await alarmOf('door-opened'))
  expect(opened.policy.version).toBe(2)
  expect(opened.site).toMatchObject({ kind: 'residence', headcount: 2 })
  const permitted = opened.events.items.filter(({ permit }) => permit !== 0)
  expect(permitted.map(({ kind, time }) => [kind, time])).toContainEqual(['DOOR_OPENED', T0 + 21 * MINUTE])
  expect(opened.permits).toMatchObject([{ from: T0 + 20 * MINUTE, openings: 1, used: 0, reason: 'sampling visit', by: 'admin' }])
  const over = await evidence(await alarmOf('headcount-over'))
  expect(over.says).toBe('2 people more inside than registered')
  expect(over.occupancy.at(-1)).toMatchObject({ raw: 4, corrected: 4 })
  expect(evidencePage(over)).toContain('2 people more inside than registered')
})

test('a history that begins in the middle is replayed from the people counted then, and says so', async () => {
  const later = await evidence(await alarmOf('door-held-open'), { now: () => T0 + 90 * DAY + 3 * MINUTE })
  expect(later.recomputation).toMatchObject({ done: true, matches: true })
  expect((later.recomputation as { begins: string }).begins).toContain('earlier events have expired')
})

// From here on the stored rows are changed, each time more of them.
const change = (statement: string): Promise<unknown> => rig.client.command({ query: `ALTER TABLE seals.${statement} SETTINGS mutations_sync = 2` })

test('a recomputation that differs says in what: the value', async () => {
  await change("events UPDATE value = 3 WHERE kind = 'PASSAGE_IN'")
  const passage = await evidence(await alarmOf('passage-unpermitted'))
  expect(passage.recomputation).toMatchObject({ done: true, matches: false, identical: false })
  expect(told(passage)).toEqual(['value: 2 / 3'])
  expect(evidencePage(passage)).toContain('it differs')
})

test('… that an alarm would not have been raised at all', async () => {
  await change("events DELETE WHERE kind = 'DOOR_OPENED' AND toUnixTimestamp64Milli(time) < " + String(T0 + 6.5 * MINUTE))
  const [said] = told(await evidence(await alarmOf('door-held-open'))) as readonly string[]
  expect(said).toMatch(/^raised: .*Z \/ not raised$/)
})

test('… and what has expired is said to have expired', async () => {
  await change('events DELETE WHERE 1')
  expect((await evidence(await alarmOf('passage-unpermitted'))).recomputation).toEqual({ done: false, why: 'the events that led to it have expired' })
  await change('registry_changes DELETE WHERE 1')
  const bare = await evidence(await alarmOf('passage-unpermitted'))
  expect(bare.recomputation).toEqual({ done: false, why: 'what was registered then has expired' })
  expect(bare).toMatchObject({ site: null, permits: [] })
  expect(bare.steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['raised', 'condition-gone']))
  await change('alarms DELETE WHERE 1')
  expect(await evidenceAlarm(deps, 'any')).toBeUndefined()
})
