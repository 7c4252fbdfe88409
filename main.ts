#!/usr/bin/env node
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { destination, pino } from 'pino'
import { Piscina } from 'piscina'
import { runCommandLine } from './bench/command-line.ts'
import { position } from './core/ids.ts'
import { ROLES, type AccessNote } from './core/ops.ts'
import { POLICY_DEFAULT } from './core/policy.ts'
import type { Settings } from './core/settings.ts'
import { registryEntry, workEntry } from './core/thread/body.ts'
import { startMachine } from './core/thread/machine-run.ts'
import type { Machine } from './core/thread/machine.ts'
import { createReplayPool } from './core/thread/replay-pool.ts'
import { createStored } from './core/thread/stored.ts'
import { createClock } from './ingest/clock.ts'
import { ensureCredentials, hashToken, type Credentials } from './ingest/credentials.ts'
import { writeBackup } from './ingest/log/backup.ts'
import { catchUp } from './ingest/log/catch-up.ts'
import { startKeeper } from './ingest/log/keeper.ts'
import { openLmdbLog, type LmdbLog } from './ingest/log/lmdb-log.ts'
import { openSnapshots } from './ingest/log/snapshots.ts'
import { putPolicyFile, readPolicyFile } from './ingest/policy-file.ts'
import { pressureOf } from './ingest/pressure.ts'
import { startPulse } from './ingest/pulse.ts'
import { registerIngest } from './ingest/register.ts'
import { buildServer } from './ingest/server.ts'
import { createSessions } from './ingest/sessions.ts'
import { decodeOn } from './ingest/thread/decode-pool.ts'
import { registerApiDocs } from './live/api-docs.ts'
import type { EngineStatus } from './live/deps.ts'
import type { LiveHappening } from './live/happenings.ts'
import { startHub, type Hub } from './live/hub.ts'
import { journal, type EngineHappening } from './live/journal.ts'
import { lapsSince, type Laps } from './ingest/laps.ts'
import { createMetrics, type Metrics } from './live/metrics.ts'
import type { OutsideHappening } from './live/outside.ts'
import { startNotifier } from './live/notifier.ts'
import { registerLive } from './live/register.ts'
import { createEvidenceSource } from './storage/evidence.ts'
import { freezeTables } from './storage/backup.ts'
import { notesOfBlock, startSink, storedBlockOf } from './storage/sink.ts'
import { openStore, type Store } from './storage/store.ts'

// The table of contents: reads the environment and the clock, wires the parts in the order of an event, stops them in reverse.

export type RunningEngine = {
  readonly url: string
  readonly clickhouse: string
  readonly stop: (why: string) => Promise<void>
  readonly failed: Promise<never>
}

/** Rows that wait for ClickHouse go to disk beyond this share of the memory that they may take; the rest is for what is under way. */
const SPILL_SHARE = 1 / 4
/** A clean stop waits so long for receivers of webhooks; what they took meanwhile and was not reported is sent once more, under its id. */
const STOP_NOTICES_MS_MAX = 2_000
/** A clean stop gives ClickHouse this long to take the last block; what it does not take comes again from the log. */
const STOP_STORE_MS_MAX = 4_000

/** What happens anywhere becomes a log line here and, once they exist, a metric. */
const openOutlet = (level: string) => {
  const write = journal(pino({ level, base: null }, destination({ fd: 2, sync: true })))
  const outlet = {
    metrics: undefined as Metrics | undefined,
    rowsStored: 0,
    /** The engine's own steps. */
    tell: (happening: EngineHappening): void => write(happening),
    /** What happens in the parts. */
    emit: (happening: LiveHappening | OutsideHappening): void => {
      write(happening)
      if (happening.kind === 'block-verified') outlet.rowsStored += happening.rows
      outlet.metrics?.observe(happening)
    },
  }
  return outlet
}

/** The log, the newest snapshot, and the machine that goes on from there on a pool of threads. */
const openCore = async (
  settings: Settings,
  dir: string,
  { tell, emit, fail, laps, onLog }: ReturnType<typeof openOutlet> & { readonly fail: (error: Error) => void; readonly laps: Laps; readonly onLog: () => void },
) => {
  const clock = createClock(settings['tick-source'] === 'simulator', Date.now)
  const log = await openLmdbLog(join(dir, 'log'), {
    now: clock.now,
    segmentBytesMax: settings['log-segment-bytes'],
    segmentAgeMsMax: settings['log-segment-age-ms'],
    budgetBytes: settings['log-budget-bytes'],
    onFlush: (flush) => emit({ kind: 'log-flushed', ...flush }),
    onBroken: fail,
  })
  laps.end('log')
  // From here on the folder is ours: what needs its lock and not the machine begins beside it.
  onLog()
  const snapshots = openSnapshots(join(dir, 'snapshots'), log.id)
  const loaded = await snapshots.load()
  laps.end('snapshot')
  for (const reason of loaded.damaged) tell({ kind: 'snapshot-damaged', reason })
  const threads = settings.threads === 0 ? availableParallelism() : settings.threads
  const pool = new Piscina({ minThreads: threads, maxThreads: threads, idleTimeout: Infinity, recordTiming: false })
  const machine = await startMachine({
    run: (filename, task) => pool.run(task, { filename }),
    threads,
    shardCount: settings.shards,
    policy: POLICY_DEFAULT,
    storedBlock: storedBlockOf(log.noted),
    ...(loaded.snapshot ?? { position: 0 }),
  })
  machine.failed.catch(fail)
  laps.end('restore')
  return { clock, log, snapshots, pool, machine, passedOver: loaded.damaged }
}

