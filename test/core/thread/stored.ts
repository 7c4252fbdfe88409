import { ROWS, type AlarmStep, type CellKind, type Chunk, type RegistryChangeRow } from '../../../core/rows.ts'
import { STORED_EVENT_BYTES, STORED_EVENT_COLUMNS, storedEvents } from '../../../core/stored-events.ts'
import type { Round } from '../../../core/thread/machine.ts'
import type { StoredOp } from '../../../core/stored-op.ts'

// What ClickHouse would hold of a machine's rounds, as a replay reads it: the events' rows in RowBinary and in order, and the ops.

export type Kept = {
  readonly listen: (round: Round) => void
  readonly events: () => Uint8Array
  readonly ops: () => readonly StoredOp[]
  readonly steps: readonly AlarmStep[]
}

const CELL_BYTES: Readonly<Record<CellKind, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8, i64: 8, f32: 4 }
const EVENT_CELLS: Readonly<Record<string, CellKind>> = ROWS.events

export const createKept = (): Kept => {
  const rows: Row[] = []
  const changes: RegistryChangeRow[] = []
  const steps: AlarmStep[] = []
  return {
    listen: ({ chunks, plain, alarmSteps }) => {
      for (const chunk of chunks) if (chunk.table === 'events') rows.push(...rowsOf(chunk))
      changes.push(...plain.registry_changes)
      steps.push(...alarmSteps)
    },
    events: () => Buffer.concat(ordered(rows)),
    ops: () => [...changes.map(changeOp), ...steps.flatMap(workOp)].toSorted((a, b) => a.received - b.received),
    steps,
  }
}

type Row = { readonly bytes: Buffer; readonly turn: number }
const rowsOf = (chunk: Chunk): Row[] => {
  const cell = (name: string, row: number): Uint8Array => {
    const width = CELL_BYTES[EVENT_CELLS[name] as CellKind]
    return (chunk.columns[Object.keys(EVENT_CELLS).indexOf(name)] as Uint8Array).subarray(row * width, (row + 1) * width)
  }
  return Array.from({ length: chunk.rows }, (_, row) => ({
    bytes: Buffer.concat(STORED_EVENT_COLUMNS.map((name) => cell(name, row))),
    turn: Buffer.from(cell('turn', row)).readUInt32LE(),
  }))
}

/** By STORED_EVENT_ORDER. */
const ordered = (rows: readonly Row[]): Buffer[] => {
  const all = storedEvents(Buffer.concat(rows.map(({ bytes }) => bytes)))
  const order = rows.map((_, row) => row)
  order.sort(
    (a, b) =>
      all.received(a) - all.received(b) ||
      all.sealHigh(a) - all.sealHigh(b) ||
      all.sealLow(a) - all.sealLow(b) ||
      (rows[a] as Row).turn - (rows[b] as Row).turn ||
      all.time(a) - all.time(b) ||
      all.boot(a) - all.boot(b) ||
      all.seq(a) - all.seq(b),
  )
  if (rows.some(({ bytes }) => bytes.length !== STORED_EVENT_BYTES)) throw new Error('a row of another width')
  return order.map((row) => (rows[row] as Row).bytes)
}

const changeOp = (row: RegistryChangeRow): StoredOp => ({
  kind: 'change',
  received: row.time,
  position: row.position,
  siteKey: row.siteKey,
  what: row.what,
  body: JSON.parse(row.body),
})
const workOp = ({ step, received, id, kind, site, seal, by }: AlarmStep): readonly StoredOp[] =>
  (step === 'acknowledged' || step === 'cleared') && by !== 'system' && by !== '' ? [{ kind: 'work', received, step, id, alarm: kind, site, seal, by }] : []
