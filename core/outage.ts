import type { Directory } from './directory.ts'
import type { POLICIES } from './policy-table.ts'
import type { SITES } from './site-table.ts'
import { type State, WATCH_FLAG } from './state.ts'
import type { Table } from './table.ts'

// How many seals are silent where: counted from the machine's tables in one pass over the columns of all watches, on the machine's
// thread, between a tick's shards and the desk. Nothing is kept from one tick to the next but the tree of areas, which only grows.

export type AreaCount = { readonly seals: number; readonly silent: number }
export type Silence = {
  /** Seals in force at `now`, and those of them not heard for two heartbeats, for an area and all below it. */
  readonly count: (now: number) => (area: string) => AreaCount
  /** The area of a watch and its ancestors, coarse to fine. */
  readonly areasOf: (watch: number) => readonly string[]
  /** Watches in force in one of these areas whose seal is offline now, by number. */
  readonly offlineIn: (now: number, areas: ReadonlySet<string>) => readonly OfflineWatch[]
}
/** `since`: when it went offline (the time that its alarm has); `silentMs`: not heard for so long. */
export type OfflineWatch = { readonly watch: number; readonly seal: number; readonly site: number; readonly since: number; readonly silentMs: number }

export type SilenceDeps = {
  readonly state: State
  readonly registry: {
    readonly directory: () => Directory
    readonly tables: () => { readonly sites: Table<typeof SITES>; readonly policies: Table<typeof POLICIES> }
    readonly counts: () => { readonly watches: number; readonly areas: number }
    readonly areaName: (areaKey: number) => string
  }
}

/** Missed heartbeats after which a seal counts as silent: less than what makes it offline, so that the first to be missed tells of the others. */
const SILENT_HEARTBEATS = 2

export const createSilence = (deps: SilenceDeps): Silence => {
  const tree = createTree(deps.registry.areaName)
  return {
    count: (now) => {
      tree.grow(deps.registry.counts().areas)
      return counted(deps, now, tree)
    },
    areasOf: (watch) => {
      tree.grow(deps.registry.counts().areas)
      return tree.pathsOf(deps.registry.directory().watches.columns.areaKey[watch] as number)
    },
    offlineIn: (now, areas) => {
      tree.grow(deps.registry.counts().areas)
      return offlineIn(deps, now, (areaKey) => tree.pathsOf(areaKey).some((path) => areas.has(path)))
    },
  }
}

type Tree = { readonly grow: (areas: number) => void; readonly pathsOf: (areaKey: number) => readonly string[]; readonly known: () => number }
const createTree = (areaName: (areaKey: number) => string): Tree => {
  const paths: (readonly string[])[] = [[]]
  return {
    grow: (areas) => {
      while (paths.length <= areas) paths.push(ancestors(areaName(paths.length)))
    },
    pathsOf: (areaKey) => paths[areaKey] ?? [],
    known: () => paths.length,
  }
}
const ancestors = (area: string): string[] => {
  const segments = area === '' ? [] : area.split('/')
  return segments.map((_, depth) => segments.slice(0, depth + 1).join('/'))
}

const counted = (deps: SilenceDeps, now: number, tree: Tree): ((area: string) => AreaCount) => {
  const seals = new Uint32Array(tree.known())
  const silent = new Uint32Array(tree.known())
  const { areaKey, site } = deps.registry.directory().watches.columns
  const { policy } = deps.registry.tables().sites.columns
  const { heartbeatMs } = deps.registry.tables().policies.columns
  const { lastHeard } = deps.state.watches.columns
  const inForce = inForceAt(deps, now)
  for (let watch = deps.registry.counts().watches; watch > 0; watch -= 1) {
    if (!inForce(watch)) continue
    const area = areaKey[watch] as number
    seals[area] = (seals[area] as number) + 1
    // Not positive: not heard yet; silence counts from then on.
    const heard = Math.abs(lastHeard[watch] as number)
    const limit = SILENT_HEARTBEATS * (heartbeatMs[policy[site[watch] as number] as number] as number)
    if (heard > 0 && now - heard >= limit) silent[area] = (silent[area] as number) + 1
  }
  const sums = new Map<string, { seals: number; silent: number }>()
  for (let area = 1; area < seals.length; area += 1) {
    if (seals[area] === 0) continue
    for (const path of tree.pathsOf(area)) {
      const sum = sums.get(path) ?? { seals: 0, silent: 0 }
      sums.set(path, sum)
      sum.seals += seals[area] as number
      sum.silent += silent[area] as number
    }
  }
  return (area) => sums.get(area) ?? NONE
}
const NONE: AreaCount = { seals: 0, silent: 0 }

const inForceAt = ({ registry }: SilenceDeps, now: number): ((watch: number) => boolean) => {
  const { from, until, observedFrom, observedUntil, site } = registry.directory().watches.columns
  const { ended } = registry.tables().sites.columns
  return (watch) =>
    now < (until[watch] as number) &&
    now >= (from[watch] as number) &&
    now < (observedUntil[watch] as number) &&
    now >= (observedFrom[watch] as number) &&
    site[watch] !== 0 &&
    ended[site[watch] as number] === 0
}

const offlineIn = (deps: SilenceDeps, now: number, covers: (areaKey: number) => boolean): OfflineWatch[] => {
  const { areaKey, site, seal } = deps.registry.directory().watches.columns
  const { policy } = deps.registry.tables().sites.columns
  const { heartbeatMs, heartbeatsMissedMax } = deps.registry.tables().policies.columns
  const { lastHeard, flags } = deps.state.watches.columns
  const inForce = inForceAt(deps, now)
  const found: OfflineWatch[] = []
  for (let watch = 1; watch <= deps.registry.counts().watches; watch += 1) {
    if (((flags[watch] as number) & WATCH_FLAG.offline) === 0 || !inForce(watch) || !covers(areaKey[watch] as number)) continue
    const siteNo = site[watch] as number
    const row = policy[siteNo] as number
    const heard = Math.abs(lastHeard[watch] as number)
    const since = heard + (heartbeatMs[row] as number) * (heartbeatsMissedMax[row] as number)
    found.push({ watch, seal: seal[watch] as number, site: siteNo, since, silentMs: now - heard })
  }
  return found
}
