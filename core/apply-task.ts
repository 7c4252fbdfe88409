import { applyEntries, type RoundEntries } from './apply.ts'
import { createWriter, takeChunk } from './chunk-writer.ts'
import type { Directory } from './directory.ts'
import { SEALS, SEAL_SLOTS, WATCHES } from './directory.ts'
import { emitRollups } from './rollup.ts'
import type { Chunk } from './rows.ts'
import { createRun, type PolicyColumns, type ShardRun, type Tables } from './shard-run.ts'
import { SIGNAL_STRIDE } from './signal.ts'
import { PERMITS, SITES } from './site-table.ts'
import { DIRTY, ROLLUP_SLOTS, ROLLUPS, type ShardTables, SITE_STATE, TIMERS, WATCH_STATE, WINDOWS, WINDOWS_BEFORE } from './state.ts'
import { attachTable, type Table, type TableSchema } from './table.ts'

// One task: a set of shards over a range of a round's entries, or the end of an extent for them. It runs on any thread, the machine's
// own too. Tables travel as handles (buffer and capacity); those of a shard that grew meanwhile come back the same way.

export type TableHandle = { readonly buffer: SharedArrayBuffer; readonly capacity: number }
export type ShardHandles = { readonly timers: TableHandle; readonly dirty: TableHandle; readonly rollups: TableHandle; readonly rollupSlots: TableHandle }
export type TablesHandle = {
  readonly slots: TableHandle
  readonly seals: TableHandle
  readonly watches: TableHandle
  readonly sites: TableHandle
  readonly permits: TableHandle
  readonly windows: TableHandle
  readonly windowsBefore: TableHandle
  readonly watchState: TableHandle
  readonly siteState: TableHandle
  readonly shards: readonly ShardHandles[]
}

export type ApplyTask = {
  readonly entries: RoundEntries
  readonly from: number
  readonly to: number
  readonly shards: readonly number[]
  /** All shards, by one task: entries that cross shards are applied too. */
  readonly alone: boolean
  readonly rejects: boolean
  /** Ticks before `from`, and the number of the round. */
  readonly tick: number
  readonly round: number
  /** Wall time of the extent entry whose traffic is to be handed out (nothing is applied then), or null. */
  readonly extentReceived: number | null
  readonly rowsExpected: number
}
export type ApplyResult = {
  /** The first entry not applied: `to`, or one that crosses shards. */
  readonly next: number
  readonly tick: number
  readonly chunks: readonly Chunk[]
  readonly signals: Float64Array
  readonly fresh: number
  readonly repeated: number
  readonly tooOld: number
  readonly online: number
  readonly sitesChanged: Uint32Array
  readonly areas: readonly number[]
  readonly grown: readonly { readonly shard: number; readonly handles: ShardHandles }[]
}

const handleOf = <S extends TableSchema>({ buffer, capacity }: Table<S>): TableHandle => ({ buffer, capacity })
export const shardHandles = (shard: ShardTables): ShardHandles => ({
  timers: handleOf(shard.timers),
  dirty: handleOf(shard.dirty),
  rollups: handleOf(shard.rollups),
  rollupSlots: handleOf(shard.rollupSlots),
})
export const tablesHandle = (tables: Tables): TablesHandle => ({
  slots: handleOf(tables.directory.slots),
  seals: handleOf(tables.directory.seals),
  watches: handleOf(tables.directory.watches),
  sites: handleOf(tables.sites),
  permits: handleOf(tables.permits),
  windows: handleOf(tables.state.windows),
  windowsBefore: handleOf(tables.state.windowsBefore),
  watchState: handleOf(tables.state.watches),
  siteState: handleOf(tables.state.sites),
  shards: tables.shards.map(shardHandles),
})

const attach = <const S extends TableSchema>(schema: S, { capacity, buffer }: TableHandle): Table<S> => attachTable(schema, capacity, buffer)
export const attachShard = (handles: ShardHandles): ShardTables => ({
  timers: attach(TIMERS, handles.timers),
  dirty: attach(DIRTY, handles.dirty),
  rollups: attach(ROLLUPS, handles.rollups),
  rollupSlots: attach(ROLLUP_SLOTS, handles.rollupSlots),
})
export const attachTables = (handle: TablesHandle): Tables => {
  const directory: Directory = { slots: attach(SEAL_SLOTS, handle.slots), seals: attach(SEALS, handle.seals), watches: attach(WATCHES, handle.watches) }
  return {
    directory,
    sites: attach(SITES, handle.sites),
    permits: attach(PERMITS, handle.permits),
    state: {
      windows: attach(WINDOWS, handle.windows),
      windowsBefore: attach(WINDOWS_BEFORE, handle.windowsBefore),
      watches: attach(WATCH_STATE, handle.watchState),
      sites: attach(SITE_STATE, handle.siteState),
    },
    shards: handle.shards.map(attachShard),
  }
}

export const applyTask = (tables: Tables, policy: PolicyColumns, task: ApplyTask): ApplyResult => {
  const run = createRun(tables, policy, task.rowsExpected)
  const before = task.shards.map((shard) => ({ ...(tables.shards[shard] as ShardTables) }))
  run.tick = task.tick
  run.round = task.round
  const mine = new Uint8Array(tables.shards.length)
  for (const shard of task.shards) mine[shard] = 1
  const chunks: Chunk[] = []
  const areas: number[] = []
  let next = task.to
  if (task.extentReceived === null) next = applyEntries(run, task.entries, { from: task.from, to: task.to }, { mine, alone: task.alone, rejects: task.rejects })
  else endExtent(tables, task, run, { chunks, areas })
  for (const chunk of [takeChunk(run.events), takeChunk(run.occupancy), takeChunk(run.rejected)]) if (chunk !== null) chunks.push(chunk)
  return { ...resultOf(run, chunks), next, areas, grown: grownOf(tables, task.shards, before) }
}

const resultOf = (run: ShardRun, chunks: readonly Chunk[]): Omit<ApplyResult, 'next' | 'areas' | 'grown'> => ({
  tick: run.tick,
  chunks,
  signals: run.signals.slice(0, run.signalCount * SIGNAL_STRIDE),
  fresh: run.fresh,
  repeated: run.repeated,
  tooOld: run.tooOld,
  online: run.online,
  sitesChanged: Uint32Array.from(run.sitesChanged),
})

const grownOf = (tables: Tables, shards: readonly number[], before: readonly ShardTables[]): ApplyResult['grown'] =>
  shards.flatMap((shard, index) => {
    const now = tables.shards[shard] as ShardTables
    const then = before[index] as ShardTables
    const same = now.timers === then.timers && now.dirty === then.dirty && now.rollups === then.rollups && now.rollupSlots === then.rollupSlots
    return same ? [] : [{ shard, handles: shardHandles(now) }]
  })

const endExtent = (tables: Tables, task: ApplyTask, run: ShardRun, out: { readonly chunks: Chunk[]; readonly areas: number[] }): void => {
  const minutes = createWriter('traffic_1m')
  const hours = createWriter('traffic_1h')
  const ms = task.extentReceived ?? 0
  const sink = { minutes, hours, areas: out.areas, received: Math.floor(ms / 1000), expires: Math.ceil((ms + run.policy.otherRetentionMs) / 1000) }
  for (const shard of task.shards) emitRollups(tables.shards[shard] as ShardTables, sink)
  for (const chunk of [takeChunk(minutes), takeChunk(hours)]) if (chunk !== null) out.chunks.push(chunk)
}
