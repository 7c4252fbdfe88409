// One keep-alive HTTP client for all commands, on node:http: a request, its bytes back. Retries live one level up, where it is
// known whether sending again is safe.

import { Agent, request as httpRequest } from 'node:http'
import { CommandError, type Target } from './target.ts'
import type { Role } from '../core/ops.ts'

export type Reply = { readonly status: number; readonly body: Buffer; readonly retryAfterMs: number }
export type Call = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly timeoutMs?: number
}

/** Long enough for a flush behind a busy disk; a request that hangs longer is given up and, for events, sent again. */
const TIMEOUT_MS = 30_000

export const createAgent = (connections: number): Agent => new Agent({ keepAlive: true, maxSockets: connections })
const sharedAgent = createAgent(64)

export const call = ({ method = 'GET', url, headers = {}, body, timeoutMs = TIMEOUT_MS }: Call, agent: Agent = sharedAgent): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const sent = httpRequest(url, { method, agent, headers: { ...headers, 'content-length': String(length) }, timeout: timeoutMs }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts), retryAfterMs: retryAfter(response.headers['retry-after']) }),
      )
    })
    sent.on('timeout', () => sent.destroy(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })))
    sent.on('error', reject)
    sent.end(body)
  })

const retryAfter = (header: string | undefined): number => {
  const seconds = Number(header)
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 0
}

export type Answer = { readonly status: number; readonly value: unknown }

/** A JSON call of the engine's API; any status is an answer. Throws CommandError where nobody answers. */
export const api = async (
  target: Target,
  role: Role,
  {
    method,
    path,
    json,
    text,
    headers: more = {},
    timeoutMs,
  }: {
    method?: Call['method']
    path: string
    json?: unknown
    text?: { type: string; body: string }
    headers?: Readonly<Record<string, string>>
    timeoutMs?: number
  },
): Promise<Answer> => {
  const body = text?.body ?? (json === undefined ? undefined : JSON.stringify(json))
  const headers: Record<string, string> = { ...more, authorization: `Bearer ${target.token(role)}` }
  if (body !== undefined) headers['content-type'] = text?.type ?? 'application/json'
  const reply = await reached(
    target.url,
    call({
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      url: target.url + path,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }),
  )
  return { status: reply.status, value: parse(reply.body.toString('utf8')) }
}

/** As {@link api}, but anything other than 2xx is a CommandError that carries the problem document's words. */
export const apiOk = async (target: Target, role: Role, what: Parameters<typeof api>[2]): Promise<unknown> => {
  const answer = await api(target, role, what)
  if (answer.status < 200 || answer.status > 299) throw new CommandError(`${what.path}: ${problemText(answer)}`)
  return answer.value
}

export const problemText = ({ status, value }: Answer): string => {
  const problem = (typeof value === 'object' && value !== null ? value : {}) as { title?: string; detail?: string }
  return `${status}${problem.title === undefined ? '' : ` ${problem.title}`}${problem.detail === undefined ? '' : `: ${problem.detail}`}${typeof value === 'string' && value !== '' ? `: ${value.slice(0, 400)}` : ''}`
}

/** A statement through the people's door of ClickHouse's HTTP interface; the answer's text. */
export const clickhouse = async (target: Target, sql: string, timeoutMs = 60_000): Promise<string> =>
  (await clickhouseBytes(target, sql, timeoutMs)).toString('utf8')

/** … its bytes, for a format that is not text. */
export const clickhouseBytes = async (target: Target, sql: string, timeoutMs = 60_000): Promise<Buffer> => {
  const authorization = `Basic ${Buffer.from(`analyst:${target.token('analyst')}`).toString('base64')}`
  const reply = await reached(target.clickhouseUrl, call({ method: 'POST', url: `${target.clickhouseUrl}/`, headers: { authorization }, body: sql, timeoutMs }))
  if (reply.status !== 200) throw new CommandError(`ClickHouse: ${reply.status}: ${reply.body.toString('utf8').trim().slice(0, 1000)}`)
  return reply.body
}

/** The rows of a statement that ends in no FORMAT. */
export const clickhouseRows = async <T>(target: Target, sql: string): Promise<readonly T[]> => {
  const text = await clickhouse(target, `${sql} FORMAT JSONEachRow`)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

const parse = (text: string): unknown => {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const errorCode = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

const reached = async (url: string, reply: Promise<Reply>): Promise<Reply> => {
  try {
    return await reply
  } catch (error) {
    throw new CommandError(`nobody answers at ${url} (${errorCode(error) || String(error)}). Is the engine running? Give --url, or --data with its data folder`)
  }
}
