import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { position, type Position } from '../../core/ids.ts'
import { mintNotes } from './lmdb-log.ts'
import type { Log } from './log.ts'
import type { Keeper } from './keeper.ts'
import { fsyncFolder, openSegmentDb, segmentPath } from './segment.ts'
import { openSnapshots } from './snapshots.ts'

// A backup of a running engine: the machine's state where an extent ends, ClickHouse's tables with exactly the rows up to there, and
// the log from there on, up to the moment at which the backup ends. So a restore continues like a start after a crash: it applies the log
// and stores what ClickHouse does not have yet. Its log has an id of its own, for tokens of inserts are named after it.
// Layout: DIR/snapshots, DIR/log/POSITION.lmdb, DIR/clickhouse/TABLE/PART, DIR/credentials.json, and, last, DIR/backup.json: a folder without
// that is no backup.

export const BACKUP_FORMAT = 1
const MANIFEST = 'backup.json'
/** Entries copied at a time. */
const COPY_BYTES = 16 * 1024 * 1024
const MAP_BYTES = 256 * 1024 * 1024

export type BackupManifest = {
  readonly format: number
  readonly logId: string
  /** The last entry that the snapshot has, and the block that ends there. */
  readonly position: number
  readonly block: number
  /** The last entry of the copied log. */
  readonly until: number
  readonly made: string
  readonly clickhouse: 'embedded' | 'server'
  /** Rows that the restored tables must have, by table. */
  readonly rows: Readonly<Record<string, number>>
  readonly notes: Readonly<Record<string, unknown>>
}
export type BackupDeps = {
  readonly dataDir: string
  readonly log: Log
  readonly keeper: Pick<Keeper, 'copyFor'>
  readonly sink: {
    readonly whenVerified: (block: Position) => Promise<void>
    readonly whenErased: () => Promise<void>
    readonly holdAfter: (block: number) => () => void
  }
  /** Freezes ClickHouse's tables; null where they are a server's, which has backups of its own. */
  readonly freeze:
    | (() => Promise<{ readonly rows: Readonly<Record<string, number>>; readonly copy: (to: string) => Promise<void>; readonly drop: () => void }>)
    | null
  /** What the sink has to find noted in the restored log, for everything up to this block is in ClickHouse. */
  readonly notesAt: (block: number) => Readonly<Record<string, unknown>>
  readonly now: () => number
}

/** Writes a backup into a folder that does not exist or is empty. Rejects, and leaves nothing behind, where anything fails. */
export const writeBackup = async (dir: string, deps: BackupDeps): Promise<BackupManifest> => {
  if (existsSync(dir) && readdirSync(dir).length > 0) throw new Error(`${dir} is not empty`)
  // Not recursive: a mistyped path is an error, and in places like /proc Node tries for ever.
  if (!existsSync(dir)) mkdirSync(dir, { mode: 0o700 })
  chmodSync(dir, 0o700)
  try {
    const manifest = await copyAll(dir, deps)
    writeFileSync(join(dir, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
    fsyncFolder(dir)
    return manifest
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
}

const copyAll = async (dir: string, deps: BackupDeps): Promise<BackupManifest> => {
  const { log, keeper, sink, freeze } = deps
  let release = (): void => undefined
  let done: BackupManifest | undefined
  try {
    await keeper.copyFor(
      (block) => {
        release = sink.holdAfter(block)
      },
      async ({ position: at, block, parts }) => {
        await sink.whenVerified(block)
        await sink.whenErased()
        const frozen = freeze === null ? null : await freeze()
        release()
        try {
          await openSnapshots(join(dir, 'snapshots'), log.id).write(at, parts)
          await frozen?.copy(join(dir, 'clickhouse'))
          const until = await copyEntries(log, at + 1, join(dir, 'log'))
          done = {
            format: BACKUP_FORMAT,
            logId: log.id,
            position: at,
            block,
            until,
            made: new Date(deps.now()).toISOString(),
            clickhouse: freeze === null ? 'server' : 'embedded',
            rows: frozen?.rows ?? {},
            notes: deps.notesAt(block),
          }
        } finally {
          frozen?.drop()
        }
      },
    )
  } finally {
    release()
  }
  const credentials = join(deps.dataDir, 'credentials.json')
  if (existsSync(credentials)) copyFileSync(credentials, join(dir, 'credentials.json'))
  return done as unknown as BackupManifest
}

/** Entries from a position to the end of the log as it is now, as one segment. Returns the last one's position. */
const copyEntries = async (log: Log, from: number, dir: string): Promise<number> => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const db = openSegmentDb(segmentPath(dir, from), MAP_BYTES)
  const end = log.stats().next
  let next = from
  while (next < end) {
    const entries = log.read(position(next), COPY_BYTES)
    if (entries.length === 0) break
    const puts: Promise<boolean>[] = []
    for (const entry of entries) puts.push(db.put(entry.position, entry.bytes))
    await Promise.all(puts)
    next += entries.length
  }
  await db.close()
  return next - 1
}

export const readManifest = (dir: string): BackupManifest => {
  const path = join(dir, MANIFEST)
  if (!existsSync(path)) throw new Error(`${dir} holds no whole backup: ${MANIFEST} is missing`)
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as BackupManifest
  if (manifest.format !== BACKUP_FORMAT) throw new Error(`${path}: format ${manifest.format} is not known here (this engine reads ${BACKUP_FORMAT})`)
  return manifest
}

/** The log and the snapshot of a backup, in an empty data folder, as a log of its own id. ClickHouse's tables are storage's. */
export const restoreLog = async (from: string, dataDir: string): Promise<BackupManifest> => {
  const manifest = readManifest(from)
  const { snapshot, damaged } = await openSnapshots(join(from, 'snapshots'), manifest.logId).load()
  if (snapshot === null) throw new Error(`${from}: ${damaged.join('; ') || 'it has no snapshot'}`)
  const logDir = join(dataDir, 'log')
  mkdirSync(logDir, { recursive: true, mode: 0o700 })
  const segment = segmentPath('', manifest.position + 1)
  copyFileSync(join(from, 'log', segment), join(logDir, segment))
  const id = await mintNotes(logDir, manifest.notes)
  await openSnapshots(join(dataDir, 'snapshots'), id).write(snapshot.position, snapshot.parts)
  const credentials = join(from, 'credentials.json')
  if (existsSync(credentials)) {
    copyFileSync(credentials, join(dataDir, 'credentials.json'))
    chmodSync(join(dataDir, 'credentials.json'), 0o600)
  }
  fsyncFolder(logDir)
  fsyncFolder(dataDir)
  return manifest
}
