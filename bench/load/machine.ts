// On what a figure was measured: processor, memory, file system, and the CPU time of a process and its children.

import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** From Linux's magic numbers (statfs(2)). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x5846_5342: 'xfs',
  0x9123_683e: 'btrfs',
  0x0102_1994: 'tmpfs',
  0x794c_7630: 'overlay',
  0x2fc1_2fc1: 'zfs',
}

export type Hardware = { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly fileSystem: string; readonly node: string }
export const hardware = (dir: string): Hardware => {
  const { type } = statfsSync(dir)
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    fileSystem: FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`,
    node: process.versions.node,
  }
}

/** Linux counts CPU time in hundredths of a second in /proc. */
const TICKS_PER_SECOND = 100
type Process = { readonly parent: number; readonly seconds: number }

const readProcess = (pid: string): Process | undefined => {
  try {
    // The name stands in parentheses and may hold anything; what follows it is numbers.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND }
  } catch {
    return undefined
  }
}

/** CPU seconds used so far by a process and its living descendants; NaN where there is no /proc. */
export const cpuSeconds = (pid: number): number => {
  let entries: readonly string[]
  try {
    entries = readdirSync('/proc')
  } catch {
    return Number.NaN
  }
  const all = new Map(entries.filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), readProcess(name)]))
  const within = (id: number): boolean => id === pid || (id > 1 && within(all.get(id)?.parent ?? 0))
  let seconds = 0
  for (const [id, process] of all) if (process !== undefined && within(id)) seconds += process.seconds
  return seconds
}

/** A quantile of a Prometheus histogram, linear within the bucket, in its own unit. */
export const histogramQuantile = (metrics: string, name: string, q: number): number => {
  const buckets = [...metrics.matchAll(new RegExp(`^${name}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\S+)`, 'gm'))].map(([, le, count]) => ({
    le: le === '+Inf' ? Infinity : Number(le),
    count: Number(count),
  }))
  const total = buckets.at(-1)?.count ?? 0
  if (total === 0) return Number.NaN
  let below = { le: 0, count: 0 }
  for (const bucket of buckets) {
    if (bucket.count >= q * total)
      return bucket.le === Infinity ? below.le : below.le + ((bucket.le - below.le) * (q * total - below.count)) / Math.max(1, bucket.count - below.count)
    below = bucket
  }
  return below.le
}
