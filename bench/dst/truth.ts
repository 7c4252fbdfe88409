import { valueSymbol } from 'piscina'
import { position } from '../../core/ids.ts'
import applyWorker from '../../core/thread/apply-worker.ts'
import { startMachine } from '../../core/thread/machine-run.ts'
import type { Ledger, Round } from '../../core/thread/machine.ts'
import { addRows, openBlock, payloadOf, tablesOf, type OpenBlock } from '../../storage/block.ts'
import { readNative, type Row } from './native.ts'
import { POLICY } from './policy.ts'

// The run without a fault: the same entries through a fresh machine, one at a time, with nothing around it. What it says is what must be found.

export type Truth = {
  readonly rows: ReadonlyMap<string, { readonly columns: readonly string[]; readonly rows: readonly Row[] }>
  /** Each block, with its tables, and where it ends. */
  readonly blocks: readonly { readonly block: number; readonly end: number; readonly tables: readonly string[] }[]
  readonly steps: readonly { readonly at: number; readonly id: string; readonly step: string }[]
  /** Ids of open alarms after each position at which they changed. */
  readonly open: readonly { readonly at: number; readonly ids: readonly string[] }[]
  readonly expired: ReadonlySet<number>
  readonly ledger: Ledger
}

export const truthOf = async (entries: readonly Uint8Array[]): Promise<Truth> => {
  const machine = await startMachine({
    run: <T>(_: string, task: unknown) => {
      const given = applyWorker(task as Parameters<typeof applyWorker>[0]) as T & { readonly [valueSymbol]?: T }
      return Promise.resolve(given[valueSymbol] ?? given)
    },
    threads: 1,
    shardCount: 3,
    policy: POLICY,
    position: 0,
  })
  const rows = new Map<string, { columns: readonly string[]; rows: Row[] }>()
  const blocks: Truth['blocks'][number][] = []
  const steps: Truth['steps'][number][] = []
  const open: Truth['open'][number][] = []
  const expired = new Set<number>()
  let block: OpenBlock | undefined
  machine.onRound((round: Round) => {
    block ??= openBlock(round.block, 0)
    addRows(block, round.chunks, round.plain)
    for (const key of round.expiredKeys) expired.add(key)
    for (const { id, step } of round.alarmSteps) steps.push({ at: round.to, id, step })
    if (round.alarmSteps.length > 0 || round.sitesEnded.length > 0) open.push({ at: round.to, ids: [...machine.openAlarms()].map(({ id }) => id).toSorted() })
    if (!round.ends) return
    const tables = tablesOf(block)
    for (const spec of tables) {
      const { columns, rows: more } = readNative(Buffer.concat(payloadOf(block, spec).buffers))
      const have = rows.get(spec.name) ?? { columns, rows: [] }
      have.rows.push(...more)
      rows.set(spec.name, have)
    }
    blocks.push({ block: block.block, end: round.to, tables: tables.map(({ name }) => name) })
    block = undefined
  })
  for (const [index, bytes] of entries.entries()) {
    machine.offer(position(index + 1), bytes)
    await Promise.race([machine.whenApplied(position(index + 1)), machine.failed])
  }
  return { rows, blocks, steps, open, expired, ledger: machine.ledger() }
}
