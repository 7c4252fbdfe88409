import { mkdirSync, rmSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Payload } from './insert.ts'

// Where encoded blocks wait on disk while ClickHouse is away, so that an outage costs disk and not memory. Everything here is derived
// from the log: nothing is flushed, and a start throws it all away and builds the rows again. A file that cannot be written is no
// loss: the rows stay in memory, and back-pressure comes the sooner.

export type Spooled = { readonly path: string; readonly rows: number; readonly bytes: number; readonly counted: number }
export type Spool = {
  /** Rejects where the disk does not take it; nothing is left behind then. */
  readonly put: (name: string, payload: Payload) => Promise<Spooled>
  readonly read: (spooled: Spooled) => Promise<Payload>
  readonly drop: (spooled: Spooled | undefined) => Promise<void>
  readonly bytes: () => number
}

/** Empties the folder: what an earlier process left there comes again from the log. */
export const openSpool = (dir: string): Spool => {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  let bytes = 0
  return {
    bytes: () => bytes,
    put: async (name, payload) => {
      const path = join(dir, name)
      try {
        await writeFile(path, payload.buffers, { mode: 0o600 })
      } catch (error) {
        await rm(path, { force: true })
        throw error
      }
      bytes += payload.bytes
      return { path, rows: payload.rows, bytes: payload.bytes, counted: payload.counted }
    },
    read: async ({ path, rows, bytes: size, counted }) => {
      const whole = await readFile(path)
      if (whole.length !== size) throw new Error(`${path} has ${whole.length} bytes, ${size} were written`)
      return { rows, bytes: size, buffers: [whole], counted }
    },
    drop: async (spooled) => {
      if (spooled === undefined) return
      bytes -= spooled.bytes
      await rm(spooled.path, { force: true })
    },
  }
}
