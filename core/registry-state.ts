import { createDirectory, type Directory, type SEALS, type SEAL_SLOTS, type WATCHES } from './directory.ts'
import type { DirectoryState } from './directory-write.ts'
import type { PermitSource, Role } from './ops.ts'
import type { Policy } from './policy.ts'
import { defaultPolicyTables, type HOLIDAYS, type POLICIES, type PolicyTables } from './policy-table.ts'
import { createPolicyState, dumpPolicy, type PolicyDump, type PolicyState, restorePolicyState } from './registry-policy.ts'
import { createDue, DUE, type Due, pushDue } from './registry-due.ts'
import { SHARED_SCHEMAS } from './shared-tables.ts'
import { shardOfSite } from './shard.ts'
import { PERMITS, SITE_LINKS, SITES, WATCH_LINKS } from './site-table.ts'
import type { WebhookState } from './registry-webhooks.ts'
import { createTable, type Table } from './table.ts'

// The registry's state. Everything with a number is in tables (their bytes are the snapshot); only text is in JS maps, and that is
// the `dump`. What can be derived from both (the heap of due times, the maps from text) is rebuilt at a restore.

/** siteKey → what it names for ever; `previous` is the site's key before. */
export const SITE_KEYS = { site: 'u32', areaKey: 'u32', previous: 'u32', kind: 'u8' } as const

export type RegistryTables = PolicyTables & {
  readonly slots: Table<typeof SEAL_SLOTS>
  readonly seals: Table<typeof SEALS>
  readonly watches: Table<typeof WATCHES>
  readonly sites: Table<typeof SITES>
  readonly permits: Table<typeof PERMITS>
  readonly siteLinks: Table<typeof SITE_LINKS>
  readonly watchLinks: Table<typeof WATCH_LINKS>
  readonly siteKeys: Table<typeof SITE_KEYS>
}
export const REGISTRY_SCHEMAS = { ...SHARED_SCHEMAS, siteKeys: SITE_KEYS } as const

export type TokenRecord = {
  readonly tokenNo: number
  readonly name: string
  readonly role: Role
  readonly areas: readonly string[]
  readonly hash: string
  active: boolean
}
export type PermitNote = {
  readonly reason: string
  readonly by: string
  readonly source: PermitSource
  readonly made: number
  /** When it was revoked; 0 = it was not. */
  readonly revoked: number
}

export type RegistryState = DirectoryState &
  WebhookState & {
    /** The built-in defaults. */
    readonly policy: Policy
    readonly inForce: PolicyState
    readonly shardCount: number
    sites: Table<typeof SITES>
    permits: Table<typeof PERMITS>
    policies: Table<typeof POLICIES>
    holidays: Table<typeof HOLIDAYS>
    siteLinks: Table<typeof SITE_LINKS>
    watchLinks: Table<typeof WATCH_LINKS>
    siteKeys: Table<typeof SITE_KEYS>
    siteCount: number
    keyCount: number
    permitCount: number
    /** Seals whose id was erased: their numbers stay taken. */
    sealsErased: number
    /** Wall time of the last op or tick applied. */
    now: number
    /** By siteNo; '' = erased. */
    siteIds: string[]
    siteNos: Map<string, number>
    /** By areaKey. */
    areas: string[]
    areaKeys: Map<string, number>
    /** Live sites by areaKey. */
    areaSites: number[]
    permitNotes: Map<number, PermitNote>
    tokens: TokenRecord[]
    tokensByHash: Map<string, TokenRecord>
    due: Due
  }

/** Text and counts of a registry; with the bytes of its tables it is all of it. Plain values, msgpack-able. */
export type RegistryDump = {
  readonly now: number
  readonly counts: {
    readonly seals: number
    readonly watches: number
    readonly sites: number
    readonly keys: number
    readonly permits: number
    readonly sealsErased: number
  }
  readonly siteIds: readonly string[]
  readonly areas: readonly string[]
  readonly policy: PolicyDump
  readonly permitNotes: readonly (readonly [permitNo: number, note: PermitNote])[]
  readonly tokens: readonly (Omit<TokenRecord, 'active'> & { readonly active: boolean })[]
  readonly webhooks: WebhookState
}

const ROWS_INITIAL = 1024

export const createRegistryState = (policy: Policy, shardCount: number): RegistryState => ({
  policy,
  inForce: createPolicyState(policy),
  shardCount,
  directory: createDirectory(ROWS_INITIAL),
  seals: 0,
  watches: 0,
  sites: createTable(SITES, ROWS_INITIAL),
  permits: createTable(PERMITS, ROWS_INITIAL),
  ...defaultPolicyTables(policy),
  siteLinks: createTable(SITE_LINKS, ROWS_INITIAL),
  watchLinks: createTable(WATCH_LINKS, ROWS_INITIAL),
  siteKeys: createTable(SITE_KEYS, ROWS_INITIAL),
  siteCount: 0,
  keyCount: 0,
  permitCount: 0,
  sealsErased: 0,
  now: 0,
  siteIds: [''],
  siteNos: new Map(),
  areas: [''],
  areaKeys: new Map(),
  areaSites: [0],
  permitNotes: new Map(),
  tokens: [],
  tokensByHash: new Map(),
  webhooks: [],
  webhookCount: 0,
  due: createDue(),
})

