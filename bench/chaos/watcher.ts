import WebSocket from 'ws'
import type { Target } from '../target.ts'

// A live subscriber through everything: it joins again from its cursor whenever it is cut off, and keeps what it was told: which
// alarms there are, how often each was told as raised. What it joins with may be a snapshot: then it replaces what is open.

export type Watcher = {
  /** Ids of alarms told of at all. */
  readonly seen: ReadonlySet<string>
  /** Ids told as raised more than once by different rounds. */
  readonly twice: ReadonlySet<string>
  readonly joined: () => { readonly resumed: number; readonly anew: number }
  readonly close: () => void
}
type Alarm = { readonly id: string; readonly raisedAt?: unknown }
type Message = {
  readonly type?: string
  readonly cursor?: string
  readonly resumed?: boolean
  readonly step?: string
  readonly alarm?: Alarm
  readonly alarms?: readonly Alarm[]
}
const AGAIN_MS = 200

export const startWatcher = (target: () => Target | undefined): Watcher => {
  const seen = new Set<string>()
  const twice = new Set<string>()
  /** Id → the cursor at which it was told as raised. */
  const raisedAt = new Map<string, string>()
  const counts = { resumed: 0, anew: 0 }
  let cursor: string | undefined
  let closed = false
  let socket: WebSocket | undefined
  const take = (message: Message): void => {
    if (message.type === 'hello') counts[message.resumed === true ? 'resumed' : 'anew'] += 1
    for (const { id } of message.alarms ?? []) seen.add(id)
    if (message.type === 'alarm' && message.alarm !== undefined) {
      const { id } = message.alarm
      seen.add(id)
      if (message.step === 'raised') {
        const before = raisedAt.get(id)
        // A round that was cut in the middle comes again whole, under the cursor that it had (docs/live.md).
        if (before !== undefined && before !== message.cursor) twice.add(id)
        raisedAt.set(id, message.cursor ?? '')
      }
    }
    if (message.cursor !== undefined && message.type !== 'hello') cursor = message.cursor
  }
  const join = (): void => {
    if (closed) return
    const at = target()
    if (at === undefined) {
      setTimeout(join, AGAIN_MS)
      return
    }
    const since = cursor === undefined ? '' : `&since=${encodeURIComponent(cursor)}`
    socket = new WebSocket(`${at.url.replace(/^http/, 'ws')}/v1/live?topics=alarms&format=json${since}`, {
      headers: { authorization: `Bearer ${at.token('operator')}` },
      handshakeTimeout: 5_000,
    })
    socket.on('message', (data: Buffer) => take(JSON.parse(data.toString('utf8')) as Message))
    socket.on('error', () => undefined)
    socket.on('close', () => void setTimeout(join, AGAIN_MS))
  }
  join()
  return {
    seen,
    twice,
    joined: () => counts,
    close: () => {
      closed = true
      socket?.close()
    },
  }
}
