import type { OpenBlock } from './block.ts'
import type { Spooled } from './spool.ts'
import type { SinkTable } from './tables.ts'

// What waits between the machine and ClickHouse: ended blocks, each in the queue of every table it has rows of.

export type Pending = {
  readonly open: OpenBlock
  readonly expired: readonly number[]
  readonly hadRows: boolean
  /** Tables that are not in ClickHouse yet; of them those whose lane has begun, and those whose rows wait on disk. */
  readonly left: Set<SinkTable>
  readonly sending: Set<SinkTable>
  readonly spooled: Map<SinkTable, Spooled>
  /** Resolves when the names of the block's sites can be looked up. */
  readonly named: Promise<void>
  readonly nameIt: () => void
}

export const pendingBlock = (open: OpenBlock, expired: readonly number[], tables: readonly SinkTable[]): Pending => {
  let nameIt = (): void => undefined
  const named = tables.includes('sites') ? new Promise<void>((resolve) => (nameIt = resolve)) : Promise.resolve()
  return { open, expired, hadRows: tables.length > 0, left: new Set(tables), sending: new Set(), spooled: new Map(), named, nameIt }
}

/** The blocks of one table, in order. */
export type Queue = {
  readonly push: (pending: Pending) => void
  /** The oldest, when there is one; undefined once closed. It counts until done. */
  readonly take: () => Promise<Pending | undefined>
  readonly done: () => void
  readonly size: () => number
  readonly close: () => void
}

export const createQueue = (): Queue => {
  const waiting: Pending[] = []
  let busy = 0
  let closed = false
  let wake: (() => void) | undefined
  return {
    push: (pending) => {
      waiting.push(pending)
      wake?.()
    },
    take: async () => {
      while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve))
      if (closed) return undefined
      busy = 1
      return waiting.shift()
    },
    done: () => void (busy = 0),
    size: () => waiting.length + busy,
    close: () => {
      closed = true
      wake?.()
    },
  }
}
