import { accessEntry } from '../core/thread/body.ts'
import type { AccessNote } from '../core/ops.ts'
import type { Log } from './log/log.ts'

// Who looked at what and who changed what, as entries of the log. Notes of 50 ms share an entry: each ends a round of the
// machine, and a page that opens twenty sites must not make twenty.

const GATHER_MS = 50
const NOTES_PER_ENTRY_MAX = 1000

export type AccessNotes = {
  /** Resolves once the note is durable. */
  readonly note: (note: AccessNote) => Promise<void>
  readonly flush: () => Promise<void>
}

export const createAccessNotes = (log: Log): AccessNotes => {
  let gathered: AccessNote[] = []
  let next: Promise<void> | undefined
  let go: () => void = () => undefined
  const write = async (): Promise<void> => {
    const notes = gathered
    gathered = []
    next = undefined
    if (notes.length > 0) await log.append(accessEntry(notes))
  }
  const gather = (): Promise<void> => {
    const waited = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      go = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return waited.then(write)
  }
  return {
    note: (note) => {
      gathered.push(note)
      next ??= gather()
      const written = next
      if (gathered.length >= NOTES_PER_ENTRY_MAX) go()
      return written
    },
    flush: async () => {
      const written = next
      go()
      await written
    },
  }
}
