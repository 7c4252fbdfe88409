import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { IncomingMessage } from 'node:http'
import { ClickHouseError } from './errors.ts'
import { plainBody, readBody, type Answer, type Asked } from './http.ts'
import { formatOf, isProblem, literal, readStatement, withoutFormat } from './statement.ts'
import type { SessionPool } from './sessions.ts'

// The engine's door: any one statement, with its settings written into the statement. They are never SET: chDB keeps what was
// SET for the session, and a deduplication token that outlives its insert silently drops the next one's rows.
// Data of an insert goes to a file beside the database first and is read from there by `file()`: chDB takes binary formats no other way.

/** The largest statement the engine sends: a delete that lists the keys of 100,000 expired sites (8 digits each) is under 1 MB. */
const STATEMENT_BYTES_MAX = 16 << 20
/** Settings that are the transport's own and mean nothing in a statement. */
const TRANSPORT = new Set([
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'add_http_cors_header',
  'cancel_http_readonly_queries_on_client_close',
])

export type EngineDoor = { readonly pool: SessionPool; readonly spoolDir: string }

let spooled = 0

export const answerEngine = async (door: EngineDoor, request: IncomingMessage, asked: Asked): Promise<Answer> => {
  const sql = asked.urlQuery ?? (await readBody(request, STATEMENT_BYTES_MAX)).toString('utf8')
  const statement = readStatement(sql, asked.parameters)
  if (isProblem(statement)) throw new ClickHouseError(62, 'SYNTAX_ERROR', statement.problem)
  const settings = settingsText(asked.settings)
  if (statement.verb === 'INSERT' && formatOf(statement.text) !== undefined && asked.urlQuery !== undefined)
    return insertBody(door, request, statement.text, settings)
  const format = formatOf(statement.text) ?? asked.format
  const text = settings === '' ? statement.text : withSettings(statement.text, statement.verb, settings)
  const answer = await door.pool.run(useDatabase(text, asked.database), format)
  return { ...answer, format, rowsWritten: 0 }
}

/** Streams the body to a file, inserts from it in one block, removes it. */
const insertBody = async (door: EngineDoor, request: IncomingMessage, text: string, settings: string): Promise<Answer> => {
  const format = formatOf(text) as string
  const head = withoutFormat(text)
  if (/\bSETTINGS\b/i.test(head)) throw new ClickHouseError(36, 'BAD_ARGUMENTS', 'give the settings of an insert in the URL')
  spooled += 1
  const path = `${door.spoolDir}/insert-${process.pid}-${spooled}`
  try {
    await pipeline(plainBody(request), createWriteStream(path, { mode: 0o600 }))
    const answer = await door.pool.run(
      `${head} SETTINGS ${ONE_BLOCK}${settings === '' ? '' : `, ${settings}`} SELECT * FROM file(${literal(path)}, ${literal(format)})`,
      'Null',
    )
    return { ...answer, bytes: new Uint8Array(0), format, rowsWritten: answer.rowsRead }
  } finally {
    await rm(path, { force: true })
  }
}

/** A block of the sink (at most 1,000,000 rows) must become one part, so that it is there whole or not at all: nothing may cut it. */
const ONE_BLOCK =
  'max_block_size = 1048576, max_insert_block_size = 1048576, min_insert_block_size_rows = 1048576, min_insert_block_size_bytes = 0, max_threads = 1, max_insert_threads = 1'

const settingsText = (settings: ReadonlyMap<string, string>): string => {
  const parts: string[] = []
  for (const [name, value] of settings) {
    if (TRANSPORT.has(name)) continue
    if (!/^\w{1,100}$/.test(name)) throw new ClickHouseError(115, 'UNKNOWN_SETTING', `not a setting's name: ${name}`)
    parts.push(`${name} = ${/^\d{1,15}$/.test(value) ? value : literal(value)}`)
  }
  return parts.join(', ')
}

/** Statements that take SETTINGS; others ignore what only tunes a query. */
const withSettings = (text: string, verb: string, settings: string): string => {
  if (verb === 'INSERT') return text.replace(/^(\s*INSERT\s+INTO\s+(?:TABLE\s+)?[\w.`]+\s*(?:\([^)]*\))?)/i, `$1 SETTINGS ${settings} `)
  if (verb === 'ALTER' || verb === 'DELETE' || verb === 'OPTIMIZE') return /\bSETTINGS\b/i.test(text) ? text : `${text} SETTINGS ${settings}`
  if (verb !== 'SELECT' && verb !== 'WITH') return text
  const format = formatOf(text)
  const bare = withoutFormat(text)
  const joined = /\bSETTINGS\b[^']*$/i.test(bare) ? `${bare}, ${settings}` : `${bare} SETTINGS ${settings}`
  return format === undefined ? joined : `${joined} FORMAT ${format}`
}

/** Every statement of the engine names its database; `default` and `seals` need no USE. */
const useDatabase = (text: string, database: string): string => {
  if (database !== '' && database !== 'default' && database !== 'seals' && database !== 'system')
    throw new ClickHouseError(81, 'UNKNOWN_DATABASE', `the database ${database} is not there`)
  return text
}
