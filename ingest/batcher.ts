import type { Log } from './log/log.ts'
import { LogFullError } from './log/log.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Principal } from '../core/ops.ts'
import type { IngestEmit } from './happenings.ts'
import { Problem } from './problem.ts'
import { areaMaps, rejectionBudgets } from './senders.ts'
import type { RunDecode } from './thread/decode-pool.ts'
import { ENCODING_NO, shareDirectory, type DecodeDone, type DecodeTask, type Encoding } from './thread/decode-task.ts'

// Bodies of requests → decode tasks → entries of the log → receipts. While a task runs, what arrives is gathered into the next:
// under load one trip to a thread carries many requests, alone a request waits for nothing.
// Always holds: results are appended in the order of submission (so a connection's events keep their order), a receipt is given
// only after `log.append` resolved, and no more than QUEUE_* waits here.

export type Submission = { readonly bytes: Uint8Array; readonly encoding: Encoding; readonly principal: Principal }
export type Answer = { readonly receipt: Uint8Array; readonly accepted: number; readonly rejected: number }
export type Batcher = {
  /** Rejects with a Problem. */
  readonly submit: (submission: Submission) => Promise<Answer>
  readonly waiting: () => { readonly requests: number; readonly bytes: number }
  /** Resolves when all that was submitted is answered. */
  readonly idle: () => Promise<void>
}
export type BatcherDeps = { readonly log: Log; readonly machine: Machine; readonly decode: RunDecode; readonly clock: () => number; readonly emit: IngestEmit }

/** Tasks at once. Two keep a thread busy while the answer of the other travels; more only make entries smaller. */
const TASKS_MAX = 2
/** A task's share: about 60,000 events by columns, 2 ms of a thread. Larger ones would make their neighbours wait. */
const TASK_BYTES_MAX = 1024 * 1024
const TASK_REQUESTS_MAX = 2048
/** What may wait: 64 tasks, about a tenth of a second of decoding. Beyond it requests are refused with 503. */
const QUEUE_BYTES_MAX = 64 * TASK_BYTES_MAX
const QUEUE_REQUESTS_MAX = 16_384

type Waiting = Submission & { readonly resolve: (answer: Answer) => void; readonly reject: (problem: Error) => void }

export const createBatcher = (deps: BatcherDeps): Batcher => {
  const areas = areaMaps(deps.machine)
  const budgets = rejectionBudgets(deps.clock)
  let queue: Waiting[] = []
  let queuedBytes = 0
  let running = 0
  let tail: Promise<void> = Promise.resolve()

  const take = (): Waiting[] => {
    let count = 0
    let bytes = 0
    while (count < queue.length && count < TASK_REQUESTS_MAX && (count === 0 || bytes + (queue[count] as Waiting).bytes.length <= TASK_BYTES_MAX)) {
      bytes += (queue[count++] as Waiting).bytes.length
    }
    const batch = queue.slice(0, count)
    queue = queue.slice(count)
    queuedBytes -= bytes
    return batch
  }
  const dispatch = (): void => {
    while (running < TASKS_MAX && queue.length > 0) {
      const batch = take()
      running++
      const principals = [...new Map(batch.map(({ principal }) => [principal.tokenNo, principal])).values()]
      const began = performance.now()
      const task = taskOf(
        batch,
        deps,
        principals.map((principal) => ({ tokenNo: principal.tokenNo, allowed: areas(principal), listedMax: budgets.left(principal.tokenNo) })),
      )
      const bytes = task.bodies.length
      const ran = deps.decode(task)
      tail = tail.then(async () => {
        try {
          const done = await ran
          principals.forEach(({ tokenNo }, index) => budgets.spend(tokenNo, done.listed[index] as number))
          deps.emit({ kind: 'task-decoded', requests: batch.length, bytes, seconds: (performance.now() - began) / 1000, ...sums(done) })
          settle(batch, done, deps)
        } catch (error) {
          deps.emit({ kind: 'request-failed', route: 'POST /v1/events', error: error as Error })
          for (const item of batch)
            item.reject(new Problem('unavailable', 'the thread that decoded it ended; nothing of this request was stored, send it again'))
        }
        running--
        dispatch()
      })
    }
  }
  return {
    submit: (submission) => {
      if (queue.length >= QUEUE_REQUESTS_MAX || queuedBytes + submission.bytes.length > QUEUE_BYTES_MAX) {
        return Promise.reject(new Problem('unavailable', 'more requests are waiting than the engine decodes in time', { retryAfterSeconds: 1 }))
      }
      return new Promise<Answer>((resolve, reject) => {
        queue.push({ ...submission, resolve, reject })
        queuedBytes += submission.bytes.length
        if (running < TASKS_MAX) setImmediate(dispatch)
      })
    },
    waiting: () => ({ requests: queue.length, bytes: queuedBytes }),
    idle: async () => {
      while (queue.length > 0 || running > 0) {
        dispatch()
        await tail
      }
    },
  }
}

