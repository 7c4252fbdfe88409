import type { Position } from '../../core/ids.ts'
import { REASON, EVENT } from '../../core/kinds.ts'
import type { AlarmWork, Principal, RegistryOp } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { ROWS, type AlarmStep, type Chunk } from '../../core/rows.ts'
import { stampReceived } from '../../core/entry.ts'
import { registryEntry, tickEntry, workEntry } from '../../core/thread/body.ts'
import { startMachine, type MachineOptions } from '../../core/thread/machine-run.ts'
import type { Machine } from '../../core/thread/machine.ts'
import { admit } from '../../ingest/admit.ts'
import { createDecoded } from '../../ingest/decoded.ts'
import { createEntryBuilder } from '../../ingest/entry-builder.ts'
import { coarse, type Heard } from './compare.ts'
import { lineText } from './desk.ts'
import type { PolicyPaper } from './figures.ts'
import type { Entry, Told } from './oracle.ts'
import { rowText } from './rows.ts'
import type { SentEvent } from './words.ts'

// The real thing on the same history: ingest's admission and the machine, in this process. What it says is put into the oracle's words.

const ADMIN: Principal = { tokenNo: 1, name: 'admin', role: 'admin', areas: [''] }
const noWorker: MachineOptions['run'] = () => Promise.reject(new Error('small rounds need no worker'))
export const startOne = (over: Partial<MachineOptions> = {}): Promise<Machine> =>
  startMachine({ run: noWorker, threads: 1, shardCount: 4, policy: POLICY_DEFAULT, position: 0, ...over })

const decoded = createDecoded()
const builder = createEntryBuilder()

const eventsBytes = (machine: Machine, received: number, events: readonly SentEvent[]): Uint8Array | undefined => {
  events.forEach(({ seal, clock, boot, seq, kind, value, totals }, i) => {
    decoded.low[i] = Number(`0x${seal.slice(8)}`)
    decoded.high[i] = Number(`0x${seal.slice(0, 8)}`)
    decoded.time[i] = clock
    decoded.boot[i] = boot
    decoded.seq[i] = seq
    decoded.kind[i] = EVENT[kind]
    decoded.value[i] = value
    decoded.totalIn[i] = totals?.[0] ?? 0
    decoded.totalOut[i] = totals?.[1] ?? 0
  })
  const admission = { directory: machine.directory(), policy: POLICY_DEFAULT, received, tokenNo: 1, allowed: null, listedMax: 1_000_000 }
  admit(decoded, events.length, admission, builder)
  return builder.finish(received)
}

const registryOp = (entry: Exclude<Entry, { kind: 'events' | 'work' | 'tick' }>): RegistryOp => {
  switch (entry.kind) {
    case 'sites':
      return { op: 'put-sites', by: ADMIN, sites: entry.sites }
    case 'end':
      return { op: 'end-observation', by: ADMIN, site: entry.site, until: entry.until }
    case 'permit': {
      const { weekly, ...permit } = entry.permit
      return { op: 'put-permit', by: ADMIN, permit: { ...permit, reason: 'visit', ...(weekly === null ? {} : { weekly }) } }
    }
    case 'revoke':
      return { op: 'revoke-permit', by: ADMIN, permitNo: entry.permitNo }
    case 'policy':
      return putPolicy(entry.paper)
  }
}
const putPolicy = (paper: PolicyPaper): RegistryOp => ({ op: 'put-policy', by: ADMIN, document: paper, expected: null })

const idOf = (steps: readonly AlarmStep[], target: { readonly about: string; readonly nth: number }): string => {
  let nth = 0
  for (const step of steps) if (step.step === 'raised' && aboutOf(step) === target.about && (nth += 1) === target.nth) return step.id
  return '0000000000000000'
}
const aboutOf = ({ kind, seal, site, area }: AlarmStep): string => `${kind} ${seal !== '' ? seal : site !== '' ? site : area}`

const workBytes = (work: Extract<Entry, { kind: 'work' }>['work'], id: string): Uint8Array => {
  const by: Principal = { ...ADMIN, name: work.by }
  const base = { id, by, note: work.op === 'clear' ? work.note : '' }
  switch (work.op) {
    case 'acknowledge':
      return workEntry({ ...base, op: 'acknowledge' } satisfies AlarmWork)
    case 'assign':
      return workEntry({ ...base, op: 'assign', to: work.to } satisfies AlarmWork)
    case 'shelve':
      return workEntry({ ...base, op: 'shelve', until: work.until } satisfies AlarmWork)
    case 'clear':
      return workEntry({ ...base, op: 'clear' } satisfies AlarmWork)
  }
}

