import { writeSync } from 'node:fs'
import { ENTRY, bodyEntry } from '../../../core/entry.ts'
import { openLmdbLog } from '../../../ingest/log/lmdb-log.ts'

// Appends to a log for the tests that kill it or take its disk: `append-child DIR [COUNT] [retry]`. With COUNT one after another,
// without it 16 at once for ever. Writes a line with the position once an append has resolved.

const [dir = '', count = '0', retry] = process.argv.slice(2)
const log = await openLmdbLog(dir, { now: Date.now, segmentBytesMax: 1024 * 1024, segmentAgeMsMax: 1e12, budgetBytes: 1e9 })
const entry = (n: number): Uint8Array => {
  const body = new Uint8Array(3000)
  new DataView(body.buffer).setUint32(0, n, true)
  return bodyEntry(ENTRY.access, 0, body)
}
const append = async (n: number): Promise<void> => {
  for (;;) {
    try {
      const at = await log.append(entry(n))
      writeSync(1, `${at}\n`)
      return
    } catch (error) {
      if (retry === undefined) throw error
      writeSync(2, `${(error as Error).name}: ${(error as Error).message}\n`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
if (Number(count) > 0) {
  for (let n = 1; n <= Number(count); n++) await append(n)
  await log.close()
} else {
  for (let n = 1; ; n += 16) await Promise.all(Array.from({ length: 16 }, (_, i) => append(n + i)))
}
