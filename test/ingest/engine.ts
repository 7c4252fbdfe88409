import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Piscina } from 'piscina'
import { ENTRY, entryHeader } from '../../core/entry.ts'
import { position } from '../../core/ids.ts'
import { ROLES, type Role } from '../../core/ops.ts'
import type { AlarmView, AlarmWork, RegistryOp, RegistryResult, SiteSpec, WorkResult } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { createRegistry, type Registry } from '../../core/registry.ts'
import { registryEntry, unpackBody } from '../../core/thread/body.ts'
import type { Machine } from '../../core/thread/machine.ts'
import { hashToken, mintToken } from '../../ingest/credentials.ts'
import type { Pressure } from '../../ingest/gate.ts'
import type { IngestHappening } from '../../ingest/happenings.ts'
import { openLmdbLog, type LmdbLog } from '../../ingest/log/lmdb-log.ts'
import type { LogEntry } from '../../ingest/log/log.ts'
import { registerIngest, type Ingest } from '../../ingest/register.ts'
import { buildServer } from '../../ingest/server.ts'
import { createSessions } from '../../ingest/sessions.ts'
import { decodeOn } from '../../ingest/thread/decode-pool.ts'

// The ingest side as it runs in the engine: real server, real log, real decode threads, the real registry. Only the shards and
// the alarm desk are not here (they are core's own tests): alarm work is answered by `alarms`, a map the test fills.

export type Engine = {
  readonly app: FastifyInstance
  readonly url: string
  readonly log: LmdbLog
  readonly registry: Registry
  readonly machine: Machine
  readonly ingest: Ingest
  readonly tokens: Readonly<Record<Role, string>>
  readonly addToken: (name: string, role: Role, areas: readonly string[]) => Promise<string>
  readonly entries: LogEntry[]
  readonly happenings: IngestHappening[]
  readonly alarms: Map<string, AlarmView>
  readonly clock: { now: number }
  readonly pressure: { now: Pressure | null }
  readonly stop: () => Promise<void>
}

export const ROOT = { tokenNo: 0, name: 'test', role: 'admin', areas: [''] } as const
export const residence = (site: string, area: string, seals: readonly string[], now: number): SiteSpec => ({
  site,
  area,
  kind: 'residence',
  headcount: 2,
  capacity: null,
  inside: null,
  observation: { from: now - 86_400_000, until: now + 14 * 86_400_000 },
  seals: seals.map((id) => ({ id, from: null, until: null })),
})

export const startEngine = async (options: { readonly simulator?: boolean; readonly budgetBytes?: number } = {}): Promise<Engine> => {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-ingest-'))
  const clock = { now: Date.now() }
  const pressure: { now: Pressure | null } = { now: null }
  const log = await openLmdbLog(join(dir, 'log'), {
    now: () => clock.now,
    segmentBytesMax: 64 * 1024 * 1024,
    segmentAgeMsMax: 3_600_000,
    budgetBytes: options.budgetBytes ?? 1024 ** 3,
  })
  const registry = createRegistry(POLICY_DEFAULT, 4)
  const alarms = new Map<string, AlarmView>()
  const entries: LogEntry[] = []
  const results = new Map<number, RegistryResult | WorkResult>()
  log.onDurable((entry) => {
    entries.push(entry)
    const applied = apply(registry, alarms, entry)
    if (applied !== undefined) results.set(entry.position, applied)
  })
  const machine = machineOver(registry, alarms, results)
  const pool = new Piscina({ minThreads: 1, maxThreads: 2 })
  const happenings: IngestHappening[] = []
  const emit = (happening: IngestHappening): void => void happenings.push(happening)
  const sessions = createSessions(() => clock.now)
  const app = await buildServer({ machine, sessions, origins: ['https://page.example'], pressure: () => pressure.now, emit })
  const advance = options.simulator === true ? (now: number): void => void (clock.now = now) : null
  const ingest = registerIngest(app, {
    backup: () => Promise.reject(new Error('no backups here')),
    log,
    machine,
    decode: decodeOn(pool),
    clock: () => clock.now,
    sessions,
    pressure: () => pressure.now,
    emit,
    advance,
  })
  app.get('/healthz', () => ({ ok: true }))
  app.get('/', (request) => ({ hello: request.principal?.name }))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const addToken = async (name: string, role: Role, areas: readonly string[]): Promise<string> => {
    const token = mintToken()
    await log.append(registryEntry({ op: 'add-token', by: null, name, role, areas, hash: hashToken(token) }))
    return token
  }
  const tokens = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await addToken(role, role, [''])] as const))) as Record<Role, string>
  const stop = async (): Promise<void> => {
    await app.close()
    await ingest.stop()
    await log.close()
    await pool.destroy()
    rmSync(dir, { recursive: true, force: true })
  }
  return { app, url, log, registry, machine, ingest, tokens, addToken, entries, happenings, alarms, clock, pressure, stop }
}

const apply = (registry: Registry, alarms: Map<string, AlarmView>, { bytes }: LogEntry): RegistryResult | WorkResult | undefined => {
  const { kind, received } = entryHeader(bytes)
  if (kind === ENTRY.registry) return registry.apply(unpackBody<RegistryOp>(bytes), received).result
  if (kind === ENTRY.tick) void registry.tick(received)
  if (kind !== ENTRY.work) return undefined
  const work = unpackBody<AlarmWork>(bytes)
  const alarm = alarms.get(work.id)
  if (alarm === undefined) return { kind: 'refused', status: 404, detail: 'no such alarm' }
  const changed: AlarmView =
    work.op === 'acknowledge'
      ? { ...alarm, acknowledged: true, acknowledgedBy: work.by.name, acknowledgedAt: received }
      : work.op === 'assign'
        ? { ...alarm, assignedTo: work.to }
        : alarm
  alarms.set(work.id, changed)
  return { kind: 'alarm', alarm: changed }
}

const machineOver = (registry: Registry, alarms: ReadonlyMap<string, AlarmView>, results: ReadonlyMap<number, RegistryResult | WorkResult>): Machine => {
  const part = {
    directory: registry.directory,
    tokenByHash: registry.tokenByHash,
    tokens: registry.tokens,
    tokenName: registry.tokenName,
    areas: () => Array.from({ length: registry.counts().areas + 1 }, (_, key) => registry.areaName(key)),
    alarm: (id: string) => alarms.get(id),
    openAlarms: () => alarms.values(),
    permits: () => registry.permits(),
    whenApplied: () => Promise.resolve(),
    resultOf: (at: number) => results.get(at),
    applied: () => position(1),
    siteState: (site: string) => {
      const view = registry.site(site)
      return view === undefined ? undefined : { ...view, raw: 0, corrected: 0, confidence: 1, differsSince: null, door: 'unknown', online: false, seals: [] }
    },
  }
  return part as unknown as Machine
}
