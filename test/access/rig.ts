import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebSocket from 'ws'
import { startEngine, type OwnEngine } from '../../bench/engine.ts'
import { clickhouseRows } from '../../bench/http.ts'
import { ROLES, type Role } from '../../core/ops.ts'
import { wire } from '../../proto/wire.ts'

// One real engine process (`serve` on free ports, embedded ClickHouse behind it) as seen from outside: nothing here knows more
// than a client does. Tokens and sites are made through the API itself.

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string; readonly json: any }
export type Ask = {
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly type?: string
  readonly timeoutMs?: number
}
export type Rig = {
  readonly engine: OwnEngine
  /** Lines of the engine's log that say error or worse. */
  readonly complaints: readonly string[]
  readonly url: string
  readonly tokens: Readonly<Record<Role, string>>
  readonly ask: (method: string, path: string, ask?: Ask) => Promise<Answer>
  readonly addToken: (name: string, role: Role, areas: readonly string[]) => Promise<string>
  /** Registers residences, one seal each. */
  readonly addSites: (sites: readonly (readonly [site: string, area: string, seal: number])[]) => Promise<void>
  readonly send: (token: string, events: readonly Sent[]) => Promise<{ readonly status: number; readonly json: any }>
  /** Sends TAMPERED by a seal and gives the id of the alarm. */
  readonly raise: (seal: number) => Promise<string>
  /** A statement through the people's door, as it answers. */
  readonly sql: (statement: string, token?: string, timeoutMs?: number) => Promise<{ readonly status: number; readonly text: string }>
  readonly rows: <T>(statement: string) => Promise<readonly T[]>
  /** Sum of a counter's samples, or of those that hold `label`. */
  readonly metric: (name: string, label?: string) => Promise<number>
  readonly stop: () => Promise<void>
}
export type Sent = { readonly seal: number; readonly kind: number; readonly value?: number; readonly timeMs?: number }

export const KIND = { passageIn: 1, passageOut: 2, opened: 3, closed: 4, tampered: 5, restored: 6, heartbeat: 9 } as const
export const sealText = (seal: number): string => seal.toString(16).padStart(16, '0')
export const HOUR = 3_600_000
export const siteLine = (site: string, area: string, seal: number, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  site,
  area,
  kind: 'residence',
  headcount: 3,
  capacity: null,
  inside: null,
  observation: { from: new Date(Date.now() - 24 * HOUR).toISOString(), until: new Date(Date.now() + 24 * HOUR).toISOString() },
  seals: [sealText(seal)],
  ...more,
})

let seq = 0
export const batchOf = (events: readonly Sent[]): Buffer =>
  Buffer.from(
    wire.EventBatch.encode({
      events: events.map(({ seal, kind, value = 0, timeMs = Date.now() }) => ({ sealId: seal, timeMs, boot: 1, seq: ++seq, kind, value })),
    }).finish(),
  )

