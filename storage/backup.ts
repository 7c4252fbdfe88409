import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { SINK_TABLES } from './tables.ts'

// The embedded ClickHouse's part of a backup: its tables' parts as they are at one moment (hard links, made in milliseconds by
// ALTER TABLE … FREEZE), copied at leisure; and the way back, into empty tables of the same schema.

type TableRow = { readonly name: string; readonly uuid: string; readonly data_paths: readonly string[] }
const tablesNow = async (client: ClickHouseClient): Promise<readonly TableRow[]> => {
  const answer = await client.query({
    query: "SELECT name, toString(uuid) AS uuid, data_paths FROM system.tables WHERE database = 'seals' AND engine LIKE '%MergeTree'",
    format: 'JSONEachRow',
  })
  const known = new Set<string>(SINK_TABLES.map(({ name }) => name))
  return (await answer.json<TableRow>()).filter(({ name }) => known.has(name))
}

export type Frozen = {
  /** Copies table by table, as `to/TABLE/PART`. */
  readonly copy: (to: string) => Promise<void>
  /** Rows of the tables whose rows never merge into one: what a restore must find again. */
  readonly rows: Readonly<Record<string, number>>
  /** Removes the links. */
  readonly drop: () => void
}

/** What the tables hold now. Nothing may be inserted meanwhile that is not to be in it (sink.holdAfter). */
export const freezeTables = async (client: ClickHouseClient, dataDir: string): Promise<Frozen> => {
  // (A hyphen would be escaped in the folder's name.)
  const name = `backup_${randomBytes(4).toString('hex')}`
  const shadow = join(dataDir, 'clickhouse', 'shadow', name)
  const drop = (): void => rmSync(shadow, { recursive: true, force: true })
  try {
    const tables = await tablesNow(client)
    for (const table of tables) await client.command({ query: `ALTER TABLE seals.${table.name} FREEZE WITH NAME '${name}'` })
    const rows = await rowCounts(client)
    return {
      drop,
      rows: Object.fromEntries(SINK_TABLES.filter(({ collapsesBy }) => collapsesBy === null).map(({ name: table }) => [table, rows[table] ?? 0])),
      copy: async (to) => {
        for (const table of tables) {
          const from = join(shadow, 'store', table.uuid.slice(0, 3), table.uuid)
          const own = join(to, table.name)
          mkdirSync(own, { recursive: true, mode: 0o700 })
          // A table without rows has no folder.
          for (const part of partsIn(from)) await cp(join(from, part), join(own, part), { recursive: true })
        }
      },
    }
  } catch (error) {
    drop()
    throw error
  }
}

const partsIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Attaches the copied parts to the (empty) tables of a ClickHouse whose schema is there. Returns how many rows each table has. */
export const attachTables = async (client: ClickHouseClient, from: string): Promise<Readonly<Record<string, number>>> => {
  for (const { name, data_paths: paths } of await tablesNow(client)) {
    const [home] = paths
    if (home === undefined) throw new Error(`seals.${name} has no folder of its own`)
    for (const part of partsIn(join(from, name))) {
      cpSync(join(from, name, part), join(home, 'detached', part), { recursive: true })
      await client.command({ query: `ALTER TABLE seals.${name} ATTACH PART '${part}'` })
    }
  }
  return rowCounts(client)
}

/** Rows of each table (of rollups as they stand, merged or not). */
export const rowCounts = async (client: ClickHouseClient): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {}
  for (const { name } of SINK_TABLES) {
    const answer = await client.query({ query: `SELECT count() AS n FROM seals.${name}`, format: 'JSONEachRow' })
    counts[name] = Number((await answer.json<{ n: string }>())[0]?.n ?? 0)
  }
  return counts
}
