import { attachShard, SHARD_SCHEMAS, type ShardTableName } from '../state.ts'
import type { TableHandle } from '../table.ts'
import { applyTask, tablesHandle, type ApplyResult, type ApplyTask } from '../apply-task.ts'
import { buffersOf, type Tables } from '../shard-run.ts'
import type { WorkerResult, WorkerTask } from './apply-worker.ts'

// Runs the shards of one machine on a pool of threads, or on the caller's: how the shards are split changes no result. One call at a
// time; a shard is in one task at a time. Tables are attached by a thread once per version, which changes when any buffer does.

export type RunTask = <T>(filename: string, task: unknown, transfer?: readonly unknown[]) => Promise<T>
export type PoolOptions = { readonly run: RunTask; readonly threads: number }
export type ShardTask = Omit<ApplyTask, 'shards' | 'alone' | 'rejects'>
export type ShardPool = {
  /** On worker threads, the shards split evenly. */
  readonly apply: (tables: Tables, task: ShardTask) => Promise<readonly ApplyResult[]>
  /** All shards by one worker task. */
  readonly applyAlone: (tables: Tables, task: ShardTask) => Promise<readonly ApplyResult[]>
  /** All shards on this thread, now. */
  readonly applyHere: (tables: Tables, task: ShardTask) => readonly ApplyResult[]
}

const filename = new URL('./apply-worker.js', import.meta.url).href
let machines = 0

export const createShardPool = ({ run, threads }: PoolOptions): ShardPool => {
  machines += 1
  const machine = machines
  let buffers: readonly SharedArrayBuffer[] = []
  let version = 0

  const versionOf = (tables: Tables): string => {
    const now = buffersOf(tables)
    if (now.length !== buffers.length || now.some((buffer, index) => buffer !== buffers[index])) {
      buffers = now
      version += 1
    }
    return `${machine}.${version}`
  }
  const send = async (tables: Tables, task: ApplyTask, name: string): Promise<ApplyResult> => {
    const first = await run<WorkerResult>(filename, { ...task, version: name, attach: null } satisfies WorkerTask)
    if (first.kind === 'applied') return first.result
    const again = await run<WorkerResult>(filename, { ...task, version: name, attach: tablesHandle(tables) } satisfies WorkerTask)
    if (again.kind !== 'applied') throw new Error('a worker did not attach the tables it was given')
    return again.result
  }
  const dispatch = async (tables: Tables, tasks: readonly ApplyTask[]): Promise<readonly ApplyResult[]> => {
    const name = versionOf(tables)
    const results = await Promise.all(tasks.map((task) => send(tables, task, name)))
    for (const { grown } of results) for (const { shard, handles } of grown) takeGrown(tables, shard, handles)
    return results
  }
  const all = (tables: Tables): number[] => tables.shards.map((_, shard) => shard)
  return {
    apply: (tables, task) => {
      const shares = Math.max(1, Math.min(threads, tables.shards.length))
      const tasks = Array.from({ length: shares }, (_, share): ApplyTask => ({
        ...task,
        shards: all(tables).filter((shard) => shard % shares === share),
        alone: tables.shards.length === 1,
        rejects: share === 0,
        rowsExpected: Math.ceil(task.rowsExpected / shares),
      }))
      return dispatch(tables, tasks)
    },
    applyAlone: (tables, task) => dispatch(tables, [{ ...task, shards: all(tables), alone: true, rejects: true }]),
    applyHere: (tables, task) => [applyTask(tables, { ...task, shards: all(tables), alone: true, rejects: true })],
  }
}

const takeGrown = (tables: Tables, shard: number, handles: ApplyResult['grown'][number]['handles']): void => {
  const own = tables.shards[shard]
  if (own === undefined) throw new RangeError(`no shard ${shard}`)
  // A buffer that came back as it went would make a new version for nothing: only larger ones are taken.
  const larger = (name: ShardTableName): TableHandle => (handles[name].capacity === own[name].capacity ? own[name] : handles[name])
  const grown = Object.fromEntries((Object.keys(SHARD_SCHEMAS) as ShardTableName[]).map((name) => [name, larger(name)])) as Record<ShardTableName, TableHandle>
  Object.assign(own, attachShard(grown))
}
