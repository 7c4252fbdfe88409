import type { DeliveredOp } from '../core/ops.ts'

// What receivers have taken, on its way into the log: one entry at a time, with all that came meanwhile, for each ends a round of the
// machine. A log that does not take it now is asked again; nothing is sent twice meanwhile, for the notifier has let it go.

type One = DeliveredOp['deliveries'][number]
export type Report = { readonly add: (one: One) => void; readonly flush: () => Promise<void> }

const GATHER_MS = 20
const AGAIN_MS = 1000
const ENTRY_MAX = 1000
/** At a stop the log gets so many tries; what it does not take is sent once more by the next run, under the same id. */
const FLUSH_TRIES = 3

export const createReporter = (report: (op: DeliveredOp) => Promise<unknown>): Report => {
  let waiting: One[] = []
  let writing: Promise<boolean> | undefined
  let timer: NodeJS.Timeout | undefined
  const write = async (): Promise<boolean> => {
    const batch = waiting.slice(0, ENTRY_MAX)
    waiting = waiting.slice(ENTRY_MAX)
    try {
      await report({ op: 'delivered', deliveries: batch })
      return true
    } catch {
      waiting = [...batch, ...waiting]
      return false
    }
  }
  const go = async (): Promise<void> => {
    timer = undefined
    if (writing !== undefined || waiting.length === 0) return
    writing = write()
    const done = await writing
    writing = undefined
    if (waiting.length > 0) plan(done ? GATHER_MS : AGAIN_MS)
  }
  const plan = (ms: number): void => {
    timer ??= setTimeout(() => void go(), ms).unref()
  }
  return {
    add: (one) => {
      waiting.push(one)
      plan(GATHER_MS)
    },
    flush: async () => {
      clearTimeout(timer)
      await writing
      for (let tries = 0; waiting.length > 0 && tries < FLUSH_TRIES;) if (!(await write())) tries += 1
      clearTimeout(timer)
    },
  }
}
