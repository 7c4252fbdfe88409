import { createHash } from 'node:crypto'
import { applyTask, type ApplyResult } from '../../core/apply-task.ts'
import { createDirectory } from '../../core/directory.ts'
import { addSeal, addWatch, type DirectoryState } from '../../core/directory-write.ts'
import { eventColumns, eventsEntryBytes, writeEventsHeader } from '../../core/entry.ts'
import { EVENT, SITE_KIND } from '../../core/kinds.ts'
import { defaultPolicyTables } from '../../core/policy-table.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { Tables } from '../../core/shard-run.ts'
import { SHARD_COUNT_DEFAULT, shardOfSite } from '../../core/shard.ts'
import { PERMITS, SITE_LINKS, SITES, WATCH_LINKS } from '../../core/site-table.ts'
import { createShardTables, createState, STATE_SCHEMAS } from '../../core/state.ts'
import { createTable, rowBytes, type TableSchema } from '../../core/table.ts'
import { SEALS, WATCHES } from '../../core/directory.ts'
import { makeRoom } from '../../core/watch-effects.ts'
import type { Kernel, KernelResult, KernelSize } from './kernel.ts'
import { measure, rates, type Amount } from './measure.ts'

// Applying events: one thread, all shards, a fleet of doors of buildings, seals in random order, half heartbeats, the rest passages
// and doors; every event new. What is measured is all that a shard task does: window, rules, counts, traffic, rows.

type Shape = { readonly seals: number; readonly events: number; readonly amount: Amount }
const SIZES: Readonly<Record<KernelSize, Shape>> = {
  smoke: { seals: 2000, events: 4000, amount: { calls: 3, warmUpCalls: 1, timeMs: 0 } },
  real: { seals: 1_000_000, events: 200_000, amount: { calls: 20, warmUpCalls: 4, timeMs: 0 } },
}
/** The first rounds' rows are hashed, whatever the number of calls. */
const ROUNDS_HASHED = 3
const T0 = 1_790_000_000_000

const fleet = (seals: number): Tables => {
  const state: DirectoryState = { directory: createDirectory(seals), seals: 0, watches: 0 }
  const sites = createTable(SITES, seals + 1)
  for (let no = 1; no <= seals; no += 1) {
    sites.columns.kind[no] = SITE_KIND.building
    sites.columns.policy[no] = SITE_KIND.building
    sites.columns.headcount[no] = -1
    sites.columns.observedUntil[no] = Infinity
    const seal = addSeal(state, no, 7)
    addWatch(state, {
      from: 0,
      until: Infinity,
      observedFrom: -Infinity,
      observedUntil: Infinity,
      seal,
      site: no,
      siteKey: no,
      areaKey: 1 + (no % 100),
      kind: SITE_KIND.building,
      shard: shardOfSite(no, SHARD_COUNT_DEFAULT),
    })
  }
  const tables: Tables = {
    directory: state.directory,
    sites,
    permits: createTable(PERMITS, 1),
    ...defaultPolicyTables(POLICY_DEFAULT),
    siteLinks: createTable(SITE_LINKS, seals + 1),
    watchLinks: createTable(WATCH_LINKS, seals + 1),
    state: createState(),
    shards: Array.from({ length: SHARD_COUNT_DEFAULT }, createShardTables),
  }
  makeRoom(tables, { sites: seals, seals, watches: seals })
  return tables
}

const KINDS = [
  EVENT.HEARTBEAT,
  EVENT.HEARTBEAT,
  EVENT.HEARTBEAT,
  EVENT.HEARTBEAT,
  EVENT.PASSAGE_IN,
  EVENT.PASSAGE_OUT,
  EVENT.DOOR_OPENED,
  EVENT.DOOR_CLOSED,
] as const

const makeEntry = (round: number, { seals, events }: { readonly seals: number; readonly events: number }, seq: Uint32Array): SharedArrayBuffer => {
  const sizes = { count: events, device: 0, counter: 0, rejected: 0 }
  const buffer = new SharedArrayBuffer(eventsEntryBytes(sizes))
  const bytes = new Uint8Array(buffer)
  const received = T0 + round * 1000
  writeEventsHeader(bytes, received, sizes, 0)
  const columns = eventColumns(bytes)
  let random = round + 1
  for (let i = 0; i < events; i += 1) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    const watch = 1 + ((random >>> 4) % seals)
    seq[watch] = (seq[watch] as number) + 1
    const kind = KINDS[(random >>> 27) & 7] as number
    columns.time[i] = received - (random % 1000)
    columns.watch[i] = watch
    columns.boot[i] = 1
    columns.seq[i] = seq[watch]
    columns.value[i] = kind === EVENT.HEARTBEAT ? 3500 : 1
    columns.kind[i] = kind
  }
  return buffer
}

/** Rounds of new events for one fleet: `prepare` makes the next, `apply` applies it, `applyAgain` the same once more: repeats. */
export const createRounds = (
  shape: Pick<Shape, 'seals' | 'events'>,
): { readonly prepare: () => void; readonly apply: () => ApplyResult; readonly applyAgain: () => ApplyResult } => {
  const tables = fleet(shape.seals)
  const seq = new Uint32Array(shape.seals + 1)
  const shards = tables.shards.map((_, shard) => shard)
  let buffer = new SharedArrayBuffer(0)
  let round = 0
  const apply = (): ApplyResult => {
    const entries = { buffer, offsets: [0], lengths: [buffer.byteLength] }
    return applyTask(tables, {
      entries,
      from: 0,
      to: 1,
      shards,
      alone: true,
      rejects: true,
      tick: 1,
      round,
      extentReceived: null,
      rowsExpected: shape.events,
      keepsRows: true,
    })
  }
  return {
    prepare: () => {
      buffer = makeEntry(round, shape, seq)
      round += 1
    },
    apply: () => {
      const result = apply()
      if (result.fresh !== shape.events) throw new Error(`applied ${result.fresh} of ${shape.events} events`)
      return result
    },
    applyAgain: apply,
  }
}

const run = async (size: KernelSize): Promise<KernelResult> => {
  const shape = SIZES[size]
  const rounds = createRounds(shape)
  const hash = createHash('sha256')
  for (let round = 0; round < ROUNDS_HASHED; round += 1) {
    rounds.prepare()
    for (const chunk of rounds.apply().chunks) for (const column of chunk.columns) hash.update(column)
  }
  const measured = await measure('apply', { amount: shape.amount, run: () => void rounds.apply(), before: rounds.prepare })
  const nanoseconds = (measured.medianSeconds * 1e9) / shape.events
  const { sites, siteChecks, ...ofSeals } = STATE_SCHEMAS
  const bytesOf = (...schemas: readonly TableSchema[]): number => schemas.reduce((sum, schema) => sum + rowBytes(schema), 0)
  // And two slots of the seals' index, 4 bytes each, at a load of at most one half, of doubled tables.
  const sealBytes = bytesOf(...Object.values(ofSeals), SEALS, WATCHES, WATCH_LINKS) + 16
  const siteBytes = bytesOf(sites, siteChecks, SITES, SITE_LINKS)
  return {
    ...rates(measured, shape.events),
    detail: { 'ns/event': Number(nanoseconds.toFixed(1)), seals: shape.seals, 'bytes/seal': sealBytes, 'bytes/site': siteBytes },
    hash: hash.digest('hex').slice(0, 16),
  }
}

export const kernels: readonly Kernel[] = [{ name: 'apply', unit: 'events', run }]
