import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bodyEntry, ENTRY } from '../../core/entry.ts'
import { position } from '../../core/ids.ts'
import { openLmdbLog } from '../../ingest/log/lmdb-log.ts'
import type { Kernel, KernelResult, KernelSize } from './kernel.ts'

// Appends to the log with the flush, 64 at once: what a receipt waits for. Entries of 25 kB are 3,000 events by columns.

const ENTRY_BYTES = 25_000
const AT_ONCE = 64
const APPENDS = { smoke: 256, real: 20_000 } as const

const run = async (size: KernelSize): Promise<KernelResult> => {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-bench-'))
  let flushes = 0
  let now = 0
  const log = await openLmdbLog(dir, { now: () => now++, segmentBytesMax: 256 * 1024 ** 2, segmentAgeMsMax: Infinity, budgetBytes: 16 * 1024 ** 3, onFlush: () => void flushes++ })
  const body = new Uint8Array(ENTRY_BYTES).map((_, i) => i * 31)
  const count = APPENDS[size]
  const began = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let i = 0; i < count / AT_ONCE; i++) await log.append(bodyEntry(ENTRY.access, 0, body))
  }))
  const seconds = (performance.now() - began) / 1000
  const hash = createHash('sha256')
  for (const { position: at, bytes } of log.read(position(1), ENTRY_BYTES * 200)) hash.update(String(at)).update(bytes.subarray(32))
  await log.close()
  rmSync(dir, { recursive: true, force: true })
  return { perSecond: count / seconds, detail: { 'MB/s': Math.round((count * ENTRY_BYTES) / seconds / 1e6), flushes }, hash: hash.digest('hex').slice(0, 16) }
}

export const kernels: readonly Kernel[] = [{ name: 'log append, flushed', unit: 'entries', run }]
