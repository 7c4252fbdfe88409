import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRig, eventually, openAlarms, register, rows, sealId, send, tick, type Rig } from './rig.ts'

// A restart in the middle of open conditions goes on exactly where it was: from the log alone, from a snapshot, from the snapshot
// before when the newest is damaged. Time is the simulator's.

const T0 = Date.UTC(2026, 10, 24, 9)
const S = 1000
const FLAGS = ['--tick-source', 'simulator', '--extent-ms', '100', '--snapshot-ms', '86400000']
let rig: Rig
beforeAll(async () => {
  rig = createRig('restart')
  await rig.start(FLAGS)
}, 90_000)
afterAll(() => rig.dispose(), 30_000)

const HOME = sealId(0x61)
const TOWER = sealId(0x62)
const snapshots = (): string[] =>
  readdirSync(join(rig.dir, 'snapshots'))
    .filter((name) => /^\d+$/.test(name))
    .toSorted()
const alarms = async (kind: string, seal: string): Promise<readonly { raisedAt: number; active: boolean }[]> =>
  (await openAlarms(rig.target()))
    .filter((alarm) => alarm.kind === kind && (alarm.seal === seal || alarm.site === seal))
    .map(({ raisedAt, active }) => ({ raisedAt: typeof raisedAt === 'number' ? raisedAt : Date.parse(String(raisedAt)), active }))
/** Not a millisecond before, then at that tick, and once. */
const raisedAt = async (kind: string, key: string, at: number): Promise<void> => {
  await tick(rig.target(), at - 1)
  expect(await alarms(kind, key), `${kind} before its time`).toEqual([])
  await tick(rig.target(), at)
  expect(await alarms(kind, key), `${kind} at its time`).toEqual([{ raisedAt: at, active: true }])
}

test('conditions that are open go on over restarts of every kind', async () => {
  await tick(rig.target(), T0)
  await register(rig.target(), [
    { site: 'home', seals: [HOME], from: T0 - S, until: T0 + 86_400 * S, headcount: 2 },
    { site: 'tower', seals: [TOWER], from: 0, until: 0, kind: 'building', headcount: 10 },
  ])
  expect(
    await send(rig.target(), [
      { seal: HOME, time: T0, seq: 1, kind: 'DOOR_OPENED' },
      { seal: HOME, time: T0, seq: 2, kind: 'PASSAGE_OUT', value: 1 },
      { seal: TOWER, time: T0, seq: 1, kind: 'HEARTBEAT', value: 3600 },
    ]),
  ).toMatchObject({ accepted: 3 })
  await tick(rig.target(), T0 + 60 * S)
  expect((await alarms('door-opened', HOME)).length).toBe(1)

  // Killed, no snapshot yet: the log alone. Door held open: 2 minutes.
  expect(snapshots()).toEqual([])
  await rig.kill()
  await rig.start(FLAGS)
  await raisedAt('door-held-open', HOME, T0 + 120 * S)

  // Stopped: a snapshot. Offline: 3 heartbeats of 60 s.
  expect((await rig.stop()).said).toContain('status 0')
  expect(snapshots()).toHaveLength(1)
  await rig.start(FLAGS)
  await raisedAt('offline', TOWER, T0 + 180 * S)
  await tick(rig.target(), T0 + 200 * S)

  // The newest snapshot is damaged: the one before, and the log from there. Head-count grace: 10 minutes.
  expect((await rig.stop()).said).toContain('status 0')
  expect(snapshots()).toHaveLength(2)
  damage(join(rig.dir, 'snapshots', snapshots().at(-1) as string))
  await rig.start(FLAGS)
  expect(rig.lines.filter((line) => line.includes('damaged'))).not.toEqual([])
  await raisedAt('headcount-under', 'home', T0 + 600 * S)

  // No snapshot at all, and a log that was trimmed: nothing to go on from, which is said; never an empty engine.
  await rig.kill()
  renameSync(join(rig.dir, 'snapshots'), join(rig.dir, 'away'))
  await expect(rig.start(FLAGS)).rejects.toThrow(/no whole snapshot/)
  rmSync(join(rig.dir, 'snapshots'), { recursive: true })
  renameSync(join(rig.dir, 'away'), join(rig.dir, 'snapshots'))
  await rig.start(FLAGS)
  await tick(rig.target(), T0 + 700 * S)
  // What comes to an end does so once too.
  expect(
    await send(rig.target(), [
      { seal: HOME, time: T0 + 700 * S, seq: 3, kind: 'DOOR_CLOSED' },
      { seal: TOWER, time: T0 + 700 * S, seq: 2, kind: 'HEARTBEAT', value: 3600 },
    ]),
  ).toMatchObject({ accepted: 2 })
  await tick(rig.target(), T0 + 701 * S)
  expect(await alarms('door-held-open', HOME)).toEqual([])
  expect(await alarms('offline', TOWER)).toEqual([])
  expect(await alarms('door-opened', HOME)).toHaveLength(1)

  type Row = { kind: string; key: string; raised: string; gone: string }
  const story = await eventually(
    'the story of the alarms',
    () =>
      rows<Row>(
        rig.target(),
        "SELECT kind, if(seal = 0, site, seal_id) AS key, countIf(step = 'raised') AS raised, countIf(step = 'condition-gone') AS gone FROM seals.alarms GROUP BY kind, key ORDER BY kind, key",
      ),
    (list) => Number(list.find(({ kind, key }) => kind === 'offline' && key === TOWER)?.gone) === 1,
  )
  expect(story.filter(({ raised }) => Number(raised) !== 1)).toEqual([])
  expect(story.map(({ kind, key }) => `${kind} ${key}`)).toEqual(
    expect.arrayContaining([`door-held-open ${HOME}`, `door-opened ${HOME}`, 'headcount-under home', `offline ${TOWER}`, `passage-unpermitted ${HOME}`]),
  )
}, 90_000)

/** Flips one byte in the middle of the largest file. */
const damage = (folder: string): void => {
  const [largest] = readdirSync(folder)
    .filter((name) => name.startsWith('part'))
    .map((name) => join(folder, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size)
  if (largest === undefined || !existsSync(largest)) throw new Error(`nothing to damage in ${folder}`)
  const bytes = readFileSync(largest)
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] as number) ^ 1
  writeFileSync(largest, bytes)
}
