// Reads a block of ClickHouse's Native format back into rows, as the simulated ClickHouse keeps them: the other direction of
// storage/native.ts, for the types that the sink sends.

export type Value = string | number | bigint | null
export type Row = readonly Value[]
export type Block = { readonly columns: readonly string[]; readonly rows: readonly Row[] }

const FIXED: Readonly<Record<string, readonly [number, (view: DataView, at: number) => Value]>> = {
  UInt8: [1, (view, at) => view.getUint8(at)],
  UInt16: [2, (view, at) => view.getUint16(at, true)],
  UInt32: [4, (view, at) => view.getUint32(at, true)],
  Int32: [4, (view, at) => view.getInt32(at, true)],
  UInt64: [8, (view, at) => view.getBigUint64(at, true)],
  Int64: [8, (view, at) => view.getBigInt64(at, true)],
  Float32: [4, (view, at) => view.getFloat32(at, true)],
  "DateTime64(3, 'UTC')": [8, (view, at) => Number(view.getBigInt64(at, true))],
  "DateTime('UTC')": [4, (view, at) => view.getUint32(at, true)],
}
const NULLABLE = /^Nullable\((.*)\)$/

export const readNative = (bytes: Buffer): Block => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varuint = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = view.getUint8(at++)
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  const text = (): string => {
    const length = varuint()
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  const cells = (type: string, count: number): Value[] => {
    if (type === 'String') return Array.from({ length: count }, text)
    const bare = NULLABLE.exec(type)?.[1]
    if (bare !== undefined) {
      const marks = bytes.subarray(at, (at += count))
      return cells(bare, count).map((value, i) => (marks[i] === 1 ? null : value))
    }
    const fixed = FIXED[type]
    if (fixed === undefined) throw new TypeError(`a column of type ${type}`)
    const [width, read] = fixed
    const from = at
    at += count * width
    return Array.from({ length: count }, (_, i) => read(view, from + i * width))
  }
  const columnCount = varuint()
  const rowCount = varuint()
  const columns: string[] = []
  const values: Value[][] = []
  for (let i = 0; i < columnCount; i += 1) {
    columns.push(text())
    values.push(cells(text(), rowCount))
  }
  if (at !== bytes.length) throw new RangeError(`${bytes.length - at} bytes after the block`)
  return { columns, rows: Array.from({ length: rowCount }, (_, row) => values.map((column) => column[row] as Value)) }
}
