import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

// A webhook's receiver: a real HTTP server that checks the signature as the standard says, not with the engine's code, and keeps what
// it was sent. It can be closed and opened again on its port, and answer as a test wants.

export type Received = {
  readonly id: string
  readonly at: number
  readonly body: { readonly type: string; readonly data: Readonly<Record<string, string>> }
  readonly signed: boolean
  readonly text: string
}
export type Receiver = {
  readonly url: string
  readonly received: Received[]
  /** What the next answers are; 200 unless it says otherwise. */
  answer: (received: Received) => number | 'never'
  readonly open: () => Promise<void>
  readonly close: () => Promise<void>
}

/** As in the page "Verifying webhooks" of Standard Webhooks. */
const isSigned = (secret: string, id: string, timestamp: string, body: string, signature: string): boolean => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const wanted = Buffer.from(createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'))
  return signature.split(' ').some((one) => {
    const [version, value = ''] = one.split(',')
    const given = Buffer.from(value)
    return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted)
  })
}

export const startReceiver = async (secret: () => string): Promise<Receiver> => {
  let server: Server | undefined
  let port = 0
  const received: Received[] = []
  const open = async (): Promise<void> => {
    const opened = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8').on('data', (part: string) => (text += part))
      request.on('end', () => {
        const header = (name: string): string => String(request.headers[name] ?? '')
        const id = header('webhook-id')
        const signed = isSigned(secret(), id, header('webhook-timestamp'), text, header('webhook-signature'))
        const one: Received = { id, at: performance.now(), body: JSON.parse(text), signed, text }
        received.push(one)
        const status = receiver.answer(one)
        if (status !== 'never') response.writeHead(status).end('thanks')
      })
    })
    await new Promise<void>((resolve, reject) => opened.once('error', reject).listen(port, '127.0.0.1', resolve))
    port = (opened.address() as AddressInfo).port
    server = opened
  }
  await open()
  const receiver: Receiver = {
    get url() {
      return `http://127.0.0.1:${port}/hooks/duty`
    },
    received,
    answer: () => 200,
    open,
    close: () =>
      new Promise<void>((resolve) => {
        server?.close(() => resolve())
        server?.closeAllConnections()
      }),
  }
  return receiver
}
