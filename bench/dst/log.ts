import { ENTRY, stampReceived } from '../../core/entry.ts'
import { position, type Position } from '../../core/ids.ts'
import type { LmdbLog } from '../../ingest/log/lmdb-log.ts'
import { LogFullError, type LogEntry } from '../../ingest/log/log.ts'
import type { Random } from '../random.ts'
import { ownerOf, type Owner, type Time } from './time.ts'

// The log of a simulated machine: the interface of ingest/log/log.ts on a disk that writes, then flushes, each taking virtual time.
// Holds always, as LMDB does: a commit is there whole or not at all, in order; an append resolves only after its flush. A killed process
// leaves what it had written; a power loss takes what was not flushed, or leaves it, by chance.

type Commit = { readonly entries: readonly Uint8Array[]; written: boolean }
type NoteWrite = { readonly key: string; readonly value: unknown; written: boolean }
export type LogDisk = {
  readonly id: string
  /** Every entry that ever became durable, also trimmed ones: what happened. Index = position - 1. */
  readonly entries: Uint8Array[]
  /** First positions of the segments that are there. */
  segments: number[]
  notes: Map<string, unknown>
  underWay: Commit | undefined
  noteUnderWay: NoteWrite | undefined
  full: boolean
  slow: number
}
export const createLogDisk = (id: string): LogDisk => ({
  id,
  entries: [],
  segments: [1],
  notes: new Map(),
  underWay: undefined,
  noteUnderWay: undefined,
  full: false,
  slow: 1,
})

/** What the next process finds. */
export const crashLogDisk = (disk: LogDisk, random: Random, powerLost: boolean): void => {
  const commit = disk.underWay
  disk.underWay = undefined
  const stays = (written: boolean): boolean => (powerLost ? written && random.chance(0.5) : written)
  if (commit !== undefined && stays(commit.written)) disk.entries.push(...commit.entries)
  const note = disk.noteUnderWay
  disk.noteUnderWay = undefined
  if (note !== undefined && stays(note.written)) disk.notes.set(note.key, note.value)
}

export type SimLogOptions = {
  readonly time: Time
  readonly process: Owner
  readonly random: Random
  readonly now: () => number
  readonly budgetBytes: number
  readonly segmentEntries: number
  readonly onTrim: (first: number) => void
  readonly onNoted: (key: string, value: unknown) => void
}

const FLUSH_MS_MIN = 0.5
const FLUSH_MS_MEAN = 3
const RESERVE_SHARE = 1 / 16

type Waiting = { readonly bytes: Uint8Array; readonly resolve: (at: Position) => void; readonly reject: (error: Error) => void }

