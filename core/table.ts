// A table of typed-array columns in one fixed-size SharedArrayBuffer, so that any thread can work on it without a copy.
// A full table is replaced by a doubled copy (growable SharedArrayBuffers are up to ten times slower in V8, design.md).
// Rows are numbered from 0; unused rows are all zero. A snapshot of a table is its bytes.

const CELL = { f64: 8, u32: 4, i32: 4, f32: 4, u16: 2, u8: 1 } as const
export type CellType = keyof typeof CELL
type ArrayOf = { f64: Float64Array; u32: Uint32Array; i32: Int32Array; f32: Float32Array; u16: Uint16Array; u8: Uint8Array }

/** Column name → cell type, or `[cell type, width]` for a fixed number of cells a row (cell j of row i is at i * width + j). */
export type TableSchema = Readonly<Record<string, CellType | readonly [CellType, number]>>
export type Columns<S extends TableSchema> = {
  readonly [K in keyof S]: S[K] extends readonly [infer C extends CellType, number] ? ArrayOf[C] : S[K] extends CellType ? ArrayOf[S[K]] : never
}
export type Table<S extends TableSchema> = {
  readonly schema: S
  readonly capacity: number
  readonly buffer: SharedArrayBuffer
  readonly columns: Columns<S>
}

const cellOf = (spec: CellType | readonly [CellType, number]): readonly [CellType, number] => (typeof spec === 'string' ? [spec, 1] : spec)
const align8 = (n: number): number => Math.ceil(n / 8) * 8

export const tableBytes = (schema: TableSchema, capacity: number): number =>
  Object.values(schema).reduce((sum, spec) => {
    const [cell, width] = cellOf(spec)
    return sum + align8(CELL[cell] * width * capacity)
  }, 0)

/** Bytes of one row over all columns. */
export const rowBytes = (schema: TableSchema): number =>
  Object.values(schema).reduce((sum, spec) => {
    const [cell, width] = cellOf(spec)
    return sum + CELL[cell] * width
  }, 0)

/** Views over a table's bytes; every thread makes its own. */
export const attachTable = <const S extends TableSchema>(schema: S, capacity: number, buffer: SharedArrayBuffer): Table<S> => {
  if (buffer.byteLength !== tableBytes(schema, capacity))
    throw new RangeError(`table of ${capacity} rows needs ${tableBytes(schema, capacity)} bytes, has ${buffer.byteLength}`)
  let offset = 0
  const columns: Record<string, ArrayOf[CellType]> = {}
  for (const [name, spec] of Object.entries(schema)) {
    const [cell, width] = cellOf(spec)
    columns[name] = cellArray(cell, buffer, offset, width * capacity)
    offset += align8(CELL[cell] * width * capacity)
  }
  return { schema, capacity, buffer, columns: columns as unknown as Columns<S> }
}

/** A table as it travels to another thread or lies in a snapshot. */
export type TableHandle = { readonly buffer: SharedArrayBuffer; readonly capacity: number }
export const handleOf = ({ buffer, capacity }: TableHandle): TableHandle => ({ buffer, capacity })
export const attachHandle = <const S extends TableSchema>(schema: S, { capacity, buffer }: TableHandle): Table<S> => attachTable(schema, capacity, buffer)
/** The handles of a record of tables, by the same names. */
export const handlesOf = <K extends string>(tables: Readonly<Record<K, TableHandle>>): Record<K, TableHandle> =>
  Object.fromEntries(Object.entries<TableHandle>(tables).map(([name, table]) => [name, handleOf(table)])) as Record<K, TableHandle>

export const createTable = <const S extends TableSchema>(schema: S, capacity: number): Table<S> =>
  attachTable(schema, capacity, new SharedArrayBuffer(tableBytes(schema, capacity)))

/** The same table with at least `rows` rows: itself, or a copy of doubled capacity. */
export const withCapacity = <const S extends TableSchema>(table: Table<S>, rows: number): Table<S> => {
  if (rows <= table.capacity) return table
  let capacity = Math.max(64, table.capacity)
  while (capacity < rows) capacity *= 2
  const grown = createTable(table.schema, capacity)
  for (const name of Object.keys(table.schema)) {
    const from = (table.columns as Record<string, ArrayOf[CellType]>)[name]
    const to = (grown.columns as Record<string, ArrayOf[CellType]>)[name]
    if (from !== undefined && to !== undefined) (to as { set(source: ArrayLike<number>): void }).set(from)
  }
  return grown
}

/** All cells of a row zero again. */
export const eraseRow = <S extends TableSchema>({ schema, columns }: Table<S>, row: number): void => {
  for (const [name, spec] of Object.entries(schema)) {
    const [, width] = cellOf(spec)
    ;(columns as Record<string, ArrayOf[CellType]>)[name]?.fill(0, row * width, (row + 1) * width)
  }
}

const cellArray = (cell: CellType, buffer: SharedArrayBuffer, offset: number, length: number): ArrayOf[CellType] => {
  switch (cell) {
    case 'f64':
      return new Float64Array(buffer, offset, length)
    case 'u32':
      return new Uint32Array(buffer, offset, length)
    case 'i32':
      return new Int32Array(buffer, offset, length)
    case 'f32':
      return new Float32Array(buffer, offset, length)
    case 'u16':
      return new Uint16Array(buffer, offset, length)
    case 'u8':
      return new Uint8Array(buffer, offset, length)
  }
}
