import type { ClickHouseClient } from '@clickhouse/client'
import { TABLES } from './migrations/001-tables.ts'
import type { Migration } from './migrations/migration.ts'

// Brings the database `seals` to the version that this engine writes. Steps are numbered and run in order, each marked in
// `schema_version` when done. A database that is newer than the engine is refused: an old engine would write wrong rows into it.

const MIGRATIONS: readonly Migration[] = [TABLES]
export const SCHEMA_VERSION = MIGRATIONS.length

export type SchemaOptions = {
  readonly client: ClickHouseClient
  /** The user and password of a server (CLICKHOUSE_URL), which its dictionaries then read with. Undefined: embedded. */
  readonly server?: { readonly username: string; readonly password: string }
}

/** Creates or upgrades; returns the version found and the one left. Safe to run again after any crash. */
export const migrate = async ({ client, server }: SchemaOptions): Promise<{ readonly from: number; readonly to: number }> => {
  await client.command({ query: 'CREATE DATABASE IF NOT EXISTS seals' })
  await client.command({
    query:
      'CREATE TABLE IF NOT EXISTS seals.schema_version (version UInt32, applied DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1',
  })
  const from = await currentVersion(client)
  if (from > SCHEMA_VERSION) throw new Error(`the database seals has schema version ${from}, this engine knows ${SCHEMA_VERSION}: run a newer engine`)
  const context = { sourceCredentials: server === undefined ? '' : `USER ${quote(server.username)} PASSWORD ${quote(server.password)} ` }
  for (const migration of MIGRATIONS) {
    if (migration.version <= from) continue
    for (const query of migration.statements(context)) await client.command({ query })
    await client.command({ query: `INSERT INTO seals.schema_version (version) VALUES (${migration.version})` })
  }
  return { from, to: SCHEMA_VERSION }
}

const currentVersion = async (client: ClickHouseClient): Promise<number> => {
  const answer = await client.query({ query: 'SELECT max(version) AS version FROM seals.schema_version', format: 'JSONEachRow' })
  const rows = await answer.json<{ version: number }>()
  return rows[0]?.version ?? 0
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
