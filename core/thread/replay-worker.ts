import { replayStored, type ReplayInput, type ReplayResult } from './stored-replay.ts'

// A stored replay as a task of a pool: on a thread of its own, so that neither the machine's nor the server's waits for it. The pool
// bounds its memory and how many run; the caller bounds its time, and a thread that is over it is ended.

const replayWorker = (input: ReplayInput): Promise<ReplayResult> => replayStored(input)

// Piscina calls a module's default.
export { replayWorker as default }
