import { allBytes, letGo, payloadOf, tablesOf } from './block.ts'
import type { SinkHappening } from './sink-events.ts'
import type { Pending } from './sink-queue.ts'
import type { Spool } from './spool.ts'
import type { TableSpec } from './tables.ts'

// While ClickHouse is away the rows that wait go to disk, newest block first, for the oldest is the next to be sent. One table of one
// block at a time; what its lane has begun to send stays in memory.

export type SpillOptions = {
  readonly spool: Spool
  /** Rows that wait in memory beyond this go to disk. */
  readonly memoryBytesMax: number
  /** Below this a file is not worth its name; default SPILL_BYTES_MIN. */
  readonly bytesMin?: number
  readonly waiting: () => readonly Pending[]
  readonly emit: (happening: SinkHappening) => void
}

/** After a disk that did not take a block, this long nothing is tried. */
const FAILED_HOLD_MS = 10_000
const SPILL_BYTES_MIN = 64 * 1024

/** Returns what to call when more waits than before; one run is under way at a time. */
export const createSpiller = ({ spool, memoryBytesMax, bytesMin = SPILL_BYTES_MIN, waiting, emit }: SpillOptions): (() => void) => {
  let running = false
  let heldUntil = 0
  const inMemory = (): number => waiting().reduce((sum, { open }) => sum + allBytes(open), 0)
  const run = async (): Promise<void> => {
    while (inMemory() > memoryBytesMax) {
      const next = nextOf(waiting(), bytesMin)
      if (next === undefined) return
      const { pending, spec } = next
      const spooled = await spool.put(`${pending.open.block}-${spec.name}`, payloadOf(pending.open, spec))
      if (pending.sending.has(spec.name)) {
        await spool.drop(spooled)
        continue
      }
      pending.spooled.set(spec.name, spooled)
      letGo(pending.open, spec.name)
      emit({ kind: 'spilled', table: spec.name, block: pending.open.block, rows: spooled.rows, bytes: spooled.bytes })
    }
  }
  return () => {
    if (running || performance.now() < heldUntil || inMemory() <= memoryBytesMax) return
    running = true
    run()
      .catch((error: unknown) => {
        heldUntil = performance.now() + FAILED_HOLD_MS
        emit({ kind: 'spill-failed', reason: error instanceof Error ? error.message : String(error) })
      })
      .finally(() => {
        running = false
      })
  }
}

const nextOf = (waiting: readonly Pending[], bytesMin: number): { readonly pending: Pending; readonly spec: TableSpec } | undefined => {
  for (const pending of waiting.toReversed()) {
    for (const spec of tablesOf(pending.open)) {
      if (!pending.sending.has(spec.name) && (pending.open.bytesOf.get(spec.name) ?? 0) >= bytesMin) return { pending, spec }
    }
  }
  return undefined
}
