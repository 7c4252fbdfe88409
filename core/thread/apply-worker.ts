import { move, transferableSymbol, valueSymbol } from 'piscina'
import { applyTask, attachTables, type ApplyResult, type ApplyTask, type TablesHandle } from '../apply-task.ts'
import type { Tables } from '../shard-run.ts'

// A pool task that applies shards. A thread keeps its views of the tables by version: a message with sixteen shards' buffers costs
// more than a small round, so they travel only to a thread that does not have this version yet and says so.

export type WorkerTask = ApplyTask & { readonly version: string; readonly attach: TablesHandle | null }
export type WorkerResult = { readonly kind: 'applied'; readonly result: ApplyResult } | { readonly kind: 'unattached' }

let attached: { readonly version: string; readonly tables: Tables } | null = null

const applyWorker = (task: WorkerTask): unknown => {
  if (task.attach !== null) attached = { version: task.version, tables: attachTables(task.attach) }
  if (attached === null || attached.version !== task.version) return { kind: 'unattached' } satisfies WorkerResult
  const result = applyTask(attached.tables, task)
  // Rows go back without a copy; piscina asks for what to transfer through these two symbols.
  const buffers = result.chunks.flatMap((chunk) => chunk.columns.map((column) => column.buffer as ArrayBuffer))
  return move({
    [transferableSymbol]: [...buffers, result.signals.buffer as ArrayBuffer],
    [valueSymbol]: { kind: 'applied', result } satisfies WorkerResult,
  })
}

// Piscina calls a module's default.
export { applyWorker as default }
