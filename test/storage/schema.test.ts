import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALARM, EVENT, REASON, SITE_KIND } from '../../core/kinds.ts'
import { ROWS, type RowTable } from '../../core/rows.ts'
import { migrate, SCHEMA_VERSION } from '../../storage/schema.ts'
import { SINK_TABLES } from '../../storage/tables.ts'
import { startRig, type Rig } from './rig.ts'

// The schema, the encoder and core's rows say the same.

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(() => rig.stop(), 30_000)

type Described = { readonly name: string; readonly type: string; readonly default_type: string }
const described = async (table: string): Promise<readonly Described[]> => rig.rows<Described>(`DESCRIBE TABLE seals.${table}`)

test('the columns of every table are those of the encoder, in order', async () => {
  for (const spec of SINK_TABLES) {
    const columns = (await described(spec.name)).filter(({ default_type }) => default_type === '')
    expect(new Set(columns.map(({ name }) => name)), spec.name).toEqual(new Set([...spec.columns.map(({ name }) => name), 'block']))
    for (const { name, type, enumMax } of spec.columns) {
      const real = columns.find((column) => column.name === name)?.type ?? ''
      const bare = /^SimpleAggregateFunction\(\w+, (.*)\)$/.exec(real)?.[1] ?? real
      if (enumMax !== undefined) expect(bare, `${spec.name}.${name}`).toMatch(/^Enum8\(/)
      else if (bare !== 'UInt64' || type !== 'UInt32')
        expect(bare === type || (bare === "DateTime64(3, 'UTC')" && type === bare), `${spec.name}.${name}: ${real} ≠ ${type}`).toBe(true)
    }
  }
})

test('core’s rows are all there', () => {
  for (const table of Object.keys(ROWS) as RowTable[])
    expect(SINK_TABLES.find(({ name }) => name === table)?.columns.map(({ name }) => name)).toEqual(Object.keys(ROWS[table]))
})

test('enumerations are the proto’s and core’s, and declare 0', async () => {
  const enumOf = async (table: string, column: string): Promise<Record<string, number>> => {
    const type = (await described(table)).find(({ name }) => name === column)?.type ?? ''
    return Object.fromEntries([...type.matchAll(/'([^']+)' = (\d+)/g)].map((match) => [match[1] as string, Number(match[2])]))
  }
  expect(await enumOf('events', 'kind')).toEqual({ UNSPECIFIED: 0, ...EVENT })
  expect(await enumOf('rejected_events', 'reason')).toEqual({ UNSPECIFIED: 0, ...REASON })
  expect(await enumOf('area_1h', 'kind')).toEqual({ unspecified: 0, ...SITE_KIND })
  expect(Object.keys(ALARM).length).toBeGreaterThan(20)
})

test('the contract’s columns are shown by names', async () => {
  const names = async (table: string): Promise<readonly string[]> => (await described(table)).map(({ name }) => name)
  expect(await names('events')).toEqual(expect.arrayContaining(['seal', 'site', 'area', 'time', 'received', 'device_time', 'kind', 'value', 'boot', 'seq']))
  expect(await names('occupancy')).toEqual(expect.arrayContaining(['site', 'area', 'time', 'raw', 'corrected', 'confidence', 'cause']))
  expect(await names('alarms_current')).toEqual(expect.arrayContaining(['state', 'active', 'acknowledged', 'raised_at', 'cleared_at', 'repeats']))
  for (const { name } of SINK_TABLES) expect(await names(name), name).toContain('block')
})

test('every table deduplicates, flushes and partitions as the design says', async () => {
  for (const { create_table_query: ddl, name } of await rig.rows<{ create_table_query: string; name: string }>(
    "SELECT name, create_table_query FROM system.tables WHERE database = 'seals' AND engine LIKE '%MergeTree' AND name != 'schema_version'",
  )) {
    for (const part of ['non_replicated_deduplication_window = 1000', 'fsync_after_insert = 1', 'fsync_part_directory = 1', 'TTL '])
      expect(ddl, name).toContain(part)
  }
})

test('migrating again changes nothing; a newer database is refused', async () => {
  expect(await migrate({ client: rig.client })).toEqual({ from: SCHEMA_VERSION, to: SCHEMA_VERSION })
  await rig.client.command({ query: `INSERT INTO seals.schema_version (version) VALUES (${SCHEMA_VERSION + 1})` })
  await expect(migrate({ client: rig.client })).rejects.toThrow(/newer engine/)
})
