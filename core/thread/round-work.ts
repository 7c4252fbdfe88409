import { applyEffects, makeRoom } from '../watch-effects.ts'
import { ENTRY, eventColumns } from '../entry.ts'
import type { AccessNote, DeskOp, RegistryOp, RegistryResult, WorkResult } from '../ops.ts'
import type { RegistryEffects } from '../registry-effects.ts'
import { createWriter, takeChunk } from '../chunk-writer.ts'
import { AREA_PART_STRIDE, writeAreas } from '../rollup.ts'
import { registryChanges } from '../registry-changes.ts'
import type { AccessRow, AlarmStep, Chunk, PermitRow, PolicyRow, RegistryChangeRow, SealRow, SiteRow } from '../rows.ts'
import { createRun } from '../shard-run.ts'
import { SIGNAL, SIGNAL_STRIDE } from '../signal.ts'
import { tickedAgain, tickGap } from '../tick-gap.ts'
import type { ApplyResult } from '../apply-task.ts'
import { unpackBody } from './body.ts'
import type { Cut, Queued } from './entry-queue.ts'
import { tablesOf, type MachineState } from './machine-state.ts'

// What the machine's own thread does with a round: folds what the shards gave into the desk and the ledger, in log order, and
// applies the entry that ended the round. Fills a Draft, from which the Round is made.

export type Draft = {
  readonly chunks: Chunk[]
  readonly steps: AlarmStep[]
  readonly access: AccessRow[]
  readonly sites: SiteRow[]
  readonly seals: SealRow[]
  readonly permits: PermitRow[]
  readonly policies: PolicyRow[]
  readonly registryChanges: RegistryChangeRow[]
  readonly sitesChanged: number[]
  readonly sitesEnded: number[]
  readonly expiredKeys: number[]
  readonly rejectedByReason: Map<number, number>
  result: RegistryResult | WorkResult | undefined
}
export const createDraft = (): Draft => ({
  chunks: [],
  steps: [],
  access: [],
  sites: [],
  seals: [],
  permits: [],
  policies: [],
  registryChanges: [],
  sitesChanged: [],
  sitesEnded: [],
  expiredKeys: [],
  rejectedByReason: new Map(),
  result: undefined,
})

/** What the entries say of themselves: the ledger's terms that need no shard. */
export const countEntries = (machine: MachineState, cut: Cut, draft: Draft): void => {
  for (const { header, bytes } of cut.entries) {
    if (header.kind !== ENTRY.events) continue
    const columns = eventColumns(aligned(bytes))
    machine.ledger.entry(columns)
    if (columns.rejectedUnlisted > 0) draft.rejectedByReason.set(0, (draft.rejectedByReason.get(0) ?? 0) + columns.rejectedUnlisted)
    for (const reason of columns.rejectedReason) draft.rejectedByReason.set(reason, (draft.rejectedByReason.get(reason) ?? 0) + 1)
  }
}
const aligned = (bytes: Uint8Array): Uint8Array => (bytes.byteOffset % 8 === 0 ? bytes : bytes.slice())

/** Folds the tasks' results of a range of entries into desk and ledger. */
export const foldResults = (machine: MachineState, cut: Cut, results: readonly ApplyResult[], draft: Draft): void => {
  for (const result of results) {
    draft.chunks.push(...result.chunks)
    machine.ledger.shards({ applied: result.fresh, repeated: result.repeated, tooOld: result.tooOld })
    machine.online += result.online
    for (const site of result.sitesChanged) draft.sitesChanged.push(site)
  }
  const byEntry = new Map<number, number[]>()
  for (const { signals } of results) {
    for (let at = 0; at < signals.length; at += SIGNAL_STRIDE) {
      const entry = signals[at + SIGNAL.entry] as number
      const rows = byEntry.get(entry) ?? []
      if (rows.length === 0) byEntry.set(entry, rows)
      for (let field = 0; field < SIGNAL_STRIDE; field += 1) rows.push(signals[at + field] as number)
    }
  }
  // The desk looks at every tick, also one at which nothing was signalled (an outage may be over).
  const last = Math.min(...results.map(({ next }) => next)) - 1
  if (cut.entries[last]?.header.kind === ENTRY.tick && !byEntry.has(last)) byEntry.set(last, [])
  for (const entry of [...byEntry.keys()].toSorted((a, b) => a - b)) {
    const { kind, received } = (cut.entries[entry] as Queued).header
    const signals = Float64Array.from(byEntry.get(entry) ?? [])
    append(draft.steps, kind === ENTRY.tick ? machine.desk.applyTickSignals(signals, received) : machine.desk.applySignals(signals, received))
  }
}