export const openSimLog = (disk: LogDisk, options: SimLogOptions): LmdbLog => {
  const { time, process, random } = options
  const device = ownerOf('disk')
  let listeners: readonly ((entry: LogEntry) => void)[] = []
  let queue: Waiting[] = []
  let flushing = false
  let rolls: (() => void)[] = []
  let closed = false
  let notes: Promise<void> = Promise.resolve()
  const receivedOf = (bytes: Uint8Array | undefined): number => (bytes === undefined ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getFloat64(8, true))
  let lastMs = receivedOf(disk.entries.at(-1))
  const first = (): number => disk.segments[0] as number
  let bytesHeld = disk.entries.slice(first() - 1).reduce((sum, bytes) => sum + bytes.byteLength, 0)
  const flushMs = (): number => (FLUSH_MS_MIN + random.wait(FLUSH_MS_MEAN)) * disk.slow

  const roll = (): void => {
    if (disk.segments.at(-1) !== disk.entries.length + 1) disk.segments.push(disk.entries.length + 1)
  }
  const rollIfDue = (): void => {
    if (rolls.length > 0 || disk.entries.length + 1 - (disk.segments.at(-1) as number) >= options.segmentEntries) roll()
    const waiting = rolls
    rolls = []
    for (const done of waiting) done()
  }
  const flush = (): void => {
    rollIfDue()
    const batch = queue
    queue = []
    flushing = batch.length > 0
    if (!flushing) return
    lastMs = Math.max(lastMs, options.now())
    for (const { bytes } of batch) stampReceived(bytes, lastMs)
    const commit: Commit = { entries: batch.map(({ bytes }) => bytes), written: false }
    disk.underWay = commit
    const ms = flushMs()
    time.after(device, ms * random.unit(), () => {
      if (disk.underWay === commit && !disk.full) commit.written = true
    })
    time.after(device, ms, () => {
      if (disk.underWay !== commit) return
      disk.underWay = undefined
      const flushed = commit.written
      const from = disk.entries.length
      if (flushed) disk.entries.push(...commit.entries)
      // The flush is over; the process hears of it in its own time.
      time.after(process, 0, () => (flushed ? deliver(batch, from) : refuse(batch)))
    })
  }
  const deliver = (batch: readonly Waiting[], from: number): void => {
    batch.forEach((item, index) => {
      bytesHeld += item.bytes.byteLength
      const at = position(from + index + 1)
      for (const listener of listeners) listener({ position: at, bytes: item.bytes })
      item.resolve(at)
    })
    flush()
  }
  const refuse = (batch: readonly Waiting[]): void => {
    for (const item of batch) item.reject(new LogFullError('log: ENOSPC, no space left on device'))
    flush()
  }
  const start = (): void => {
    if (flushing) return
    flushing = true
    setImmediate(flush)
  }
  const writeNote = (write: NoteWrite, resolve: () => void, reject: (error: Error) => void): void => {
    if (closed) return reject(new Error('log: closed'))
    disk.noteUnderWay = write
    const ms = flushMs()
    time.after(device, ms * random.unit(), () => {
      if (disk.noteUnderWay === write && !disk.full) write.written = true
    })
    time.after(device, ms, () => {
      if (disk.noteUnderWay !== write) return
      disk.noteUnderWay = undefined
      if (write.written) {
        disk.notes.set(write.key, write.value)
        options.onNoted(write.key, write.value)
      }
      time.after(process, 0, () => (write.written ? resolve() : reject(new Error('log: ENOSPC, no space left on device'))))
    })
  }
  return {
    id: disk.id,
    append: (bytes) => {
      if (closed) return Promise.reject(new Error('log: closed'))
      const budget = bytes[1] === ENTRY.events ? options.budgetBytes : options.budgetBytes * (1 + RESERVE_SHARE)
      if (bytesHeld + bytes.byteLength > budget) return Promise.reject(new LogFullError(`log: its budget of ${options.budgetBytes} bytes is spent`))
      return new Promise((resolve, reject) => {
        queue.push({ bytes, resolve, reject })
        start()
      })
    },
    onDurable: (listener) => {
      listeners = [...listeners, listener]
    },
    read: (from, bytesMax) => {
      const found: LogEntry[] = []
      let bytes = 0
      for (let at = Math.max(from, first()); at <= disk.entries.length; at += 1) {
        const entry = disk.entries[at - 1] as Uint8Array
        if (found.length > 0 && bytes + entry.byteLength > bytesMax) break
        bytes += entry.byteLength
        found.push({ position: position(at), bytes: entry.slice() })
      }
      return found
    },
    trim: (to) => {
      while (disk.segments.length > 1 && (disk.segments[1] as number) <= to) {
        const [gone, next] = disk.segments as [number, number]
        for (const bytes of disk.entries.slice(gone - 1, next - 1)) bytesHeld -= bytes.byteLength
        disk.segments.shift()
      }
      options.onTrim(first())
    },
    roll: () =>
      new Promise((resolve) => {
        rolls.push(resolve)
        start()
      }),
    note: (key, value) => {
      const write = { key, value: structuredClone(value), written: false }
      const before = notes
      notes = before.then(() => new Promise<void>((resolve, reject) => writeNote(write, resolve, reject)))
      const done = notes
      notes = done.catch(() => undefined)
      return done
    },
    noted: (key) => structuredClone(disk.notes.get(key)),
    stats: () => ({ bytes: bytesHeld, first: position(first()), next: position(disk.entries.length + 1), oldestMs: receivedOf(disk.entries[first() - 1]) }),
    received: () => lastMs,
    pending: () => ({ entries: queue.length + (disk.underWay?.entries.length ?? 0), bytes: 0 }),
    close: async () => {
      closed = true
      while (flushing) await time.pause(process, 1)
    },
  }
}
