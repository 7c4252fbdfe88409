import { ROWS, type CellKind, type Chunk, type RowTable } from './rows.ts'

// Output rows, written by column straight into ClickHouse's layout (core/rows.ts). 64-bit cells are two u32 stores, low first.
// A writer doubles when full; what it hands over is the bytes that were written, each column in a buffer of its own.

type WriterArray = {
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly f32: Float32Array
  readonly u64: Uint32Array
  readonly i64: Uint32Array
}
type WriterColumns<T extends RowTable> = {
  -readonly [K in keyof (typeof ROWS)[T]]: (typeof ROWS)[T][K] extends CellKind ? WriterArray[(typeof ROWS)[T][K]] : never
}
export type RowWriter<T extends RowTable> = {
  readonly table: T
  /** The first capacity; 0 until there is a row, for most rounds write nothing to most tables. */
  readonly expected: number
  /** 1; 0 of a writer that keeps nothing: each row is written over the one before. */
  readonly step: number
  rows: number
  capacity: number
  columns: WriterColumns<T>
}
type AnyArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array

const CELL_BYTES: Readonly<Record<CellKind, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, f32: 4, u64: 8, i64: 8 }
/** A first capacity: small, for most rounds of an idle fleet have a handful of rows. */
const ROWS_MIN = 64

const arrayOf = (kind: CellKind, rows: number): AnyArray => {
  switch (kind) {
    case 'u8':
      return new Uint8Array(rows)
    case 'u16':
      return new Uint16Array(rows)
    case 'u32':
      return new Uint32Array(rows)
    case 'i32':
      return new Int32Array(rows)
    case 'f32':
      return new Float32Array(rows)
    case 'u64':
    case 'i64':
      return new Uint32Array(rows * 2)
  }
}
const columnsOf = <T extends RowTable>(table: T, rows: number): WriterColumns<T> =>
  Object.fromEntries(Object.entries(ROWS[table]).map(([name, kind]) => [name, arrayOf(kind as CellKind, rows)])) as unknown as WriterColumns<T>

/** Columns without a cell, shared by all writers of the table: the first row replaces them. */
const none = new Map<RowTable, unknown>()
const noColumns = <T extends RowTable>(table: T): WriterColumns<T> => {
  const known = none.get(table) ?? columnsOf(table, 0)
  none.set(table, known)
  return known as WriterColumns<T>
}

export const createWriter = <T extends RowTable>(table: T, rowsExpected = 0, keeps = true): RowWriter<T> => {
  return { table, expected: keeps ? Math.max(ROWS_MIN, rowsExpected) : 1, step: keeps ? 1 : 0, rows: 0, capacity: 0, columns: noColumns(table) }
}

/** Makes room for one more row and returns its index; its cells are zero, where rows are kept. */
export const nextRow = <T extends RowTable>(writer: RowWriter<T>): number => {
  if (writer.rows === writer.capacity) grow(writer)
  const row = writer.rows
  writer.rows = row + writer.step
  return row
}

const grow = <T extends RowTable>(writer: RowWriter<T>): void => {
  const capacity = writer.capacity === 0 ? writer.expected : writer.capacity * 2
  const grown = columnsOf(writer.table, capacity)
  for (const name of Object.keys(grown) as (keyof WriterColumns<T>)[]) {
    const to = grown[name] as unknown as { set(from: ArrayLike<number>): void }
    to.set(writer.columns[name])
  }
  writer.columns = grown
  writer.capacity = capacity
}

const TWO32 = 4_294_967_296
/** A whole number of milliseconds as a 64-bit cell. */
export const putI64 = (cells: Uint32Array, row: number, ms: number): void => {
  const high = Math.floor(ms / TWO32)
  cells[row * 2] = ms - high * TWO32
  cells[row * 2 + 1] = high
}

/** The rows written since the last take, or null; the writer starts anew. */
export const takeChunk = <T extends RowTable>(writer: RowWriter<T>): Chunk | null => {
  const { table, rows, columns } = writer
  if (rows === 0) return null
  // A buffer that is mostly empty is copied to size, so that a waiting chunk never holds memory it does not need.
  const loose = rows * 2 < writer.capacity
  const parts = Object.entries(ROWS[table]).map(([name, kind]) => {
    const array = columns[name as keyof WriterColumns<T>]
    const bytes = new Uint8Array(array.buffer as ArrayBuffer, 0, rows * CELL_BYTES[kind as CellKind])
    return loose ? bytes.slice() : bytes
  })
  if (loose) {
    for (const array of Object.values(columns)) (array as AnyArray).fill(0, 0, rows * 2)
  } else {
    writer.columns = noColumns(table)
    writer.capacity = 0
  }
  writer.rows = 0
  return { table, rows, columns: parts }
}
