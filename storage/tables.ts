import { ROWS, type CellKind, type RowTable } from '../core/rows.ts'
import { CAUSE } from '../core/occupancy.ts'
import { EVENT_KIND_MAX, REASON, SITE_KIND } from '../core/kinds.ts'

// The tables that the sink writes, column by column as they stand in a Native block, and how a block is proved to be there.
// test/storage/schema.test.ts holds these to the real tables and to core's ROWS.

export type ColumnType =
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'Int32'
  | 'UInt64'
  | 'Int64'
  | 'Float32'
  | 'String'
  | 'Nullable(UInt32)'
  | "Nullable(DateTime64(3, 'UTC'))"
  | "DateTime64(3, 'UTC')"
  | "DateTime('UTC')"
export type Column = { readonly name: string; readonly type: ColumnType; /** Largest number of an Enum8; 0 is never sent. */ readonly enumMax?: number }
export type PlainTable = 'alarms' | 'access' | 'sites' | 'seals' | 'permits' | 'policies' | 'registry_changes'
export type SinkTable = RowTable | PlainTable
export type TableSpec = {
  readonly name: SinkTable
  /** Without `block`, which comes last and is the sink's. */
  readonly columns: readonly Column[]
  /** Columns of the key that equal rows of one block collapse to, or null where every row stays. */
  readonly collapsesBy: readonly string[] | null
  /** Rows belong to a site and are erased with it. */
  readonly bySite: boolean
}

const NATIVE: Readonly<Record<CellKind, ColumnType>> = { u8: 'UInt8', u16: 'UInt16', u32: 'UInt32', i32: 'Int32', u64: 'UInt64', i64: 'Int64', f32: 'Float32' }
const ENUMS: Readonly<Record<string, number>> = {
  'events.kind': EVENT_KIND_MAX,
  'area_1h.kind': SITE_KIND.gate,
  'occupancy.cause': CAUSE.quiet,
  'rejected_events.reason': REASON.SEQUENCE_TOO_OLD,
}
/** Columns that hold a time, by their cell: ms (i64) or s (u32). */
const TIMES = new Set(['time', 'received', 'device_time', 'expires'])

const rowColumns = (table: RowTable): readonly Column[] =>
  Object.entries(ROWS[table] as Readonly<Record<string, CellKind>>).map(([name, cell]) => {
    const enumMax = ENUMS[`${table}.${name}`]
    if (enumMax !== undefined) return { name, type: 'UInt8', enumMax }
    if (TIMES.has(name)) return { name, type: cell === 'i64' ? "DateTime64(3, 'UTC')" : "DateTime('UTC')" }
    return { name, type: NATIVE[cell] }
  })

const MS = "DateTime64(3, 'UTC')"
const S = "DateTime('UTC')"
const columns = (...pairs: readonly (readonly [string, ColumnType])[]): readonly Column[] => pairs.map(([name, type]) => ({ name, type }))

export const PLAIN_COLUMNS: Readonly<Record<PlainTable, readonly Column[]>> = {
  alarms: columns(
    ['id', 'String'],
    ['step_no', 'UInt32'],
    ['kind', 'String'],
    ['severity', 'String'],
    ['site', 'String'],
    ['site_key', 'UInt32'],
    ['area', 'String'],
    ['seal', 'UInt64'],
    ['step', 'String'],
    ['time', MS],
    ['received', MS],
    ['by', 'String'],
    ['note', 'String'],
    ['repeats', 'UInt32'],
    ['value', 'Int64'],
    ['expires', S],
  ),
  access: columns(['time', MS], ['who', 'String'], ['role', 'String'], ['action', 'String'], ['target', 'String'], ['detail', 'String']),
  sites: columns(
    ['site_key', 'UInt32'],
    ['site', 'String'],
    ['area', 'String'],
    ['area_key', 'UInt32'],
    ['kind', 'String'],
    ['headcount', 'UInt32'],
    ['capacity', 'Nullable(UInt32)'],
    ['observed_from', MS],
    ['observed_until', MS],
    ['changed', MS],
    ['expires', S],
    ['row_no', 'UInt32'],
  ),
  seals: columns(
    ['seal', 'UInt64'],
    ['site_key', 'UInt32'],
    ['site', 'String'],
    ['from', MS],
    ['until', MS],
    ['changed', MS],
    ['expires', S],
    ['row_no', 'UInt32'],
  ),
  permits: columns(
    ['permit', 'UInt32'],
    ['site_key', 'UInt32'],
    ['site', 'String'],
    ['from', MS],
    ['until', MS],
    ['weekly', 'String'],
    ['openings', 'Nullable(UInt32)'],
    ['source', 'String'],
    ['reason', 'String'],
    ['by', 'String'],
    ['made', MS],
    ['revoked', "Nullable(DateTime64(3, 'UTC'))"],
    ['expires', S],
    ['row_no', 'UInt32'],
  ),
  policies: columns(['version', 'UInt32'], ['time', MS], ['by', 'String'], ['document', 'String'], ['expires', S], ['row_no', 'UInt32']),
  registry_changes: columns(
    ['time', MS],
    ['position', 'UInt64'],
    ['site_key', 'UInt32'],
    ['site_no', 'UInt32'],
    ['what', 'String'],
    ['body', 'String'],
    ['expires', S],
    ['row_no', 'UInt32'],
  ),
}

const spec = (name: SinkTable, of: readonly Column[], collapsesBy: readonly string[] | null, bySite: boolean): TableSpec => ({
  name,
  columns: of,
  collapsesBy,
  bySite,
})

/** In the order in which one block's tables are sent: names first, so that no row is seen before the name of its site. */
export const SINK_TABLES: readonly TableSpec[] = [
  spec('sites', PLAIN_COLUMNS.sites, ['site_key'], true),
  spec('seals', PLAIN_COLUMNS.seals, ['seal', 'site_key', 'from'], true),
  spec('permits', PLAIN_COLUMNS.permits, ['permit'], true),
  spec('policies', PLAIN_COLUMNS.policies, ['version'], false),
  spec('events', rowColumns('events'), null, true),
  spec('occupancy', rowColumns('occupancy'), null, true),
  spec('traffic_1m', rowColumns('traffic_1m'), ['site_key', 'time'], true),
  spec('traffic_1h', rowColumns('traffic_1h'), ['site_key', 'time'], true),
  spec('area_1h', rowColumns('area_1h'), ['area_key', 'kind', 'time'], false),
  spec('rejected_events', rowColumns('rejected_events'), null, true),
  spec('alarms', PLAIN_COLUMNS.alarms, null, true),
  spec('access', PLAIN_COLUMNS.access, null, false),
  spec('registry_changes', PLAIN_COLUMNS.registry_changes, null, true),
]
export const tableSpec = (name: SinkTable): TableSpec => SINK_TABLES.find((table) => table.name === name) as TableSpec
