// Which engine a command talks to, and as whom: `--url` and `--token`, or both through `--data DIR`, in that order; then the
// environment. Tokens are read from DIR/credentials.json when needed and never printed.
// A running engine describes itself in DIR/engine.json; it is removed at a clean stop.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Role } from '../core/ops.ts'

export type TargetFlags = {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly data?: string | undefined
  readonly clickhouseUrl?: string | undefined
}
export type Target = {
  readonly url: string
  readonly clickhouseUrl: string
  readonly dataDir: string | undefined
  /** The token to act with in this role. Throws a {@link CommandError} that says where it was looked for. */
  readonly token: (role: Role) => string
}
export type EngineFile = { readonly url: string; readonly clickhouseUrl: string; readonly pid: number }

/** Something the person who typed the command can mend; its message is all that is printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

const ENGINE_FILE = 'engine.json'
/** Called by `serve` once its ports are open. */
export const writeEngineFile = (dataDir: string, engine: EngineFile): void => writeFileSync(join(dataDir, ENGINE_FILE), `${JSON.stringify(engine)}\n`)
/** Called by `serve` at a clean stop. */
export const removeEngineFile = (dataDir: string): void => rmSync(join(dataDir, ENGINE_FILE), { force: true })
/** Undefined where no engine has described itself there. */
export const readEngineFile = (dataDir: string): EngineFile | undefined => {
  const read = readJson(join(dataDir, ENGINE_FILE))
  if (read === undefined) return undefined
  const { url, clickhouseUrl, pid } = read
  return typeof url === 'string' && typeof clickhouseUrl === 'string' && typeof pid === 'number' ? { url, clickhouseUrl, pid } : undefined
}

const readJson = (path: string): Record<string, unknown> | undefined => {
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The engine's own defaults: what a command finds when nothing is said. */
const DEFAULTS = { url: 'http://127.0.0.1:8080', clickhouseUrl: 'http://127.0.0.1:8123', data: './data' }

export const resolveTarget = (flags: TargetFlags, environment: Readonly<Record<string, string | undefined>>): Target => {
  const dataDir = flags.data ?? environment['SEALSTREAM_DATA'] ?? DEFAULTS.data
  const running = readEngineFile(dataDir)
  const plain = (url: string): string => url.replace(/\/+$/, '')
  const given = flags.token ?? environment['SEALSTREAM_TOKEN']
  return {
    url: plain(flags.url ?? environment['SEALSTREAM_URL'] ?? running?.url ?? DEFAULTS.url),
    clickhouseUrl: plain(flags.clickhouseUrl ?? running?.clickhouseUrl ?? DEFAULTS.clickhouseUrl),
    dataDir,
    token: (role) => given ?? tokenIn(dataDir, role),
  }
}

const tokenIn = (dataDir: string, role: Role): string => {
  const path = join(dataDir, 'credentials.json')
  const token = readJson(path)?.[role]
  if (typeof token !== 'string') {
    throw new CommandError(
      `no token: ${path} has no "${role}". Give --data DIR (the engine's data folder), or --token, or set SEALSTREAM_DATA or SEALSTREAM_TOKEN`,
    )
  }
  return token
}
