import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { position } from '../../../core/ids.ts'
import { openLmdbLog, type LmdbLog } from '../../../ingest/log/lmdb-log.ts'
import { openSnapshots } from '../../../ingest/log/snapshots.ts'
import { partTest } from '../../parts/part-test.ts'
import { entryOf, logContract, numberOf } from './contract.ts'

const root = mkdtempSync(join(tmpdir(), 'sealstream-log-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let dirs = 0
const newDir = (): string => join(root, String(dirs++))
const open = (dir: string, more: object = {}): Promise<LmdbLog> =>
  openLmdbLog(dir, { now: Date.now, segmentBytesMax: 1024 * 1024, segmentAgeMsMax: 1e12, budgetBytes: 1e9, ...more })
const child = fileURLToPath(new URL('./append-child.js', import.meta.url))

logContract('lmdb', () => {
  const dir = newDir()
  const clock = { now: 1000 }
  return { clock, open: (options = {}) => open(dir, { now: () => clock.now, ...options }) }
})

test('segments follow one another by size, are read across, and are freed whole', async () => {
  const dir = newDir()
  const log = await open(dir)
  for (let i = 0; i < 40; i++) await log.append(entryOf(i, 200_000))
  const files = (): string[] => readdirSync(dir).filter((name) => /^\d{16}\.lmdb$/.test(name))
  expect(files().length).toBeGreaterThan(4)
  expect(log.read(position(1), 1e9).map(({ bytes }) => numberOf(bytes))).toEqual(Array.from({ length: 40 }, (_, i) => i))
  const before = log.stats().bytes
  log.trim(position(30))
  const { first } = log.stats()
  expect(first).toBeGreaterThan(10)
  expect(first).toBeLessThanOrEqual(30)
  expect(log.stats().bytes).toBeLessThan(before)
  await log.roll()
  log.trim(position(41))
  expect([files().length, log.stats().first, log.stats().next]).toEqual([1, 41, 41])
  await log.close()
  const again = await open(dir)
  expect(await again.append(entryOf(41))).toBe(41)
  await again.close()
})

test('a second opening of the same folder is refused; a missing segment is said', async () => {
  const dir = newDir()
  const log = await open(dir)
  await expect(open(dir)).rejects.toThrow(/already open/)
  for (let i = 0; i < 3; i++) {
    await log.append(entryOf(i))
    await log.roll()
  }
  await log.close()
  rmSync(join(dir, '0000000000000002.lmdb'))
  await expect(open(dir)).rejects.toThrow(/entries 2 to 2 are missing/)
})

test.each([1, 2, 3])(
  'kill -9 while appending, %i: every resolved append is there, gapless',
  async (round) => {
    const dir = newDir()
    const appender = spawn(process.execPath, [child, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    appender.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.split('\n').length > 100 * round) appender.kill('SIGKILL')
    })
    await new Promise((resolve) => appender.on('close', resolve))
    const resolved = out.slice(0, out.lastIndexOf('\n')).split('\n').map(Number)
    expect(resolved.length).toBeGreaterThan(99)
    const log = await open(dir)
    const read = log.read(position(1), 1e9)
    expect(read.map((entry) => entry.position)).toEqual(read.map((_, i) => i + 1))
    expect(read.length).toBeGreaterThanOrEqual(Math.max(...resolved))
    expect(read.every(({ bytes }, i) => numberOf(bytes) === i + 1)).toBe(true)
    await log.close()
  },
  30_000,
)

partTest('strace')('the flush of an entry is complete before its append resolves (strace)', (strace) => {
  const trace = join(root, 'trace')
  spawnSync(strace, ['-f', '-e', 'trace=openat,fdatasync,pwrite64,write', '-o', trace, process.execPath, child, newDir(), '5'], { timeout: 20_000 })
  const lines = readFileSync(trace, 'utf8').split('\n')
  // LMDB writes its meta page through a descriptor of its own, opened O_DSYNC: that write is the commit, and is on disk when it returns.
  const meta = new Set(lines.flatMap((line) => /0000000000000001\.lmdb".*O_DSYNC.*= (\d+)/.exec(line)?.[1] ?? []))
  expect(meta.size).toBe(1)
  const steps = lines.flatMap((line) => {
    if (/fdatasync\(\d+\) += 0|fdatasync resumed.*= 0/.test(line)) return ['data']
    const write = /pwrite64\((\d+),/.exec(line)
    if (write !== null && meta.has(write[1] as string)) return ['meta']
    return /write\(1, "\d+\\n"/.test(line) ? ['told'] : []
  })
  const told = steps.indexOf('told')
  expect(steps.filter((step) => step === 'told').length).toBe(5)
  expect(steps.lastIndexOf('meta', told)).toBeGreaterThan(steps.indexOf('data'))
  expect(steps.slice(told).join(' ')).toBe(`told ${'data meta told '.repeat(4).trim()}`)
})

partTest('strace')('a full disk rejects appends and kills nothing; when there is room the log goes on without a gap (strace)', (strace) => {
  const dir = newDir()
  const run = spawnSync(
    strace,
    [
      '-f',
      '-e',
      'trace=pwrite64,pwritev',
      '-e',
      'inject=pwrite64,pwritev:error=ENOSPC:when=14..15',
      '-o',
      '/dev/null',
      process.execPath,
      child,
      dir,
      '60',
      'retry',
    ],
    { timeout: 30_000, encoding: 'utf8' },
  )
  expect(run.stderr).toContain('LogFullError')
  expect(run.status).toBe(0)
  const told = run.stdout.trim().split('\n').map(Number)
  expect(told).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
})

test('snapshots: the newest whole one is loaded, damaged ones are passed over with a reason, two are kept', async () => {
  const dir = newDir()
  const snapshots = openSnapshots(dir, 'log-a')
  const parts = (n: number): Map<string, Uint8Array> =>
    new Map([
      ['core/state', new Uint8Array(5_000_000).fill(n)],
      ['empty', new Uint8Array(0)],
    ])
  for (const at of [10, 20, 30]) await snapshots.write(position(at), parts(at))
  expect(snapshots.kept()).toEqual([20, 30])
  const whole = await snapshots.load()
  expect([whole.snapshot?.position, whole.snapshot?.parts.get('core/state')?.at(-1), whole.damaged]).toEqual([30, 30, []])
  const part = join(dir, '0000000000000030', 'part-000')
  const bytes = readFileSync(part)
  bytes[4_999_999] = 31
  writeFileSync(part, bytes)
  const older = await openSnapshots(dir, 'log-a').load()
  expect([older.snapshot?.position, older.damaged]).toEqual([20, ['snapshot 30: part core/state is damaged (CRC-32)']])
  // A damaged one that was passed over is none of the two kept; where none is whole they all stay.
  expect(snapshots.kept()).toEqual([20])
  expect(await openSnapshots(dir, 'log-b').load()).toEqual({ snapshot: null, damaged: [expect.stringContaining('belongs to log log-a')] })
  await snapshots.write(position(30), parts(30))
  expect(snapshots.kept()).toEqual([20, 30])
  await snapshots.dropBelow(position(30))
  expect(snapshots.kept()).toEqual([30])
})
