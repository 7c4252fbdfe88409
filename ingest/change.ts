import type { AccessNote, AlarmView, AlarmWork, Principal, RegistryOp, RegistryResult } from '../core/ops.ts'
import { registryEntry, workEntry } from '../core/thread/body.ts'
import type { Machine } from '../core/thread/machine.ts'
import { LogFullError, type Log } from './log/log.ts'
import { Problem, problemByStatus } from './problem.ts'

// How a person's change is made: an entry of the log, then the machine's answer once it has applied it. Who did it is noted too.

export type Noted = { readonly action: string; readonly target: string; readonly detail: string }
export type Change = {
  /** Rejects with a Problem where the machine refuses. */
  readonly registry: (op: RegistryOp, by: Principal, noted: Noted | null) => Promise<Exclude<RegistryResult, { kind: 'refused' }>>
  /** Notes what a person did, where one note stands for many entries. Resolves once it is durable. */
  readonly note: (by: Principal, noted: Noted) => Promise<void>
  readonly alarm: (op: AlarmWork, noted: Noted) => Promise<AlarmView>
}

export const createChange = (log: Log, machine: Machine, note: (note: AccessNote) => Promise<void>): Change => {
  const write = (by: Principal, noted: Noted): Promise<void> => note({ who: by.name, role: by.role, ...noted })
  const apply = async (entry: Uint8Array, by: Principal, noted: Noted | null): Promise<unknown> => {
    const position = await log.append(entry).catch((error: unknown) => {
      throw error instanceof LogFullError ? new Problem('disk-full', error.message, { retryAfterSeconds: 5 }) : error
    })
    const written = noted === null ? undefined : write(by, noted)
    await Promise.all([machine.whenApplied(position), written])
    return machine.resultOf(position)
  }
  return {
    note: write,
    registry: async (op, by, noted) => {
      const result = (await apply(registryEntry(op), by, noted)) as RegistryResult | undefined
      if (result === undefined) throw new Error(`the machine gave no answer to ${op.op}`)
      if (result.kind === 'refused') throw problemByStatus(result.status, result.detail)
      return result
    },
    alarm: async (op, noted) => {
      const result = (await apply(workEntry(op), op.by, noted)) as
        | { kind: 'alarm'; alarm: AlarmView }
        | { kind: 'refused'; status: number; detail: string }
        | undefined
      if (result === undefined) throw new Error(`the machine gave no answer to ${op.op}`)
      if (result.kind === 'refused') throw problemByStatus(result.status, result.detail)
      return result.alarm
    },
  }
}
