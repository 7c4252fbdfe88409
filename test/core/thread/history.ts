import { Piscina } from 'piscina'
import { createHash } from 'node:crypto'
import type { EventKindName } from '../../../core/kinds.ts'
import type { Position } from '../../../core/ids.ts'
import type { SiteSpec } from '../../../core/ops.ts'
import { POLICY_DEFAULT } from '../../../core/policy.ts'
import { ROWS, type RowTable, type Chunk } from '../../../core/rows.ts'
import type { Machine, Round } from '../../../core/thread/machine.ts'
import { startMachine, type MachineOptions } from '../../../core/thread/machine-run.ts'
import { createScripts, SCRIPTS } from './scripts.ts'
import { eventsEntry, extent, putPermit, putSites, registry, ADMIN, tick, type TestEvent } from '../entries.ts'

// A made-up history of a small fleet, and the hash of all that a machine says of it. Rows of one block are sorted, for their order
// within a block is not promised; alarm steps are taken in order, for theirs is.

export const T0 = Date.UTC(2026, 10, 24)
const MINUTE = 60_000

/** Mulberry32. */
export const random = (seed: number): (() => number) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const siteSpec = (n: number, over: Partial<SiteSpec> = {}): SiteSpec => {
  const kind = n % 5 === 3 ? 'building' : n % 5 === 4 ? 'gate' : 'residence'
  return {
    site: `s-${n}`,
    area: `city/d${n % 3}/b${n % 7}`,
    kind,
    headcount: kind === 'gate' ? 0 : (n % 4) + 1,
    capacity: null,
    inside: null,
    observation: kind === 'residence' ? { from: T0 - 1000, until: T0 + (n % 11 === 0 ? 20 : 400) * MINUTE } : null,
    seals: [{ id: n.toString(16).padStart(16, '0'), from: null, until: null }],
    ...over,
  }
}

const KINDS: readonly (readonly [EventKindName, number])[] = [
  ['PASSAGE_IN', 1],
  ['PASSAGE_OUT', 1],
  ['PASSAGE_IN', 2],
  ['PASSAGE_OUT', 1],
  ['DOOR_OPENED', 0],
  ['DOOR_CLOSED', 0],
  ['TAMPERED', 1],
  ['TAMPER_RESTORED', 0],
  ['HEARTBEAT', 3500],
  ['HEARTBEAT', 2900],
  ['HEARTBEAT', 3600],
  ['ROLL_CALL', 2],
  ['TEMPERATURE', 36_500],
  ['TEMPERATURE', 38_000],
  ['COUNTER', 0],
  ['BEAM_BLOCKED', 0],
]

/** Entries of `minutes` of a fleet of `sites` sites with one seal each, some moved halfway, about `perSecond` events a second. */
export const makeHistory = (
  seed: number,
  { sites, minutes, perSecond }: { readonly sites: number; readonly minutes: number; readonly perSecond: number },
): Uint8Array[] => {
  const rand = random(seed)
  const pick = (n: number): number => Math.floor(rand() * n)
  const entries = [
    putSites(
      T0,
      Array.from({ length: sites }, (_, n) => siteSpec(n + 1)),
    ),
  ]
  const seq = new Uint32Array(sites * 2 + 2)
  const boot = new Uint32Array(sites * 2 + 2).fill(1)
  let watches = sites
  const held: TestEvent[] = []
  let scripts: ReturnType<typeof createScripts> | undefined
  for (let second = 1; second <= minutes * 60; second += 1) {
    const now = T0 + second * 1000
    for (let batch = 0; batch < 2; batch += 1) {
      const events: TestEvent[] = []
      for (let n = 0; n < perSecond / 2; n += 1) events.push(makeEvent(now + batch * 400))
      while (held.length > 0 && rand() < 0.3) events.splice(pick(events.length), 0, held.pop() as TestEvent)
      if (rand() < 0.2) events.push(events[0] as TestEvent)
      entries.push(eventsEntry(now + batch * 400 + 100, events))
    }
    if (second === minutes * 30) moveSeals(now + 800)
    if (second === minutes * 50)
      entries.push(
        registry(now + 820, { op: 'put-policy', by: ADMIN, document: { rules: [{ for: { kind: 'gate' }, set: { flapEventsMin: 25 } }] }, expected: null }),
      )
    const scripted = scripts?.(second - minutes * 30, now + 850) ?? []
    if (scripted.length > 0) entries.push(eventsEntry(now + 850, scripted))
    if (second % 97 === 0)
      entries.push(putPermit(now + 900, { site: `s-${pick(sites) + 1}`, from: now, until: now + 5 * MINUTE, openings: 2, reason: 'visit' }))
    // By the week, of four minutes on each day; some are revoked.
    if (second % 31 === 0) {
      const weekly = { days: [0, 1, 2], from: 8 * 60 + 4, until: 8 * 60 + 8 }
      entries.push(
        putPermit(now + 910, { site: `s-${pick(sites) + 1}`, from: now - MINUTE, until: now + 1440 * MINUTE, openings: 1, reason: 'helper', weekly }),
      )
    }
    if (second % 211 === 0) entries.push(registry(now + 920, { op: 'revoke-permit', by: ADMIN, permitNo: 1 + pick(10) }))
    if (second % 501 === 0) entries.push(registry(now + 900, { op: 'end-observation', by: ADMIN, site: `s-${pick(sites) + 1}`, until: null }))
    entries.push(tick(now + 999))
    if (second % 5 === 0) entries.push(extent(now + 999))
  }
  return entries

  function makeEvent(now: number): TestEvent {
    // A few seals are silent, so that they go offline.
    const watch = 1 + pick(watches > sites && rand() < 0.5 ? watches : Math.ceil(sites * 0.9))
    const sealIndex = watch > sites ? watch - sites : watch
    if (rand() < 0.001) {
      boot[sealIndex] = (boot[sealIndex] as number) + 1
      seq[sealIndex] = 0
    }
    seq[sealIndex] = (seq[sealIndex] as number) + 1
    const [kind, value] = KINDS[pick(KINDS.length)] as (typeof KINDS)[number]
    const wrong = rand() < 0.01
    const event = {
      watch,
      time: now - pick(3000),
      boot: boot[sealIndex] as number,
      seq: seq[sealIndex],
      kind,
      value,
      ...(wrong ? { device: pick(2) * 1000 } : {}),
    }
    if (rand() < 0.05) held.push({ ...event, seq: (seq[sealIndex] = seq[sealIndex] + 1) })
    return event
  }
  // The first twentieth of the seals goes to the sites far behind: events of their old assignment keep coming and cross shards.
  function moveSeals(now: number): void {
    const moved = Math.floor(sites / 20)
    entries.push(
      putSites(
        now,
        Array.from({ length: moved }, (_, n) => siteSpec(sites + 1 + n, { seals: [{ id: (n + 1).toString(16).padStart(16, '0'), from: null, until: null }] })),
      ),
    )
    watches = sites + moved
    entries.push(
      putSites(
        now,
        SCRIPTS.map(({ kind }, n) =>
          siteSpec(sites + moved + 1 + n, {
            kind,
            observation: null,
            headcount: 0,
            seals: [{ id: (0xf000 + n).toString(16).padStart(16, '0'), from: null, until: null }],
          }),
        ),
      ),
    )
    scripts = createScripts(watches + 1)
  }
}

