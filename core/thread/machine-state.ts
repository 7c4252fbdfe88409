import { Packr } from 'msgpackr'
import { createDesk, type Desk, deskDeps, restoreDesk } from '../desk.ts'
import type { DeskDump } from '../desk-state.ts'
import { createLedger, type LedgerDump, type LedgerFold } from '../ledger.ts'
import type { Policy } from '../policy.ts'
import { createRegistry, restoreRegistry, type Registry } from '../registry.ts'
import { REGISTRY_SCHEMAS, type RegistryDump, type RegistryTables } from '../registry-state.ts'
import type { Tables } from '../shard-run.ts'
import { shardOfSite } from '../shard.ts'
import { attachShard, attachState, createShardTables, createState, SHARD_SCHEMAS, type ShardTables, type State, STATE_SCHEMAS } from '../state.ts'
import { attachTable, type Table, type TableHandle, type TableSchema } from '../table.ts'
import { dealCounterRows } from '../counter-rows.ts'
import { rollupRow } from '../rollup.ts'
import { makeRoom } from '../watch-effects.ts'
import { describeTables, restoreTable, type StoredTables } from './snapshot-tables.ts'
import { addTo, listed } from '../shard-list.ts'
import { TICKED_NONE, type Ticked } from '../tick-gap.ts'
import { isSiteTimer, setTimer } from '../timers.ts'

// All that a machine knows between two entries, and its snapshot: named parts of bytes. `machine` is one msgpack map (counts, the
// registry's text, the desk, capacities of the tables); every other part is one table, byte for byte as in memory (core/table.ts).
// Restoring with another number of shards deals timers, lists and traffic out anew; it changes no output.

export type MachineState = {
  readonly registry: Registry
  readonly desk: Desk
  readonly ledger: LedgerFold
  readonly state: State
  readonly shards: ShardTables[]
  readonly policy: Policy
  /** The last applied entry, and the extent entry before the rows to come. */
  position: number
  block: number
  /** Wall time of the last applied entry; 0 before the first. */
  received: number
  /** Tick entries so far; rounds of this run. */
  tick: number
  ticked: Ticked
  round: number
  online: number
}

/** Raised when an older engine could not read what is written now, tables and their columns aside (snapshot-tables.ts). */
export const SNAPSHOT_VERSION = 4
const SNAPSHOT_VERSION_OLDEST = 4
type MachinePart = {
  readonly version: number
  readonly position: number
  readonly block: number
  readonly received: number
  readonly tick: number
  /** Absent in snapshots of before. */
  readonly ticked?: Ticked
  readonly online: number
  readonly round: number
  readonly shardCount: number
  readonly registry: RegistryDump
  readonly desk: DeskDump
  readonly ledger: LedgerDump
  /** How each table's bytes are laid out. */
  readonly tables: StoredTables
}

const packr = new Packr({ useRecords: false, mapsAsObjects: true })

export const tablesOf = ({ registry, state, shards }: MachineState): Tables => {
  const { sites, permits, policies, holidays, siteLinks, watchLinks } = registry.tables()
  return { directory: registry.directory(), sites, permits, policies, holidays, siteLinks, watchLinks, state, shards }
}

export const createMachineState = (policy: Policy, shardCount: number): MachineState => {
  const registry = createRegistry(policy, shardCount)
  const state = createState()
  return {
    registry,
    desk: createDesk(deskDeps(registry, state, policy.otherRetentionMs)),
    ledger: createLedger(),
    state,
    shards: Array.from({ length: shardCount }, createShardTables),
    policy,
    position: 0,
    block: 0,
    received: 0,
    tick: 0,
    round: 0,
    ticked: TICKED_NONE,
    online: 0,
  }
}

const namedTables = (machine: MachineState): [string, Table<TableSchema>][] => [
  ...Object.entries(machine.registry.tables()).map(([name, table]): [string, Table<TableSchema>] => [`registry-${name}`, table as Table<TableSchema>]),
  ...Object.entries(machine.state).map(([name, table]): [string, Table<TableSchema>] => [`state-${name}`, table as Table<TableSchema>]),
  ...machine.shards.flatMap((shard, index) =>
    Object.entries(shard).map(([name, table]): [string, Table<TableSchema>] => [`shard-${index}-${name}`, table as Table<TableSchema>]),
  ),
]

/** A copy of everything, between rounds: about 0.1 s per 100 MB of state, in which nothing is applied. */
export const snapshotParts = (machine: MachineState): Map<string, Uint8Array> => {
  const tables = namedTables(machine)
  const part: MachinePart = {
    version: SNAPSHOT_VERSION,
    position: machine.position,
    block: machine.block,
    received: machine.received,
    tick: machine.tick,
    ticked: machine.ticked,
    online: machine.online,
    round: machine.round,
    shardCount: machine.shards.length,
    registry: machine.registry.dump(),
    desk: machine.desk.dump(),
    ledger: machine.ledger.dump(),
    tables: describeTables(tables),
  }
  const parts = new Map<string, Uint8Array>([['machine', packr.pack(part)]])
  for (const [name, table] of tables) parts.set(name, new Uint8Array(table.buffer).slice())
  return parts
}

