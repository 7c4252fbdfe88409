import { randomBytes } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { ENTRY, stampReceived } from '../../core/entry.ts'
import { position, type Position } from '../../core/ids.ts'
import { lockFolder } from './folder-lock.ts'
import { LogFullError, type Log, type LogEntry, type LogStats } from './log.ts'
import {
  deleteSegment,
  fsyncFolder,
  inspectSegment,
  listSegments,
  LogDamagedError,
  openSegmentDb,
  receivedOf,
  segmentPath,
  type Segment,
  type SegmentDb,
} from './segment.ts'

// The log on one machine: LMDB segments (segment.ts), group commit. docs/formats/log.md has the layout.
// One flush is in flight at a time and takes all that was appended meanwhile; positions and `received` are given when a flush
// begins, in call order, so a failed flush leaves no hole. Listeners and appends hear of an entry only after its fdatasync.

export type LmdbLogOptions = {
  readonly now: () => number
  /** A segment of this size or age (by `received`) is followed by a new one. */
  readonly segmentBytesMax: number
  readonly segmentAgeMsMax: number
  /** Disk the segments may use. Events are refused beyond it; the engine's own entries (extents, ticks, registry) have RESERVE more. */
  readonly budgetBytes: number
  readonly onFlush?: (flush: { readonly entries: number; readonly bytes: number; readonly seconds: number }) => void
  /** The disk said something other than "full": what is durable is no longer known. The process must stop. */
  readonly onBroken?: (error: Error) => void
}
export type LmdbLog = Log & {
  /** Begins a new segment, so that what came before can be trimmed away. Resolves when it has begun. */
  readonly roll: () => Promise<void>
  /** Appended and not yet flushed. */
  readonly pending: () => { readonly entries: number; readonly bytes: number }
}

/** Extents let ClickHouse catch up and so free the log: a spent budget must not stop them. 1/16 is hours of such small entries. */
const RESERVE_SHARE = 1 / 16
/** Bytes of one commit. Bounds LMDB's list of dirty pages (131,071 of 4 KiB) far below its limit, and the time to flush. */
const FLUSH_BYTES_MAX = 32 * 1024 * 1024
/** A flush that takes longer is taken for a disk that hangs: lmdb can wait for ever after a failed commit. */
const FLUSH_MS_MAX = 30_000
/** After a full disk, appends fail at once for this long, instead of each trying a commit. */
const FULL_HOLD_MS = 500
/** Room in a segment's map beyond its size bound: one flush more may land in it. The map grows by itself if need be. */
const MAP_SLACK_BYTES = 2 * FLUSH_BYTES_MAX
const FORMAT = 1

type Waiting = { readonly bytes: Uint8Array; readonly resolve: (at: Position) => void; readonly reject: (error: Error) => void }