const CELLS = { u8: 1, u16: 2, u32: 4, i32: 4, f32: 4, u64: 8, i64: 8 } as const
const rowsOf = (chunk: Chunk): string[] => {
  const widths = Object.values(ROWS[chunk.table]).map((kind) => CELLS[kind as keyof typeof CELLS])
  return Array.from({ length: chunk.rows }, (_, row) =>
    chunk.columns.map((column, at) => Buffer.from(column.subarray(row * (widths[at] as number), (row + 1) * (widths[at] as number))).toString('hex')).join(' '),
  )
}

export type Heard = {
  readonly hash: () => string
  readonly rows: (table: RowTable) => number
  readonly steps: string[]
  readonly listen: (round: Round) => void
}
export const createHeard = (): Heard => {
  const blocks = new Map<string, string[]>()
  const steps: string[] = []
  const plain: string[] = []
  return {
    listen: (round) => {
      for (const chunk of round.chunks) {
        const key = `${round.block} ${chunk.table}`
        const rows = blocks.get(key) ?? []
        blocks.set(key, rows)
        rows.push(...rowsOf(chunk))
      }
      for (const step of round.alarmSteps) steps.push(JSON.stringify(step))
      plain.push(
        ...round.plain.sites.map((row) => JSON.stringify(row)),
        ...round.plain.seals.map((row) => JSON.stringify(row)),
        ...round.sitesEnded.map(String),
      )
    },
    rows: (table) => [...blocks].reduce((sum, [key, rows]) => sum + (key.endsWith(` ${table}`) ? rows.length : 0), 0),
    steps,
    hash: () => {
      const hash = createHash('sha256')
      for (const key of [...blocks.keys()].toSorted()) hash.update(key).update((blocks.get(key) as string[]).toSorted().join('\n'))
      return hash.update(steps.join('\n')).update(plain.join('\n')).digest('hex')
    },
  }
}

export const createPool = (threads: number): { readonly run: MachineOptions['run']; readonly close: () => Promise<void> } => {
  const pool = new Piscina({ minThreads: threads, maxThreads: threads })
  return { run: (filename, task) => pool.run(task, { filename }), close: () => pool.destroy() }
}
export const startTestMachine = (run: MachineOptions['run'], over: Partial<MachineOptions> = {}): Promise<Machine> =>
  startMachine({ run, threads: 1, shardCount: 16, policy: POLICY_DEFAULT, position: 0, ...over })

/** Offers entries [from, to) and waits for the last. */
export const feed = async (machine: Machine, entries: readonly Uint8Array[], from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index += 1) machine.offer((index + 1) as Position, entries[index] as Uint8Array)
  await Promise.race([machine.whenApplied(to as Position), machine.failed])
}