/** The first start's tokens, and those of a start that was killed before the log had them. */
const registerCredentials = async (credentials: Credentials, log: LmdbLog, machine: Machine): Promise<void> => {
  if (machine.tokens().length > 0) return
  // Appended together they share one commit: a kill leaves all or none.
  const entries = ROLES.map((role) => registryEntry({ op: 'add-token', by: null, name: role, role, areas: [''], hash: hashToken(credentials[role]) }))
  const positions = await Promise.all(entries.map((entry) => log.append(entry)))
  await machine.whenApplied(position(Math.max(...positions)))
}

const startEngine = async (settings: Settings): Promise<RunningEngine> => {
  const began = performance.now()
  const laps = lapsSince(began)
  const dir = resolve(settings.data)
  const policy = settings.policy === '' ? null : readPolicyFile(resolve(settings.policy))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const outlet = openOutlet(settings['log-level'])
  const { tell, emit } = outlet
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_, reject) => (fail = reject))
  failed.catch((error: unknown) => tell({ kind: 'failed', error: error as Error }))
  let notReady: string | null = 'the engine is starting'

  // ClickHouse opens in a process of its own while snapshot and log are read here. People are let in once there is a machine that knows them.
  let noteAccess: (note: AccessNote) => Promise<unknown> = () => Promise.reject(new Error('the engine is starting'))
  let known: Machine | undefined
  let opening: Promise<Store> = Promise.reject(new Error('the log is not open'))
  opening.catch(() => undefined)
  const openTables = (): void => {
    opening = openStore(settings['clickhouse-url'], {
      dataDir: dir,
      port: settings['clickhouse-port'],
      authenticate: (hash) => known?.tokenByHash(hash),
      noteQuery: (note) => noteAccess(note),
      onExit: (exit) => tell({ kind: 'clickhouse-exited', ...exit }),
      onRefused: (reason) => emit({ kind: 'statement-refused', reason }),
    })
    opening.catch(() => undefined)
  }
  const { clock, log, snapshots, pool, machine, passedOver } = await openCore(settings, dir, { ...outlet, fail, laps, onLog: openTables })
  known = machine
  const credentials = ensureCredentials(dir)

  // What is kept: ClickHouse, and the sink that brings each block there once.
  const sink = startSink({
    client: opening.then(({ client }) => client),
    logId: log.id,
    note: log.note,
    noted: log.noted,
    emit,
    now: clock.now,
    spoolDir: join(dir, 'waiting'),
    memoryBytesMax: settings['unstored-bytes'] * SPILL_SHARE,
  })
  const stored = createStored(machine)
  machine.onRound(sink.offer)
  machine.onRound(stored.offer)
  let expiredBefore = false
  const leave = machine.onRound((round) => {
    expiredBefore ||= round.expiredKeys.length > 0
  })
  tell({ kind: 'recovering', snapshot: machine.applied(), entries: log.stats().next - 1 - machine.applied() })
  const replay = async (): Promise<number> => {
    const waitedMs = await catchUp(log, machine, () => sink.pending().bytes < settings['unstored-bytes'])
    laps.end('replay')
    return waitedMs
  }
  const [store, waitedMs] = await Promise.all([opening, replay()])
  leave()
  laps.end('clickhouse')
  // A simulated clock goes on where the log stands.
  clock.advance?.(log.received())
  await registerCredentials(credentials, log, machine)
  const version = policy === null ? null : await putPolicyFile(policy, { log, machine })
  if (version !== null) tell({ kind: 'policy-put', path: settings.policy, version })
  const pulse = startPulse({
    log,
    ticks: settings['tick-source'] === 'clock',
    extentMs: settings['extent-ms'],
    extentRowsMax: settings['extent-rows'],
    rowsOpen: sink.rowsOpen,
    applied: machine.applied,
    blocksWaiting: () => sink.pending().ahead,
    onFailed: (what, error) => tell({ kind: 'pulse-failed', what, error }),
  })
  const keeper = startKeeper({ machine, log, snapshots, sink, endExtent: pulse.endExtent, everyMs: settings['snapshot-ms'], expiredBefore, emit: tell })

  // What comes in and what goes out, on one port.
  const pressure = () =>
    pressureOf({
      notReady,
      logBytes: log.stats().bytes,
      logBudgetBytes: settings['log-budget-bytes'],
      backlogBytes: machine.backlog().bytes,
      backlogBytesMax: settings['backlog-bytes'],
      unstoredBytes: sink.pending().bytes,
      unstoredBytesMax: settings['unstored-bytes'],
      spooledBytes: sink.pending().spooledBytes,
      spooledBytesMax: settings['spool-bytes'],
    })
  const status = (): EngineStatus => {
    const pending = sink.pending()
    const held = pressure()
    return {
      notReady: held === null ? [] : [held.detail],
      log: { ...log.stats(), budgetBytes: settings['log-budget-bytes'] },
      sink: {
        rowsStored: outlet.rowsStored,
        eventsStored: stored.events(sink.verified()),
        oldestUnstoredSeconds: pending.oldestMs / 1000,
        waitingBytes: pending.bytes,
        spooledBytes: pending.spooledBytes,
        refused: pending.refused,
      },
      details: {
        clickhouse: store.url,
        clickhouseEmbedded: store.embedded,
        data: dir,
        sink: pending,
        erasing: sink.erasing(),
        snapshots: snapshots.kept(),
        snapshotsPassedOver: passedOver,
        threads: pool.threads.length,
      },
    }
  }
  const sessions = createSessions(clock.now)
  const app = await buildServer({ machine, sessions, origins: settings.origins, pressure, emit })
  await registerApiDocs(app)
  const { child } = store
  const backup = (into: string) =>
    writeBackup(into, {
      dataDir: dir,
      log,
      keeper,
      sink,
      freeze: child === null ? null : () => freezeTables(store.client, dir),
      notesAt: notesOfBlock,
      now: clock.now,
    })
  const ingest = registerIngest(app, { backup, log, machine, decode: decodeOn(pool), clock: clock.now, sessions, pressure, emit, advance: clock.advance })
  noteAccess = ingest.noteAccess
  let hub: Hub | undefined
  const notifier = startNotifier({
    machine,
    report: (op) => log.append(workEntry(op)),
    emit,
    onTrouble: (alarm) => hub?.refresh(alarm),
    retryMs: settings['webhook-retry-ms'],
    timeoutMs: settings['webhook-timeout-ms'],
  })
  hub = startHub({
    machine,
    troubleOf: notifier.troubleOf,
    clock: clock.now,
    emit,
    figures: () => ({ rowsStored: outlet.rowsStored, lagSeconds: sink.pending().oldestMs / 1000 }),
  })
  const metrics = createMetrics({ machine, status, liveClients: hub.clients, clock: clock.now })
  outlet.metrics = metrics
  const query = async (sql: string, params: Readonly<Record<string, unknown>>) => {
    const answer = await store.client.query({ query: sql, query_params: { ...params }, format: 'JSONEachRow' })
    return answer.json<Readonly<Record<string, unknown>>>()
  }
  const replays = createReplayPool()
  await registerLive(app, {
    machine,
    hub,
    clock: clock.now,
    noteAccess,
    query,
    status,
    metrics: metrics.expose,
    emit,
    notices: { troubleOf: notifier.troubleOf, timeoutMs: settings['webhook-timeout-ms'] },
    evidence: { source: createEvidenceSource(store.client), replay: replays.replay, simulated: settings['tick-source'] === 'simulator' },
    pageDir: join(import.meta.dirname, 'web'),
  })
  const url = await app.listen({ host: settings.host, port: settings.port })
  notReady = null
  laps.end('open')
  const at = machine.applied()
  tell({
    kind: 'started',
    url,
    clickhouse: store.url,
    data: dir,
    position: at,
    seconds: (performance.now() - began) / 1000,
    parts: { ...laps.seconds(), waitedForRoom: Math.round(waitedMs) / 1000 },
  })

  const stop = async (why: string): Promise<void> => {
    const stopping = performance.now()
    tell({ kind: 'stopping', why })
    notReady = 'the engine is stopping'
    hub.close()
    await app.close()
    await ingest.stop()
    await Promise.race([notifier.stop(), new Promise<void>((done) => setTimeout(done, STOP_NOTICES_MS_MAX))])
    pulse.stop()
    const deadline = new Promise<void>((done) => setTimeout(done, STOP_STORE_MS_MAX))
    await Promise.race([keeper.snapshot().catch(() => undefined), deadline])
    await Promise.race([keeper.stop(), deadline])
    await sink.stop()
    await machine.stop()
    await store.stop()
    await log.close()
    await Promise.all([pool.destroy(), replays.stop()])
    tell({ kind: 'stopped', seconds: (performance.now() - stopping) / 1000 })
  }
  return { url, clickhouse: store.url, stop, failed }
}

await runCommandLine(process.argv, process.env, startEngine)
