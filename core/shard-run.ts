import type { Directory } from './directory.ts'
import type { HOLIDAYS, POLICIES } from './policy-table.ts'
import type { ShardTables, State } from './state.ts'
import type { Columns, Table, TableHandle } from './table.ts'
import type { PERMITS, SITE_LINKS, SITES, WATCH_LINKS } from './site-table.ts'
import type { Windows } from './window.ts'
import { SIGNAL, SIGNAL_STRIDE } from './signal.ts'
import { createWriter, type RowWriter } from './chunk-writer.ts'
import { shardOfSite } from './shard.ts'
import { FIXED } from './policy.ts'
import type { SITE_CHECKS, SITE_STATE, WATCH_CHECKS, WATCH_STATE } from './state.ts'

// What one task works with: the tables' columns, looked up once, and what the task gives
// back (rows, signals, counts). Rules get it as their first argument. A task owns its shards' rows while it runs; the
// directory, sites and permits (but what was taken of them) are read only.

export type Tables = {
  readonly directory: Directory
  readonly sites: Table<typeof SITES>
  readonly permits: Table<typeof PERMITS>
  readonly policies: Table<typeof POLICIES>
  readonly holidays: Table<typeof HOLIDAYS>
  readonly siteLinks: Table<typeof SITE_LINKS>
  readonly watchLinks: Table<typeof WATCH_LINKS>
  readonly state: State
  readonly shards: readonly ShardTables[]
}

/** Every buffer of a machine's tables: what a thread attaches, and what the state takes. */
export const buffersOf = ({ directory, state, shards, ...shared }: Tables): SharedArrayBuffer[] =>
  [directory, shared, state, ...shards].flatMap((tables) => Object.values<TableHandle>(tables)).map(({ buffer }) => buffer)
/** Bytes that all of a fleet's state takes. */
export const stateBytes = (tables: Tables): number => buffersOf(tables).reduce((sum, buffer) => sum + buffer.byteLength, 0)

/** The event that is being applied, for the rules. */
export type Current = {
  /** The watch whose state it changes, and the one that it was admitted to: its rows carry that one's key. They differ where a site has got another key since (core/heir.ts). */
  watch: number
  admitted: number
  site: number
  kind: number
  /** Row of `ShardRun.policy` for its site. */
  policy: number
  time: number
  boot: number
  seq: number
  value: number
  /** The permit that it took an opening of, or that covers the passage (rules/permit.ts); 0 = none. */
  permit: number
  /** It may raise nothing: too old, or its watch or observation is over. */
  quiet: boolean
}

export type ShardRun = {
  readonly directory: Directory
  /** Figures by policy row: `run.policy.x[run.current.policy]`, or `[run.sites.policy[site]]`. */
  readonly policy: Columns<typeof POLICIES>
  /** Local days that are holidays, ascending, from cell 1 on; cell 0 is their number. */
  readonly holidays: Uint32Array
  readonly shardCount: number
  /** Shard by run of 256 sites (core/shard.ts). */
  readonly shardOfRun: Uint16Array
  readonly shards: readonly ShardTables[]
  readonly windows: Windows
  readonly watches: Columns<typeof WATCH_STATE>
  readonly watchChecks: Columns<typeof WATCH_CHECKS>
  readonly siteState: Columns<typeof SITE_STATE>
  readonly siteChecks: Columns<typeof SITE_CHECKS>
  readonly siteLinks: Columns<typeof SITE_LINKS>
  readonly watchLinks: Columns<typeof WATCH_LINKS>
  readonly sites: Columns<typeof SITES>
  readonly permits: Columns<typeof PERMITS>
  readonly current: Current
  /** Index of the entry in the round, its wall time, and the number of ticks so far. */
  entry: number
  received: number
  tick: number
  round: number
  /** False in a replay of a block that is stored already: only state and signals are wanted. */
  readonly keepsRows: boolean
  events: RowWriter<'events'>
  occupancy: RowWriter<'occupancy'>
  rejected: RowWriter<'rejected_events'>
  signals: Float64Array
  signalCount: number
  fresh: number
  repeated: number
  tooOld: number
  /** Change in the number of watches online. */
  online: number
  sitesChanged: number[]
}

