import { closeSync, fsyncSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'

// One segment of the log: one LMDB environment, named after the position of its first entry. An LMDB file never shrinks, so
// entries are freed by deleting whole segments. Key = position, value = the entry's bytes.
// `overlappingSync` is off: a commit then writes its pages, fdatasync()s them and writes the meta page through O_DSYNC
// *before* `put` resolves. With it on (lmdb's default on Linux), `put` resolves before the flush.

export type Segment = {
  readonly path: string
  /** Position of its first entry; the file's name. */
  readonly first: number
  /** One past its last entry. */
  next: number
  /** Size on disk; of the active segment, as of the last flush. */
  bytes: number
  /** `received` of its first entry; NaN while empty. */
  firstMs: number
}
export type SegmentDb = RootDatabase<Uint8Array, number>

const NAME = /^(\d{16})\.lmdb$/

export const segmentPath = (dir: string, first: number): string => join(dir, `${String(first).padStart(16, '0')}.lmdb`)

/** Positions of first entries of the segments in `dir`, ascending. */
export const listSegments = (dir: string): number[] =>
  readdirSync(dir)
    .flatMap((name) => {
      const match = NAME.exec(name)
      return match === null ? [] : [Number(match[1])]
    })
    .sort((a, b) => a - b)

export const openSegmentDb = (path: string, mapBytes: number): SegmentDb =>
  open<Uint8Array, number>({ path, encoding: 'binary', overlappingSync: false, noSubdir: true, maxDbs: 1, cache: false, mapSize: mapBytes })

/** What an opened segment holds. Throws where a position is missing in it. */
export const inspectSegment = (db: SegmentDb, path: string, first: number): Segment => {
  const [lowest] = [...db.getKeys({ limit: 1 })]
  const [highest] = [...db.getKeys({ limit: 1, reverse: true })]
  const bytes = statSync(path).size
  if (lowest === undefined || highest === undefined) return { path, first, next: first, bytes, firstMs: Number.NaN }
  const count = (db.getStats() as { entryCount: number }).entryCount
  if (lowest !== first || highest - lowest + 1 !== count)
    throw new LogDamagedError(`${path}: holds ${count} entries from ${lowest} to ${highest}, wanted all from ${first}`)
  return { path, first, next: highest + 1, bytes, firstMs: receivedOf(db, first) }
}

/** `received` of the entry at a position (offset 8 of its header). */
export const receivedOf = (db: SegmentDb, position: number): number => {
  const bytes = db.getBinary(position)
  return bytes === undefined ? Number.NaN : bytes.readDoubleLE(8)
}

export const deleteSegment = (path: string): void => {
  for (const file of [path, `${path}-lock`]) {
    try {
      unlinkSync(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** Makes names created or deleted in a folder durable. */
export const fsyncFolder = (dir: string): void => {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export class LogDamagedError extends Error {
  override readonly name = 'LogDamagedError'
}
