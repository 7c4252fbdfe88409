import type { MessagePort } from 'node:worker_threads'
import { createReplayer, type ReplayInput, type ReplayResult } from './stored-replay.ts'

// A stored replay that is longer than memory: a task of a pool that asks for its events through a port, a piece at a time, until it is
// given none. The next piece is asked for when the one before is applied, so never more than one waits.

export type StreamTask = { readonly input: Omit<ReplayInput, 'events'>; readonly port: MessagePort }
export type StreamAnswer = { readonly events: Uint8Array | null }

const replayStream = async ({ input, port }: StreamTask): Promise<ReplayResult> => {
  const replayer = await createReplayer(input)
  try {
    for (;;) {
      const { events } = await ask(port)
      if (events === null) return await replayer.finish()
      await replayer.feed(events)
    }
  } catch (error) {
    await replayer.stop()
    throw error
  } finally {
    port.close()
  }
}

const ask = (port: MessagePort): Promise<StreamAnswer> =>
  new Promise((resolve) => {
    port.once('message', resolve)
    port.postMessage('next')
  })

// Piscina calls a module's default.
export { replayStream as default }