export const openLmdbLog = async (dir: string, options: LmdbLogOptions): Promise<LmdbLog> => {
  const { now, segmentBytesMax, segmentAgeMsMax, budgetBytes } = options
  mkdirSync(dir, { recursive: true })
  fsyncFolder(dirname(dir))
  const unlock = lockFolder(dir)
  const notes = openNotes(dir)
  const mapBytes = segmentBytesMax + MAP_SLACK_BYTES
  const segments = await openSegments(dir, mapBytes)
  let active = segments.at(-1) as Segment
  let db: SegmentDb | undefined = openSegmentDb(active.path, mapBytes)
  fsyncFolder(dir)
  let reader: { readonly segment: Segment; readonly db: SegmentDb } | undefined
  let lastMs = active.next > active.first ? receivedOf(db, active.next - 1) : await lastReceived(segments.at(-2), mapBytes)
  let listeners: readonly ((entry: LogEntry) => void)[] = []
  let queue: Waiting[] = []
  let queuedBytes = 0
  let flushingBytes = 0
  let flushingEntries = 0
  let running: Promise<void> | undefined
  let rolls: (() => void)[] = []
  let fullUntil = 0
  let stopped: Error | undefined
  const closedBytes = (): number => segments.reduce((sum, segment) => (segment === active ? sum : sum + segment.bytes), 0)
  let olderBytes = closedBytes()

  const roll = (): void => {
    if (active.next === active.first) return
    void db?.close()
    active = { path: segmentPath(dir, active.next), first: active.next, next: active.next, bytes: 0, firstMs: Number.NaN }
    segments.push(active)
    db = openSegmentDb(active.path, mapBytes)
    fsyncFolder(dir)
    olderBytes = closedBytes()
  }
  const rollIfDue = (): void => {
    if (active.bytes >= segmentBytesMax || now() - active.firstMs >= segmentAgeMsMax || rolls.length > 0) roll()
    const waiting = rolls
    rolls = []
    for (const done of waiting) done()
  }
  const takeBatch = (): Waiting[] => {
    let bytes = 0
    let count = 0
    while (count < queue.length && (count === 0 || bytes + (queue[count] as Waiting).bytes.byteLength <= FLUSH_BYTES_MAX))
      bytes += (queue[count++] as Waiting).bytes.byteLength
    const batch = queue.slice(0, count)
    queue = queue.slice(count)
    queuedBytes -= bytes
    flushingBytes = bytes
    flushingEntries = count
    return batch
  }
  const deliver = (batch: readonly Waiting[]): void => {
    for (const item of batch) {
      const at = position(active.next)
      if (active.next === active.first) active.firstMs = lastMs
      active.next++
      for (const listener of listeners) listener({ position: at, bytes: item.bytes })
      item.resolve(at)
    }
    active.bytes = statSync(active.path).size
  }
  const flush = async (): Promise<void> => {
    while (queue.length > 0 || rolls.length > 0) {
      rollIfDue()
      const batch = takeBatch()
      if (batch.length === 0) continue
      lastMs = Math.max(lastMs, now())
      const began = performance.now()
      try {
        await commit(db as SegmentDb, active.next, batch, lastMs)
        deliver(batch)
        options.onFlush?.({ entries: batch.length, bytes: flushingBytes, seconds: (performance.now() - began) / 1000 })
      } catch (error) {
        await recover(batch, await causeOf(error))
      }
      flushingBytes = 0
      flushingEntries = 0
    }
    running = undefined
  }
  /** Reopens after a failed commit and asks the file what is in it: a commit may have failed after an earlier one of the batch. */
  const recover = async (batch: readonly Waiting[], cause: Error): Promise<void> => {
    const failed = db
    db = undefined
    const full = isFull(cause)
    try {
      await bounded(failed?.close() ?? Promise.resolve(), FLUSH_MS_MAX)
      db = openSegmentDb(active.path, mapBytes)
      const durable = inspectSegment(db, active.path, active.first).next - active.next
      deliver(batch.slice(0, durable))
      for (const item of batch.slice(durable)) item.reject(full ? new LogFullError(`log: ${cause.message}`) : cause)
      if (full) fullUntil = performance.now() + FULL_HOLD_MS
      else breakOff(cause)
    } catch (error) {
      for (const item of batch) item.reject(cause)
      breakOff(error as Error)
    }
  }
  const breakOff = (cause: Error): void => {
    stopped = new Error(`log: stopped, ${cause.message}`, { cause })
    for (const item of queue) item.reject(stopped)
    queue = []
    queuedBytes = 0
    options.onBroken?.(stopped)
  }
  const start = (): void => {
    running ??= new Promise<void>((resolve) => {
      setImmediate(() => void flush().then(resolve))
    })
  }
  const refusal = (bytes: Uint8Array): Error | undefined => {
    if (stopped !== undefined) return stopped
    const budget = bytes[1] === ENTRY.events ? budgetBytes : budgetBytes * (1 + RESERVE_SHARE)
    const used = olderBytes + active.bytes + queuedBytes + flushingBytes
    if (used + bytes.byteLength > budget) return new LogFullError(`log: its budget of ${budgetBytes} bytes is spent (${used} used)`)
    return performance.now() < fullUntil ? new LogFullError('log: the disk is full') : undefined
  }
  const dbOf = (segment: Segment): SegmentDb | undefined => {
    if (segment === active) return db
    if (reader?.segment !== segment) {
      void reader?.db.close()
      reader = { segment, db: openSegmentDb(segment.path, mapBytes) }
    }
    return reader.db
  }

  return {
    id: notes.id,
    append: (bytes) => {
      const refused = refusal(bytes)
      if (refused !== undefined) return Promise.reject(refused)
      return new Promise<Position>((resolve, reject) => {
        queue.push({ bytes, resolve, reject })
        queuedBytes += bytes.byteLength
        start()
      })
    },
    onDurable: (listener) => {
      listeners = [...listeners, listener]
    },
    read: (from, bytesMax) => {
      const entries: LogEntry[] = []
      let bytes = 0
      let at: number = Math.max(from, (segments[0] as Segment).first)
      for (const segment of segments) {
        const source = at < segment.next ? dbOf(segment) : undefined
        for (; source !== undefined && at < segment.next && (entries.length === 0 || bytes < bytesMax); at++) {
          const entry = copyOf(source, at)
          if (entries.length > 0 && bytes + entry.byteLength > bytesMax) return entries
          bytes += entry.byteLength
          entries.push({ position: position(at), bytes: entry })
        }
      }
      return entries
    },
    trim: (to) => {
      while (segments.length > 1 && (segments[0] as Segment).next <= to) {
        const gone = segments.shift() as Segment
        if (reader?.segment === gone) {
          void reader.db.close()
          reader = undefined
        }
        deleteSegment(gone.path)
      }
      olderBytes = closedBytes()
      fsyncFolder(dir)
    },
    roll: () => {
      if (stopped !== undefined) return Promise.reject(stopped)
      return new Promise<void>((resolve) => {
        rolls.push(resolve)
        start()
      })
    },
    received: () => lastMs,
    pending: () => ({ entries: queue.length + flushingEntries, bytes: queuedBytes + flushingBytes }),
    note: notes.note,
    noted: notes.noted,
    stats: (): LogStats => {
      const oldest = segments[0] as Segment
      return { bytes: olderBytes + active.bytes, first: position(oldest.first), next: position(active.next), oldestMs: oldest.firstMs }
    },
    close: async () => {
      await running
      stopped ??= new Error('log: closed')
      await Promise.all([db?.close(), reader?.db.close(), notes.close()])
      unlock()
    },
  }
}

