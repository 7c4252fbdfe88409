import { createServer, connect, type Server, type Socket } from 'node:net'

// A fault proxy on loopback between the engine and ClickHouse: bytes go through, or the connection is refused, answered with an error
// of HTTP, left hanging, or cut after the request has gone through and before its answer has.

export const PROXY_MODES = ['pass', 'refuse', 'error', 'hang', 'cut'] as const
export type ProxyMode = (typeof PROXY_MODES)[number]
export type FaultProxy = {
  readonly port: number
  readonly set: (mode: ProxyMode) => void
  /** Connections that met a mode other than `pass`. */
  readonly faults: () => number
  readonly close: () => Promise<void>
}

const ERROR = 'HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: 29\r\nconnection: close\r\n\r\nCode: 999. a fault of the test'

export const startProxy = async (targetPort: number): Promise<FaultProxy> => {
  let mode: ProxyMode = 'pass'
  let faults = 0
  const open = new Set<Socket>()
  const server: Server = createServer((client) => {
    open.add(client)
    client.on('error', () => undefined)
    client.on('close', () => open.delete(client))
    if (mode === 'refuse') {
      faults += 1
      client.resetAndDestroy()
      return
    }
    const upstream = connect(targetPort, '127.0.0.1')
    open.add(upstream)
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => {
      open.delete(upstream)
      client.destroy()
    })
    client.on('close', () => upstream.destroy())
    client.on('data', (bytes) => {
      if (mode === 'error') {
        faults += 1
        client.end(ERROR)
      } else if (mode === 'hang') faults += 1
      else if (mode === 'refuse') client.resetAndDestroy()
      else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (mode === 'cut') {
        faults += 1
        client.resetAndDestroy()
      } else if (mode === 'pass') client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    set: (next) => {
      mode = next
      // What hangs would hang for ever: the engine's client then sees the end of it.
      if (next === 'pass') for (const socket of open) socket.destroy()
    },
    faults: () => faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
