import type { SinkTable } from './tables.ts'

// A table is either being given a block or being erased from, never both: a deletion between an insert and its count would make a whole
// block look like a part of one, or like none. Holds always: of each table one piece of work at a time, in order; after a restart the block
// whose storing was noted comes first, for its rows are counted before anything else.

export type Turns = {
  /** Work on a table while nothing else works on it. Rejects when stopped before its turn. */
  readonly alone: <T>(table: SinkTable, work: () => Promise<T>) => Promise<T>
  /** The same for storing a block; the first one of a table in doubt does not wait for itself. */
  readonly store: (table: SinkTable, work: () => Promise<void>) => Promise<void>
}

export const createTurns = (inDoubt: readonly SinkTable[], signal: AbortSignal): Turns => {
  const tails = new Map<SinkTable, Promise<unknown>>()
  const release = new Map<SinkTable, () => void>()
  for (const table of inDoubt) tails.set(table, new Promise<void>((resolve) => release.set(table, resolve)))
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  stopped.catch(() => undefined)
  const alone: Turns['alone'] = (table, work) => {
    const before = tails.get(table) ?? Promise.resolve()
    const done = Promise.race([before, stopped]).then(work)
    tails.set(
      table,
      done.catch(() => undefined),
    )
    return done
  }
  return {
    alone,
    store: async (table, work) => {
      const first = release.get(table)
      if (first === undefined) return alone(table, work)
      await work()
      release.delete(table)
      first()
    },
  }
}
