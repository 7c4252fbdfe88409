import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { position, type Position } from '../core/ids.ts'
import type { Round } from '../core/thread/machine.ts'
import { addRows, allRows, largestTable, openBlock, payloadOf, tablesOf, type OpenBlock } from './block.ts'
import { startEraser } from './erase.ts'
import { createLane, NO_BLOCK, noteKey, type Lane, type LaneNote } from './lane.ts'
import { reloadNames } from './names.ts'
import type { SinkHappening } from './sink-events.ts'
import { SINK_TABLES, type SinkTable } from './tables.ts'

// The sink: gathers the machine's rows into blocks and brings each block into ClickHouse exactly once (storage/lane.ts has the proof).
// Invariants:
// - a block is sent only when its extent has ended in the log, so that after any crash the same rows come again under the same number;
// - `verified()` is the last block up to which every table was counted and every expired key is durably noted for erasure;
// - nothing is ever dropped: what cannot be stored waits, and `pending()` tells ingest to hold senders back.

export type SinkOptions = {
  readonly client: ClickHouseClient
  readonly logId: string
  /** Durable notes beside the log. */
  readonly note: (key: string, value: unknown) => Promise<void>
  readonly noted: (key: string) => unknown
  readonly emit: (happening: SinkHappening) => void
  /** The engine's clock, Unix ms. */
  readonly now?: () => number
}
export type SinkPending = {
  readonly rows: number
  readonly bytes: number
  readonly blocks: number
  /** Age of the oldest rows not yet verified, ms; 0 where there are none. */ readonly oldestMs: number
}
export type Sink = {
  /** Takes one round, in log order. Returns at once. */
  readonly offer: (round: Round) => void
  /** Rows of the largest table of the open block. ingest/pulse.ts ends the extent before they are more than one part takes. */
  readonly rowsOpen: () => number
  readonly bytesOpen: () => number
  /** Every block up to this extent is proved to be in ClickHouse, in every table. */
  readonly verified: () => Position
  /** Resolves when `verified()` has reached a block. Rejects when the sink is stopped before. */
  readonly whenVerified: (block: Position) => Promise<void>
  readonly pending: () => SinkPending
  /** Site keys whose rows are still to be erased. */
  readonly erasing: () => number
  /** Resolves when all that expired so far is erased from every table. */
  readonly whenErased: () => Promise<void>
  /** Stops after the requests under way; what is not verified comes again from the log. */
  readonly stop: () => Promise<void>
}

const VERIFIED_KEY = 'sink:verified'

export const startSink = (options: SinkOptions): Sink => {
  const now = options.now ?? Date.now
  const stopped = new AbortController()
  const lanes = new Map<SinkTable, Lane>()
  for (const spec of SINK_TABLES) {
    lanes.set(spec.name, createLane({ ...options, spec, signal: stopped.signal, noted: options.noted(noteKey(spec.name)) as LaneNote | undefined }))
  }
  const eraser = startEraser({ ...options, signal: stopped.signal })
  const waiters: { readonly block: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  const queue: { readonly open: OpenBlock; readonly expired: readonly number[] }[] = []
  let current: OpenBlock | undefined
  let expired: number[] = []
  // Before the first extent the block is 0: nothing is verified is -1.
  let verified = Number(options.noted(VERIFIED_KEY) ?? NO_BLOCK)
  let inWork: OpenBlock | undefined
  let wake: (() => void) | undefined

  const settle = (): void => {
    for (let i = waiters.length - 1; i >= 0; i -= 1) if ((waiters[i] as { block: number }).block <= verified) waiters.splice(i, 1)[0]?.resolve()
  }
  const work = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const next = queue.shift()
      if (next === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      inWork = next.open
      await storeAll(options, lanes, next.open, stopped.signal)
      if (next.expired.length > 0) await eraser.add(next.expired)
      if (tablesOf(next.open).length > 0 || next.expired.length > 0) await persist(options, next.open.block, stopped.signal)
      verified = Math.max(verified, next.open.block)
      inWork = undefined
      settle()
    }
  }
  const running = work().catch(() => undefined)
  return {
    offer: (round) => {
      if (current !== undefined && current.block !== round.block) throw new Error(`rows of block ${round.block} came before block ${current.block} ended`)
      current ??= openBlock(round.block, now())
      addRows(current, round.chunks, round.plain)
      expired.push(...round.expiredKeys)
      if (!round.ends) return
      if (current.block > verified) queue.push({ open: current, expired })
      current = undefined
      expired = []
      wake?.()
    },
    rowsOpen: () => (current === undefined ? 0 : largestTable(current)),
    bytesOpen: () => current?.bytes ?? 0,
    verified: () => position(verified),
    whenVerified: (block) => (block <= verified ? Promise.resolve() : new Promise((resolve, reject) => waiters.push({ block, resolve, reject }))),
    pending: () => pendingOf([...(inWork === undefined ? [] : [inWork]), ...queue.map(({ open }) => open), ...(current === undefined ? [] : [current])], now()),
    erasing: eraser.pending,
    whenErased: eraser.idle,
    stop: async () => {
      stopped.abort(new Error('the sink was stopped'))
      wake?.()
      for (const waiter of waiters.splice(0)) waiter.reject(new Error('the sink was stopped'))
      await Promise.all([running, eraser.stop()])
    },
  }
}

const pendingOf = (blocks: readonly OpenBlock[], now: number): SinkPending => {
  const full = blocks.filter((block) => allRows(block) > 0)
  return {
    rows: full.reduce((sum, block) => sum + allRows(block), 0),
    bytes: full.reduce((sum, block) => sum + block.bytes, 0),
    blocks: full.length,
    oldestMs: full.length === 0 ? 0 : Math.max(0, now - Math.min(...full.map((block) => block.since))),
  }
}

/** Stores one block's tables: those that hold names first, then the others side by side. */
const storeAll = async (options: SinkOptions, lanes: ReadonlyMap<SinkTable, Lane>, open: OpenBlock, signal: AbortSignal): Promise<void> => {
  const specs = tablesOf(open)
  const store = (name: SinkTable): Promise<void> => {
    const spec = specs.find((candidate) => candidate.name === name)
    return spec === undefined ? Promise.resolve() : (lanes.get(name) as Lane).store(open.block, () => payloadOf(open, spec))
  }
  const named = open.rowsOf.has('sites')
  await store('sites')
  if (named) await forever(() => reloadNames(options.client), signal)
  await Promise.all(specs.filter(({ name }) => name !== 'sites').map(({ name }) => store(name)))
}

const persist = (options: SinkOptions, block: number, signal: AbortSignal): Promise<void> => forever(() => options.note(VERIFIED_KEY, block), signal)

const AGAIN_MS = 500
const forever = async (task: () => Promise<void>, signal: AbortSignal): Promise<void> => {
  for (;;) {
    signal.throwIfAborted()
    try {
      await task()
      return
    } catch {
      await sleep(AGAIN_MS, undefined, { signal, ref: false })
    }
  }
}
