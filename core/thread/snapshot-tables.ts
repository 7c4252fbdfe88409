import { attachTable, createTable, handleOf, type CellType, type Table, type TableHandle, type TableSchema } from '../table.ts'

// Tables in a snapshot are their bytes, and the snapshot says by which columns they were laid out. So a newer engine reads an older
// snapshot: a column that it has and the snapshot has not is zero ("nothing known", as in every new row), one that it no longer has
// is left out, a table that is new is empty. A column that changed its cell type is refused: that needs code, not a guess.

export type StoredTable = { readonly schema: TableSchema; readonly capacity: number }
export type StoredTables = Readonly<Record<string, StoredTable>>

/** Rows of a table that the snapshot does not have; the machine makes room for what there is. */
const ROWS_INITIAL = 64

export const describeTables = (tables: readonly (readonly [string, Table<TableSchema>])[]): StoredTables =>
  Object.fromEntries(tables.map(([name, { schema, capacity }]) => [name, { schema, capacity }]))

/** The table as this engine lays it out. Throws where the bytes or the types do not fit. */
export const restoreTable = (name: string, schema: TableSchema, stored: StoredTable | undefined, bytes: Uint8Array | undefined): TableHandle => {
  if (stored === undefined) return handleOf(createTable(schema, ROWS_INITIAL))
  if (bytes === undefined) throw new Error(`a snapshot without the bytes of its table "${name}"`)
  const buffer = sharedOf(bytes)
  const old = attachTable(stored.schema, stored.capacity, buffer)
  if (isSame(schema, stored.schema)) return handleOf(old)
  const now = createTable(schema, stored.capacity)
  for (const [column, spec] of Object.entries(schema)) {
    const before = stored.schema[column]
    if (before === undefined) continue
    if (layoutOf(before) !== layoutOf(spec))
      throw new Error(`a snapshot's column ${name}.${column} is ${layoutOf(before)}, this engine reads ${layoutOf(spec)}`)
    const cells = now.columns as Readonly<Record<string, { set: (from: unknown) => void }>>
    cells[column]?.set((old.columns as Readonly<Record<string, unknown>>)[column])
  }
  return handleOf(now)
}

/** Bytes that fill a shared buffer of their own, as a snapshot's are read, become the table; others are copied. */
const sharedOf = (bytes: Uint8Array): SharedArrayBuffer => {
  if (bytes.buffer instanceof SharedArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer
  const buffer = new SharedArrayBuffer(bytes.byteLength)
  new Uint8Array(buffer).set(bytes)
  return buffer
}

const layoutOf = (spec: CellType | readonly [CellType, number]): string => (typeof spec === 'string' ? spec : spec.join(' × '))
/** The same columns in the same order: the bytes are the table. */
const isSame = (a: TableSchema, b: TableSchema): boolean => textOf(a) === textOf(b)
const textOf = (schema: TableSchema): string =>
  Object.entries(schema)
    .map(([name, spec]) => `${name} ${layoutOf(spec)}`)
    .join()