export const createRun = (tables: Tables, rowsExpected = 0, keepsRows = true): ShardRun => {
  const { state, shards } = tables
  const shardOfRun = new Uint16Array((state.sites.capacity >>> 8) + 1)
  for (let run = 0; run < shardOfRun.length; run += 1) shardOfRun[run] = shardOfSite(run << 8, shards.length)
  return {
    directory: tables.directory,
    policy: tables.policies.columns,
    holidays: tables.holidays.columns.day,
    shardCount: shards.length,
    shardOfRun,
    shards,
    windows: { ...state.windows.columns, before: state.windowsBefore.columns.bits },
    watches: state.watches.columns,
    watchChecks: state.watchChecks.columns,
    siteState: state.sites.columns,
    siteChecks: state.siteChecks.columns,
    siteLinks: tables.siteLinks.columns,
    watchLinks: tables.watchLinks.columns,
    sites: tables.sites.columns,
    permits: tables.permits.columns,
    current: { watch: 0, admitted: 0, site: 0, kind: 0, policy: 0, time: 0.5, boot: 0, seq: 0, value: 0, permit: 0, quiet: false },
    entry: 0,
    received: 0.5,
    tick: 0,
    round: 0,
    keepsRows,
    events: createWriter('events', rowsExpected, keepsRows),
    occupancy: createWriter('occupancy', 0, keepsRows),
    rejected: createWriter('rejected_events', 0, keepsRows),
    signals: new Float64Array(SIGNAL_STRIDE * 16),
    signalCount: 0,
    fresh: 0,
    repeated: 0,
    tooOld: 0,
    online: 0,
    sitesChanged: [],
  }
}

export type SignalFields = {
  readonly kind: number
  readonly state: number
  readonly watch: number
  readonly site: number
  readonly time: number
  readonly value: number
  readonly boot?: number
  readonly seq?: number
  /** 0: the kind's own severity; 1: one step lower. */
  readonly level?: number
}

/** What is said of a site whose observation is over is dropped: its alarms are cleared at the next tick, whatever came up before. */
export const signal = (run: ShardRun, fields: SignalFields): void => {
  if (run.received >= (run.sites.observedUntil[fields.site] as number)) return
  if ((run.signalCount + 1) * SIGNAL_STRIDE > run.signals.length) {
    const grown = new Float64Array(run.signals.length * 2)
    grown.set(run.signals)
    run.signals = grown
  }
  const at = run.signalCount * SIGNAL_STRIDE
  const { signals } = run
  signals[at + SIGNAL.entry] = run.entry
  signals[at + SIGNAL.kind] = fields.kind
  signals[at + SIGNAL.seal] = fields.watch === 0 ? 0 : (run.directory.watches.columns.seal[fields.watch] as number)
  signals[at + SIGNAL.site] = fields.site
  signals[at + SIGNAL.watch] = fields.watch
  signals[at + SIGNAL.state] = fields.state
  signals[at + SIGNAL.time] = fields.time
  signals[at + SIGNAL.value] = fields.value
  signals[at + SIGNAL.boot] = fields.boot ?? 0
  signals[at + SIGNAL.seq] = fields.seq ?? 0
  signals[at + SIGNAL.level] = fields.level ?? 0
  run.signalCount += 1
}

/** Whether a watch may raise anything as of `received`: still in force, its site still observed. */
export const isInForce = (run: ShardRun, watch: number): boolean => {
  const { until, observedUntil, site } = run.directory.watches.columns
  const { received } = run
  return received < (until[watch] as number) && received < (observedUntil[watch] as number) && run.sites.ended[site[watch] as number] === 0
}

export const shardIndexOf = (run: ShardRun, site: number): number => run.shardOfRun[site >>> 8] as number
export const shardOf = (run: ShardRun, site: number): ShardTables => run.shards[shardIndexOf(run, site)] as ShardTables

/** What live views show of this site changed: its readers are told once a round. */
export const siteChanged = (run: ShardRun, site: number): void => {
  if (run.siteState.changedRound[site] === run.round) return
  run.siteState.changedRound[site] = run.round
  run.sitesChanged.push(site)
}

/** When rows about this site expire, Unix s. */
export const expiresOf = (run: ShardRun, site: number): number => {
  const own = run.sites.expires[site] as number
  return Math.ceil((own > 0 ? own : run.received + FIXED.otherRetentionMs) / 1000)
}
