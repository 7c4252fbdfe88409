import type { Directory } from './directory.ts'
import type { PermitView, Principal, RegistryOp, RegistryResult, Role, WebhookRecord } from './ops.ts'
import { livePermits, putPermit, revokePermit } from './permits.ts'
import type { FleetPolicy, KindPolicy, Policy } from './policy.ts'
import type { SiteChange } from './registry-changes.ts'
import { DUE, nextDue, takeDue } from './registry-due.ts'
import { type RegistryEffects, noEffects } from './registry-effects.ts'
import { eraseSite } from './registry-erase.ts'
import {
  areaCounts,
  keyView,
  sealIdOf,
  sealView,
  type SealView,
  sealsOf,
  type SiteSeal,
  siteSpec,
  sitesUnder,
  type SiteView,
  siteView,
} from './registry-reads.ts'
import { fleetPolicy, type PolicyInForce, type PolicyVersion, policyOf, putPolicy } from './registry-policy.ts'
import { closeSite, endObservation, putSites } from './registry-sites.ts'
import {
  createRegistryState,
  dumpRegistry,
  type RegistryDump,
  type RegistryState,
  type RegistryTables,
  registryTables,
  restoreRegistryState,
  siteExpiry,
} from './registry-state.ts'
import { addToken, principalOf, revokeToken } from './registry-tokens.ts'
import { putWebhook, removeWebhook } from './registry-webhooks.ts'

// The registry: sites, seals and their dated assignments, observations, permits, tokens. A pure state machine over the log's registry
// entries and ticks: the same ones give the same numbers, rows and answers. Time is an argument, and never goes back.

export type Registry = {
  /**
   * Applies one op of the log. What it asks may be refused (in the result), never thrown. The effects begin with all that was due by
   * `now`, as in {@link Registry.tick}: whoever follows them treats both alike.
   */
  readonly apply: (op: RegistryOp, now: number) => { readonly result: RegistryResult; readonly effects: RegistryEffects }
  /** Observations and assignments that end, and sites whose data expires, by `now`; each once. */
  readonly tick: (now: number) => RegistryEffects
  /** Before this a tick changes nothing here. */
  readonly nextDue: () => number
  readonly directory: () => Directory
  /** The current tables: a full one is replaced by a doubled copy in apply. `sites` and `permits` are for shard tasks. */
  readonly tables: () => RegistryTables
  readonly dump: () => RegistryDump
  readonly siteNo: (site: string) => number
  readonly site: (site: string) => SiteView | undefined
  readonly siteByNo: (siteNo: number) => SiteView | undefined
  /** What a put would have to say to make the site as it is. */
  readonly spec: (siteNo: number) => SiteChange | undefined
  /** Names of a siteKey; undefined where its data has expired. */
  readonly key: (siteKey: number) => ReturnType<typeof keyView>
  /** Numbers of live sites at or below an area, from a number on. */
  readonly sitesUnder: (areaPrefix: string, from: { readonly fromNo: number; readonly limit: number }) => readonly number[]
  readonly seal: (id: string) => SealView | undefined
  readonly sealId: (sealNo: number) => string
  readonly sealsOf: (siteNo: number) => readonly SiteSeal[]
  readonly permits: (siteNo?: number) => Iterable<PermitView>
  /** The figures in force for a site. */
  readonly policyOf: (siteNo: number) => KindPolicy
  /** What the policy says for the whole fleet. */
  readonly fleetPolicy: () => FleetPolicy
  readonly policy: () => PolicyInForce
  /** Oldest first, the newest in force. */
  readonly policyVersions: () => readonly PolicyVersion[]
  readonly areas: () => ReturnType<typeof areaCounts>
  readonly areaName: (areaKey: number) => string
  readonly tokenByHash: (hash: string) => Principal | undefined
  readonly tokens: () => readonly { readonly name: string; readonly role: Role; readonly areas: readonly string[] }[]
  /** Also of a revoked token; '' where the number was never given. */
  readonly tokenName: (tokenNo: number) => string
  /** With the secrets that sign: for the desk and the notifier, never for a view. Replaced whole when one changes. */
  readonly webhooks: () => readonly WebhookRecord[]
  /** Highest numbers given so far: state tables need one row more. `sites` and `seals` count erased ones too. */
  readonly counts: () => {
    readonly sites: number
    readonly seals: number
    readonly watches: number
    readonly keys: number
    readonly permits: number
    readonly areas: number
    readonly live: number
    readonly sealsKnown: number
  }
}

export const createRegistry = (policy: Policy, shardCount: number): Registry => registryOver(createRegistryState(policy, shardCount))

/** The registry as dumped, over its tables as they were then. */
export const restoreRegistry = (policy: Policy, shardCount: number, dump: RegistryDump, tables: RegistryTables): Registry =>
  registryOver(restoreRegistryState(policy, shardCount, dump, tables))

