import type { FastifyInstance } from 'fastify'
import type { Principal } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Batcher } from './batcher.ts'
import type { Pressure } from './gate.ts'
import type { IngestEmit } from './happenings.ts'
import { Problem } from './problem.ts'

// GET /v1/events as a WebSocket: each binary message is an EventBatch, each is answered by one Receipt, in order. A message that
// is no EventBatch ends the connection (1007) once those before it have been answered; a socket that runs ahead is not read.

/** Messages of one socket without a receipt. Enough to fill two tasks; more would only wait in the queue. */
const IN_FLIGHT_MAX = 64
const IN_FLIGHT_BYTES_MAX = 16 * 1024 * 1024
/** A receiver that does not take its receipts is not read either. */
const UNSENT_BYTES_MAX = 1024 * 1024
const PRESSURE_CHECK_MS = 100
/** RFC 6455: 1003 unsupported data, 1007 invalid payload, 1008 policy, 1009 too big, 1011 internal error, 1013 try again later. */
const CLOSE = { text: 1003, malformed: 1007, revoked: 1008, tooLarge: 1009, internal: 1011, later: 1013 } as const
/** A close reason is at most 123 bytes. */
const REASON_MAX = 120

export type EventsSocketDeps = { readonly batcher: Batcher; readonly machine: Machine; readonly pressure: () => Pressure | null; readonly emit: IngestEmit }
type Socket = {
  readonly bufferedAmount: number
  readonly send: (data: Uint8Array, sent?: () => void) => void
  readonly close: (code: number, reason: string) => void
  readonly pause: () => void
  readonly resume: () => void
  readonly on: ((event: 'message', listener: (data: Buffer, binary: boolean) => void) => void) & ((event: 'close', listener: (code: number) => void) => void)
}

export const registerEventsSocket = (app: FastifyInstance, deps: EventsSocketDeps): void => {
  app.get('/v1/events', { websocket: true }, (socket, request) => serve(socket as unknown as Socket, deps, request.principal as Principal, request.tokenHash))
}

const serve = (socket: Socket, deps: EventsSocketDeps, opened: Principal, tokenHash: string): void => {
  let messages = 0
  let bytes = 0
  let ended = false
  let tail: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  deps.emit({ kind: 'socket-opened' })
  const end = (code: number, reason: string): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    socket.close(code, reason.slice(0, REASON_MAX))
  }
  const read = (): void => {
    clearTimeout(timer)
    if (ended) return
    const behind = deps.pressure() !== null
    if (!behind && messages < IN_FLIGHT_MAX && bytes < IN_FLIGHT_BYTES_MAX && socket.bufferedAmount < UNSENT_BYTES_MAX) return socket.resume()
    socket.pause()
    if (behind || socket.bufferedAmount >= UNSENT_BYTES_MAX) timer = setTimeout(read, PRESSURE_CHECK_MS)
  }
  const answer = async (size: number, answered: ReturnType<Batcher['submit']>): Promise<void> => {
    try {
      const { receipt } = await answered
      if (!ended) socket.send(receipt, read)
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem('internal', 'the engine failed')
      if (!ended) deps.emit({ kind: 'request-refused', code: problem.code, status: problem.statusCode, route: 'GET /v1/events', detail: problem.message })
      end(closeCode(problem), problem.where === undefined ? problem.message : `${problem.where}: ${problem.message}`)
    }
    messages--
    bytes -= size
    read()
  }
  socket.on('message', (data, binary) => {
    if (ended) return
    if (!binary) return end(CLOSE.text, 'an EventBatch is a binary message')
    const principal = deps.machine.tokenByHash(tokenHash)
    if (principal?.tokenNo !== opened.tokenNo) return end(CLOSE.revoked, 'the token was revoked')
    messages++
    bytes += data.length
    const answered = deps.batcher.submit({ bytes: data, encoding: 'identity', principal })
    answered.catch(() => undefined)
    tail = tail.then(() => answer(data.length, answered))
    read()
  })
  socket.on('close', (code) => {
    ended = true
    clearTimeout(timer)
    deps.emit({ kind: 'socket-closed', code })
  })
}

const closeCode = (problem: Problem): number => {
  if (problem.code === 'malformed') return CLOSE.malformed
  if (problem.code === 'too-large') return CLOSE.tooLarge
  return problem.code === 'internal' ? CLOSE.internal : CLOSE.later
}
