// What doctor reads in the data folder itself, engine or no engine: snapshots by their manifests and checksums, the log by its segments' names.
// Nothing is opened for writing.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export type SnapshotFound = { readonly position: number; readonly ageMs: number; readonly problem: string | null }
export type FolderFound = {
  /** Newest first. */
  readonly snapshots: readonly SnapshotFound[]
  /** Position of the log's first entry; 0 where there is no log. */
  readonly logFirst: number
  readonly logBytes: number
}

const PIECE_BYTES = 4 * 1024 * 1024

export const readFolder = (dir: string): FolderFound => {
  const names = (folder: string): readonly string[] => (existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)) : [])
  const snapshots = names('snapshots')
    .filter((name) => /^\d{16}$/.test(name))
    .map((name) => ({ position: Number(name), ...inspect(join(dir, 'snapshots', name)) }))
    .toSorted((a, b) => b.position - a.position)
  const segments = names('log').filter((name) => /^\d{16}\.lmdb$/.test(name))
  return {
    snapshots,
    logFirst: Math.min(...segments.map((name) => Number(name.slice(0, 16))), ...(segments.length === 0 ? [0] : [])),
    logBytes: segments.reduce((sum, name) => sum + statSync(join(dir, 'log', name)).size, 0),
  }
}

const inspect = (folder: string): { readonly ageMs: number; readonly problem: string | null } => {
  try {
    const path = join(folder, 'manifest')
    const ageMs = Date.now() - statSync(path).mtimeMs
    const [text = '', sum = ''] = readFileSync(path, 'utf8').split('\n')
    if (String(crc32(text)) !== sum) return { ageMs, problem: 'its manifest is damaged' }
    const { parts } = JSON.parse(text) as { parts: readonly { name: string; file: string; bytes: number; crc32: number }[] }
    const wrong = parts.find((part) => sumOf(join(folder, part.file), part.bytes) !== part.crc32)
    return { ageMs, problem: wrong === undefined ? null : `part ${wrong.name} is damaged` }
  } catch (error) {
    return { ageMs: 0, problem: (error as Error).message }
  }
}

/** CRC-32 of a file; NaN where it has another length. */
const sumOf = (path: string, bytes: number): number => {
  if (statSync(path).size !== bytes) return Number.NaN
  const fd = openSync(path, 'r')
  try {
    const piece = Buffer.alloc(PIECE_BYTES)
    let sum = 0
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece)) sum = crc32(piece.subarray(0, read), sum)
    return sum
  } finally {
    closeSync(fd)
  }
}
