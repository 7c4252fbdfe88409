import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { position as positionOf, type Position } from '../../core/ids.ts'
import { fsyncFolder } from './segment.ts'

// Snapshots of the machine beside the log, each a folder named after its position. docs/formats/snapshot.md has the layout.
// Holds always: a folder with a manifest is whole (files and folder are flushed before the rename), every part is checked by
// length and CRC-32 before it is used, and a damaged one is passed over with a reason, never half used.

export type Snapshot = { readonly position: Position; readonly parts: ReadonlyMap<string, Uint8Array> }
export type Snapshots = {
  /** Positions of the snapshots in the folder, ascending. Whether each is whole, `load` tells. */
  readonly kept: () => readonly Position[]
  /** Resolves when it is durable; older ones but the one before are then deleted. */
  readonly write: (position: Position, parts: ReadonlyMap<string, Uint8Array>) => Promise<void>
  /**
   * The newest whole one of this log; `damaged` says why newer ones were passed over. Each part is a shared buffer of its own, which whoever
   * restores the machine takes over without a copy.
   */
  readonly load: () => Promise<{ readonly snapshot: Snapshot | null; readonly damaged: readonly string[] }>
  /** Deletes those below a position (their data has expired). */
  readonly dropBelow: (position: Position) => Promise<void>
}

const FORMAT = 1
const KEPT = 2
const NAME = /^\d{16}$/
/** Written and checksummed in pieces of this size, so that a snapshot of hundreds of MB never holds the event loop for long. */
const PIECE_BYTES = 4 * 1024 * 1024
/** Parts read at once, by libuv's four threads; each is checksummed on this one while others are read. */
const PARTS_AT_ONCE = 4

type PartRow = { readonly name: string; readonly file: string; readonly bytes: number; readonly crc32: number }
type Manifest = { readonly format: number; readonly logId: string; readonly position: number; readonly parts: readonly PartRow[] }

export const openSnapshots = (dir: string, logId: string): Snapshots => {
  mkdirSync(dir, { recursive: true })
  // The folder's own name must outlive a power loss as well: the log is trimmed on the strength of what is in it.
  fsyncFolder(dirname(dir))
  // What a killed write left behind.
  for (const name of readdirSync(dir)) if (name.endsWith('.tmp')) rmSync(join(dir, name), { recursive: true, force: true })
  const kept = (): Position[] =>
    readdirSync(dir)
      .filter((name) => NAME.test(name))
      .map((name) => positionOf(Number(name)))
      .sort((a, b) => a - b)
  const drop = (positions: readonly Position[]): void => {
    for (const position of positions) rmSync(join(dir, folderName(position)), { recursive: true, force: true })
    if (positions.length > 0) fsyncFolder(dir)
  }
  return {
    kept,
    write: async (position, parts) => {
      const final = join(dir, folderName(position))
      const beside = `${final}.tmp`
      rmSync(beside, { recursive: true, force: true })
      mkdirSync(beside)
      try {
        await writeFolder(beside, { logId, position }, parts)
        rmSync(final, { recursive: true, force: true })
        await rename(beside, final)
      } catch (error) {
        rmSync(beside, { recursive: true, force: true })
        throw error
      }
      fsyncFolder(dir)
      drop(kept().slice(0, -KEPT))
    },
    load: async () => {
      const damaged: string[] = []
      const passed: Position[] = []
      for (const position of kept().reverse()) {
        const read = await readFolder(join(dir, folderName(position)), { logId, position })
        if (typeof read !== 'string') {
          // Not kept: the log would be trimmed to what is of no use.
          drop(passed)
          return { snapshot: read, damaged }
        }
        passed.push(position)
        damaged.push(`snapshot ${position}: ${read}`)
      }
      return { snapshot: null, damaged }
    },
    dropBelow: (position) => {
      drop(kept().filter((at) => at < position))
      return Promise.resolve()
    },
  }
}

const folderName = (position: number): string => String(position).padStart(16, '0')

type Head = { readonly logId: string; readonly position: Position }

const writeFolder = async (folder: string, { logId, position }: Head, parts: ReadonlyMap<string, Uint8Array>): Promise<void> => {
  const rows: PartRow[] = []
  for (const [name, bytes] of parts) {
    const file = `part-${String(rows.length).padStart(3, '0')}`
    const handle = await open(join(folder, file), 'wx')
    try {
      rows.push({ name, file, bytes: bytes.length, crc32: await writePart(handle, bytes) })
      await handle.datasync()
    } finally {
      await handle.close()
    }
  }
  const manifest: Manifest = { format: FORMAT, logId, position, parts: rows }
  const text = JSON.stringify(manifest)
  await writeFile(join(folder, 'manifest'), `${text}\n${crc32(text)}\n`, { flush: true })
  fsyncFolder(folder)
}

const writePart = async (handle: FileHandle, bytes: Uint8Array): Promise<number> => {
  let sum = 0
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES)
    sum = crc32(piece, sum)
    for (let written = 0; written < piece.length;) written += (await handle.write(piece, written)).bytesWritten
  }
  return sum
}

/** The snapshot, or why it cannot be used. */
const readFolder = async (folder: string, { logId, position }: Head): Promise<Snapshot | string> => {
  try {
    const [text = '', sum = ''] = (await readFile(join(folder, 'manifest'), 'utf8')).split('\n')
    if (String(crc32(text)) !== sum) return 'its manifest is damaged'
    const manifest = JSON.parse(text) as Manifest
    if (manifest.format !== FORMAT) return `its format ${manifest.format} is not known here (this engine reads ${FORMAT})`
    if (manifest.logId !== logId) return `it belongs to log ${manifest.logId}`
    if (manifest.position !== position) return `it is of position ${manifest.position}`
    return await readParts(folder, manifest)
  } catch (error) {
    return (error as Error).message
  }
}

const readParts = async (folder: string, { position, parts: rows }: Manifest): Promise<Snapshot | string> => {
  const parts = new Map<string, Uint8Array>()
  // Largest first, so that none is left over at the end.
  const left = [...rows].sort((a, b) => a.bytes - b.bytes)
  let problem: string | undefined
  const reader = async (): Promise<void> => {
    for (let row = left.pop(); row !== undefined && problem === undefined; row = left.pop()) {
      const bytes = await readPart(join(folder, row.file), row)
      if (typeof bytes === 'string') problem = bytes
      else parts.set(row.name, bytes)
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, reader))
  return problem ?? { position: positionOf(position), parts }
}

/** In pieces, so that a checksum never holds the loop for long, and the next part's bytes come meanwhile. */
const readPart = async (path: string, { name, bytes, crc32: wanted }: PartRow): Promise<Uint8Array | string> => {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    if (size !== bytes) return `part ${name} has ${size} bytes, its manifest says ${bytes}`
    const part = new Uint8Array(new SharedArrayBuffer(bytes))
    let sum = 0
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await handle.read(part, at, Math.min(PIECE_BYTES, bytes - at), at)
      if (bytesRead === 0) return `part ${name} ends early`
      sum = crc32(part.subarray(at, at + bytesRead), sum)
      at += bytesRead
    }
    return sum === wanted ? part : `part ${name} is damaged (CRC-32)`
  } finally {
    await handle.close()
  }
}
