import { ENTRY } from '../entry.ts'
import { monthOf } from '../month.ts'
import type { Position } from '../ids.ts'
import type { RegistryResult, WorkResult } from '../ops.ts'
import type { Policy } from '../policy.ts'
import { timerCount } from '../timers.ts'
import { stateBytes } from '../shard-run.ts'
import { createEntryQueue, type Cut, type Queued } from './entry-queue.ts'
import type { Machine, Round, SiteState } from './machine.ts'
import { siteStateOf, tickDueOf } from './machine-reads.ts'
import { createMachineState, type MachineState, restoreMachineState, snapshotParts, tablesOf } from './machine-state.ts'
import { applyEnd, countEntries, createDraft, type Draft, foldExtent, foldResults } from './round-work.ts'
import { createShardPool, type RunTask, type ShardPool } from './shard-pool.ts'

// The running machine: takes rounds from the queue while there are any, one at a time, and hands each on. Small rounds are applied
// on this thread (a worker's round trip costs more than the work), the others on the pool. Between rounds, and only there,
// snapshots are taken. Whatever throws stops it for good: its tables may be torn, so the process restarts from snapshot and log.

export type MachineOptions = {
  readonly run: RunTask
  readonly threads: number
  readonly shardCount: number
  readonly policy: Policy
  /** A snapshot's parts, or none for an empty machine at `position` (0 for a new log). */
  readonly parts?: ReadonlyMap<string, Uint8Array>
  readonly position: number
  /** Rounds of more events go to the pool; -1: all rounds do. */
  readonly eventsHereMax?: number
  /** Blocks up to this one are in ClickHouse: their rows are not made again. Signals, alarms and state are the same. */
  readonly storedBlock?: number
}

/** Events applied on this thread at most: some 0.1 ms of work, what the round trip to a worker costs. */
const EVENTS_HERE_MAX = 512
/** With more timers than this a tick may have thousands due, and goes to the pool. */
const TIMERS_HERE_MAX = 20_000
const ROLLUPS_HERE_MAX = 2000
/** Results are asked for by the request that made the entry, at once. */
const RESULTS_MAX = 4096
/** This thread serves requests too: it lets go of the loop after so long. */
const HOLD_MS_MAX = 5

type Waiter = { readonly position: number; readonly resolve: () => void }
type Running = {
  readonly machine: MachineState
  readonly pool: ShardPool
  readonly eventsHereMax: number
  readonly storedBlock: number
  readonly queue: ReturnType<typeof createEntryQueue>
  listeners: readonly ((round: Round) => void)[]
  readonly results: Map<number, RegistryResult | WorkResult>
  waiters: Waiter[]
  barriers: (() => void)[]
  offered: number
  busy: boolean
  stopped: boolean
  /** A round failed: the tables may be torn, and are not to be kept. */
  broken: boolean
  watching: boolean
  fail: (error: unknown) => void
}

export const startMachine = async (options: MachineOptions): Promise<Machine> => {
  const { policy, shardCount, parts } = options
  const machine = parts === undefined ? createMachineState(policy, shardCount) : restoreMachineState(policy, shardCount, parts)
  if (parts === undefined) machine.position = options.position
  else if (machine.position !== options.position) throw new Error(`the snapshot is of position ${machine.position}, not ${options.position}`)
  let fail: (error: unknown) => void = () => undefined
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)
  const running: Running = {
    machine,
    pool: createShardPool(options),
    eventsHereMax: options.eventsHereMax ?? EVENTS_HERE_MAX,
    storedBlock: options.storedBlock ?? -1,
    queue: createEntryQueue(),
    listeners: [],
    results: new Map(),
    waiters: [],
    barriers: [],
    offered: machine.position,
    busy: false,
    stopped: false,
    broken: false,
    watching: false,
    fail,
  }
  return { ...working(running), ...reads(running), failed }
}

const working = (
  running: Running,
): Pick<Machine, 'offer' | 'backlog' | 'applied' | 'whenApplied' | 'resultOf' | 'onRound' | 'watchOccupancy' | 'snapshot' | 'stop'> => ({
  offer: (position, bytes) => {
    if (position !== running.offered + 1) throw new RangeError(`entry ${position} offered after ${running.offered}`)
    running.offered = position
    running.queue.push(position, bytes)
    if (running.busy || running.stopped) return
    running.busy = true
    queueMicrotask(() => void work(running))
  },
  backlog: () => {
    const { entries, bytes } = running.queue.size()
    return { entries: Math.max(entries, running.offered - running.machine.position), bytes }
  },
  applied: () => running.machine.position as Position,
  whenApplied: (position) =>
    new Promise((resolve) => {
      if (position <= running.machine.position) resolve()
      else running.waiters.push({ position, resolve })
    }),
  resultOf: (position) => running.results.get(position),
  onRound: (listener) => {
    running.listeners = [...running.listeners, listener]
    return () => {
      running.listeners = running.listeners.filter((other) => other !== listener)
    }
  },
  watchOccupancy: (on) => {
    running.watching = on
  },
  snapshot: async () => {
    await betweenRounds(running)
    if (running.broken) throw new Error('the machine has failed: its state is not to be kept')
    return { position: running.machine.position as Position, parts: snapshotParts(running.machine) }
  },
  stop: async () => {
    running.stopped = true
    await betweenRounds(running)
  },
})

