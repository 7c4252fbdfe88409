import type { Told } from './oracle.ts'

// What is compared: each alarm's lines in their order, the rows of occupancy of each site in theirs, the ledger's counts.

export type Heard = {
  /** By what it is about and which of those it is: `tamper 00000000000000a1 #2`. */
  readonly alarms: ReadonlyMap<string, readonly string[]>
  readonly rows: readonly string[]
  readonly counts: {
    readonly accepted: number
    readonly rejected: number
    readonly repeated: number
    readonly tooOld: number
    readonly applied: number
    readonly reasons: readonly string[]
  }
}

/** Of an event's alarm rows say the seal only. */
export const coarse = (key: string): string => (key.startsWith('fever ') ? key.split(' ').slice(0, 2).join(' ') : key)

export const heardOf = ({ lines, rows, counts }: Told): Heard => {
  const names = new Map<string, string>()
  const seen = new Map<string, number>()
  const alarms = new Map<string, string[]>()
  for (const { key, nth, received, text } of lines) {
    const own = `${key} ${nth}`
    let name = names.get(own)
    if (name === undefined) {
      const about = coarse(key)
      const count = (seen.get(about) ?? 0) + 1
      seen.set(about, count)
      name = `${about} #${count}`
      names.set(own, name)
      alarms.set(name, [])
    }
    alarms.get(name)?.push(`${received} ${text}`)
  }
  const { reasons, ...sums } = counts
  return { alarms, rows, counts: { ...sums, reasons: [...reasons].map(([reason, count]) => `${reason} ${count}`).toSorted() } }
}

const bySite = (rows: readonly string[]): Map<string, string[]> => {
  const sites = new Map<string, string[]>()
  for (const row of rows) {
    const site = row.split(' ')[1] as string
    sites.set(site, [...(sites.get(site) ?? []), row])
  }
  return sites
}

/** Where the two differ, the first differing line of each thing; empty where they agree. */
export const differences = (oracle: Heard, engine: Heard): string[] => {
  const found: string[] = []
  const compareLists = (name: string, mine: readonly string[], its: readonly string[]): void => {
    for (let at = 0; at < Math.max(mine.length, its.length); at += 1) {
      if (mine[at] === its[at]) continue
      found.push(`${name}\n    oracle: ${mine[at] ?? 'nothing'}\n    engine: ${its[at] ?? 'nothing'}`)
      return
    }
  }
  for (const name of new Set([...oracle.alarms.keys(), ...engine.alarms.keys()]))
    compareLists(name, oracle.alarms.get(name) ?? [], engine.alarms.get(name) ?? [])
  const [mine, its] = [bySite(oracle.rows), bySite(engine.rows)]
  for (const site of new Set([...mine.keys(), ...its.keys()])) compareLists(`occupancy ${site}`, mine.get(site) ?? [], its.get(site) ?? [])
  const [a, b] = [JSON.stringify(oracle.counts), JSON.stringify(engine.counts)]
  if (a !== b) found.push(`counts\n    oracle: ${a}\n    engine: ${b}`)
  return found
}
