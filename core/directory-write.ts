import { type Directory, SEAL_SLOTS, sealHash, type WATCHES } from './directory.ts'
import { type Columns, createTable, type Table, withCapacity } from './table.ts'

// The one writer of the directory: the registry, on the machine's thread. Readers take no lock, so the order of stores is the
// protocol: a row is filled first, then published by one store of one cell (`slots.sealNo` for a seal, `seals.head` for a watch,
// `watches.until` for an end). A full table is replaced by a copy: readers of the old one see the registry as it was then.
// A seal that moves gets its new watch before the old one ends, and the newest is searched first: no moment without a watch.

/** The directory and how many numbers are taken: sealNo and watchNo are 1 … count. */
export type DirectoryState = { directory: Directory; seals: number; watches: number }
export type NewWatch = {
  readonly from: number
  readonly until: number
  readonly observedFrom: number
  readonly observedUntil: number
  readonly seal: number
  readonly site: number
  readonly siteKey: number
  readonly areaKey: number
  readonly kind: number
  readonly shard: number
}

/** Adds a seal that {@link findSeal} does not know; returns its number. It watches nothing yet. */
export const addSeal = (state: DirectoryState, low: number, high: number): number => {
  const no = state.seals + 1
  const { slots } = state.directory
  // Half empty, so that a search for an unknown id ends after two probes on average.
  if (no * 2 > slots.capacity) state.directory = { ...state.directory, slots: regrown(state, slots.capacity * 2) }
  const seals = withCapacity(state.directory.seals, no + 1)
  if (seals !== state.directory.seals) state.directory = { ...state.directory, seals }
  seals.columns.low[no] = low
  seals.columns.high[no] = high
  place(state.directory.slots, no, sealHash(low, high))
  state.seals = no
  return no
}

const place = (slots: Table<typeof SEAL_SLOTS>, no: number, hash: number): void => {
  const { sealNo } = slots.columns
  const mask = slots.capacity - 1
  let slot = hash & mask
  while (sealNo[slot] !== 0) slot = (slot + 1) & mask
  Atomics.store(sealNo, slot, no)
}

// Erased seals (id 0) are left out: growing is when their slots are freed.
const regrown = (state: DirectoryState, capacity: number): Table<typeof SEAL_SLOTS> => {
  const grown = createTable(SEAL_SLOTS, capacity)
  const { low, high } = state.directory.seals.columns
  for (let no = 1; no <= state.seals; no++) {
    const [l, h] = [low[no] as number, high[no] as number]
    if (l !== 0 || h !== 0) place(grown, no, sealHash(l, h))
  }
  return grown
}

/** Adds a watch and makes it its seal's newest, and its site's shard the owner of the seal's repeat window. */
export const addWatch = (state: DirectoryState, watch: NewWatch): number => {
  const no = state.watches + 1
  const watches = withCapacity(state.directory.watches, no + 1)
  if (watches !== state.directory.watches) state.directory = { ...state.directory, watches }
  const { head, shard } = state.directory.seals.columns
  const columns: Columns<typeof WATCHES> = watches.columns
  columns.from[no] = watch.from
  columns.until[no] = watch.until
  columns.observedFrom[no] = watch.observedFrom
  columns.observedUntil[no] = watch.observedUntil
  columns.seal[no] = watch.seal
  columns.site[no] = watch.site
  columns.siteKey[no] = watch.siteKey
  columns.areaKey[no] = watch.areaKey
  columns.kind[no] = watch.kind
  columns.previous[no] = head[watch.seal] as number
  shard[watch.seal] = watch.shard
  state.watches = no
  Atomics.store(head, watch.seal, no)
  return no
}

/** Ends a watch at a time; one that has not begun by then covers nothing from now on. */
export const endWatch = (directory: Directory, watch: number, until: number): void => {
  const { from, until: untils } = directory.watches.columns
  untils[watch] = Math.max(until, from[watch] as number)
}

/** The observation's bounds as admission reads them: one store each, the end first where it moves back. */
export const setObserved = (directory: Directory, watch: number, from: number, until: number): void => {
  directory.watches.columns.observedUntil[watch] = until
  directory.watches.columns.observedFrom[watch] = from
}

/** Forgets a seal's id. Its slot stays taken (it holds a search chain together) by a row whose id is 0, which no seal may have. */
export const eraseSeal = (directory: Directory, seal: number): void => {
  const { head, low, high } = directory.seals.columns
  Atomics.store(head, seal, 0)
  low[seal] = 0
  high[seal] = 0
}
