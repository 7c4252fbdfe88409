import { applyEntries, type RoundEntries } from './apply.ts'
import { createWriter, takeChunk } from './chunk-writer.ts'
import { FIXED } from './policy.ts'
import { emitRollups, forgetRollups } from './rollup.ts'
import type { Chunk } from './rows.ts'
import { createRun, type ShardRun, type Tables } from './shard-run.ts'
import { SIGNAL_STRIDE } from './signal.ts'
import { SHARED_SCHEMAS } from './shared-tables.ts'
import { attachShard, attachState, SHARD_SCHEMAS, type ShardTableName, type ShardTables, type State } from './state.ts'
import { attachHandle, handlesOf, type Table, type TableHandle } from './table.ts'

// One task: a set of shards over a range of a round's entries, or the end of an extent for them. It runs on any thread, the machine's
// own too. Tables travel as handles (buffer and capacity); those of a shard that grew meanwhile come back the same way.

type SharedName = keyof typeof SHARED_SCHEMAS
type Shared = { readonly [K in SharedName]: Table<(typeof SHARED_SCHEMAS)[K]> }
export type ShardHandles = Readonly<Record<ShardTableName, TableHandle>>
export type TablesHandle = {
  readonly shared: Readonly<Record<SharedName, TableHandle>>
  readonly state: Readonly<Record<keyof State, TableHandle>>
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
  /** False where the rows of this block are in ClickHouse already (a replay after a restart): none are made. */
  readonly keepsRows: boolean
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

export const tablesHandle = ({ directory, state, shards, ...shared }: Tables): TablesHandle => ({
  shared: handlesOf<SharedName>({ ...directory, ...shared }),
  state: handlesOf<keyof State>(state),
  shards: shards.map((shard) => handlesOf<ShardTableName>(shard)),
})

export const attachTables = ({ shared, state, shards }: TablesHandle): Tables => {
  const { slots, seals, watches, ...others } = Object.fromEntries(
    Object.entries(SHARED_SCHEMAS).map(([name, schema]) => [name, attachHandle(schema, shared[name as SharedName])]),
  ) as unknown as Shared
  return { directory: { slots, seals, watches }, ...others, state: attachState(state), shards: shards.map(attachShard) }
}

export const applyTask = (tables: Tables, task: ApplyTask): ApplyResult => {
  const run = createRun(tables, task.rowsExpected, task.keepsRows)
  const before = task.shards.map((shard) => ({ ...(tables.shards[shard] as ShardTables) }))
  run.tick = task.tick
  run.round = task.round
  const mine = new Uint8Array(tables.shards.length)
  for (const shard of task.shards) mine[shard] = 1
  const chunks: Chunk[] = []
  const areas: number[] = []
  let next = task.to
  if (task.extentReceived === null) next = applyEntries(run, task.entries, { from: task.from, to: task.to }, { mine, alone: task.alone, rejects: task.rejects })
  else if (task.keepsRows) endExtent(tables, task, { chunks, areas })
  else for (const shard of task.shards) forgetRollups(tables.shards[shard] as ShardTables)
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

const SHARD_TABLES = Object.keys(SHARD_SCHEMAS) as ShardTableName[]

const grownOf = (tables: Tables, shards: readonly number[], before: readonly ShardTables[]): ApplyResult['grown'] =>
  shards.flatMap((shard, index) => {
    const now = tables.shards[shard] as ShardTables
    const then = before[index] as ShardTables
    const same = SHARD_TABLES.every((name) => now[name] === then[name])
    return same ? [] : [{ shard, handles: handlesOf<ShardTableName>(now) }]
  })

const endExtent = (tables: Tables, task: ApplyTask, out: { readonly chunks: Chunk[]; readonly areas: number[] }): void => {
  const minutes = createWriter('traffic_1m')
  const hours = createWriter('traffic_1h')
  const ms = task.extentReceived ?? 0
  const sink = { minutes, hours, areas: out.areas, received: Math.floor(ms / 1000), expires: Math.ceil((ms + FIXED.otherRetentionMs) / 1000) }
  for (const shard of task.shards) emitRollups(tables.shards[shard] as ShardTables, sink)
  for (const chunk of [takeChunk(minutes), takeChunk(hours)]) if (chunk !== null) out.chunks.push(chunk)
}
