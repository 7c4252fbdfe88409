import type { Principal, RegistryOp, SealAssignment, SiteSpec } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { createRegistry, restoreRegistry, type Registry } from '../../core/registry.ts'
import { REGISTRY_SCHEMAS, type RegistryTables } from '../../core/registry-state.ts'
import { attachTable, type Table, type TableSchema } from '../../core/table.ts'

// What the registry's tests speak with: people, sites and seals in a few words.

export const NOW = Date.UTC(2026, 10, 24)
export const DAY = 86_400_000
export const SHARDS = 4

export const principal = (areas: readonly string[], role: Principal['role'] = 'admin'): Principal => ({ tokenNo: 1, name: 'wang', role, areas })
export const ADMIN = principal([''])
export const sealName = (no: number): string => no.toString(16).padStart(16, '0')
export const seals = (...nos: number[]): SealAssignment[] => nos.map((no) => ({ id: sealName(no), from: null, until: null }))

export const residence = (site: string, more: Partial<SiteSpec> = {}): SiteSpec => ({
  site,
  area: 'fuzhou/gulou/antai',
  kind: 'residence',
  headcount: 3,
  capacity: null,
  inside: null,
  observation: { from: NOW - DAY, until: NOW + 14 * DAY },
  seals: [],
  ...more,
})
export const building = (site: string, more: Partial<SiteSpec> = {}): SiteSpec => ({
  ...residence(site),
  kind: 'building',
  headcount: 500,
  observation: null,
  ...more,
})
export const put = (...sites: SiteSpec[]): RegistryOp => ({ op: 'put-sites', by: ADMIN, sites })

export const newRegistry = (): Registry => createRegistry(POLICY_DEFAULT, SHARDS)

/** A copy as a snapshot makes it: the dump through JSON-like values, the tables through their bytes. */
export const copied = (registry: Registry, shardCount = SHARDS): Registry => {
  const tables = registry.tables()
  const copies = Object.entries(REGISTRY_SCHEMAS).map(([name, schema]) => {
    const table = tables[name as keyof RegistryTables] as unknown as Table<TableSchema>
    const buffer = new SharedArrayBuffer(table.buffer.byteLength)
    new Uint8Array(buffer).set(new Uint8Array(table.buffer))
    return [name, attachTable(schema as TableSchema, table.capacity, buffer)]
  })
  return restoreRegistry(POLICY_DEFAULT, shardCount, structuredClone(registry.dump()), Object.fromEntries(copies) as RegistryTables)
}

/** All bytes of the tables, as one text to compare. */
export const tableBytesOf = (registry: Registry): string =>
  Object.values(registry.tables())
    .map((table) => Buffer.from(new Uint8Array(table.buffer)).toString('base64'))
    .join('\n')
