import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../bench/commands/backup.ts'
import { scratchDir } from '../../bench/engine.ts'
import { api, apiOk } from '../../bench/http.ts'
import type { Target } from '../../bench/target.ts'
import { sealsFrom, startLoad } from '../../bench/chaos/clients.ts'
import { createRig, eventually, openAlarms, random, register, rows, type Rig } from './rig.ts'

// A backup of an engine under load, restored into an empty folder, is that engine: what was receipted before the backup began is
// there once, alarms, registry and rollups as they were; the engine that was backed up goes on untouched.

const FLAGS = ['--extent-ms', '300', '--snapshot-ms', '2000', '--log-level', 'warn']
const seals = sealsFrom(0xc0001, 30)
const DAY = 86_400_000

let rig: Rig
let copy: Rig
const dir = join(scratchDir('backup'), 'b')
beforeAll(async () => {
  rig = createRig('backup-from')
  copy = createRig('backup-to')
  await rig.start(FLAGS)
}, 90_000)
afterAll(async () => {
  await rig.dispose()
  await copy.dispose()
  rmSync(join(dir, '..'), { recursive: true, force: true })
}, 60_000)

const sums = (target: Target): Promise<readonly unknown[]> =>
  rows(target, `SELECT leftPad(lower(hex(seal)), 16, '0') AS id, count() AS n, uniqExact(boot, seq) AS distinct FROM seals.events GROUP BY id ORDER BY id`)
const stored = (target: Target): Promise<string> =>
  eventually(
    'events waiting',
    async () => String((await api(target, 'sre', { path: '/metrics' })).value),
    (text) => /^sealstream_events_waiting 0$/m.test(text),
    60_000,
  )

test('a backup under load, restored, is the engine as it was; the first one goes on', async () => {
  const now = Date.now()
  await register(
    rig.target(),
    seals.map((seal, n) => ({ site: `home-${n}`, seals: [seal], from: now - DAY, until: now + DAY })),
  )
  const load = startLoad({ target: rig.target, clients: 3, seals, batch: 50, random: random(7) })
  await eventually(
    'receipts',
    () => Promise.resolve(load.counts.receipts),
    (receipts) => receipts > 30,
    30_000,
  )
  const before = new Map(load.receipted)
  const manifest = (await apiOk(rig.target(), 'sre', { path: '/v1/backups', json: { dir }, timeoutMs: 60_000 })) as { position: number; until: number }
  expect(manifest.until).toBeGreaterThan(manifest.position)
  const after = new Map(load.receipted)
  await load.finish()
  expect(statSync(join(dir, 'backup.json')).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(dir, 'clickhouse'))).toContain('events')

  // Into a folder that is not empty it does not go, and nothing is touched.
  await expect(restore(dir, rig.dir)).rejects.toThrow('is not empty')
  rmSync(copy.dir, { recursive: true, force: true })
  const restored = await restore(dir, copy.dir)
  expect(restored.rows['events']).toBeGreaterThan(0)
  await copy.start(FLAGS)
  await stored(copy.target())

  const there = (await sums(copy.target())) as readonly { id: string; n: string; distinct: string }[]
  expect(there).toHaveLength(seals.length)
  for (const { id, n, distinct } of there) {
    expect(Number(n), `${id}: each event once`).toBe(Number(distinct))
    expect(Number(n)).toBeGreaterThanOrEqual(before.get(id) as number)
    expect(Number(n)).toBeLessThanOrEqual((after.get(id) as number) + 50)
  }
  const tampered = (await openAlarms(copy.target())).filter(({ kind }) => kind === 'tamper')
  expect(tampered).toHaveLength(seals.length)
  const [rollup] = await rows<{ events: string; rollup: string }>(
    copy.target(),
    `SELECT (SELECT sum(value) FROM seals.events WHERE kind = 'PASSAGE_IN') AS events, (SELECT sum(people_in) FROM seals.traffic_1m) AS rollup`,
  )
  expect(Number(rollup?.rollup)).toBe(Number(rollup?.events))
  // The restored engine takes what comes next: the same tokens, repeats told, a log of its own.
  const more = startLoad({ target: copy.target, clients: 2, seals: sealsFrom(0xc0001, 2), batch: 20, random: random(8) })
  await eventually(
    'receipts of the restored engine',
    () => Promise.resolve(more.counts.receipts),
    (receipts) => receipts >= 4,
    30_000,
  )
  await more.finish()
  await stored(copy.target())

  // The engine that was backed up has everything.
  await stored(rig.target())
  const own = (await sums(rig.target())) as readonly { id: string; n: string; distinct: string }[]
  for (const { id, n, distinct } of own) expect([Number(n), Number(distinct)]).toEqual([load.receipted.get(id), load.receipted.get(id)])
}, 180_000)

test('a backup says what is wrong, and leaves nothing behind', async () => {
  const status = async (path: string): Promise<unknown> => {
    const answer = await api(rig.target(), 'sre', { path: '/v1/backups', json: { dir: path } })
    return [answer.status, (answer.value as { detail: string }).detail]
  }
  expect(await status('relative/path')).toEqual([422, 'wants an absolute path'])
  expect(await status(dir)).toEqual([422, `${dir} is not empty`])
  const [code] = (await status('/proc/no/such/place')) as [number]
  expect(code).toBe(422)
  await expect(restore(join(dir, 'log'), join(dir, '..', 'x'))).rejects.toThrow('holds no whole backup')
})
