import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PROXY_MODES } from './proxy.ts'
import { clickhousePidOf } from './clickhouse-pid.ts'
import { evaluateInWorker } from './inspector.ts'
import { killAt, signal, type Setting, type World } from './world.ts'

// What a campaign does to an engine. Each fault leaves the world mendable: after it the engine can be started and must be right.

export type Tools = {
  readonly random: () => number
  /** Path of strace, or null: the faults that need it are then left out and named. */
  readonly strace: string | null
  readonly inspectorPort: number
  readonly clockFile: string
}
export type Fault = {
  readonly name: string
  /** What it strikes, for the table. */
  readonly target: 'engine' | 'clickhouse' | 'worker' | 'disk' | 'files' | 'network' | 'clock'
  readonly settings: readonly Setting[]
  readonly needsStrace?: true
  readonly apply: (world: World, tools: Tools) => Promise<void>
}

const ANY: readonly Setting[] = ['embedded', 'proxied', 'small-disk']
const restart = (world: World): Promise<void> => world.start()
const pause = ({ random }: Tools, least: number, most: number): Promise<void> => sleep(least + random() * (most - least))

/** Kills the engine at the n-th of some system calls, or by hand where none comes in time. */
const killedAt =
  (calls: string, nthMax: number): Fault['apply'] =>
  async (world, { strace, random }) => {
    const struck = strace !== null && (await killAt(strace, world.pid(), calls, { nth: 1 + Math.floor(random() * nthMax), ms: 6_000 }))
    if (!struck) signal(world.pid(), 'SIGKILL')
    await world.ended()
    await restart(world)
  }

/** A file that takes what room is left; removed, the room is there again. */
const fill = (folder: string): string => {
  const path = join(folder, 'ballast')
  const fd = openSync(path, 'w')
  try {
    for (let size = 8 * 1024 * 1024; size >= 4096;) {
      try {
        if (writeSync(fd, Buffer.alloc(size)) < size) size = Math.floor(size / 2)
      } catch {
        size = Math.floor(size / 2)
      }
    }
  } finally {
    closeSync(fd)
  }
  return path
}
const diskFull =
  (part: 'log' | 'clickhouse'): Fault['apply'] =>
  async (world, tools) => {
    const ballast = fill(world.smallDisk(part))
    await pause(tools, 2_000, 4_000)
    rmSync(ballast)
    if (!world.isRunning()) await restart(world)
  }
const readOnly =
  (part: 'log' | 'clickhouse'): Fault['apply'] =>
  async (world, tools) => {
    const folder = world.smallDisk(part)
    // Refused while files are open for writing: then what the kernel would do to a broken disk, an emergency read-only, is not to be had here.
    const done = spawnSync('mount', ['-o', 'remount,ro', folder]).status === 0
    await pause(tools, 1_500, 3_000)
    if (done) spawnSync('mount', ['-o', 'remount,rw', folder])
    else await diskFull(part)(world, tools)
    if (!world.isRunning()) await restart(world)
  }