export const registryTables = (state: RegistryState): RegistryTables => ({
  ...state.directory,
  sites: state.sites,
  permits: state.permits,
  policies: state.policies,
  holidays: state.holidays,
  siteLinks: state.siteLinks,
  watchLinks: state.watchLinks,
  siteKeys: state.siteKeys,
})

export const dumpRegistry = (state: RegistryState): RegistryDump => ({
  now: state.now,
  counts: {
    seals: state.seals,
    watches: state.watches,
    sites: state.siteCount,
    keys: state.keyCount,
    permits: state.permitCount,
    sealsErased: state.sealsErased,
  },
  siteIds: state.siteIds.slice(),
  areas: state.areas.slice(),
  policy: dumpPolicy(state.inForce),
  permitNotes: [...state.permitNotes],
  tokens: state.tokens.map((token) => ({ ...token, areas: token.areas.slice() })),
  webhooks: { webhooks: state.webhooks.slice(), webhookCount: state.webhookCount },
})

/** The state as it was when both were taken; the tables are used as they are, not copied. */
export const restoreRegistryState = (policy: Policy, shardCount: number, dump: RegistryDump, tables: RegistryTables): RegistryState => {
  const { counts } = dump
  const directory: Directory = { slots: tables.slots, seals: tables.seals, watches: tables.watches }
  const tokens = dump.tokens.map((token) => ({ ...token }))
  const state: RegistryState = {
    policy,
    inForce: restorePolicyState(policy, dump.policy),
    shardCount,
    directory,
    seals: counts.seals,
    watches: counts.watches,
    sites: tables.sites,
    permits: tables.permits,
    policies: tables.policies,
    holidays: tables.holidays,
    siteLinks: tables.siteLinks,
    watchLinks: tables.watchLinks,
    siteKeys: tables.siteKeys,
    siteCount: counts.sites,
    keyCount: counts.keys,
    permitCount: counts.permits,
    sealsErased: counts.sealsErased,
    now: dump.now,
    siteIds: dump.siteIds.slice(),
    siteNos: new Map(),
    areas: dump.areas.slice(),
    areaKeys: new Map(dump.areas.map((area, key) => [area, key])),
    areaSites: dump.areas.map(() => 0),
    permitNotes: new Map(dump.permitNotes),
    tokens,
    tokensByHash: new Map(tokens.filter((token) => token.active).map((token) => [token.hash, token])),
    ...dump.webhooks,
    due: createDue(),
  }
  state.areaKeys.delete('')
  rebuildSites(state)
  rebuildSeals(state)
  return state
}

const rebuildSites = (state: RegistryState): void => {
  const { kind, ended, areaKey } = state.sites.columns
  for (let siteNo = 1; siteNo <= state.siteCount; siteNo++) {
    if (kind[siteNo] === 0) continue
    state.siteNos.set(state.siteIds[siteNo] as string, siteNo)
    const area = areaKey[siteNo] as number
    if (ended[siteNo] === 0) state.areaSites[area] = (state.areaSites[area] as number) + 1
    planSite(state, siteNo)
  }
}

// The number of shards may differ from the one the snapshot was taken with: it decides who computes, never what.
const rebuildSeals = (state: RegistryState): void => {
  const { site, until, from } = state.directory.watches.columns
  const { head, shard } = state.directory.seals.columns
  for (let seal = 1; seal <= state.seals; seal++) if (head[seal] !== 0) shard[seal] = shardOfSite(site[head[seal] as number] as number, state.shardCount)
  for (let watch = 1; watch <= state.watches; watch++) {
    const end = until[watch] as number
    if (end > state.now && end < Infinity && end > (from[watch] as number)) pushDue(state.due, end, DUE.watchEnds, watch)
  }
}

/** Plans what happens to a site next by itself: its end, or, once it has ended, its erasure. */
export const planSite = (state: RegistryState, siteNo: number): void => {
  if (state.sites.columns.ended[siteNo] === 1) pushDue(state.due, siteExpiry(state, siteNo), DUE.siteExpires, siteNo)
  else if ((state.sites.columns.observedUntil[siteNo] as number) < Infinity)
    pushDue(state.due, state.sites.columns.observedUntil[siteNo] as number, DUE.siteEnds, siteNo)
}

/** When an ended site is erased. */
export const siteExpiry = (state: RegistryState, siteNo: number): number => {
  const { expires, observedUntil } = state.sites.columns
  return expires[siteNo] === 0 ? (observedUntil[siteNo] as number) + state.policy.otherRetentionMs : (expires[siteNo] as number)
}

export const areaKeyOf = (state: RegistryState, area: string): number => {
  const known = state.areaKeys.get(area)
  if (known !== undefined) return known
  const key = state.areas.length
  state.areas.push(area)
  state.areaSites.push(0)
  state.areaKeys.set(area, key)
  return key
}