const registryOver = (state: RegistryState): Registry => {
  const siteNo = (site: string): number => state.siteNos.get(site) ?? 0
  return {
    apply: (op, now) => applyOp(state, op, now),
    tick: (now) => tickRegistry(state, now),
    nextDue: () => nextDue(state.due),
    directory: () => state.directory,
    tables: () => registryTables(state),
    dump: () => dumpRegistry(state),
    siteNo,
    site: (site) => siteView(state, siteNo(site)),
    siteByNo: (no) => siteView(state, no),
    spec: (no) => siteSpec(state, no),
    key: (siteKey) => keyView(state, siteKey),
    sitesUnder: (prefix, from) => sitesUnder(state, prefix, from),
    seal: (id) => sealView(state, id),
    sealId: (sealNo) => sealIdOf(state, sealNo),
    sealsOf: (no) => sealsOf(state, no),
    permits: (no) => livePermits(state, no),
    policyOf: (no) => policyOf(state, no),
    fleetPolicy: () => fleetPolicy(state),
    policy: () => state.inForce.current,
    policyVersions: () => state.inForce.versions,
    areas: () => areaCounts(state),
    areaName: (areaKey) => state.areas[areaKey] ?? '',
    tokenByHash: (hash) => {
      const token = state.tokensByHash.get(hash)
      return token === undefined ? undefined : principalOf(token)
    },
    tokens: () => state.tokens.filter((token) => token.active).map(({ name, role, areas }) => ({ name, role, areas })),
    webhooks: () => state.webhooks,
    tokenName: (tokenNo) => state.tokens[tokenNo - 1]?.name ?? '',
    counts: () => ({
      sites: state.siteCount,
      seals: state.seals,
      watches: state.watches,
      keys: state.keyCount,
      permits: state.permitCount,
      areas: state.areas.length - 1,
      live: state.areaSites.reduce((sum, sites) => sum + sites, 0),
      sealsKnown: state.seals - state.sealsErased,
    }),
  }
}

const applyOp = (state: RegistryState, op: RegistryOp, now: number): { result: RegistryResult; effects: RegistryEffects } => {
  // What is due by now comes first, so that an op never meets a registry of earlier (and nothing due is ever pending between entries).
  const effects = tickRegistry(state, now)
  return { result: resultOf(state, op, effects), effects }
}

const resultOf = (state: RegistryState, op: RegistryOp, effects: RegistryEffects): RegistryResult => {
  switch (op.op) {
    case 'put-sites':
      return putSites(state, op.by, op.sites, effects)
    case 'end-observation':
      return endObservation(state, op.by, op, effects)
    case 'put-permit':
      return putPermit(state, op.by, op.permit, effects)
    case 'revoke-permit':
      return revokePermit(state, op.by, op.permitNo, effects)
    case 'put-policy':
      return putPolicy(state, op, effects)
    case 'add-token':
      return addToken(state, op)
    case 'revoke-token':
      return revokeToken(state, op.by, op.name)
    case 'put-webhook':
      return putWebhook(state, op.by, op.webhook)
    case 'remove-webhook':
      return removeWebhook(state, op.by, op.name)
    default:
      return unreachable(op)
  }
}

const unreachable = (op: never): never => {
  throw new RangeError(`no registry op ${JSON.stringify(op)}`)
}

const tickRegistry = (state: RegistryState, now: number): RegistryEffects => {
  state.now = Math.max(state.now, now)
  const effects = noEffects()
  const watchesEnded = new Set<number>()
  const { sites } = state
  for (let item = takeDue(state.due, state.now); item !== undefined; item = takeDue(state.due, state.now)) {
    const { kind, ended, observedUntil } = sites.columns
    switch (item.kind) {
      case DUE.siteEnds:
        if (kind[item.no] !== 0 && ended[item.no] === 0 && (observedUntil[item.no] as number) <= state.now) closeSite(state, item.no, effects)
        break
      case DUE.siteExpires:
        if (kind[item.no] !== 0 && ended[item.no] === 1 && siteExpiry(state, item.no) <= state.now) eraseSite(state, item.no, effects)
        break
      case DUE.watchEnds: {
        const { from, until } = state.directory.watches.columns
        if (until[item.no] === item.at && (from[item.no] as number) < item.at) watchesEnded.add(item.no)
      }
    }
  }
  for (const watch of watchesEnded) effects.watchesEnded.push(watch)
  // By number: the heap's order among equal times is not kept in a snapshot.
  for (const list of [effects.watchesEnded, effects.sitesEnded, effects.sitesErased, effects.sealsErased, effects.expiredKeys]) list.sort((a, b) => a - b)
  return effects
}
