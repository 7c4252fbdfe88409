import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { position, type Position } from '../core/ids.ts'
import type { Round } from '../core/thread/machine.ts'
import { addRows, allBytes, allRows, largestTable, openBlock, payloadOf, releaseTable, tablesOf, type OpenBlock } from './block.ts'
import { startEraser } from './erase.ts'
import { createLane, NO_BLOCK, noteKey, type Lane, type LaneNote } from './lane.ts'
import type { Payload } from './insert.ts'
import { reloadNames } from './names.ts'
import type { SinkHappening } from './sink-events.ts'
import { createQueue, pendingBlock, type Pending, type Queue } from './sink-queue.ts'
import { createSpiller } from './spill.ts'
import { openSpool, type Spool } from './spool.ts'
import { SINK_TABLES, type SinkTable, type TableSpec } from './tables.ts'
import { createTurns } from './turns.ts'

// The sink: gathers the machine's rows into blocks and brings each block into ClickHouse exactly once (storage/lane.ts has the proof).
// Each table has a lane and a queue of its own: one that ClickHouse refuses waits alone, the others go on.
// Invariants:
// - a block is sent only when its extent has ended in the log, so that after any crash the same rows come again under the same number;
// - the blocks of one table are sent in order;
// - `verified()` is the last block up to which every table was counted and every expired key is durably noted for erasure;
// - nothing is ever dropped: what cannot be stored waits, and `pending()` tells ingest to hold senders back.

export type SinkOptions = {
  /** Or the promise of one: while ClickHouse opens, rows wait as they do while it is down. */
  readonly client: ClickHouseClient | Promise<ClickHouseClient>
  readonly logId: string
  /** Durable notes beside the log. */
  readonly note: (key: string, value: unknown) => Promise<void>
  readonly noted: (key: string) => unknown
  readonly emit: (happening: SinkHappening) => void
  /** The engine's clock, Unix ms. */
  readonly now?: () => number
  /** Folder where rows wait beyond `memoryBytesMax`; without it they all wait in memory. */
  readonly spoolDir?: string
  readonly memoryBytesMax?: number
  /** Rows of one table of one block that are fewer bytes stay in memory. */
  readonly spillBytesMin?: number
}
export type SinkPending = {
  readonly rows: number
  /** In memory, and on disk. */
  readonly bytes: number
  readonly spooledBytes: number
  /** Blocks of which at least one table waits. */
  readonly blocks: number
  /** Blocks that wait in the fullest queue of a table that ClickHouse does take. */
  readonly ahead: number
  /** Tables that ClickHouse refuses for their content, and why. */
  readonly refused: readonly { readonly table: SinkTable; readonly reason: string }[]
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
  /**
   * From now on nothing beyond this block is sent, until the returned function is called. Once the block is verified, ClickHouse holds
   * exactly the rows up to it.
   */
  readonly holdAfter: (block: number) => () => void
  /** Site keys whose rows are still to be erased. */
  readonly erasing: () => number
  /** Resolves when all that expired so far is erased from every table. */
  readonly whenErased: () => Promise<void>
  /** Stops after the requests under way; what is not verified comes again from the log. */
  readonly stop: () => Promise<void>
}

const VERIFIED_KEY = 'sink:verified'
/** The last block that is proved to be in ClickHouse, as the log has it noted; -1 before the first. */
export const storedBlockOf = (noted: (key: string) => unknown): number => Number(noted(VERIFIED_KEY) ?? NO_BLOCK)
/** What a log must have noted whose blocks up to this one are all in ClickHouse, and no later one: a restored log. */
export const notesOfBlock = (block: number): Readonly<Record<string, unknown>> => ({
  [VERIFIED_KEY]: block,
  ...Object.fromEntries(SINK_TABLES.map(({ name }): [string, LaneNote] => [noteKey(name), { verified: block, sending: NO_BLOCK, attempt: 1 }])),
})

