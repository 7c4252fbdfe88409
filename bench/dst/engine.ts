import { valueSymbol } from 'piscina'
import { position } from '../../core/ids.ts'
import { ROLES, type Principal } from '../../core/ops.ts'
import applyWorker from '../../core/thread/apply-worker.ts'
import { registryEntry } from '../../core/thread/body.ts'
import { startMachine, type MachineOptions } from '../../core/thread/machine-run.ts'
import type { Machine, Round } from '../../core/thread/machine.ts'
import { createStored } from '../../core/thread/stored.ts'
import { createAccessNotes, type AccessNotes } from '../../ingest/access-notes.ts'
import { createBatcher, type Answer, type Batcher } from '../../ingest/batcher.ts'
import { createChange, type Change } from '../../ingest/change.ts'
import { createClock } from '../../ingest/clock.ts'
import { catchUp } from '../../ingest/log/catch-up.ts'
import { startKeeper, type Keeper } from '../../ingest/log/keeper.ts'
import type { LmdbLog } from '../../ingest/log/lmdb-log.ts'
import { openSnapshots } from '../../ingest/log/snapshots.ts'
import { pressureOf } from '../../ingest/pressure.ts'
import { startPulse, type Pulse } from '../../ingest/pulse.ts'
import { decodeAll } from '../../ingest/thread/decode-worker.ts'
import { startHub, type Hub } from '../../live/hub.ts'
import { startSink, type Sink } from '../../storage/sink.ts'
import { openSimLog } from './log.ts'
import { POLICY } from './policy.ts'
import type { Owner } from './time.ts'
import type { World } from './world.ts'

// One life of a simulated engine: the production parts, wired and stopped in the order of main.ts, on the simulated log, disk and
// ClickHouse. Worker threads are this thread: a task runs where the pool would have been asked, a moment later.

export type SimEngine = {
  readonly process: Owner
  readonly machine: Machine
  readonly log: LmdbLog
  readonly sink: Sink
  readonly hub: Hub
  readonly change: Change
  readonly notes: AccessNotes
  readonly stored: () => number
  /** Null where senders are held back. */
  readonly accept: (bytes: Uint8Array, principal: Principal) => Promise<Answer> | null
  readonly stop: () => Promise<void>
  /** Ends the open extent without another tick; resolves when all is in ClickHouse and all that expired out of it. */
  readonly finish: () => Promise<void>
}

const BACKLOG_BYTES_MAX = 1 << 24
const UNSTORED_BYTES_MAX = 200_000
const SPOOLED_BYTES_MAX = 400_000
/** As main.ts has them. */
const STOP_STORE_MS_MAX = 4000
const TASK_MS_MEAN = 0.4

/** Runs a task of a worker thread here, after as long as a thread may take. */
const runTask =
  (world: World, process: Owner): MachineOptions['run'] =>
  async <T>(_: string, task: unknown): Promise<T> => {
    await world.time.pause(process, 0.05 + world.random.wait(TASK_MS_MEAN))
    const given = applyWorker(task as Parameters<typeof applyWorker>[0]) as T & { readonly [valueSymbol]?: T }
    return given[valueSymbol] ?? given
  }

/** To be called in an event of `process`, so that whatever it starts ends with it. */
export const startEngine = async (world: World, process: Owner): Promise<SimEngine> => {
  const { time, figures, folders } = world
  const clock = createClock(false, Date.now)
  const log = openSimLog(world.disk, {
    time,
    process,
    random: world.random,
    now: clock.now,
    budgetBytes: figures.logBudgetBytes,
    segmentEntries: figures.segmentEntries,
    onTrim: (first) => mayTrim(world, first),
    onNoted: (key, value) => {
      world.trace(`note: ${key} ${JSON.stringify(value)}`)
      if (key === 'sink:verified') world.promised.push({ kind: 'verified', upTo: Number(value), stored: new Set(world.store.server.blocks.keys()) })
    },
  })
  const snapshots = openSnapshots(`${folders.root}/snapshots`, log.id)
  const loaded = await snapshots.load()
  for (const reason of loaded.damaged) world.trace(`engine: ${reason}`)
  const run = runTask(world, process)
  const machine = await startMachine({
    run,
    threads: 2,
    shardCount: figures.shardCount,
    policy: POLICY,
    eventsHereMax: figures.eventsHereMax,
    ...(loaded.snapshot ?? { position: 0 }),
  })
  machine.failed.catch((error: unknown) => world.complain(`the machine failed: ${(error as Error).stack}`))
  const sink = startSink({
    client: world.store.clientFor(process),
    logId: log.id,
    note: log.note,
    noted: log.noted,
    emit: (happening) => {
      if (happening.kind !== 'block-verified') world.trace(`sink: ${JSON.stringify(happening)}`)
    },
    now: clock.now,
    spoolDir: `${folders.root}/waiting`,
    memoryBytesMax: figures.memoryBytesMax,
    spillBytesMin: 1,
  })
  const stored = createStored(machine)
  machine.onRound(sink.offer)
  machine.onRound(stored.offer)
  machine.onRound((round) => traceRound(world, round))
  let lastEnded = -1
  machine.onRound((round) => {
    if (round.ends) lastEnded = round.block
  })
  let expiredBefore = false
  const leave = machine.onRound((round) => {
    expiredBefore ||= round.expiredKeys.length > 0
  })
  world.trace(`engine: starts from ${machine.applied()}, the log ends at ${log.stats().next - 1}`)
  await catchUp(log, machine, () => sink.pending().bytes < UNSTORED_BYTES_MAX)
  leave()
  await registerTokens(log, machine)
  const pulse = startPulse({
    log,
    ticks: true,
    extentMs: figures.extentMs,
    rowsOpen: sink.rowsOpen,
    applied: machine.applied,
    extentRowsMax: figures.extentRowsMax,
    blocksWaiting: () => sink.pending().ahead,
    onFailed: (what, error) => world.trace(`engine: no ${what}: ${(error as Error).message}`),
  })
  const keeper = startKeeper({
    machine,
    log,
    snapshots: {
      ...snapshots,
      write: async (at, parts) => {
        await snapshots.write(at, parts)
        world.promised.push({ kind: 'snapshot', upTo: at, stored: new Set(world.store.server.blocks.keys()) })
      },
    },
    sink,
    endExtent: pulse.endExtent,
    everyMs: figures.snapshotMs,
    expiredBefore,
    emit: (happening) => world.trace(`keeper: ${happening.kind} ${'position' in happening ? happening.position : happening.error.message}`),
  })
  const notes = createAccessNotes(log)
  const batcher = createBatcher({
    log,
    machine,
    decode: async (task) => {
      await time.pause(process, 0.05 + world.random.wait(TASK_MS_MEAN))
      return decodeAll(task)
    },
    clock: clock.now,
    emit: () => undefined,
  })
  const hub = startHub({
    machine,
    clock: clock.now,
    emit: () => undefined,
    figures: () => ({ rowsStored: 0, lagSeconds: 0 }),
    ringChanges: figures.ringChanges,
  })
  world.trace(`engine: ready at ${machine.applied()}`)
  const parts: Parts = { world, process, machine, log, sink, keeper, pulse, hub, batcher, notes, lastEnded: () => lastEnded, stopping: false }
  return {
    process,
    machine,
    log,
    sink,
    hub,
    notes,
    change: createChange(log, machine, notes.note),
    stored: () => stored.events(sink.verified()),
    accept: (bytes, principal) => (isHeld(parts) ? null : batcher.submit({ bytes, encoding: 'identity', principal })),
    stop: () => stop(parts),
    finish: () => finish(parts),
  }
}

