import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readFolder } from '../../bench/commands/doctor-folder.ts'
import { position } from '../../core/ids.ts'
import { openLmdbLog } from '../../ingest/log/lmdb-log.ts'
import { openSnapshots } from '../../ingest/log/snapshots.ts'
import { entryOf } from '../ingest/log/contract.ts'

// What doctor finds in a real folder, whole and broken.

const dir = mkdtempSync(join(tmpdir(), 'sealstream-doctor-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('snapshots and the log as they are; a flipped byte is found, in a part and in a manifest', async () => {
  expect(readFolder(dir)).toEqual({ snapshots: [], logFirst: 0, logBytes: 0 })
  const log = await openLmdbLog(join(dir, 'log'), { now: Date.now, segmentBytesMax: 1024 * 1024, segmentAgeMsMax: 1e12, budgetBytes: 1e9 })
  for (let n = 0; n < 3; n += 1) {
    await log.append(entryOf(n))
    await log.roll()
  }
  log.trim(position(3))
  const snapshots = openSnapshots(join(dir, 'snapshots'), log.id)
  for (const at of [1, 2]) await snapshots.write(position(at), new Map([['machine', new Uint8Array(9_000_000).fill(at)]]))
  await log.close()
  const found = readFolder(dir)
  expect(found.logFirst).toBe(3)
  expect(found.logBytes).toBeGreaterThan(0)
  expect(found.snapshots.map(({ position: at, problem }) => [at, problem])).toEqual([
    [2, null],
    [1, null],
  ])
  flip(join(dir, 'snapshots', '0000000000000002', 'part-000'), 8_999_999)
  flip(join(dir, 'snapshots', '0000000000000001', 'manifest'), 3)
  expect(readFolder(dir).snapshots.map(({ problem }) => problem)).toEqual(['part machine is damaged', 'its manifest is damaged'])
}, 30_000)

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}
