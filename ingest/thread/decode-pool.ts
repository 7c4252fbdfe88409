import { fileURLToPath } from 'node:url'
import type { Piscina } from 'piscina'
import type { DecodeDone, DecodeTask } from './decode-task.ts'

// Runs decode tasks on a pool of worker threads, which may serve other tasks too.

export type RunDecode = (task: DecodeTask) => Promise<DecodeDone>

const filename = fileURLToPath(new URL('./decode-worker.js', import.meta.url))

export const decodeOn =
  (pool: Piscina): RunDecode =>
  (task) =>
    pool.run(task, { filename, name: 'decodeTask', transferList: [task.bodies.buffer] }) as Promise<DecodeDone>
