import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import type { AccessNote, Principal, Role } from '../../core/ops.ts'
import { ROWS, type CellKind, type Chunk, type PlainRows, type RowTable } from '../../core/rows.ts'
import { position } from '../../core/ids.ts'
import type { Round } from '../../core/thread/machine.ts'
import { openClient } from '../../storage/client.ts'
import { startEmbedded, type Embedded } from '../../storage/embedded/start.ts'
import type { DoorRefusal } from '../../storage/embedded/ipc.ts'
import { migrate } from '../../storage/schema.ts'

// The real embedded ClickHouse on a folder of its own, and rows as the machine makes them.

export const TOKENS: Readonly<Record<string, Principal>> = Object.fromEntries(
  (['sender', 'operator', 'analyst', 'sre', 'admin'] as const).map((role: Role, i) => [
    `token-of-${role}`,
    { tokenNo: i + 1, name: role, role, areas: [''] } satisfies Principal,
  ]),
)
const STREET: Principal = { tokenNo: 9, name: 'street', role: 'analyst', areas: ['fuzhou/gulou'] }
const byHash = new Map(
  [...Object.entries(TOKENS), ['token-of-street', STREET] as const].map(([token, principal]) => [createHash('sha256').update(token).digest('hex'), principal]),
)

export type Rig = {
  readonly dir: string
  readonly embedded: Embedded
  readonly client: ClickHouseClient
  readonly notes: AccessNote[]
  readonly refusals: DoorRefusal[]
  readonly exits: string[]
  readonly rows: <T>(query: string) => Promise<T[]>
  readonly stop: () => Promise<void>
}

export const startRig = async (dir = mkdtempSync(join(tmpdir(), 'sealstream-storage-'))): Promise<Rig> => {
  const notes: AccessNote[] = []
  const refusals: DoorRefusal[] = []
  const exits: string[] = []
  const embedded = await startEmbedded({
    dataDir: dir,
    port: 0,
    peopleSecondsMax: 5,
    authenticate: (hash) => byHash.get(hash),
    noteQuery: (note) => Promise.resolve(notes.push(note)),
    onRefused: (reason) => void refusals.push(reason),
    onExit: ({ signal, code }) => void exits.push(String(signal ?? code)),
  })
  const client = openClient(embedded)
  await migrate({ client })
  return {
    dir,
    embedded,
    client,
    notes,
    refusals,
    exits,
    rows: async <T>(query: string) => (await client.query({ query, format: 'JSONEachRow' })).json<T>(),
    stop: async () => {
      await client.close()
      await embedded.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Durable notes in a file, as the log keeps them. */
export const fileNotes = (
  path: string,
): { readonly note: (key: string, value: unknown) => Promise<void>; readonly noted: (key: string) => unknown; readonly all: () => Record<string, unknown> } => {
  const all = (): Record<string, unknown> => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    } catch {
      return {}
    }
  }
  return {
    all,
    noted: (key) => all()[key],
    note: (key, value) => {
      writeFileSync(path, JSON.stringify({ ...all(), [key]: value }), { flush: true })
      return Promise.resolve()
    },
  }
}

type Numbers = Readonly<Record<string, number | bigint>>
const BYTES: Readonly<Record<CellKind, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8, i64: 8, f32: 4 }

/** Rows as objects to the chunk that a shard would write. */
export const chunkOf = (table: RowTable, rows: readonly Numbers[]): Chunk => {
  const columns = Object.entries(ROWS[table] as Readonly<Record<string, CellKind>>).map(([name, cell]) => {
    const bytes = new Uint8Array(rows.length * BYTES[cell])
    const view = new DataView(bytes.buffer)
    for (const [i, row] of rows.entries()) writeCell(view, i * BYTES[cell], cell, row[name] ?? 0)
    return bytes
  })
  return { table, rows: rows.length, columns }
}

const writeCell = (view: DataView, at: number, cell: CellKind, value: number | bigint): void => {
  switch (cell) {
    case 'u8':
      view.setUint8(at, Number(value))
      return
    case 'u16':
      view.setUint16(at, Number(value), true)
      return
    case 'u32':
      view.setUint32(at, Number(value), true)
      return
    case 'i32':
      view.setInt32(at, Number(value), true)
      return
    case 'f32':
      view.setFloat32(at, Number(value), true)
      return
    case 'u64':
      view.setBigUint64(at, BigInt(value), true)
      return
    case 'i64':
      view.setBigInt64(at, BigInt(value), true)
  }
}

export const NO_PLAIN: PlainRows = { alarms: [], access: [], sites: [], seals: [], permits: [], policies: [], registry_changes: [] }

export const roundOf = (
  block: number,
  parts: { readonly chunks?: readonly Chunk[]; readonly plain?: Partial<PlainRows>; readonly ends?: boolean; readonly expiredKeys?: readonly number[] },
): Round => ({
  from: position(block + 1),
  to: position(block + 1),
  received: 0,
  block: position(block),
  ends: parts.ends ?? true,
  chunks: parts.chunks ?? [],
  plain: { ...NO_PLAIN, ...parts.plain },
  alarmSteps: [],
  alarms: [],
  deliveries: [],
  sitesChanged: new Uint32Array(0),
  sitesEnded: [],
  expiredKeys: parts.expiredKeys ?? [],
  rejectedByReason: new Map(),
})
