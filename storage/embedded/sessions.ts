import { createRequire } from 'node:module'
import type { Session as ChdbSession } from 'chdb'

// A pool of chDB sessions of one kind. A session runs one query at a time; those that wait stand in a queue of bounded length.
// Invariants: a session is never used by two queries at once; a query that finds the queue full is refused at once, not late.

const { Session } = createRequire(import.meta.url)('chdb') as { Session: new (path: string, options: { connectionArgs: readonly string[] }) => ChdbSession }

export class BusyError extends Error {
  override readonly name = 'BusyError'
}
export type QueryAnswer = { readonly bytes: Uint8Array; readonly rowsRead: number; readonly bytesRead: number; readonly elapsed: number }
export type SessionPool = {
  /** Runs one statement when a session is free. Rejects with BusyError if the queue is full. */
  readonly run: (sql: string, format: string) => Promise<QueryAnswer>
  /** Takes a session for several statements in a row. */
  readonly withSession: <T>(work: (query: (sql: string, format: string) => Promise<QueryAnswer>) => Promise<T>) => Promise<T>
  readonly busy: () => { readonly running: number; readonly waiting: number }
  readonly close: () => void
}
export type PoolOptions = {
  readonly path: string
  readonly size: number
  readonly waitingMax: number
  readonly connectionArgs: readonly string[]
  readonly first?: string
}

export const openPool = ({ path, size, waitingMax, connectionArgs, first }: PoolOptions): SessionPool => {
  const all = Array.from({ length: size }, () => {
    const session = new Session(path, { connectionArgs })
    if (first !== undefined) session.query(first)
    return session
  })
  const free = [...all]
  const waiting: ((session: ChdbSession) => void)[] = []
  const take = (): Promise<ChdbSession> => {
    const session = free.pop()
    if (session !== undefined) return Promise.resolve(session)
    if (waiting.length >= waitingMax) return Promise.reject(new BusyError(`${size} queries run and ${waiting.length} wait: try again in a moment`))
    return new Promise((resolve) => waiting.push(resolve))
  }
  const give = (session: ChdbSession): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(session)
    else next(session)
  }
  const withSession: SessionPool['withSession'] = async (work) => {
    const session = await take()
    try {
      return await work((sql, format) => runOn(session, sql, format))
    } finally {
      give(session)
    }
  }
  return {
    withSession,
    run: (sql, format) => withSession((query) => query(sql, format)),
    busy: () => ({ running: size - free.length, waiting: waiting.length }),
    close: () => {
      for (const session of all) session.close()
    },
  }
}

/**
 * Runs one statement. What a failed query had written stays in chDB's buffer and would stand before the next answer of the
 * session (seen here: rows of one person's query in another's answer). So after a failure the buffer is emptied, and proved empty.
 */
const runOn = async (session: ChdbSession, sql: string, format: string): Promise<QueryAnswer> => {
  try {
    const result = await session.queryAsync(sql, { format })
    return { bytes: result.bytes(), rowsRead: result.rowsRead, bytesRead: result.bytesRead, elapsed: result.elapsed }
  } catch (error) {
    await drain(session)
    throw error
  }
}

const DRAIN_TRIES = 3
const drain = async (session: ChdbSession): Promise<void> => {
  for (let tries = 0; tries < DRAIN_TRIES; tries += 1) {
    const answer = await session.queryAsync('SELECT 42', { format: 'TSVRaw' }).then(
      (result) => Buffer.from(result.bytes()).toString('latin1'),
      () => '',
    )
    if (answer === '42\n') return
  }
  // A session that cannot be emptied would give somebody else's rows. The engine starts the child again.
  process.exit(70)
}
