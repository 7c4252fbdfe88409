import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROLES, type Role } from '../core/ops.ts'

// The first start's tokens, one of each role for all areas, in DIR/credentials.json (mode 600). They are never printed or
// logged. The file is there before the log learns of the hashes, so a kill in between loses no token.

export type Credentials = Readonly<Record<Role, string>>

/** 256 random bits, with a prefix by which secret scanners can know it. */
export const mintToken = (): string => `seal_${randomBytes(32).toString('base64url')}`
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Reads the credentials, or makes them where there are none. Throws where the file is there but is not what it should be. */
export const ensureCredentials = (dir: string): Credentials => {
  const path = join(dir, 'credentials.json')
  if (existsSync(path)) return readCredentials(path)
  const minted = Object.fromEntries(ROLES.map((role) => [role, mintToken()]))
  writeFileSync(`${path}.tmp`, `${JSON.stringify(minted, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(`${path}.tmp`, path)
  return minted as Credentials
}

const readCredentials = (path: string): Credentials => {
  const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof read !== 'object' || read === null) throw new TypeError(`${path}: not an object of tokens by role`)
  for (const role of ROLES) {
    if (typeof (read as Record<string, unknown>)[role] !== 'string') throw new TypeError(`${path}: no token for ${role}`)
  }
  return read as Credentials
}
