import { createHash } from 'node:crypto'
import type { Chunk } from '../../core/rows.ts'
import { CELL_BYTES, encodeChunks } from '../../storage/native.ts'
import { tableSpec, type Column } from '../../storage/tables.ts'
import { seeded, type Random } from '../random.ts'
import type { Kernel, KernelResult, KernelSize } from './kernel.ts'
import { CALLS, measure, rates } from './measure.ts'

// One second's block of `seals.events` at 100,000 events a second, in chunks as the shards hand them over: checked and put behind
// their headers. The cells themselves are not copied here; they go to the socket as they are.

const ROWS = 100_000
const CHUNKS = 20
const SEED = 11

const cellsOf = ({ type, enumMax, name }: Column, rows: number, random: Random): Uint8Array => {
  if (type === 'UInt8' && enumMax !== undefined) return Uint8Array.from({ length: rows }, () => random.int(1, enumMax + 1))
  const bytes = new Uint8Array(rows * CELL_BYTES[type])
  // A row that has expired already would be refused.
  for (let i = 0; i < bytes.length; i++) bytes[i] = name === 'expires' ? 0x70 : random.int(0, 256)
  return bytes
}

const run = async (size: KernelSize): Promise<KernelResult> => {
  const spec = tableSpec('events')
  const random = seeded(SEED)
  const rows = ROWS / CHUNKS
  const chunks = Array.from({ length: CHUNKS }, (): Chunk => ({ table: 'events', rows, columns: spec.columns.map((column) => cellsOf(column, rows, random)) }))
  const encoded = (): readonly Buffer[] => encodeChunks(spec, chunks, 1).buffers
  const measured = await measure('native', { amount: CALLS[size], run: () => void encoded() })
  const hash = createHash('sha256')
  let bytes = 0
  for (const buffer of encoded()) {
    hash.update(buffer)
    bytes += buffer.length
  }
  return { ...rates(measured, ROWS), detail: { 'bytes/row': Number((bytes / ROWS).toFixed(1)), chunks: CHUNKS }, hash: hash.digest('hex').slice(0, 16) }
}

export const kernels: readonly Kernel[] = [{ name: 'encode Native block', unit: 'rows', run }]