export const startSink = (options: SinkOptions): Sink => {
  const now = options.now ?? Date.now
  const stopped = new AbortController()
  // Every lane and the eraser listen for the one stop.
  setMaxListeners(0, stopped.signal)
  const opened = Promise.resolve(options.client)
  const lanes = new Map<SinkTable, Lane>()
  const isInDoubt = (table: SinkTable): boolean => ((options.noted(noteKey(table)) as LaneNote | undefined)?.sending ?? NO_BLOCK) > storedBlockOf(options.noted)
  const turns = createTurns(SINK_TABLES.map(({ name }) => name).filter(isInDoubt), stopped.signal)
  const eraser = startEraser({ ...options, turns, signal: stopped.signal })
  const waiters: { readonly block: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  /** Ended blocks that are not verified, oldest first. */
  const order: Pending[] = []
  const queues = new Map(SINK_TABLES.map(({ name }): [SinkTable, Queue] => [name, createQueue()]))
  let current: OpenBlock | undefined
  let expired: number[] = []
  let verified = storedBlockOf(options.noted)
  let advancing = false
  let hold: { readonly block: number; readonly released: Promise<void> } | undefined
  const spool = options.spoolDir === undefined ? undefined : openSpool(options.spoolDir)
  const spillOver =
    spool === undefined
      ? undefined
      : createSpiller({
          spool,
          memoryBytesMax: options.memoryBytesMax ?? Infinity,
          waiting: () => order,
          emit: options.emit,
          ...(options.spillBytesMin === undefined ? {} : { bytesMin: options.spillBytesMin }),
        })

  const settle = (): void => {
    for (let i = waiters.length - 1; i >= 0; i -= 1) if ((waiters[i] as { block: number }).block <= verified) waiters.splice(i, 1)[0]?.resolve()
  }
  /** Verifies the oldest blocks as far as all their tables are done. */
  const advance = async (): Promise<void> => {
    if (advancing) return
    advancing = true
    for (let head = order[0]; head !== undefined && head.left.size === 0; head = order[0]) {
      const { expired: keys } = head
      if (keys.length > 0) await forever(() => eraser.add(keys), stopped.signal)
      if (head.hadRows || head.expired.length > 0) await persist(options, head.open.block, stopped.signal)
      order.shift()
      verified = Math.max(verified, head.open.block)
      settle()
    }
    advancing = false
  }
  const drive = async (spec: TableSpec): Promise<void> => {
    const queue = queues.get(spec.name) as Queue
    const client = await opened
    const lane = createLane({ ...options, client, spec, signal: stopped.signal, noted: options.noted(noteKey(spec.name)) as LaneNote | undefined })
    lanes.set(spec.name, lane)
    while (!stopped.signal.aborted) {
      const pending = await queue.take()
      if (pending === undefined) return
      // Names first, so that no row is seen before the name of its site; but not for the price of waiting with a refused table.
      if (spec.name !== 'sites') await Promise.race([pending.named, sleep(NAMES_WAIT_MS_MAX, undefined, { signal: stopped.signal, ref: false })])
      while (hold !== undefined && pending.open.block > hold.block) await hold.released
      pending.sending.add(spec.name)
      await turns.store(spec.name, () => lane.store(pending.open.block, () => payloadFrom(pending, spec, spool)))
      if (spec.name === 'sites') await nameNow(client, options.emit)
      releaseTable(pending.open, spec.name)
      await spool?.drop(pending.spooled.get(spec.name))
      pending.left.delete(spec.name)
      if (spec.name === 'sites') pending.nameIt()
      queue.done()
      if (pending.left.size === 0) await advance()
    }
  }
  // What ends a lane is only the stop; what it had not verified comes again from the log.
  const running = SINK_TABLES.map((spec) => drive(spec).catch(() => undefined))
  const enqueue = (open: OpenBlock): void => {
    const specs = tablesOf(open)
    const pending = pendingBlock(
      open,
      expired,
      specs.map(({ name }) => name),
    )
    order.push(pending)
    for (const { name } of specs) (queues.get(name) as Queue).push(pending)
    if (specs.length === 0) advance().catch(() => undefined)
    spillOver?.()
  }
  return {
    offer: (round) => {
      if (current !== undefined && current.block !== round.block) throw new Error(`rows of block ${round.block} came before block ${current.block} ended`)
      current ??= openBlock(round.block, now())
      addRows(current, round.chunks, round.plain)
      expired.push(...round.expiredKeys)
      if (!round.ends) return
      if (current.block > verified) enqueue(current)
      current = undefined
      expired = []
    },
    rowsOpen: () => (current === undefined ? 0 : largestTable(current)),
    bytesOpen: () => (current === undefined ? 0 : allBytes(current)),
    verified: () => position(verified),
    whenVerified: (block) => (block <= verified ? Promise.resolve() : new Promise((resolve, reject) => waiters.push({ block, resolve, reject }))),
    pending: () => {
      const refused = SINK_TABLES.flatMap(({ name: table }) => {
        const reason = lanes.get(table)?.refusal() ?? null
        return reason === null ? [] : [{ table, reason }]
      })
      const taken = [...queues].filter(([table]) => !refused.some((one) => one.table === table))
      const blocks = [...order.map(({ open }) => open), ...(current === undefined ? [] : [current])]
      return { ...pendingOf(blocks, now()), spooledBytes: spool?.bytes() ?? 0, ahead: Math.max(0, ...taken.map(([, queue]) => queue.size())), refused }
    },
    holdAfter: (block) => {
      let release = (): void => undefined
      const released = new Promise<void>((resolve) => (release = resolve))
      hold = { block, released }
      return () => {
        hold = undefined
        release()
      }
    },
    erasing: eraser.pending,
    whenErased: eraser.idle,
    stop: async () => {
      stopped.abort(new Error('the sink was stopped'))
      for (const queue of queues.values()) queue.close()
      for (const waiter of waiters.splice(0)) waiter.reject(new Error('the sink was stopped'))
      await Promise.all([...running, eraser.stop()])
    },
  }
}

const payloadFrom = (pending: Pending, spec: TableSpec, spool: Spool | undefined): Payload | Promise<Payload> => {
  const spooled = pending.spooled.get(spec.name)
  return spooled === undefined || spool === undefined ? payloadOf(pending.open, spec) : spool.read(spooled)
}

/** Long enough for a few rows of names, short beside the second that a block stands for. */
const NAMES_WAIT_MS_MAX = 500

const pendingOf = (blocks: readonly OpenBlock[], now: number): Omit<SinkPending, 'ahead' | 'refused' | 'spooledBytes'> => {
  const full = blocks.filter((block) => allRows(block) > 0)
  return {
    rows: full.reduce((sum, block) => sum + allRows(block), 0),
    bytes: full.reduce((sum, block) => sum + allBytes(block), 0),
    blocks: full.length,
    oldestMs: full.length === 0 ? 0 : Math.max(0, now - Math.min(...full.map((block) => block.since))),
  }
}

/** New names at once. Where that fails they come by themselves within a minute (the dictionary's lifetime): no row waits for it. */
const nameNow = (client: ClickHouseClient, emit: SinkOptions['emit']): Promise<void> =>
  reloadNames(client).catch((error: unknown) => emit({ kind: 'names-failed', reason: error instanceof Error ? error.message : String(error) }))

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