type Parts = {
  readonly world: World
  readonly process: Owner
  readonly machine: Machine
  readonly log: LmdbLog
  readonly sink: Sink
  readonly keeper: Keeper
  readonly pulse: Pulse
  readonly hub: Hub
  readonly batcher: Batcher
  readonly notes: AccessNotes
  readonly lastEnded: () => number
  stopping: boolean
}

const isHeld = ({ world, machine, log, sink, stopping }: Parts): boolean =>
  pressureOf({
    notReady: stopping ? 'stopping' : null,
    logBytes: log.stats().bytes,
    logBudgetBytes: world.figures.logBudgetBytes,
    backlogBytes: machine.backlog().bytes,
    backlogBytesMax: BACKLOG_BYTES_MAX,
    unstoredBytes: sink.pending().bytes,
    unstoredBytesMax: UNSTORED_BYTES_MAX,
    spooledBytes: sink.pending().spooledBytes,
    spooledBytesMax: SPOOLED_BYTES_MAX,
  }) !== null

const stop = async (parts: Parts): Promise<void> => {
  const { world, process, machine, log, sink, keeper, pulse, hub, batcher, notes } = parts
  parts.stopping = true
  hub.close()
  await batcher.idle()
  await notes.flush().catch(() => undefined)
  pulse.stop()
  const deadline = world.time.pause(process, STOP_STORE_MS_MAX)
  await Promise.race([keeper.snapshot().catch(() => undefined), deadline])
  await Promise.race([keeper.stop(), deadline])
  await sink.stop()
  await machine.stop()
  await log.close()
  process.alive = false
}

const LOOK_MS = 50
const finish = async (parts: Parts): Promise<void> => {
  const { world, process, machine, sink, pulse } = parts
  pulse.stop()
  await pulse.endExtent()
  while (machine.backlog().entries > 0 || sink.verified() < parts.lastEnded() || sink.erasing() > 0) await world.time.pause(process, LOOK_MS)
}

/** The log must reach back to the older of the two newest snapshots, in case the newest is damaged. */
const mayTrim = (world: World, first: number): void => {
  const kept = world.folders
    .list(`${world.folders.root}/snapshots`)
    .filter((name) => !name.endsWith('.tmp'))
    .map(Number)
  world.trace(`log: begins at ${first}, snapshots ${kept.join(' ')}`)
  const oldest = kept.slice(-2)[0] ?? 0
  if (first > oldest + 1) world.complain(`the log was trimmed to ${first}, a start from snapshot ${oldest} needs ${oldest + 1}`)
}

const traceRound = (world: World, round: Round): void => {
  if (round.alarmSteps.length > 0 || round.ends)
    world.trace(
      `round: ${round.from} to ${round.to}, block ${round.block}${round.ends ? ' ends' : ''}, ${round.alarmSteps.map(({ id, step }) => `${id} ${step}`).join(', ')}`,
    )
}

/** What stands for the hash of a token: 64 hex digits. */
const hashOf = (role: string): string => Buffer.from(role).toString('hex').padStart(64, '0')
export const adminOf = (machine: Machine): Principal | undefined => machine.tokenByHash(hashOf('admin'))
/** As main.ts: the first start's tokens, and those of a start that was killed before the log had them. */
const registerTokens = async (log: LmdbLog, machine: Machine): Promise<void> => {
  if (machine.tokens().length > 0) return
  const entries = ROLES.map((role) => registryEntry({ op: 'add-token', by: null, name: role, role, areas: [''], hash: hashOf(role) }))
  const positions = await Promise.all(entries.map((entry) => log.append(entry)))
  await machine.whenApplied(position(Math.max(...positions)))
}
