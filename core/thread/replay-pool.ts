import { Piscina } from 'piscina'
import type { ReplayInput, ReplayResult } from './stored-replay.ts'

// The thread on which stored replays run: one at a time, so that evidence never takes more than one processor from the engine, ended
// when idle, and ended where one is over its bounds (its machine is private, so nothing is torn).

/** 200,000 events with their ticks take some 5 s here; a slower machine has four times that. */
export const REPLAY_MS_MAX = 20_000
/** The rows of 200,000 events are 11 MB, and twice that as entries; tables lie outside this. */
const HEAP_MB_MAX = 512
const QUEUE_MAX = 32
const IDLE_MS = 60_000

export type ReplayPool = { readonly replay: (input: ReplayInput) => Promise<ReplayResult>; readonly stop: () => Promise<void> }

export const createReplayPool = (): ReplayPool => {
  const pool = new Piscina({
    filename: new URL('./replay-worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    maxQueue: QUEUE_MAX,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    recordTiming: false,
  })
  return {
    replay: (input) => pool.run(input, { signal: AbortSignal.timeout(REPLAY_MS_MAX) }) as Promise<ReplayResult>,
    stop: () => pool.destroy(),
  }
}