const taskOf = (batch: readonly Waiting[], deps: BatcherDeps, senders: DecodeTask['senders']): DecodeTask => {
  const places = new Map(senders.map(({ tokenNo }, index) => [tokenNo, index]))
  const bodies = new Uint8Array(batch.reduce((sum, { bytes }) => sum + bytes.length, 0))
  const ends = new Uint32Array(batch.length)
  const senderOf = new Uint32Array(batch.length)
  const encodingOf = new Uint8Array(batch.length)
  let at = 0
  batch.forEach(({ bytes, encoding, principal }, r) => {
    bodies.set(bytes, at)
    at += bytes.length
    ends[r] = at
    senderOf[r] = places.get(principal.tokenNo) ?? 0
    encodingOf[r] = ENCODING_NO[encoding]
  })
  return {
    directory: shareDirectory(deps.machine.directory()),
    received: Math.max(deps.clock(), deps.log.received()),
    senders,
    bodies,
    ends,
    senderOf,
    encodingOf,
  }
}

const sums = (done: DecodeDone): { readonly accepted: number; readonly rejected: ReadonlyMap<number, number>; readonly unlisted: number } => {
  const rejected = new Map<number, number>()
  done.reasons.forEach((count, reason) => {
    if (count > 0) rejected.set(reason, count)
  })
  const all = done.rejected.reduce((sum, n) => sum + n, 0)
  return { accepted: done.accepted.reduce((sum, n) => sum + n, 0), rejected, unlisted: all - done.listed.reduce((sum, n) => sum + n, 0) }
}

/** Appends the task's entries now, in order, and answers each request when its own is durable. */
const settle = (batch: readonly Waiting[], done: DecodeDone, deps: BatcherDeps): void => {
  const failures = new Map(done.failures.map((failure) => [failure.request, failure]))
  const durable = done.entries.map((entry) => deps.log.append(entry))
  const byEntry: number[][] = done.entries.map(() => [])
  const answer = (r: number): void => {
    const receipt = done.receipts.subarray(r === 0 ? 0 : done.receiptEnds[r - 1], done.receiptEnds[r])
    batch[r]?.resolve({ receipt, accepted: done.accepted[r] as number, rejected: done.rejected[r] as number })
  }
  batch.forEach((item, r) => {
    const failure = failures.get(r)
    const entry = done.entryOf[r] as number
    if (failure !== undefined) item.reject(new Problem(failure.code, failure.detail, failure.where === undefined ? {} : { where: failure.where }))
    else if (entry < 0) answer(r)
    else byEntry[entry]?.push(r)
  })
  durable.forEach((appended, entry) => {
    const requests = byEntry[entry] ?? []
    appended.then(
      () => {
        for (const r of requests) answer(r)
      },
      (error: unknown) => {
        const full = error instanceof LogFullError
        deps.emit({ kind: 'log-refused', requests: requests.length, full })
        const problem = full ? new Problem('disk-full', error.message, { retryAfterSeconds: 5 }) : new Problem('unavailable', (error as Error).message)
        for (const r of requests) batch[r]?.reject(problem)
      },
    )
  })
}