export const startRig = async (flags: readonly string[] = []): Promise<Rig> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sealstream-access-'))
  const complaints: string[] = []
  const engine = await startEngine({
    dataDir,
    keep: false,
    flags: ['--snapshot-ms', '3600000', ...flags],
    onLog: (line) => void complaints.push(...(/"level":[56]0/.test(line) ? [line] : [])),
  }).catch((error: unknown) => {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  })
  const { url } = engine.target
  const tokens = Object.fromEntries(ROLES.map((role) => [role, engine.target.token(role)])) as Record<Role, string>
  const ask: Rig['ask'] = (method, path, options = {}) => askOf(url, method, path, options)
  const must = async (answer: Promise<Answer>, status: number): Promise<Answer> => {
    const got = await answer
    if (got.status !== status) throw new Error(`wanted ${status}, got ${got.status} ${got.text}`)
    return got
  }
  const send: Rig['send'] = async (token, events) =>
    ask('POST', '/v1/events', { token, type: 'application/x-protobuf', body: batchOf(events), headers: { accept: 'application/json' } })
  return {
    engine,
    url,
    complaints,
    tokens,
    ask,
    send,
    addToken: async (name, role, areas) => (await must(ask('POST', '/v1/tokens', { token: tokens.admin, body: { name, role, areas } }), 201)).json.token,
    addSites: async (sites) => {
      const body = sites.map(([site, area, seal]) => JSON.stringify(siteLine(site, area, seal))).join('\n')
      const { json } = await must(ask('POST', '/v1/sites/import', { token: tokens.admin, type: 'application/x-ndjson', body }), 200)
      if (json.created !== sites.length) throw new Error(`import: ${JSON.stringify(json)}`)
    },
    raise: async (seal) => {
      await send(tokens.sender, [{ seal, kind: KIND.tampered, value: 1 }])
      const found = await eventually(async () => {
        const { json } = await ask('GET', '/v1/alarms?kind=tamper&limit=1000', { token: tokens.admin })
        return json.items.find((alarm: { seal: string }) => alarm.seal === sealText(seal))
      })
      return found.id
    },
    sql: async (statement, token = tokens.analyst, timeoutMs = 20_000) => {
      const answer = await askOf(engine.target.clickhouseUrl, 'POST', '/', {
        timeoutMs,
        body: statement,
        type: 'text/plain',
        headers: { authorization: `Basic ${Buffer.from(`analyst:${token}`).toString('base64')}` },
      })
      return { status: answer.status, text: answer.text }
    },
    rows: (statement) => clickhouseRows(engine.target, statement),
    metric: async (name, label = '') => {
      const { text } = await must(ask('GET', '/metrics', { token: tokens.sre }), 200)
      return text
        .split('\n')
        .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },
    stop: engine.stop,
  }
}

const askOf = (base: string, method: string, path: string, { token, headers = {}, body, type, timeoutMs = 20_000 }: Ask): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const sent = httpRequest(
      new URL(base).origin,
      {
        method,
        path,
        agent: false,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === undefined ? {} : { 'content-type': type ?? 'application/json', 'content-length': String(Buffer.byteLength(bytes)) }),
          ...headers,
        },
        timeout: timeoutMs,
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) })
        })
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within ${timeoutMs / 1000} s`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the contract promises of every refusal. */
export const problemFlaws = ({ status, headers, json }: Answer): string[] => {
  const flaws: string[] = []
  if (!(headers['content-type'] ?? '').startsWith('application/problem+json')) flaws.push(`content-type ${headers['content-type']}`)
  if (typeof json !== 'object' || json === null) return [...flaws, 'no JSON']
  for (const field of ['type', 'title', 'detail']) if (typeof json[field] !== 'string' || json[field] === '') flaws.push(`no ${field}`)
  if (json.status !== status) flaws.push(`status ${json.status} in the document, ${status} on the wire`)
  if ((status === 429 || status === 503) && headers['retry-after'] === undefined) flaws.push('no Retry-After')
  return flaws
}

const EVENTUALLY_MS_MAX = 15_000
/** The first value that is not undefined; a complaint when none comes. */
export const eventually = async <T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  const until = Date.now() + EVENTUALLY_MS_MAX
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > until) throw new Error(`nothing within ${EVENTUALLY_MS_MAX / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export type Socket = {
  readonly socket: WebSocket
  readonly messages: any[]
  readonly binary: Buffer[]
  /** 101, or the status of the refusal. */
  readonly opened: Promise<number>
  readonly refusal: Promise<Answer | undefined>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}
export const openSocket = (
  url: string,
  path: string,
  options: { readonly token?: string | undefined; readonly headers?: Readonly<Record<string, string>>; readonly protocols?: readonly string[] } = {},
): Socket => {
  const headers = { ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }), ...options.headers }
  const socket = new WebSocket(url.replace('http', 'ws') + path, [...(options.protocols ?? [])], { headers, perMessageDeflate: false })
  const messages: unknown[] = []
  const binary: Buffer[] = []
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) binary.push(data)
    else messages.push(JSON.parse(data.toString()))
  })
  socket.on('error', () => undefined)
  const refusal = new Promise<Answer | undefined>((resolve) => {
    socket.once('open', () => resolve(undefined))
    socket.once('unexpected-response', (_request, response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) })
        socket.terminate()
      })
    })
  })
  return {
    socket,
    messages,
    binary,
    refusal,
    opened: refusal.then((answer) => answer?.status ?? 101),
    closed: new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))),
  }
}