export const restoreMachineState = (policy: Policy, shardCount: number, parts: ReadonlyMap<string, Uint8Array>): MachineState => {
  const packed = parts.get('machine')
  if (packed === undefined) throw new Error('a snapshot without its part "machine"')
  const part = packr.unpack(packed) as MachinePart
  if (part.version < SNAPSHOT_VERSION_OLDEST) throw new Error(`snapshot version ${part.version} is of before the first release: not read any more`)
  if (part.version > SNAPSHOT_VERSION)
    throw new Error(`snapshot version ${part.version} was written by a newer engine (this one reads up to ${SNAPSHOT_VERSION}): start that one`)
  const handle = (name: string, schema: TableSchema): TableHandle => restoreTable(name, schema, part.tables[name], parts.get(name))
  const attachAll = (prefix: string, schemas: Readonly<Record<string, TableSchema>>): Record<string, Table<TableSchema>> =>
    Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => {
        const { buffer, capacity } = handle(`${prefix}-${name}`, schema)
        return [name, attachTable(schema, capacity, buffer)]
      }),
    )
  const registry = restoreRegistry(policy, shardCount, part.registry, attachAll('registry', REGISTRY_SCHEMAS) as unknown as RegistryTables)
  const handles = (prefix: string, schemas: Readonly<Record<string, TableSchema>>): Record<string, TableHandle> =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, handle(`${prefix}-${name}`, schema)]))
  const state = attachState(handles('state', STATE_SCHEMAS) as Parameters<typeof attachState>[0])
  const shards = Array.from({ length: part.shardCount }, (_, index) =>
    attachShard(handles(`shard-${index}`, SHARD_SCHEMAS) as Parameters<typeof attachShard>[0]),
  )
  const machine: MachineState = {
    registry,
    desk: restoreDesk(deskDeps(registry, state, policy.otherRetentionMs), part.desk),
    ledger: createLedger(part.ledger),
    state,
    shards,
    policy,
    position: part.position,
    block: part.block,
    received: part.received,
    tick: part.tick,
    round: part.round,
    ticked: part.ticked ?? TICKED_NONE,
    online: part.online,
  }
  // Tables that the snapshot did not have are short.
  makeRoom(tablesOf(machine), registry.counts())
  return part.shardCount === shardCount ? machine : { ...machine, shards: dealt(machine, shardCount) }
}

/** The same timers, lists and traffic under another number of shards. */
const dealt = (machine: MachineState, shardCount: number): ShardTables[] => {
  const shards = Array.from({ length: shardCount }, createShardTables)
  const { site: siteOf } = machine.registry.directory().watches.columns
  const shardFor = (site: number): ShardTables => shards[shardOfSite(site, shardCount)] as ShardTables
  for (const old of machine.shards) {
    const { deadline, type, row } = old.timers.columns
    for (let at = 1; at <= (row[0] as number); at += 1) {
      const site = isSiteTimer(type[at] as number) ? (row[at] as number) : (siteOf[row[at] as number] as number)
      setTimer(shardFor(site), deadline[at] as number, type[at] as number, row[at] as number)
    }
    dealCounters(machine, old, shardFor)
    for (const watch of listed(old.dirty.columns.watch)) addTo(shardFor(siteOf[watch] as number), 'dirty', watch)
    for (const watch of listed(old.marked.columns.watch)) addTo(shardFor(siteOf[watch] as number), 'marked', watch)
    for (const site of listed(old.markedSites.columns.site)) addTo(shardFor(site), 'markedSites', site)
    dealTraffic(old, shardFor)
  }
  return shards
}

const dealCounters = ({ registry, state }: MachineState, old: ShardTables, shardFor: (site: number) => ShardTables): void => {
  const { site: siteOf } = registry.directory().watches.columns
  const { counters } = state.watches.columns
  for (const watch of new Set(old.counters.columns.watch.subarray(1, (old.counters.columns.boot[0] as number) + 1)))
    if (watch !== 0) counters[watch] = dealCounterRows(old, shardFor(siteOf[watch] as number), counters[watch] as number)
}

const dealTraffic = (old: ShardTables, shardFor: (site: number) => ShardTables): void => {
  const from = old.rollups.columns
  for (let at = 1; at <= (from.siteKey[0] as number); at += 1) {
    const shard = shardFor(from.site[at] as number)
    const place = {
      siteKey: from.siteKey[at] as number,
      site: from.site[at] as number,
      areaKey: from.areaKey[at] as number,
      kind: from.kind[at] as number,
      expires: from.expires[at] as number,
    }
    const row = rollupRow(shard, 0, place, from.minute[at] as number)
    for (const sums of ['peopleIn', 'peopleOut', 'openings'] as const) shard.rollups.columns[sums][row] = from[sums][at] as number
  }
}