const flipByte = (path: string, random: () => number): void => {
  const { size } = statSync(path)
  if (size === 0) return
  const fd = openSync(path, 'r+')
  const at = Math.floor(random() * size)
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, at)
  byte[0] = (byte[0] as number) ^ 0xff
  writeSync(fd, byte, 0, 1, at)
  closeSync(fd)
}
const newestSnapshot = (dir: string): string | undefined => {
  const folder = join(dir, 'snapshots')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : []
  // The one before must be there, or nothing whole would be left.
  return names.length < 2 ? undefined : join(folder, names.sort().at(-1) as string)
}
const damageSnapshot: Fault['apply'] = async (world, { random }) => {
  await world.kill()
  const folder = newestSnapshot(world.dir)
  if (folder !== undefined) {
    const files = readdirSync(folder)
    const path = join(folder, files[Math.floor(random() * files.length)] as string)
    if (random() < 0.5) flipByte(path, random)
    else writeFileSync(path, readFileSync(path).subarray(0, Math.floor(statSync(path).size * random())))
  }
  await restart(world)
}
/** What a torn write leaves behind the last commit: pages that no meta page knows. */
const tearLog: Fault['apply'] = async (world, { random }) => {
  await world.kill()
  const folder = join(world.dir, 'log')
  const [newest] = readdirSync(folder)
    .filter((name) => /^\d+\.lmdb$/.test(name))
    .sort()
    .reverse()
  if (newest !== undefined) writeFileSync(join(folder, newest), Buffer.alloc(4096 * (1 + Math.floor(random() * 8)), 0xa5), { flag: 'a' })
  await restart(world)
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9',
    target: 'engine',
    settings: ANY,
    apply: async (world, tools) => {
      await pause(tools, 0, 1_500)
      await world.kill()
      await restart(world)
    },
  },
  {
    name: 'kill -9 while it recovers',
    target: 'engine',
    settings: ANY,
    apply: async (world, { random }) => {
      await world.kill()
      for (let times = 1 + Math.floor(random() * 2); times > 0; times -= 1) await world.startAndKill(random() * 1_500)
      await restart(world)
    },
  },
  { name: 'kill at a flush of the log', target: 'engine', settings: ANY, needsStrace: true, apply: killedAt('fdatasync', 40) },
  { name: 'kill at a flush of a file', target: 'engine', settings: ANY, needsStrace: true, apply: killedAt('fsync,fdatasync', 120) },
  { name: 'kill at a rename (snapshot)', target: 'engine', settings: ANY, needsStrace: true, apply: killedAt('rename,renameat,renameat2', 2) },
  {
    name: 'paused (SIGSTOP)',
    target: 'engine',
    settings: ANY,
    apply: async (world, tools) => {
      const pid = world.pid()
      signal(pid, 'SIGSTOP')
      await pause(tools, 500, 4_000)
      signal(pid, 'SIGCONT')
    },
  },
  {
    name: 'clean stop and start',
    target: 'engine',
    settings: ANY,
    apply: async (world) => {
      await world.stop()
      await restart(world)
    },
  },
  {
    name: 'process.exit in a worker',
    target: 'worker',
    settings: ANY,
    apply: async (world, { random, inspectorPort }) => {
      await evaluateInWorker(inspectorPort, Math.floor(random() * 4), 'process.exit(1)')
      await sleep(1_000)
      if (!world.isRunning()) await restart(world)
    },
  },
  {
    name: 'an exception in a worker',
    target: 'worker',
    settings: ANY,
    apply: async (world, { random, inspectorPort }) => {
      await evaluateInWorker(inspectorPort, Math.floor(random() * 4), "setTimeout(() => { throw new Error('a fault of the test') }, 0)")
      await sleep(1_000)
      if (!world.isRunning()) await restart(world)
    },
  },
  {
    name: 'kill -9',
    target: 'clickhouse',
    settings: ['embedded', 'small-disk'],
    apply: async (world, tools) => {
      await pause(tools, 0, 600)
      signal(clickhousePidOf(world.pid()), 'SIGKILL')
    },
  },
  {
    name: 'kill at the rename of a part',
    target: 'clickhouse',
    settings: ['embedded', 'small-disk'],
    needsStrace: true,
    apply: async (world, { strace, random }) => {
      const pid = clickhousePidOf(world.pid())
      if (strace !== null && pid > 0) await killAt(strace, pid, 'rename,renameat,renameat2', { nth: 1 + Math.floor(random() * 6), ms: 6_000 })
    },
  },
  {
    name: 'paused (SIGSTOP)',
    target: 'clickhouse',
    settings: ['embedded'],
    apply: async (world, tools) => {
      const pid = clickhousePidOf(world.pid())
      signal(pid, 'SIGSTOP')
      await pause(tools, 500, 4_000)
      signal(pid, 'SIGCONT')
    },
  },
  ...PROXY_MODES.filter((mode) => mode !== 'pass').map((mode): Fault => ({
    name: { refuse: 'refuses', error: 'answers 500', hang: 'hangs', cut: 'cuts before the answer' }[mode],
    target: 'network',
    settings: ['proxied'],
    apply: async (world, tools) => {
      world.proxy?.set(mode)
      await pause(tools, 1_000, 4_000)
      world.proxy?.set('pass')
    },
  })),
  { name: 'log: disk full', target: 'disk', settings: ['small-disk'], apply: diskFull('log') },
  { name: 'ClickHouse: disk full', target: 'disk', settings: ['small-disk'], apply: diskFull('clickhouse') },
  { name: 'log: read-only', target: 'disk', settings: ['small-disk'], apply: readOnly('log') },
  { name: 'ClickHouse: read-only', target: 'disk', settings: ['small-disk'], apply: readOnly('clickhouse') },
  { name: 'newest snapshot damaged', target: 'files', settings: ANY, apply: damageSnapshot },
  { name: 'torn tail of the log', target: 'files', settings: ANY, apply: tearLog },
  {
    name: 'steps',
    target: 'clock',
    settings: ANY,
    apply: async (_, { random, clockFile }) => {
      // Less than a supervision period: a larger step is silence for every seal, and rightly an alarm.
      writeFileSync(clockFile, String(Math.round((random() - 0.5) * 100_000)))
      await sleep(1_500)
      if (random() < 0.5) writeFileSync(clockFile, '0')
    },
  },
]
