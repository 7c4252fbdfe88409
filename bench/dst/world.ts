import { createHash } from 'node:crypto'
import type { Random } from '../random.ts'
import { seeded } from '../random.ts'
import { createClickHouse, type SimClickHouse } from './clickhouse.ts'
import type { SimEngine } from './engine.ts'
import { createFolders, type Folders } from './folders.ts'
import { createLogDisk, type LogDisk } from './log.ts'
import { createTime, ownerOf, type Owner, type Time } from './time.ts'

// What one simulated run consists of, and what is noted of it on the way: the trace, whose hash is that of the run, the complaints of parts
// that saw something impossible, and what was promised when, for the checks at the end.

export type RunOptions = { readonly seed: number; readonly powerLoss: boolean }
/** Figures of a run, drawn from its seed, so that rare paths (spilling, segments, a ring that overflows) are common here. */
export type Figures = {
  readonly shardCount: number
  readonly extentMs: number
  readonly extentRowsMax: number
  readonly snapshotMs: number
  readonly segmentEntries: number
  readonly logBudgetBytes: number
  readonly memoryBytesMax: number
  readonly ringChanges: number
  readonly wallAtStart: number
  readonly loadMs: number
  readonly eventsHereMax: number
}
/** What was true in ClickHouse when something was promised on the strength of it. */
export type Promised = { readonly kind: 'verified' | 'snapshot'; readonly upTo: number; readonly stored: ReadonlySet<string> }
export type World = {
  readonly options: RunOptions
  readonly random: Random
  readonly figures: Figures
  readonly time: Time
  readonly disk: LogDisk
  readonly folders: Folders
  readonly store: SimClickHouse
  readonly promised: Promised[]
  readonly complaints: string[]
  readonly faults: Map<string, number>
  readonly tokensSeen: Set<string>
  readonly trace: (line: string) => void
  readonly traced: () => { readonly lines: readonly string[]; readonly hash: string }
  readonly complain: (text: string) => void
  /** Calls `run` in an event of its own after so many more lines of the trace. */
  readonly afterLines: (lines: number, run: () => void) => void
  /** The host's clock, Unix ms. */
  readonly wall: () => number
  engine: SimEngine | undefined
  process: Owner
  /** The load is over and the faults are: nothing is broken any more. */
  calm: boolean
  /** Set while no engine may be started by whoever watches over it. */
  down: boolean
}

const MONTHS_END = Date.UTC(2026, 11, 1)
const ORDINARY = Date.UTC(2026, 10, 24, 4)

const figuresOf = (random: Random): Figures => ({
  shardCount: random.pick([1, 2, 4]),
  extentMs: random.pick([300, 1000]),
  extentRowsMax: random.chance(0.2) ? 40 : 800_000,
  snapshotMs: random.pick([2000, 5000, 9000]),
  segmentEntries: random.pick([8, 20, 60]),
  logBudgetBytes: random.chance(0.1) ? 40_000 : 1 << 24,
  memoryBytesMax: random.chance(0.5) ? 500 : 1 << 24,
  ringChanges: random.chance(0.2) ? 6 : 2000,
  wallAtStart: random.chance(0.25) ? MONTHS_END - random.int(2000, 15_000) : ORDINARY,
  loadMs: random.int(9000, 16_000),
  eventsHereMax: random.chance(0.1) ? -1 : 512,
})

export const createWorld = (options: RunOptions): World => {
  const random = seeded(options.seed).fork(1)
  const figures = figuresOf(seeded(options.seed).fork(2))
  const time = createTime(random.fork(3), figures.wallAtStart)
  const lines: string[] = []
  const hash = createHash('sha256')
  const complaints: string[] = []
  const promised: Promised[] = []
  let armed: { left: number; readonly run: () => void }[] = []
  const self = ownerOf('world')
  const trace = (line: string): void => {
    const text = `${time.now().toFixed(3).padStart(10)} ${line}`
    lines.push(text)
    hash.update(text)
    if (armed.length === 0) return
    for (const one of armed) {
      one.left -= 1
      if (one.left === 0) time.after(self, 0, () => world.calm || one.run())
    }
    armed = armed.filter(({ left }) => left > 0)
  }
  const complain = (text: string): void => {
    if (complaints.includes(text)) return
    trace(`COMPLAINT: ${text}`)
    complaints.push(text)
  }
  const world: World = {
    options,
    random,
    figures,
    time,
    disk: createLogDisk(
      seeded(options.seed)
        .int(0, 2 ** 32)
        .toString(16)
        .padStart(32, '0'),
    ),
    folders: createFolders(time, () => world.process),
    store: createClickHouse({
      time,
      random: random.fork(4),
      trace,
      complain,
      onInsert: (table, block, token) => mayInsert(world, table, { block, token }),
      onKilled: () => {
        trace('clickhouse: killed where its insert was')
        time.after(self, random.int(50, 1500), () => world.store.start())
      },
    }),
    promised,
    complaints,
    faults: new Map(),
    tokensSeen: new Set(),
    trace,
    traced: () => ({ lines, hash: hash.copy().digest('hex').slice(0, 16) }),
    complain,
    afterLines: (left, run) => void armed.push({ left, run }),
    wall: () => Math.floor(time.wall + time.now()),
    engine: undefined,
    process: ownerOf('no engine'),
    calm: false,
    down: false,
  }
  return world
}

/** What must hold when ClickHouse sees an insert: its token is noted, for this block alone. */
const mayInsert = (world: World, table: string, { block, token }: { readonly block: number; readonly token: string }): void => {
  const [logId, named, number, attempt] = token.split(':')
  if (logId !== world.disk.id || named !== table || Number(number) !== block) world.complain(`${table} ${block} came under the token ${token}`)
  // One that hung may come again behind later blocks: its token makes nothing of it.
  if (world.tokensSeen.has(token)) return
  world.tokensSeen.add(token)
  const note = world.disk.notes.get(`sink:${table}`) as { readonly sending: number; readonly attempt: number } | undefined
  if (note?.sending !== block || String(note.attempt) !== attempt)
    world.complain(`${table} ${block} came under attempt ${attempt}, noted is ${note?.sending} ${note?.attempt}`)
}
