import type { LiveMessage } from '../../live/protocol.ts'
import type { Store } from './state.ts'

// The connection to /v1/live: opened, watched, and opened again from the last cursor, with growing pauses. Where the session is
// over, the person is asked to sign in. Silence counts as lost: stats come once a second.

const PAUSE_MS_MIN = 500
const PAUSE_MS_MAX = 10_000
/** Ten missing stats messages. */
const SILENCE_MS_MAX = 10_000
/** Close codes after which only a person can help: token revoked, policy. */
const FINAL_CODES: ReadonlySet<number> = new Set([1008, 4001])

export const openStream = (store: Store, onSignedOut: () => void): void => {
  let pause = PAUSE_MS_MIN
  let heardAt = performance.now()
  let socket: WebSocket | undefined

  const connect = (): void => {
    const url = new URL('/v1/live', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    if (store.state.cursor !== undefined) url.searchParams.set('since', store.state.cursor)
    const opened = new WebSocket(url)
    socket = opened
    heardAt = performance.now()
    opened.addEventListener('message', (event: MessageEvent<string>) => {
      heardAt = performance.now()
      pause = PAUSE_MS_MIN
      store.hear(JSON.parse(event.data) as LiveMessage)
    })
    opened.addEventListener('close', (event) => void lost(event.code))
  }
  const lost = async (code: number): Promise<void> => {
    store.change((state) => {
      state.connection = 'lost'
    })
    if (FINAL_CODES.has(code) || (await isSignedOut())) {
      onSignedOut()
      return
    }
    setTimeout(connect, pause * (0.75 + Math.random() / 2))
    pause = Math.min(PAUSE_MS_MAX, pause * 2)
  }
  setInterval(() => {
    if (socket?.readyState === WebSocket.OPEN && performance.now() - heardAt > SILENCE_MS_MAX) socket.close()
  }, 1_000)
  connect()
}

/** A WebSocket does not tell why it was refused; the page's own address does. */
const isSignedOut = async (): Promise<boolean> => {
  try {
    const response = await fetch('/page.css', { method: 'HEAD', cache: 'no-store' })
    return response.status === 401 || response.status === 403
  } catch {
    return false
  }
}