const commit = async (db: SegmentDb, first: number, batch: readonly Waiting[], receivedMs: number): Promise<void> => {
  // One promise for the commit they share, several if lmdb splits them; all must be durable.
  const commits = new Set<Promise<boolean>>()
  batch.forEach((item, index) => {
    stampReceived(item.bytes, receivedMs)
    commits.add(db.put(first + index, item.bytes))
  })
  await bounded(Promise.all(commits), FLUSH_MS_MAX)
}

/** lmdb hides the cause in a second, rejecting promise that would kill the process were nobody to await it. */
const causeOf = async (error: unknown): Promise<Error> => {
  const hidden = (error as { commitError?: Promise<never> }).commitError
  if (hidden === undefined) return error as Error
  return bounded(hidden, 1000).then(
    () => error as Error,
    (cause: unknown) => cause as Error,
  )
}

const isFull = (error: Error): boolean => /no space left|disk quota|file too large|MDB_MAP_FULL|ENOSPC|EDQUOT|EFBIG/i.test(error.message)

const copyOf = (db: SegmentDb, at: number): Uint8Array => {
  // Not getBinaryFast: its buffer is lmdb's own, longer than the value, and overwritten by the next get.
  const bytes = db.getBinary(at)
  if (bytes === undefined) throw new LogDamagedError(`log: entry ${at} is missing`)
  // Columns are views that must start on a multiple of 8.
  return bytes.byteOffset % 8 === 0 ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : new Uint8Array(bytes)
}

const bounded = async <T>(promise: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from the disk in ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const openSegments = async (dir: string, mapBytes: number): Promise<Segment[]> => {
  const firsts = listSegments(dir)
  const segments: Segment[] = []
  for (const first of firsts) {
    const path = segmentPath(dir, first)
    const db = openSegmentDb(path, mapBytes)
    const segment = inspectSegment(db, path, first)
    await db.close()
    const before = segments.at(-1)
    if (before !== undefined && before.next !== first) throw new LogDamagedError(`${path}: entries ${before.next} to ${first - 1} are missing before it`)
    segments.push(segment)
  }
  return segments.length > 0 ? segments : [{ path: segmentPath(dir, 1), first: 1, next: 1, bytes: 0, firstMs: Number.NaN }]
}

const lastReceived = async (segment: Segment | undefined, mapBytes: number): Promise<number> => {
  if (segment === undefined) return 0
  const db = openSegmentDb(segment.path, mapBytes)
  const received = receivedOf(db, segment.next - 1)
  await db.close()
  return received
}

type Notes = {
  readonly id: string
  readonly note: (key: string, value: unknown) => Promise<void>
  readonly noted: (key: string) => unknown
  readonly close: () => Promise<void>
}

/** A folder's notes as a restore makes them: a log of its own id, with these notes. */
export const mintNotes = async (dir: string, notes: Readonly<Record<string, unknown>>): Promise<string> => {
  const minted = openNotes(dir)
  for (const [key, value] of Object.entries(notes)) await minted.note(key, value)
  await minted.close()
  return minted.id
}

const openNotes = (dir: string): Notes => {
  const db: RootDatabase<unknown, string> = open({ path: join(dir, 'notes.lmdb'), overlappingSync: false, noSubdir: true, maxDbs: 1, cache: false })
  const format = db.get('format')
  if (format === undefined) {
    db.transactionSync(() => {
      db.putSync('id', randomBytes(16).toString('hex'))
      db.putSync('format', FORMAT)
    })
  } else if (format !== FORMAT) throw new LogDamagedError(`${dir}: log format ${JSON.stringify(format)} is not known here (this engine reads ${FORMAT})`)
  return {
    id: db.get('id') as string,
    note: async (key, value) => {
      await bounded(db.put(`note ${key}`, value), FLUSH_MS_MAX).catch(async (error: unknown) => {
        throw await causeOf(error)
      })
    },
    noted: (key) => db.get(`note ${key}`),
    close: () => db.close(),
  }
}
