// An engine process of our own, for simulate, bench and demo: the real `serve` on free ports and a data folder, stopped by
// SIGTERM. What it writes to standard error is kept (the last lines) to say why it did not start.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { call } from './http.ts'
import { CommandError, resolveTarget, type Target } from './target.ts'

export type OwnEngine = {
  readonly target: Target
  readonly pid: number
  readonly dataDir: string
  /** Resolves with what is to be said, if the process ends before it is stopped. */
  readonly ended: Promise<string>
  /** Stops it and, unless it is to be kept, deletes its data. */
  readonly stop: () => Promise<void>
}
export type EngineOptions = {
  readonly dataDir: string
  readonly keep: boolean
  readonly flags?: readonly string[]
  readonly onLog?: (line: string) => void
  readonly detached?: boolean
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
  /** Any free one unless given. */
  readonly port?: number
  /** Called as soon as the process is there, long before it is ready. */
  readonly onSpawn?: (pid: number) => void
}

/** Time to open ClickHouse and create its tables on a slow disk. */
const READY_MS_MAX = 60_000
/** Time to end the open block, wait for ClickHouse and write a snapshot. */
const STOP_MS_MAX = 30_000
const LINES_KEPT = 20
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))

/** A new folder on the disk of the working directory: /tmp may be memory, and a measurement would then be of no disk. */
export const scratchDir = (name: string): string => mkdtempSync(join(process.cwd(), `.sealstream-${name}-`))

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })

export const startEngine = async ({
  dataDir,
  keep,
  flags = [],
  onLog,
  detached = false,
  nodeArgs = [],
  onSpawn,
  port: wanted,
}: EngineOptions): Promise<OwnEngine> => {
  const [port, clickhousePort] = [wanted ?? (await freePort()), await freePort()]
  const child = spawn(
    process.execPath,
    [...nodeArgs, MAIN, 'serve', '--data', dataDir, '--port', String(port), '--clickhouse-port', String(clickhousePort), ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'], detached },
  )
  onSpawn?.(child.pid ?? 0)
  const lines: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line === '') continue
      lines.push(line)
      if (lines.length > LINES_KEPT) lines.shift()
      onLog?.(line)
    }
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`the engine did not start: ${error.message}`))
    child.once('exit', (code, signal) => resolve(`the engine ended (${signal ?? `status ${code}`})${lines.length > 0 ? `:\n  ${lines.join('\n  ')}` : ''}`))
  })
  const stop = async (): Promise<void> => {
    await stopChild(child)
    if (!keep) rmSync(dataDir, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await Promise.race([ready(url), ended.then((why) => Promise.reject(new CommandError(why)))])
  } catch (error) {
    await stop()
    throw error
  }
  return { target: resolveTarget({ url, clickhouseUrl: `http://127.0.0.1:${clickhousePort}`, data: dataDir }, {}), pid: child.pid ?? 0, dataDir, ended, stop }
}

const ready = async (url: string): Promise<void> => {
  const until = performance.now() + READY_MS_MAX
  while (performance.now() < until) {
    const answer = await call({ url: `${url}/readyz`, timeoutMs: 2_000 }).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new CommandError(`the engine at ${url} was not ready within ${READY_MS_MAX / 1000} s`)
}

const stopChild = (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