/** Resolves while no round runs; what the caller does before its next await sees a consistent state. */
const betweenRounds = (running: Running): Promise<void> => (running.busy ? new Promise((resolve) => void running.barriers.push(resolve)) : Promise.resolve())

const work = async (running: Running): Promise<void> => {
  try {
    let held = performance.now()
    while (!running.stopped) {
      const cut = running.queue.cut()
      if (cut === null) break
      if (monthEnds(running.machine, cut)) await endMonth(running)
      if (running.barriers.length > 0) await passBarriers(running)
      await applyCut(running, cut)
      if (running.barriers.length > 0) await passBarriers(running)
      if (performance.now() - held < HOLD_MS_MAX) continue
      await new Promise(setImmediate)
      held = performance.now()
    }
    running.busy = false
    await passBarriers(running)
  } catch (error) {
    running.stopped = true
    running.broken = true
    running.busy = false
    running.fail(error)
    for (const resolve of running.barriers) resolve()
  }
}

// The waiting snapshot goes on in a microtask of its resolve; the one awaited here comes after it.
const passBarriers = async (running: Running): Promise<void> => {
  const { barriers } = running
  running.barriers = []
  for (const resolve of barriers) resolve()
  await new Promise(setImmediate)
}

/** Whether an extent with rows is open that must end before this round, for its rows are of the month before (core/month.ts). */
const monthEnds = ({ position, block, received }: MachineState, cut: Cut): boolean =>
  position > block && monthOf(received) !== monthOf((cut.entries[0] as Queued).header.received)

/** The end of an extent that no entry says: a round without entries. The next block is numbered by the last entry before it. */
const endMonth = async (running: Running): Promise<void> => {
  const { machine } = running
  const { position, received, block } = machine
  const draft = createDraft()
  await endExtent(running, received, draft)
  machine.block = position
  handOn(running, roundOf(running, draft, { from: position, to: position, received, block, ends: true }))
}

const applyCut = async (running: Running, cut: Cut): Promise<void> => {
  const { machine } = running
  const draft = createDraft()
  const first = cut.entries[0] as Queued
  const last = cut.entries.at(-1) as Queued
  const ends = last.header.kind === ENTRY.extent
  const block = machine.block
  machine.round = (machine.round + 1) >>> 0
  countEntries(machine, cut, draft)
  await applyShards(running, cut, draft)
  if (ends) await endExtent(running, last.header.received, draft)
  else if (last.header.kind !== ENTRY.events) applyEnd(machine, last, draft)
  machine.position = last.position
  machine.received = last.header.received
  if (ends) machine.block = last.position
  if (draft.result !== undefined) keepResult(running, last.position, draft.result)
  handOn(running, roundOf(running, draft, { from: first.position, to: last.position, received: last.header.received, block, ends }))
}

const keepResult = (running: Running, position: number, result: RegistryResult | WorkResult): void => {
  running.results.set(position, result)
  if (running.results.size <= RESULTS_MAX) return
  for (const oldest of running.results.keys()) {
    running.results.delete(oldest)
    return
  }
}

const applyShards = async (running: Running, cut: Cut, draft: Draft): Promise<void> => {
  const { machine, pool } = running
  const { kind } = (cut.entries.at(-1) as Queued).header
  const to = kind === ENTRY.events || kind === ENTRY.tick ? cut.entries.length : cut.entries.length - 1
  const here =
    cut.events <= running.eventsHereMax && (kind !== ENTRY.tick || machine.shards.reduce((sum, shard) => sum + timerCount(shard), 0) <= TIMERS_HERE_MAX)
  for (let from = 0; from < to;) {
    const tables = tablesOf(machine)
    const task = {
      entries: cut.round,
      from,
      to,
      tick: machine.tick,
      round: machine.round,
      extentReceived: null,
      rowsExpected: cut.events,
      keepsRows: keepsRows(running),
    }
    let results = here ? pool.applyHere(tables, task) : await pool.apply(tables, task)
    let next = Math.min(...results.map((result) => result.next))
    if (results.some((result) => result.next !== next)) throw new Error('tasks of one round stopped at different entries')
    // Stopped at its first: an entry that crosses shards, for one task alone.
    if (next === from) {
      results = await pool.applyAlone(tables, { ...task, to: from + 1 })
      next = from + 1
    }
    foldResults(machine, cut, results, draft)
    machine.tick = (results[0] as { tick: number }).tick
    from = next
  }
}

