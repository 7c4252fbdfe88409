import type { Column, ColumnType, TableSpec } from './tables.ts'
import type { Chunk } from '../core/rows.ts'

// ClickHouse's Native format: https://clickhouse.com/docs/en/interfaces/formats/Native
// A block is: varuint columns, varuint rows, then for each column its name and type (length-prefixed strings) and its cells,
// little-endian and side by side. Typed arrays have that layout already, so a block of them is a list of buffers without a copy.
// What always holds: a block leaves here only after its enumerations and times were checked; ClickHouse itself checks neither.

export class RowError extends Error {
  override readonly name = 'RowError'
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([varuint(bytes.length), bytes])
}
const varuint = (n: number): Buffer => {
  const bytes: number[] = []
  let rest = n
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

const blockColumn = (block: number, rows: number): Buffer => {
  const cells = new BigUint64Array(rows).fill(BigInt(block))
  return Buffer.from(cells.buffer)
}

/** Name and type of a column as they stand before its cells. */
const columnHead = ({ name, type }: Column): Buffer => Buffer.concat([text(name), text(type)])
const blockHead = (columns: number, rows: number): Buffer => Buffer.concat([varuint(columns), varuint(rows)])

/** One Native block of all `chunks` of one table, in order, with `block` as the last column. */
export const encodeChunks = (spec: TableSpec, chunks: readonly Chunk[], block: number): { readonly rows: number; readonly buffers: readonly Buffer[] } => {
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0)
  const buffers: Buffer[] = [blockHead(spec.columns.length + 1, rows)]
  for (const [index, column] of spec.columns.entries()) {
    buffers.push(columnHead(column))
    const width = CELL_BYTES[column.type]
    for (const chunk of chunks) {
      const cells = chunk.columns[index]
      if (cells === undefined || cells.byteLength !== chunk.rows * width)
        throw new RowError(`${spec.name}.${column.name}: ${cells?.byteLength ?? 0} bytes for ${chunk.rows} cells of ${width}`)
      checkCells(spec, column, cells)
      buffers.push(Buffer.from(cells.buffer, cells.byteOffset, cells.byteLength))
    }
  }
  buffers.push(columnHead({ name: 'block', type: 'UInt64' }), blockColumn(block, rows))
  return { rows, buffers }
}

export const CELL_BYTES: Readonly<Record<ColumnType, number>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  Int32: 4,
  UInt64: 8,
  Int64: 8,
  Float32: 4,
  "DateTime64(3, 'UTC')": 8,
  "DateTime('UTC')": 4,
  String: 0,
  'Nullable(UInt32)': 0,
  "Nullable(DateTime64(3, 'UTC'))": 0,
}

const checkCells = (spec: TableSpec, column: Column, cells: Uint8Array): void => {
  if (column.enumMax !== undefined) {
    for (let i = 0; i < cells.length; i += 1) {
      const cell = cells[i] as number
      if (cell === 0 || cell > column.enumMax) throw new RowError(`${spec.name}.${column.name} is ${cell} in row ${i}: not a known number`)
    }
  }
  if (column.name === 'expires') {
    // A row that expires in 1970 would be gone at the next merge, silently.
    const seconds = cells.byteOffset % 4 === 0 ? new Uint32Array(cells.buffer, cells.byteOffset, cells.byteLength / 4) : new Uint32Array(cells.slice().buffer)
    for (let i = 0; i < seconds.length; i += 1) if (seconds[i] === 0) throw new RowError(`${spec.name}.expires is 0 in row ${i}`)
  }
}

export type Cell = string | number | bigint | null

/** One Native block of plain rows (cells in the order of the columns), with `block` as the last column. */
export const encodeRows = (
  spec: TableSpec,
  rows: readonly (readonly Cell[])[],
  block: number,
): { readonly rows: number; readonly buffers: readonly Buffer[] } => {
  const buffers: Buffer[] = [blockHead(spec.columns.length + 1, rows.length)]
  for (const [index, column] of spec.columns.entries()) {
    buffers.push(
      columnHead(column),
      plainCells(
        spec,
        column,
        rows.map((row) => row[index] as Cell),
      ),
    )
  }
  buffers.push(columnHead({ name: 'block', type: 'UInt64' }), blockColumn(block, rows.length))
  return { rows: rows.length, buffers }
}

const plainCells = (spec: TableSpec, column: Column, cells: readonly Cell[]): Buffer => {
  if (column.type === 'String') return Buffer.concat(cells.map((cell) => text(String(cell))))
  if (isNullable(column.type)) {
    const marks = Buffer.from(cells.map((cell) => (cell === null ? 1 : 0)))
    return Buffer.concat([
      marks,
      numberCells(
        spec,
        { name: column.name, type: BARE[column.type] },
        cells.map((cell) => cell ?? 0),
      ),
    ])
  }
  return numberCells(spec, column, cells)
}

/** What a nullable column's cells are, after their marks. */
const BARE = { 'Nullable(UInt32)': 'UInt32', "Nullable(DateTime64(3, 'UTC'))": "DateTime64(3, 'UTC')" } as const
const isNullable = (type: ColumnType): type is keyof typeof BARE => Object.hasOwn(BARE, type)

const RANGES: Readonly<Partial<Record<ColumnType, readonly [number, number]>>> = {
  UInt8: [0, 255],
  UInt16: [0, 65_535],
  UInt32: [0, 4_294_967_295],
  Int32: [-2_147_483_648, 2_147_483_647],
  "DateTime('UTC')": [1, 4_294_967_295],
  // DateTime64(3) reaches from 1900 to 2299.
  "DateTime64(3, 'UTC')": [-2_208_988_800_000, 10_413_791_999_999],
}

const numberCells = (spec: TableSpec, column: Column, cells: readonly Cell[]): Buffer => {
  const width = CELL_BYTES[column.type]
  const bytes = Buffer.alloc(cells.length * width)
  const range = RANGES[column.type]
  for (const [row, cell] of cells.entries()) {
    if (cell === null || typeof cell === 'string') throw new RowError(`${spec.name}.${column.name} is ${cell} in row ${row}: not a number`)
    if (range !== undefined && !(Number(cell) >= range[0] && Number(cell) <= range[1]))
      throw new RowError(`${spec.name}.${column.name} is ${cell} in row ${row}: outside ${range[0]} to ${range[1]}`)
    writeCell(bytes, row * width, column.type, cell)
  }
  return bytes
}

const writeCell = (bytes: Buffer, at: number, type: ColumnType, cell: number | bigint): void => {
  switch (type) {
    case 'UInt8':
      bytes.writeUInt8(Number(cell), at)
      return
    case 'UInt16':
      bytes.writeUInt16LE(Number(cell), at)
      return
    case 'UInt32':
    case "DateTime('UTC')":
      bytes.writeUInt32LE(Number(cell), at)
      return
    case 'Int32':
      bytes.writeInt32LE(Number(cell), at)
      return
    case 'Float32':
      bytes.writeFloatLE(Number(cell), at)
      return
    case 'UInt64':
      bytes.writeBigUInt64LE(BigInt(cell), at)
      return
    case 'Int64':
    case "DateTime64(3, 'UTC')":
      bytes.writeBigInt64LE(BigInt(cell), at)
      return
    case 'String':
    case 'Nullable(UInt32)':
    case "Nullable(DateTime64(3, 'UTC'))":
      throw new RowError(`no number of type ${type}`)
  }
}
