// Sends EventBatch bytes and returns receipts, over HTTP keep-alive or a WebSocket. What has no receipt is sent again: that is
// always safe, because the engine recognises (seal, boot, seq). Refusals that repeating cannot mend are errors.

import type { Agent } from 'node:http'
import WebSocket from 'ws'
import { wire } from '../proto/wire.ts'
import { call, errorCode, problemText, type Reply } from './http.ts'
import { CommandError } from './target.ts'

export type Receipt = {
  readonly accepted: number
  readonly rejected: number
  readonly rejections: readonly { readonly index: number; readonly reason: number }[]
}
export type Sender = {
  readonly send: (batch: Uint8Array) => Promise<Receipt>
  /** Times a batch had to be sent again. */
  readonly retries: () => number
  readonly close: () => void
}
export type SenderOptions = { readonly url: string; readonly token: string; readonly agent?: Agent; readonly patienceMs?: number }

/** How long one batch is tried before the sender gives up: longer than a restart of the engine with its recovery. */
const PATIENCE_MS = 120_000
const PAUSE_MS_FIRST = 20
const PAUSE_MS_MAX = 2_000
const CONNECTION_ERRORS: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_SOCKET'])

export const decodeReceipt = (bytes: Uint8Array): Receipt => {
  const receipt = wire.Receipt.decode(bytes)
  return {
    accepted: Number(receipt.accepted),
    rejected: Number(receipt.rejected),
    rejections: (receipt.rejections ?? []).map(({ index, reason }) => ({ index: index ?? 0, reason: reason ?? 0 })),
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const httpSender = ({ url, token, agent, patienceMs = PATIENCE_MS }: SenderOptions): Sender => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' }
  let retries = 0
  const attempt = async (batch: Uint8Array): Promise<Reply | undefined> => {
    try {
      return await call({ method: 'POST', url: `${url}/v1/events`, headers, body: batch }, agent)
    } catch (error) {
      if (!CONNECTION_ERRORS.has(errorCode(error))) throw error
      return undefined
    }
  }
  const send = async (batch: Uint8Array): Promise<Receipt> => {
    const until = performance.now() + patienceMs
    for (let wait = PAUSE_MS_FIRST; ; wait = Math.min(wait * 2, PAUSE_MS_MAX)) {
      const reply = await attempt(batch)
      if (reply?.status === 200) return decodeReceipt(reply.body)
      if (reply !== undefined && reply.status !== 503 && reply.status !== 429) throw refused(reply)
      if (performance.now() > until)
        throw new CommandError(`${url}: no receipt within ${patienceMs / 1000} s (${reply === undefined ? 'nobody answers' : `status ${reply.status}`})`)
      retries++
      await pause(Math.max(wait, Math.min(reply?.retryAfterMs ?? 0, PAUSE_MS_MAX)))
    }
  }
  return { send, retries: () => retries, close: () => agent?.destroy() }
}

const refused = (reply: Reply): CommandError => {
  const text = reply.body.toString('utf8')
  let value: unknown = text
  try {
    value = JSON.parse(text)
  } catch {
    // Not a problem document; its text says what there is to say.
  }
  return new CommandError(`/v1/events refused the batch: ${problemText({ status: reply.status, value })}`)
}

type Waiting = { readonly batch: Uint8Array; readonly resolve: (receipt: Receipt) => void; readonly reject: (error: unknown) => void }

/** One socket; receipts come in the order of the batches. After a break, everything without a receipt is sent again, in order. */
export const socketSender = ({ url, token, patienceMs = PATIENCE_MS }: SenderOptions): Sender => {
  const waiting: Waiting[] = []
  let socket: WebSocket | undefined
  let retries = 0
  let closed = false
  let wait = PAUSE_MS_FIRST
  let brokenSince = performance.now()

  const open = (): void => {
    const opening = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/events`, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false })
    opening.binaryType = 'nodebuffer'
    opening.on('open', () => {
      socket = opening
      for (const { batch } of waiting) opening.send(batch)
    })
    opening.on('message', (data: Buffer) => {
      wait = PAUSE_MS_FIRST
      brokenSince = performance.now()
      waiting.shift()?.resolve(decodeReceipt(data))
    })
    opening.on('error', () => undefined)
    opening.on('close', (code, reason) => lost(code, reason.toString()))
  }
  const lost = (code: number, reason: string): void => {
    if (socket !== undefined) brokenSince = performance.now()
    socket = undefined
    if (closed) return
    if (code === 1008 || code === 1003 || code === 1007 || performance.now() - brokenSince > patienceMs) {
      for (const { reject } of waiting.splice(0)) reject(new CommandError(`/v1/events closed the socket: ${code} ${reason}`))
      return
    }
    retries += waiting.length
    setTimeout(open, wait)
    wait = Math.min(wait * 2, PAUSE_MS_MAX)
  }
  open()
  return {
    send: (batch) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject })
        socket?.send(batch)
      }),
    retries: () => retries,
    close: () => {
      closed = true
      socket?.close()
    },
  }
}