const endExtent = async (running: Running, received: number, draft: Draft): Promise<void> => {
  const { machine, pool } = running
  const tables = tablesOf(machine)
  const rows = machine.shards.reduce((sum, shard) => sum + (shard.rollups.columns.siteKey[0] as number), 0)
  if (rows === 0) return
  const task = {
    entries: { buffer: new SharedArrayBuffer(0), offsets: [], lengths: [] },
    from: 0,
    to: 0,
    tick: machine.tick,
    round: machine.round,
    extentReceived: received,
    rowsExpected: 0,
    keepsRows: keepsRows(running),
  }
  foldExtent(rows <= ROLLUPS_HERE_MAX ? pool.applyHere(tables, task) : await pool.apply(tables, task), received, draft)
}

/** Whether the rows of the open block are wanted. */
const keepsRows = ({ machine, storedBlock }: Running): boolean => machine.block > storedBlock

const NO_SITES = new Uint32Array(0)

type Bounds = { readonly from: number; readonly to: number; readonly received: number; readonly block: number; readonly ends: boolean }
const roundOf = (running: Running, draft: Draft, { from, to, received, block, ends }: Bounds): Round => {
  const { machine } = running
  const ids = [...new Set(draft.steps.map((step) => step.id))]
  return {
    from: from as Position,
    to: to as Position,
    received,
    block: block as Position,
    ends,
    chunks: draft.chunks,
    alarmSteps: draft.steps,
    plain: {
      alarms: draft.steps,
      access: draft.access,
      sites: draft.sites,
      seals: draft.seals,
      permits: draft.permits,
      policies: draft.policies,
      registry_changes: draft.registryChanges,
    },
    alarms: ids.map((id) => machine.desk.alarm(id)).filter((alarm) => alarm !== undefined),
    deliveries: machine.desk.takeFresh(),
    sitesChanged: running.watching ? Uint32Array.from(new Set(draft.sitesChanged)) : NO_SITES,
    sitesEnded: draft.sitesEnded,
    expiredKeys: draft.expiredKeys,
    rejectedByReason: draft.rejectedByReason,
  }
}

const handOn = (running: Running, round: Round): void => {
  for (const listener of running.listeners) listener(round)
  if (running.waiters.length === 0) return
  const done = running.waiters.filter((waiter) => waiter.position <= round.to)
  running.waiters = running.waiters.filter((waiter) => waiter.position > round.to)
  for (const { resolve } of done) resolve()
}

const reads = ({ machine }: Running): Omit<Machine, keyof ReturnType<typeof working> | 'failed'> => {
  const { registry, desk, ledger } = machine
  let areas: string[] = ['']
  const siteStateByNo = (siteNo: number): SiteState | undefined => siteStateOf(machine, siteNo)
  return {
    tickDue: () => tickDueOf(machine),
    directory: registry.directory,
    areas: () => {
      const count = registry.counts().areas + 1
      if (areas.length < count) areas = Array.from({ length: count }, (_, key) => registry.areaName(key))
      return areas
    },
    ledger: ledger.counts,
    siteState: (site) => siteStateByNo(registry.siteNo(site)),
    siteStateByNo,
    sites: (fromNo, limit, areaPrefix) =>
      registry
        .sitesUnder(areaPrefix, { fromNo, limit })
        .map(siteStateByNo)
        .filter((site) => site !== undefined),
    openAlarms: desk.openAlarms,
    alarm: desk.alarm,
    webhooks: registry.webhooks,
    outbox: desk.outbox,
    noticesDropped: desk.dropped,
    permits: () => registry.permits(),
    policy: registry.policy,
    policyVersions: registry.policyVersions,
    policyOf: registry.policyOf,
    fleetPolicy: registry.fleetPolicy,
    tokenByHash: registry.tokenByHash,
    tokens: registry.tokens,
    tokenName: registry.tokenName,
    fleet: () => ({
      sites: registry.counts().live,
      sealsKnown: registry.counts().sealsKnown,
      sealsOnline: machine.online,
      stateBytes: stateBytes(tablesOf(machine)),
    }),
  }
}
