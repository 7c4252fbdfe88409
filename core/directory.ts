import { createTable, type Table } from './table.ts'

// Who watches what: the registry as worker threads see it. The machine's thread writes, between rounds of the shards; decode
// threads read at any time. So rows are only ever added, and the one field that changes under readers (`head`, `site`'s
// observation) is written last, by one store of one cell: a reader sees the assignment before or after, never a mixture.
//
// A watch is one assignment: "this seal watches this site from … until …". Numbers are dense: sealNo, watchNo, siteNo index
// these tables and the shards' state tables alike. sealNo, watchNo and siteKey start at 1; 0 means "none".

/** Open addressing, linear probing, load at most one half: slot → sealNo (0 = empty). Capacity is a power of two. */
export const SEAL_SLOTS = { sealNo: 'u32' } as const
export const SEALS = {
  /** The 64-bit id, as two halves. */
  low: 'u32',
  high: 'u32',
  /** Its newest watch (watchNo); older ones follow through `previous`. */
  head: 'u32',
  /** The shard that owns this seal's repeat window. */
  shard: 'u16',
} as const
export const WATCHES = {
  /** In force for event times in [from, until), Unix ms; until = Infinity while open. */
  from: 'f64',
  until: 'f64',
  /** The site's observation at a residence: events are admitted for times in [observedFrom, observedUntil); others: -Infinity, Infinity. */
  observedFrom: 'f64',
  observedUntil: 'f64',
  seal: 'u32',
  site: 'u32',
  /** Names (site, area, kind) for ever: what rows in ClickHouse carry. A site that moves to another area gets a new key. */
  siteKey: 'u32',
  areaKey: 'u32',
  previous: 'u32',
  /** SITE_KIND */
  kind: 'u8',
} as const

export type Directory = {
  readonly slots: Table<typeof SEAL_SLOTS>
  readonly seals: Table<typeof SEALS>
  readonly watches: Table<typeof WATCHES>
}

export const createDirectory = (seals: number): Directory => {
  let slots = 1024
  while (slots < seals * 2) slots *= 2
  return { slots: createTable(SEAL_SLOTS, slots), seals: createTable(SEALS, seals + 1), watches: createTable(WATCHES, seals + 1) }
}

/** Where the search for an id begins: a mix of both halves (Murmur3's finalizer). */
export const sealHash = (low: number, high: number): number => {
  let h = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The seal's number, or 0 where it is not known. */
export const findSeal = (directory: Directory, low: number, high: number): number => {
  const { sealNo } = directory.slots.columns
  const { low: lows, high: highs } = directory.seals.columns
  const mask = directory.slots.capacity - 1
  for (let slot = sealHash(low, high) & mask; ; slot = (slot + 1) & mask) {
    const no = sealNo[slot] as number
    if (no === 0) return 0
    if (lows[no] === low && highs[no] === high) return no
  }
}

/** The watch in force for `seal` at event time `time`, or 0. */
export const watchAt = (directory: Directory, seal: number, time: number): number => {
  const { from, until, previous } = directory.watches.columns
  let watch = directory.seals.columns.head[seal] as number
  while (watch !== 0 && !(time >= (from[watch] as number) && time < (until[watch] as number))) watch = previous[watch] as number
  return watch
}
