import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createGunzip, createGzip, createInflate, type Gunzip } from 'node:zlib'
import type { Readable } from 'node:stream'
import { ClickHouseError } from './errors.ts'

// ClickHouse's HTTP interface, the part that is about HTTP: who asks, what for, in which format, and how answers and errors look.
// https://clickhouse.com/docs/en/interfaces/http

export type Asked = {
  readonly user: string
  readonly password: string
  readonly database: string
  readonly queryId: string
  /** The statement in the URL; the body then is data. Undefined: the body is the statement. */
  readonly urlQuery: string | undefined
  readonly format: string
  readonly settings: ReadonlyMap<string, string>
  readonly parameters: ReadonlyMap<string, string>
  readonly gzip: boolean
}

/** URL parameters that are the protocol's, not settings. */
const PROTOCOL = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'session_id',
  'session_timeout',
  'session_check',
  'compress',
  'decompress',
  'role',
  'quota_key',
  'buffer_size',
  'wait_end_of_query',
])

export const readAsked = (request: IncomingMessage): Asked => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const header = (name: string): string => String(request.headers[name] ?? '')
  const [user, password] = credentials(url, header)
  const settings = new Map<string, string>()
  const parameters = new Map<string, string>()
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) parameters.set(name.slice(6), value)
    else if (!PROTOCOL.has(name)) settings.set(name, value)
  }
  if (url.searchParams.get('compress') === '1' || url.searchParams.get('decompress') === '1')
    throw new ClickHouseError(36, 'BAD_ARGUMENTS', 'native compression is not spoken here; use gzip')
  return {
    user,
    password,
    settings,
    parameters,
    database: url.searchParams.get('database') ?? header('x-clickhouse-database'),
    queryId: (url.searchParams.get('query_id') ?? '').slice(0, 100),
    urlQuery: url.searchParams.get('query') ?? undefined,
    format: url.searchParams.get('default_format') ?? (header('x-clickhouse-format') || 'TabSeparated'),
    gzip: /\bgzip\b/.test(header('accept-encoding')) && settings.get('enable_http_compression') !== '0' && settings.has('enable_http_compression'),
  }
}

const credentials = (url: URL, header: (name: string) => string): [string, string] => {
  const basic = /^Basic\s+(.+)$/i.exec(header('authorization'))?.[1]
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  }
  const bearer = /^Bearer\s+(.+)$/i.exec(header('authorization'))?.[1]
  if (bearer !== undefined) return ['', bearer]
  return [header('x-clickhouse-user') || (url.searchParams.get('user') ?? ''), header('x-clickhouse-key') || (url.searchParams.get('password') ?? '')]
}

/** The body as it was before its Content-Encoding. */
export const plainBody = (request: IncomingMessage): Readable => {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity' || encoding === '') return request
  if (encoding !== 'gzip' && encoding !== 'deflate') throw new ClickHouseError(36, 'BAD_ARGUMENTS', `Content-Encoding ${encoding} is not known here; use gzip`)
  const decoder: Gunzip | ReturnType<typeof createInflate> = encoding === 'gzip' ? createGunzip() : createInflate()
  request.on('error', (error) => decoder.destroy(error))
  return request.pipe(decoder)
}

/** A whole body, refused past a size. */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of plainBody(request)) {
    parts.push(part as Buffer)
    bytes += (part as Buffer).length
    if (bytes > bytesMax) throw new ClickHouseError(307, 'TOO_MANY_BYTES', `the body is longer than ${bytesMax} bytes`)
  }
  return Buffer.concat(parts)
}

const TYPES: Readonly<Record<string, string>> = {
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONStrings: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8',
  CSVWithNames: 'text/csv; charset=UTF-8',
  Native: 'application/octet-stream',
  RowBinary: 'application/octet-stream',
  RowBinaryWithNamesAndTypes: 'application/octet-stream',
  Parquet: 'application/octet-stream',
  Arrow: 'application/octet-stream',
  ArrowStream: 'application/octet-stream',
}
const contentType = (format: string): string =>
  TYPES[format] ??
  (format.startsWith('JSON')
    ? 'application/json; charset=UTF-8'
    : format.startsWith('TabSeparated')
      ? 'text/tab-separated-values; charset=UTF-8'
      : 'text/plain; charset=UTF-8')

export type Answer = {
  readonly bytes: Uint8Array
  readonly format: string
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly elapsed: number
}

export const sendAnswer = async (response: ServerResponse, asked: Asked, answer: Answer): Promise<void> => {
  const summary = {
    read_rows: String(answer.rowsRead),
    read_bytes: String(answer.bytesRead),
    written_rows: String(answer.rowsWritten),
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(answer.bytes.length),
    elapsed_ns: String(Math.round(answer.elapsed * 1e9)),
  }
  response.writeHead(200, {
    'Content-Type': contentType(answer.format),
    'X-ClickHouse-Format': answer.format,
    'X-ClickHouse-Query-Id': asked.queryId,
    'X-ClickHouse-Summary': JSON.stringify(summary),
    'X-ClickHouse-Timezone': 'UTC',
    ...(asked.gzip ? { 'Content-Encoding': 'gzip' } : { 'Content-Length': answer.bytes.length }),
  })
  if (!asked.gzip) {
    response.end(answer.bytes)
    return
  }
  const gzip = createGzip({ level: 1 })
  gzip.pipe(response)
  gzip.end(answer.bytes)
  await once(response, 'close')
}

export const sendError = (response: ServerResponse, error: ClickHouseError): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = `Code: ${error.code}. DB::Exception: ${error.message}. (${error.type}) (sealstream embedded)\n`
  response.writeHead(error.status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Exception-Code': String(error.code),
    ...(error.status === 401 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse"' } : {}),
    ...(error.status === 429 || error.status === 503 ? { 'Retry-After': '1' } : {}),
  })
  response.end(body)
}
