import type { Position } from '../../core/ids.ts'
import { ROWS, type AlarmStep, type Chunk, type RowTable } from '../../core/rows.ts'
import type { Machine } from '../../core/thread/machine.ts'
import type { MachineOptions } from '../../core/thread/machine-run.ts'
import { startTestMachine } from './thread/history.ts'

// Plays entries through a real machine whose rounds are small enough for its own thread, and reads what it gave back as plain objects.

export type Row = Readonly<Record<string, number>>
export type Played = {
  readonly machine: Machine
  readonly rows: (table: RowTable) => readonly (Row & { readonly block: number })[]
  readonly steps: readonly AlarmStep[]
  readonly play: (entries: readonly Uint8Array[]) => Promise<void>
}

const noWorker: MachineOptions['run'] = () => Promise.reject(new Error('small rounds need no worker'))

export const startPlayed = async (over: Partial<MachineOptions> = {}): Promise<Played> => {
  const machine = await startTestMachine(noWorker, over)
  const rows = new Map<RowTable, (Row & { block: number })[]>()
  const steps: AlarmStep[] = []
  machine.onRound((round) => {
    for (const chunk of round.chunks) {
      const list = rows.get(chunk.table) ?? []
      rows.set(chunk.table, list)
      list.push(...rowsOf(chunk).map((row) => ({ ...row, block: round.block })))
    }
    steps.push(...round.alarmSteps)
  })
  let position = over.position ?? 0
  return {
    machine,
    steps,
    rows: (table) => rows.get(table) ?? [],
    play: async (entries) => {
      for (const bytes of entries) machine.offer((position += 1) as Position, bytes)
      await Promise.race([machine.whenApplied(position as Position), machine.failed])
    },
  }
}

const CELL = {
  u8: [1, (view: DataView, at: number) => view.getUint8(at)],
  u16: [2, (view: DataView, at: number) => view.getUint16(at, true)],
  u32: [4, (view: DataView, at: number) => view.getUint32(at, true)],
  i32: [4, (view: DataView, at: number) => view.getInt32(at, true)],
  f32: [4, (view: DataView, at: number) => view.getFloat32(at, true)],
  u64: [8, (view: DataView, at: number) => Number(view.getBigUint64(at, true))],
  i64: [8, (view: DataView, at: number) => Number(view.getBigInt64(at, true))],
} as const

/** The rows of a chunk as plain objects. */
export const rowsOf = ({ table, rows, columns }: Chunk): Row[] =>
  Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      Object.entries(ROWS[table]).map(([name, kind], index) => {
        const [width, read] = CELL[kind as keyof typeof CELL]
        const bytes = columns[index] as Uint8Array
        return [name, read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), row * width)]
      }),
    ),
  )
