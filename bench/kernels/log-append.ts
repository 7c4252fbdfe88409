import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bodyEntry, ENTRY, ENTRY_HEADER_BYTES } from '../../core/entry.ts'
import { position } from '../../core/ids.ts'
import { openLmdbLog } from '../../ingest/log/lmdb-log.ts'
import type { Kernel, KernelResult, KernelSize } from './kernel.ts'
import { measure, rates } from './measure.ts'

// Appends to the log with the flush, 64 at once: what a receipt waits for. Entries of 25 kB are 3,000 events by columns. The log lies
// in the folder for temporary files; `TMPDIR` moves it to the disk that is meant.

const ENTRY_BYTES = 25_000
const AT_ONCE = 64
/** One call: each of the 64 appends so many, one after another. */
const CHAIN = 8
const APPENDS = AT_ONCE * CHAIN
const AMOUNT = { smoke: { calls: 1, warmUpCalls: 1, timeMs: 0 }, real: { calls: 40, warmUpCalls: 4, timeMs: 0 } } as const
const ENTRIES_HASHED = 200

const runAppend = async (size: KernelSize): Promise<KernelResult> => {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-bench-'))
  let flushes = 0
  let now = 0
  const log = await openLmdbLog(dir, {
    now: () => now++,
    segmentBytesMax: 256 * 1024 ** 2,
    segmentAgeMsMax: Infinity,
    budgetBytes: 16 * 1024 ** 3,
    onFlush: () => void flushes++,
  })
  const body = new Uint8Array(ENTRY_BYTES).map((_, i) => i * 31)
  const run = async (): Promise<void> => {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let i = 0; i < CHAIN; i++) await log.append(bodyEntry(ENTRY.access, 0, body))
      }),
    )
  }
  const measured = await measure('log append', { amount: AMOUNT[size], run })
  const hash = createHash('sha256')
  const kept = log.read(position(1), ENTRY_BYTES * ENTRIES_HASHED * 2).slice(0, ENTRIES_HASHED)
  if (kept.length !== ENTRIES_HASHED) throw new Error(`the log gave ${kept.length} entries back, not ${ENTRIES_HASHED}`)
  // Without the header, which holds the time.
  for (const { position: at, bytes } of kept) hash.update(String(at)).update(bytes.subarray(ENTRY_HEADER_BYTES))
  const entries = log.stats().next - 1
  await log.close()
  rmSync(dir, { recursive: true, force: true })
  const figures = rates(measured, APPENDS)
  return {
    ...figures,
    detail: { 'MB/s': Math.round((figures.perSecond * ENTRY_BYTES) / 1e6), 'entries/flush': Number((entries / flushes).toFixed(1)) },
    hash: hash.digest('hex').slice(0, 16),
  }
}

export const kernels: readonly Kernel[] = [{ name: 'log append, flushed', unit: 'entries', run: runAppend }]
