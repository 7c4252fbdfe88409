// A replay on a thread of the pool, fed piece by piece (core/thread/replay-stream-worker.ts).

import { MessageChannel } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import type { StreamAnswer, StreamTask } from '../../core/thread/replay-stream-worker.ts'
import type { ReplayResult } from '../../core/thread/stored-replay.ts'

export type Stream = {
  /** Resolves when the thread has taken the piece, and so has applied the one before. */
  readonly feed: (events: Uint8Array) => Promise<void>
  readonly finish: () => Promise<ReplayResult>
}

export const streamTo = (pool: Piscina, input: StreamTask['input']): Stream => {
  const { port1, port2 } = new MessageChannel()
  const result = pool.run({ input, port: port2 } satisfies StreamTask, { transferList: [port2] }) as Promise<ReplayResult>
  result.catch(() => undefined)
  // It may ask while nobody waits: the next piece is being read.
  let asked = 0
  let wake: (() => void) | undefined
  port1.on('message', () => {
    asked += 1
    wake?.()
  })
  const isAsked = async (): Promise<void> => {
    while (asked === 0) await new Promise<void>((resolve) => (wake = resolve))
    asked -= 1
  }
  const answer = async (events: Uint8Array | null): Promise<void> => {
    await Promise.race([isAsked(), result])
    port1.postMessage({ events } satisfies StreamAnswer)
  }
  return {
    feed: answer,
    finish: async () => {
      await answer(null)
      return result.finally(() => port1.close())
    },
  }
}
