import type { Chunk, PlainRows, RowTable } from '../core/rows.ts'
import { encodeChunks, encodeRows, type Cell } from './native.ts'
import { plainCells } from './plain-rows.ts'
import { SINK_TABLES, type PlainTable, type SinkTable, type TableSpec } from './tables.ts'
import type { Payload } from './insert.ts'

// The rows of one extent while they are gathered: chunks are kept as they came (no copy), plain rows as cells.

export type OpenBlock = {
  readonly block: number
  readonly chunks: Map<RowTable, Chunk[]>
  readonly plain: Map<PlainTable, (readonly Cell[])[]>
  readonly rowsOf: Map<SinkTable, number>
  readonly bytesOf: Map<SinkTable, number>
  readonly since: number
}

const PLAIN: readonly PlainTable[] = ['alarms', 'access', 'sites', 'seals', 'permits', 'policies', 'registry_changes']
/** What a plain row is reckoned at for back-pressure: four times a typical one, as they live as objects until sent. */
const PLAIN_ROW_BYTES = 400

export const openBlock = (block: number, now: number): OpenBlock => ({
  block,
  chunks: new Map(),
  plain: new Map(),
  rowsOf: new Map(),
  bytesOf: new Map(),
  since: now,
})

export const addRows = (open: OpenBlock, chunks: readonly Chunk[], plain: PlainRows): void => {
  for (const chunk of chunks) {
    if (chunk.rows === 0) continue
    const list = open.chunks.get(chunk.table)
    if (list === undefined) open.chunks.set(chunk.table, [chunk])
    else list.push(chunk)
    open.rowsOf.set(chunk.table, (open.rowsOf.get(chunk.table) ?? 0) + chunk.rows)
    addBytes(
      open,
      chunk.table,
      chunk.columns.reduce((sum, column) => sum + column.byteLength, 0),
    )
  }
  for (const table of PLAIN) {
    if (plain[table].length === 0) continue
    const have = open.plain.get(table) ?? []
    for (const cells of plainCells(plain, table, have.length)) have.push(cells)
    open.plain.set(table, have)
    open.rowsOf.set(table, have.length)
    addBytes(open, table, plain[table].length * PLAIN_ROW_BYTES)
  }
}

const addBytes = (open: OpenBlock, table: SinkTable, bytes: number): void => void open.bytesOf.set(table, (open.bytesOf.get(table) ?? 0) + bytes)

/** One table's rows leave memory: they are elsewhere, and still count as waiting. */
export const letGo = (open: OpenBlock, table: SinkTable): void => {
  open.chunks.delete(table as RowTable)
  open.plain.delete(table as PlainTable)
  open.bytesOf.delete(table)
}
/** One table of the block is in ClickHouse, while other tables' rows may still wait. */
export const releaseTable = (open: OpenBlock, table: SinkTable): void => {
  letGo(open, table)
  open.rowsOf.delete(table)
}

/** The largest number of rows of any table: what bounds a block. */
export const largestTable = (open: OpenBlock): number => Math.max(0, ...open.rowsOf.values())
export const allRows = (open: OpenBlock): number => [...open.rowsOf.values()].reduce((sum, rows) => sum + rows, 0)
export const allBytes = (open: OpenBlock): number => [...open.bytesOf.values()].reduce((sum, bytes) => sum + bytes, 0)
export const tablesOf = (open: OpenBlock): readonly TableSpec[] => SINK_TABLES.filter(({ name }) => (open.rowsOf.get(name) ?? 0) > 0)

/** Encodes one table's rows. Throws RowError where a cell cannot be right. */
export const payloadOf = (open: OpenBlock, spec: TableSpec): Payload => {
  const chunks = open.chunks.get(spec.name as RowTable)
  if (chunks !== undefined) {
    const { rows, buffers } = encodeChunks(spec, chunks, open.block)
    return payload(rows, buffers, spec.collapsesBy === null ? rows : distinctKeys(spec, chunks))
  }
  const cells = open.plain.get(spec.name as PlainTable) ?? []
  const { rows, buffers } = encodeRows(spec, cells, open.block)
  return payload(rows, buffers, spec.collapsesBy === null ? rows : distinctRows(spec, cells))
}

const payload = (rows: number, buffers: readonly Buffer[], counted: number): Payload => ({
  rows,
  buffers,
  counted,
  bytes: buffers.reduce((sum, buffer) => sum + buffer.length, 0),
})

/** Distinct keys of the rows: cells of the key columns side by side as text of 16-bit units, which a Set compares quickly. */
const distinctKeys = (spec: TableSpec, chunks: readonly Chunk[]): number => {
  const indexes = keyIndexes(spec)
  const seen = new Set<string>()
  for (const chunk of chunks) {
    const columns = indexes.map((index) =>
      Buffer.from(
        (chunk.columns[index] as Uint8Array).buffer,
        (chunk.columns[index] as Uint8Array).byteOffset,
        (chunk.columns[index] as Uint8Array).byteLength,
      ),
    )
    const widths = columns.map((column) => column.length / chunk.rows)
    for (let row = 0; row < chunk.rows; row += 1) {
      let key = ''
      for (let k = 0; k < columns.length; k += 1) key += `${(columns[k] as Buffer).readUIntLE(row * (widths[k] as number), widths[k] as number)},`
      seen.add(key)
    }
  }
  return seen.size
}
const distinctRows = (spec: TableSpec, cells: readonly (readonly Cell[])[]): number => {
  const indexes = keyIndexes(spec)
  return new Set(cells.map((row) => indexes.map((index) => String(row[index])).join('\0'))).size
}
const keyIndexes = (spec: TableSpec): readonly number[] => (spec.collapsesBy ?? []).map((name) => spec.columns.findIndex((column) => column.name === name))