/** The traffic of the extent that ends, from its shards' parts. */
export const foldExtent = (results: readonly ApplyResult[], received: number, draft: Draft): void => {
  for (const result of results) draft.chunks.push(...result.chunks)
  const parts = results.map(({ areas }) => areas).filter((part) => part.length >= AREA_PART_STRIDE)
  if (parts.length === 0) return
  const writer = createWriter('area_1h')
  writeAreas(writer, parts, Math.floor(received / 1000))
  const chunk = takeChunk(writer)
  if (chunk !== null) draft.chunks.push(chunk)
}

/** Applies the entry that ended the round, after the shards have done theirs. An extent is not its business. */
export const applyEnd = (machine: MachineState, { position, header, bytes }: Queued, draft: Draft): void => {
  const { kind, received } = header
  if (kind === ENTRY.tick) {
    append(draft.registryChanges, tickGap(machine.ticked, { time: received, position }))
    machine.ticked = tickedAgain(machine.ticked, received)
    takeEffects(machine, machine.registry.tick(received), received, draft)
    append(draft.steps, machine.desk.tick(received))
  } else if (kind === ENTRY.registry) {
    const op = unpackBody<RegistryOp>(bytes)
    const { result, effects } = machine.registry.apply(op, received)
    draft.result = result
    append(draft.registryChanges, registryChanges(machine.registry, { op, result, effects }, { time: received, position }))
    takeEffects(machine, effects, received, draft)
    if (op.op === 'remove-webhook') machine.desk.webhooksChanged(received)
  } else if (kind === ENTRY.work) {
    const { result, steps } = machine.desk.work(unpackBody<DeskOp>(bytes), received)
    draft.result = result
    append(draft.steps, steps)
  } else if (kind === ENTRY.access) {
    for (const note of unpackBody<AccessNote[]>(bytes)) draft.access.push({ time: received, ...note })
  }
}

// Not push(...more): a city whose observations end in one tick has more of them than a call may have arguments (about 120,000).
const append = <T>(list: T[], more: readonly T[]): void => {
  for (const item of more) list.push(item)
}

const takeEffects = (machine: MachineState, effects: RegistryEffects, received: number, draft: Draft): void => {
  append(draft.sites, effects.sites)
  append(draft.seals, effects.seals)
  append(draft.permits, effects.permits)
  append(draft.policies, effects.policies)
  append(draft.sitesEnded, effects.sitesEnded)
  append(draft.sitesEnded, effects.sitesErased)
  append(draft.expiredKeys, effects.expiredKeys)
  if (!concernsShards(effects)) return
  const tables = tablesOf(machine)
  makeRoom(tables, machine.registry.counts())
  const run = createRun(tables)
  run.received = received
  run.tick = machine.tick
  run.round = machine.round
  const { seal, site } = tables.directory.watches.columns
  applyEffects(run, effects)
  machine.online += run.online
  append(draft.steps, machine.desk.applySignals(run.signals.slice(0, run.signalCount * SIGNAL_STRIDE), received))
  for (const watch of effects.watchesEnded) draft.steps.push(...machine.desk.endWatch(seal[watch] as number, site[watch] as number, received))
  for (const siteNo of effects.sitesEnded) draft.steps.push(...machine.desk.endSite(siteNo, received))
  for (const siteNo of effects.sitesChanged) machine.desk.siteChanged(siteNo)
  if (effects.policies.length + effects.policyChanged.length > 0) append(draft.steps, machine.desk.policyChanged(received))
  for (const siteNo of effects.sitesErased) machine.desk.eraseSite(siteNo, received)
  for (const list of [effects.sitesCreated, effects.sitesChanged, effects.sitesReopened]) append(draft.sitesChanged, list)
}

const concernsShards = (effects: RegistryEffects): boolean =>
  [
    effects.permitsChanged,
    effects.policies,
    effects.policyChanged,
    effects.sitesCreated,
    effects.sitesChanged,
    effects.sitesEnded,
    effects.sitesReopened,
    effects.watchesBegun,
    effects.watchesEnded,
    effects.watchesRenewed,
    effects.sitesErased,
    effects.sealsErased,
  ].some((list) => list.length > 0)
