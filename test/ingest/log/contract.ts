import { expect, test } from 'vitest'
import { ENTRY, entryHeader } from '../../../core/entry.ts'
import { bodyEntry } from '../../../core/entry.ts'
import { position } from '../../../core/ids.ts'
import { LogFullError, type Log } from '../../../ingest/log/log.ts'

// What every log must hold (ingest/log/log.ts), run on each implementation of it. `open` opens the same log again after a close.

export type LogHarness = { readonly open: (options?: { readonly budgetBytes?: number }) => Promise<Log>; readonly clock: { now: number } }

export const entryOf = (n: number, bytes = 16): Uint8Array => {
  const body = new Uint8Array(bytes)
  new DataView(body.buffer).setUint32(0, n, true)
  return bodyEntry(ENTRY.access, 0, body)
}
export const numberOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(32, true)

export const logContract = (name: string, make: () => LogHarness): void => {
  test(`${name}: positions are gapless in call order, told before the append resolves`, async () => {
    const harness = make()
    const log = await harness.open()
    const told: number[] = []
    log.onDurable(({ position: at, bytes }) => told.push(at, numberOf(bytes)))
    const positions = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const at = await log.append(entryOf(i))
        expect(told).toContain(at)
        return at
      }),
    )
    expect(positions).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(told).toEqual(Array.from({ length: 300 }, (_, i) => [i + 1, i]).flat())
    await log.close()
  })

  test(`${name}: what was appended is read back whole and in order, after a reopen too; the id stays`, async () => {
    const harness = make()
    const log = await harness.open()
    const sizes = [4, 100, 5000, 70_000, 3, 9]
    const written = sizes.map((size, i) => entryOf(i, Math.max(4, size)))
    await Promise.all(written.map((bytes) => log.append(bytes)))
    await log.note('block', { at: 3 })
    const { id } = log
    await log.close()
    const again = await harness.open()
    expect(again.id).toBe(id)
    expect(again.noted('block')).toEqual({ at: 3 })
    const read = again.read(position(1), 1e9)
    expect(read.map((entry) => entry.position)).toEqual([1, 2, 3, 4, 5, 6])
    read.forEach(({ bytes }, i) => expect(Buffer.compare(bytes, written[i] as Uint8Array)).toBe(0))
    expect(read.every(({ bytes }) => bytes.byteOffset % 8 === 0)).toBe(true)
    expect(again.read(position(2), 1).length).toBe(1)
    expect(again.read(position(7), 1e9)).toEqual([])
    expect(await again.append(entryOf(7))).toBe(7)
    await again.close()
  })

  test(`${name}: received never decreases, whatever the clock does`, async () => {
    const harness = make()
    const log = await harness.open()
    for (const now of [5000, 9000, 1000]) {
      harness.clock.now = now
      await log.append(entryOf(now))
    }
    await log.close()
    harness.clock.now = 10
    const again = await harness.open()
    await again.append(entryOf(0))
    expect(again.read(position(1), 1e9).map(({ bytes }) => entryHeader(bytes).received)).toEqual([5000, 9000, 9000, 9000])
    await again.close()
  })

  test(`${name}: a spent budget rejects events with LogFullError and appends nothing; the engine's own entries have a reserve`, async () => {
    const log = await make().open({ budgetBytes: 2_000_000 })
    const events = (): Uint8Array => {
      const bytes = entryOf(1, 100_000)
      bytes[1] = ENTRY.events
      return bytes
    }
    let full: unknown
    let taken = 0
    for (; full === undefined && taken < 100; taken++) await log.append(events()).catch((error: unknown) => (full = error))
    expect(full).toBeInstanceOf(LogFullError)
    const { next } = log.stats()
    expect(await log.append(entryOf(2))).toBe(next)
    expect(log.stats().next).toBe(next + 1)
    await log.close()
  })
}
