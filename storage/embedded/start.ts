import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { AccessNote, Principal } from '../../core/ops.ts'
import { ENGINE_USER, PEOPLE_SECONDS_MAX, type DoorRefusal, type FromChild, type ToChild } from './ipc.ts'

// Starts the embedded ClickHouse as a child process and keeps it running: a child that dies is started again, on the same port,
// after a pause that grows while it keeps dying. The secret of the engine's door is made anew for each run of the engine.

export type EmbeddedOptions = {
  readonly dataDir: string
  /** 0 = any free one. */
  readonly port: number
  /** Who a token's SHA-256 (hex) belongs to; asked before each query of a person. */
  readonly authenticate: (hash: string) => Principal | undefined
  /** Writes down who asks what; a person's query runs after it resolves. */
  readonly noteQuery: (note: AccessNote) => Promise<unknown>
  /** The child died and will be started again, or came back. Never called while stopping. */
  readonly onExit?: (exit: EmbeddedExit) => void
  readonly onRefused?: (reason: DoorRefusal) => void
  /** A person's query may run this long; 30 s unless said otherwise. */
  readonly peopleSecondsMax?: number
}
export type EmbeddedExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly restartInMs: number }
export type Embedded = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** Credentials of the engine's door, for `@clickhouse/client`. */
  readonly username: string
  readonly password: string
  readonly pid: () => number | undefined
  /** Kills the child without warning, for tests of recovery; it is started again. */
  readonly crash: () => void
  readonly stop: () => Promise<void>
}

const RESTART_MS_MIN = 100
const RESTART_MS_MAX = 2_000
/** A child that lived this long starts the pauses from the shortest again. */
const HEALTHY_MS = 60_000
/** Opening a large data directory loads its parts. */
const OPEN_MS_MAX = 120_000
/** The child of a killed engine ends as soon as it hears of it, and holds ClickHouse's lock of the folder until then: wait so long. */
const ORPHAN_MS_MAX = 15_000
const ORPHAN_RETRY_MS = 200
/** chDB's words for a folder that it cannot lock; it prints the reason itself. */
const LOCKED = /Failed to create connection/
/** Queries that run are ended with the child; its parts are safe at any moment. */
const STOP_MS_MAX = 5_000
/** chDB queries hold a libuv thread each: 4 of the engine, 4 of people, 1 that kills, and the file system's share. The default, 4, made inserts wait seconds. */
const UV_THREADS = 16

type Running = { readonly child: ChildProcess; readonly port: number; readonly since: number }

export const startEmbedded = async (options: EmbeddedOptions): Promise<Embedded> => {
  const secret = randomBytes(32).toString('hex')
  let stopping = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  let running = await startFirst(options, secret)
  const port = running.port

  const watch = (current: Running): void => {
    current.child.once('exit', (code, signal) => {
      if (stopping) return
      failures = Date.now() - current.since > HEALTHY_MS ? 0 : failures + 1
      again({ code, signal })
    })
  }
  const again = (exit: { code: number | null; signal: NodeJS.Signals | null }): void => {
    const restartInMs = Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** Math.min(failures, 10))
    options.onExit?.({ ...exit, restartInMs })
    timer = setTimeout(() => {
      startChild(options, port, secret).then(
        (next) => {
          running = next
          if (stopping) next.child.kill('SIGKILL')
          else watch(next)
        },
        () => {
          failures += 1
          if (!stopping) again({ code: 1, signal: null })
        },
      )
    }, restartInMs)
  }
  watch(running)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    username: ENGINE_USER,
    password: secret,
    pid: () => running.child.pid,
    crash: () => void running.child.kill('SIGKILL'),
    stop: async () => {
      stopping = true
      clearTimeout(timer)
      await stopChild(running.child)
    },
  }
}

const startFirst = async (options: EmbeddedOptions, secret: string): Promise<Running> => {
  for (const until = performance.now() + ORPHAN_MS_MAX; ;) {
    try {
      return await startChild(options, options.port, secret)
    } catch (error) {
      if (!LOCKED.test((error as Error).message) || performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, ORPHAN_RETRY_MS))
    }
  }
}

const startChild = (options: EmbeddedOptions, port: number, secret: string): Promise<Running> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [], {
      // Nothing of the engine's environment: chDB expands none of it, and a query must find no secret there.
      env: {
        PATH: process.env['PATH'] ?? '',
        UV_THREADPOOL_SIZE: String(UV_THREADS),
        TZ: 'UTC',
        ...(process.env['TMPDIR'] === undefined ? {} : { TMPDIR: process.env['TMPDIR'] }),
      },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    const post = (message: ToChild): void => {
      if (child.connected) child.send(message, () => undefined)
    }
    const give = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the embedded ClickHouse did not open within ${OPEN_MS_MAX / 1000} s`))
    }, OPEN_MS_MAX)
    const failed = (reason: string): void => {
      clearTimeout(give)
      reject(new Error(reason))
    }
    child.on('error', (error) => failed(`the embedded ClickHouse cannot be started: ${error.message}`))
    child.once('exit', (code, signal) => failed(`the embedded ClickHouse ended while it opened (${signal ?? code})`))
    child.on('message', (message: FromChild) => {
      if (message.kind === 'listening') {
        clearTimeout(give)
        resolve({ child, port: message.port, since: Date.now() })
      } else if (message.kind === 'failed') failed(message.message)
      else answer(options, message, post)
    })
    post({ kind: 'open', dataDir: options.dataDir, port, secret, peopleSecondsMax: options.peopleSecondsMax ?? PEOPLE_SECONDS_MAX })
  })

const answer = (options: EmbeddedOptions, message: FromChild, post: (message: ToChild) => void): void => {
  if (message.kind === 'authenticate') post({ kind: 'principal', id: message.id, principal: options.authenticate(message.hash) ?? null })
  else if (message.kind === 'refused') options.onRefused?.(message.reason)
  else if (message.kind === 'note') {
    options.noteQuery(message.note).then(
      () => post({ kind: 'noted', id: message.id, problem: null }),
      (error: unknown) => post({ kind: 'noted', id: message.id, problem: error instanceof Error ? error.message : String(error) }),
    )
  }
}

const stopChild = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    child.once('exit', () => {
      clearTimeout(kill)
      resolve()
    })
    if (child.connected) child.send({ kind: 'stop' } satisfies ToChild, () => undefined)
  })
