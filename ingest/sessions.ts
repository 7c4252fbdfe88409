import { randomBytes } from 'node:crypto'
import { hashToken } from './credentials.ts'

// Sessions of people at the page: a cookie in place of a token, and one-time links that begin one. In memory: a restart signs
// everybody out. A session names a token by its hash and is looked up again at each request, so revoking the token ends it.

const SESSION_MS = 12 * 60 * 60_000
const LINK_MS = 10 * 60_000
/** More than the staff of any city; the oldest goes first. */
const SESSIONS_MAX = 10_000

export type Sessions = {
  /** A new session for the token with this hash: the cookie's value. */
  readonly begin: (tokenHash: string) => string
  /** The token's hash, or undefined where there is no such session (any more). */
  readonly tokenHashOf: (cookie: string) => string | undefined
  readonly end: (cookie: string) => void
  /** A code that begins one session, once, within ten minutes. */
  readonly mintCode: (tokenHash: string) => string
  readonly redeemCode: (code: string) => string | undefined
}

type Held = { readonly tokenHash: string; readonly until: number }

export const createSessions = (clock: () => number): Sessions => {
  const sessions = new Map<string, Held>()
  const links = new Map<string, Held>()
  const put = (store: Map<string, Held>, tokenHash: string, ms: number): string => {
    const secret = randomBytes(32).toString('base64url')
    store.set(hashToken(secret), { tokenHash, until: clock() + ms })
    if (store.size > SESSIONS_MAX) store.delete(store.keys().next().value as string)
    return secret
  }
  const get = (store: Map<string, Held>, secret: string): string | undefined => {
    const key = hashToken(secret)
    const held = store.get(key)
    if (held === undefined) return undefined
    if (held.until > clock()) return held.tokenHash
    store.delete(key)
    return undefined
  }
  return {
    begin: (tokenHash) => put(sessions, tokenHash, SESSION_MS),
    tokenHashOf: (cookie) => get(sessions, cookie),
    end: (cookie) => void sessions.delete(hashToken(cookie)),
    mintCode: (tokenHash) => put(links, tokenHash, LINK_MS),
    redeemCode: (code) => {
      const tokenHash = get(links, code)
      links.delete(hashToken(code))
      return tokenHash
    },
  }
}
