import { readdirSync, readFileSync } from 'node:fs'

/** The embedded ClickHouse of an engine: its child process, or 0 while there is none. */
export const clickhousePidOf = (engine: number): number => {
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent === engine && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('storage/embedded/child')) return Number(name)
    } catch {
      // It has just ended.
    }
  }
  return 0
}
