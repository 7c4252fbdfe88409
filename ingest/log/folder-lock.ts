import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// One process a data folder: two writers would number their entries alike. The lock file names its holder by pid and start
// time, so that a killed holder's lock is known to be stale even where its pid has been given to another process.

const held = new Set<string>()

/** Takes the folder or throws. Returns the release. */
export const lockFolder = (dir: string): (() => void) => {
  const path = join(dir, 'owner.lock')
  if (held.has(path)) throw new Error(`${dir} is already open in this process`)
  const holder = readHolder(path)
  if (holder !== undefined && holder.pid !== process.pid && holder.started !== '' && holder.started === startOf(holder.pid)) {
    throw new Error(`${dir} is in use by process ${holder.pid}`)
  }
  writeFileSync(path, `${process.pid} ${startOf(process.pid)}\n`)
  held.add(path)
  return () => {
    held.delete(path)
    unlinkSync(path)
  }
}

const readHolder = (path: string): { readonly pid: number; readonly started: string } | undefined => {
  try {
    const [pid = '0', started = ''] = readFileSync(path, 'utf8').trim().split(' ')
    return { pid: Number(pid), started }
  } catch {
    return undefined
  }
}

/** Start of a running process in clock ticks since boot (field 22 of /proc/PID/stat); elsewhere 'running'; '' when there is none. */
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    try {
      process.kill(pid, 0)
      return process.platform === 'linux' ? '' : 'running'
    } catch {
      return ''
    }
  }
}
