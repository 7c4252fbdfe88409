import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openClient } from '../../storage/client.ts'
import { startEmbedded, type Embedded } from '../../storage/embedded/start.ts'
import { scratchDir, startEngine, type OwnEngine } from '../engine.ts'
import { clickhouseRows } from '../http.ts'
import type { Target } from '../target.ts'
import { startProxy, type FaultProxy } from './proxy.ts'

// One data folder and the processes on it, as a campaign kills, pauses and starves them: the engine (with the embedded ClickHouse, or
// with one behind the fault proxy), on the disk or on a small file system of its own.

export type Setting = 'embedded' | 'proxied' | 'small-disk'
export type World = {
  readonly setting: Setting
  readonly dir: string
  /** Undefined while no engine is ready. */
  readonly target: () => Target | undefined
  readonly pid: () => number
  /** Starts the engine and waits until it is ready; a start that fails is tried again, for what a round breaks it may mend while that lasts. */
  readonly start: (port?: number) => Promise<void>
  /** Starts it and kills it `ms` later, wherever it is by then. */
  readonly startAndKill: (ms: number) => Promise<void>
  /** SIGKILL, and its children are gone too. */
  readonly kill: () => Promise<void>
  /** Resolves when the process has ended, by itself or killed from elsewhere. */
  readonly ended: () => Promise<string>
  readonly isRunning: () => boolean
  readonly stop: () => Promise<void>
  readonly proxy: FaultProxy | undefined
  /** Seconds from the start command to ready, of all starts. */
  readonly startSeconds: readonly number[]
  readonly lines: readonly string[]
  readonly query: <T>(sql: string) => Promise<readonly T[]>
  /** A statement to the ClickHouse behind the proxy. */
  readonly command: (sql: string) => Promise<void>
  /** Folder on the small file system that holds this part: the log, or ClickHouse. */
  readonly smallDisk: (part: 'log' | 'clickhouse') => string
  readonly dispose: () => Promise<void>
}

const FLAGS = ['--snapshot-ms', '1500', '--extent-ms', '300', '--log-segment-bytes', '1048576', '--log-level', 'warn']
/** Room for the log, and for ClickHouse's tables, of a round on a small disk. */
const SMALL_DISK_MIB = { log: 96, clickhouse: 512 } as const
const LINES_KEPT = 40
const START_TRIES = 20

/** Whether this machine lets us mount a file system in memory (root, or a container that may). */
export const canMount = (): boolean => {
  const dir = scratchDir('mount')
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir]).status === 0
  if (mounted) spawnSync('umount', [dir])
  rmSync(dir, { recursive: true, force: true })
  return mounted
}

export const createWorld = async (setting: Setting, nodeArgs: readonly string[] = []): Promise<World> => {
  const dir = scratchDir(`chaos-${setting}`)
  const mounts: string[] = []
  if (setting === 'small-disk') for (const part of ['log', 'clickhouse'] as const) mounts.push(mountSmall(join(dir, part), SMALL_DISK_MIB[part]))
  const lines: string[] = []
  const clickhouse = setting === 'proxied' ? await ownClickHouse(dir) : undefined
  const flags = [...FLAGS, ...(clickhouse === undefined ? [] : ['--clickhouse-url', clickhouse.url])]
  let engine: OwnEngine | undefined
  let pid = 0
  let gone: Promise<string> = Promise.resolve('never started')
  const startSeconds: number[] = []
  const begin = async (port?: number): Promise<OwnEngine> => {
    const started = await startEngine({
      dataDir: dir,
      keep: true,
      flags,
      nodeArgs,
      ...(port === undefined ? {} : { port }),
      onSpawn: (spawned) => {
        pid = spawned
      },
      onLog: (line) => {
        lines.push(line)
        if (lines.length > LINES_KEPT) lines.shift()
      },
    })
    gone = started.ended
    return started
  }
  const world: World = {
    setting,
    dir,
    lines,
    startSeconds,
    proxy: clickhouse?.proxy,
    target: () => engine?.target,
    pid: () => pid,
    isRunning: () => engine !== undefined,
    ended: () => gone,
    start: async (port) => {
      for (let tries = 1; engine === undefined; tries += 1) {
        const began = performance.now()
        try {
          engine = await begin(port)
          void engine.ended.then(() => (engine = undefined))
          startSeconds.push((performance.now() - began) / 1000)
        } catch (error) {
          if (tries >= START_TRIES) throw error
          await sleep(250)
        }
      }
    },
    startAndKill: async (ms) => {
      const beginning = begin().then(
        (started) => started.ended,
        () => 'killed while it started',
      )
      await sleep(ms)
      signal(pid, 'SIGKILL')
      await beginning
    },
    kill: async () => {
      engine = undefined
      signal(pid, 'SIGKILL')
      await gone
    },
    stop: async () => {
      const running = engine
      engine = undefined
      await running?.stop()
    },
    query: async <T>(sql: string): Promise<readonly T[]> => {
      if (clickhouse !== undefined) return clickhouse.query<T>(sql)
      const at = engine?.target
      if (at === undefined) throw new Error('no engine runs')
      return clickhouseRows<T>(at, sql)
    },
    command: async (sql) => {
      if (clickhouse === undefined) throw new Error('the embedded ClickHouse takes no commands')
      await clickhouse.command(sql)
    },
    smallDisk: (part) => join(dir, part),
    dispose: async () => {
      engine = undefined
      signal(pid, 'SIGKILL')
      await gone.catch(() => undefined)
      await clickhouse?.stop()
      await sleep(500)
      for (const mount of mounts) spawnSync('umount', ['-l', mount])
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
  return world
}

const mountSmall = (path: string, mib: number): string => {
  mkdirSync(path, { recursive: true })
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount of ${path}: ${stderr}`)
  return path
}

/** A ClickHouse outside the engine, with the proxy before it: the engine is told its address as that of a server. */
const ownClickHouse = async (dir: string) => {
  const embedded: Embedded = await startEmbedded({
    dataDir: join(dir, 'server'),
    port: 0,
    authenticate: () => undefined,
    noteQuery: () => Promise.reject(new Error('nobody asks here')),
  })
  const proxy = await startProxy(embedded.port)
  const client = openClient(embedded)
  return {
    proxy,
    url: `http://${embedded.username}:${embedded.password}@127.0.0.1:${proxy.port}`,
    query: async <T>(sql: string): Promise<readonly T[]> => (await client.query({ query: sql, format: 'JSONEachRow' })).json<T>(),
    command: (sql: string): Promise<unknown> => client.command({ query: sql }),
    stop: async () => {
      await client.close()
      await proxy.close()
      await embedded.stop()
    },
  }
}

export const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return pid > 0 && process.kill(pid, name)
  } catch {
    return false
  }
}

/** Runs strace on a process until it kills it at the n-th of some system calls, or the time is up. True where it did. */
export const killAt = async (strace: string, pid: number, calls: string, { nth, ms }: { readonly nth: number; readonly ms: number }): Promise<boolean> => {
  const tracer = spawn(strace, ['-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${nth}`, '-p', String(pid)], {
    stdio: 'ignore',
  })
  const done = new Promise<boolean>((resolve) => tracer.once('exit', () => resolve(true)))
  const killed = await Promise.race([done, sleep(ms, false)])
  tracer.kill('SIGKILL')
  return killed
}