const stamped = (bytes: Uint8Array, received: number): Uint8Array => {
  stampReceived(bytes, received)
  return bytes
}

export type Listener = { readonly steps: AlarmStep[]; readonly rows: string[]; readonly listen: (machine: Machine) => void }
export const createListener = (): Listener => {
  const steps: AlarmStep[] = []
  const rows: string[] = []
  const names = new Map<number, string>()
  return {
    steps,
    rows,
    listen: (machine) =>
      void machine.onRound((round) => {
        for (const { siteKey, site } of round.plain.sites) names.set(siteKey, site)
        for (const chunk of round.chunks) if (chunk.table === 'occupancy') rows.push(...occupancyRows(chunk, names))
        steps.push(...round.alarmSteps)
      }),
  }
}
const WIDTH = { u8: 1, u16: 2, u32: 4, i32: 4, f32: 4, u64: 8, i64: 8 } as const
const occupancyRows = ({ rows, columns }: Chunk, names: ReadonlyMap<number, string>): string[] => {
  const cells = Object.entries(ROWS.occupancy).map(([name, kind], index) => ({ name, kind, bytes: columns[index] as Uint8Array }))
  const cell = (name: keyof typeof ROWS.occupancy, row: number): number => {
    const { kind, bytes } = cells.find((other) => other.name === name) as (typeof cells)[number]
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const at = row * WIDTH[kind]
    if (kind === 'i64') return Number(view.getBigInt64(at, true))
    if (kind === 'f32') return view.getFloat32(at, true)
    if (kind === 'i32') return view.getInt32(at, true)
    return view.getUint32(at, true)
  }
  return Array.from({ length: rows }, (_, row) =>
    rowText(names.get(cell('site_key', row)) ?? '?', cell('received', row), {
      time: cell('time', row),
      raw: cell('raw', row),
      corrected: cell('corrected', row),
      confidence: cell('confidence', row),
    }),
  )
}

/** What was played, byte for byte, so that it can be played again in other ways. */
export type Played = { readonly bytes: readonly Uint8Array[]; readonly heard: Heard; readonly steps: readonly AlarmStep[] }

export const playHistory = async (paper: PolicyPaper, entries: readonly Entry[], { targets }: Told): Promise<Played> => {
  const machine = await startOne()
  const listener = createListener()
  listener.listen(machine)
  const bytes: Uint8Array[] = []
  const offer = (entry: Uint8Array): void => {
    bytes.push(entry)
    machine.offer(bytes.length as Position, entry)
  }
  const settled = (): Promise<void> => Promise.race([machine.whenApplied(bytes.length as Position), machine.failed])
  offer(stamped(registryEntry(putPolicy(paper)), (entries[0] as Entry).at))
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'tick') offer(stamped(tickEntry(), entry.at))
    else if (entry.kind === 'events') {
      const made = eventsBytes(machine, entry.at, entry.events)
      if (made !== undefined) offer(made)
    } else if (entry.kind === 'work') {
      const target = targets.get(index)
      if (target == null) continue
      await settled()
      offer(stamped(workBytes(entry.work, idOf(listener.steps, { about: coarse(target.key), nth: target.ordinal })), entry.at))
    } else {
      offer(stamped(registryEntry(registryOp(entry)), entry.at))
      if (entry.kind === 'sites' || entry.kind === 'end') await settled()
    }
  }
  await settled()
  const { accepted, rejected, repeated, tooOld, applied, rejectedByReason } = machine.ledger()
  const names = new Map(Object.entries(REASON).map(([name, no]): [number, string] => [no, name]))
  const reasons = [...rejectedByReason].map(([no, count]) => `${names.get(no) ?? no} ${count}`).toSorted()
  await machine.stop()
  const heard = { alarms: alarmsOf(listener.steps), rows: listener.rows, counts: { accepted, rejected, repeated, tooOld, applied, reasons } }
  return { bytes, heard, steps: listener.steps }
}

const alarmsOf = (steps: readonly AlarmStep[]): Map<string, string[]> => {
  const names = new Map<string, string>()
  const counts = new Map<string, number>()
  const alarms = new Map<string, string[]>()
  for (const step of steps) {
    let name = names.get(step.id)
    if (name === undefined) {
      const about = aboutOf(step)
      const nth = (counts.get(about) ?? 0) + 1
      counts.set(about, nth)
      name = `${about} #${nth}`
      names.set(step.id, name)
      alarms.set(name, [])
    }
    alarms
      .get(name)
      ?.push(`${step.received} ${lineText(step.step, { severity: step.severity, repeats: step.repeats, value: step.value }, { time: step.time, by: step.by })}`)
  }
  return alarms
}
