import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'

// Reaches into a worker thread of a process that was started with --inspect: through the protocol that Node's own debugger speaks, so
// that production code needs no hook for it.

type Target = { readonly webSocketDebuggerUrl: string }
type Message = { readonly id?: number; readonly method?: string; readonly params?: { readonly sessionId?: string } }
const WAIT_MS_MAX = 3_000

/** Evaluates in the n-th worker thread of the process whose inspector listens on `port`. False where there is none. */
export const evaluateInWorker = async (port: number, nth: number, expression: string): Promise<boolean> => {
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined)
  const [target] = answer?.ok === true ? ((await answer.json()) as readonly Target[]) : []
  if (target === undefined) return false
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  socket.on('error', () => undefined)
  const sessions: string[] = []
  let id = 0
  const send = (method: string, params: object): void => socket.send(JSON.stringify({ id: ++id, method, params }))
  await new Promise<void>((resolve) => {
    socket.once('open', resolve)
    socket.once('close', resolve)
  })
  socket.on('message', (data: Buffer) => {
    const { method, params } = JSON.parse(data.toString('utf8')) as Message
    if (method === 'NodeWorker.attachedToWorker' && params?.sessionId !== undefined) sessions.push(params.sessionId)
  })
  send('NodeWorker.enable', { waitForDebuggerOnStart: false })
  for (const until = performance.now() + WAIT_MS_MAX; sessions.length === 0 && performance.now() < until;) await sleep(20)
  await sleep(50)
  const sessionId = sessions[nth % Math.max(1, sessions.length)]
  if (sessionId !== undefined)
    send('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }) })
  await sleep(200)
  socket.close()
  return sessionId !== undefined
}
