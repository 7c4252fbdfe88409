import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AccessNote, Principal } from '../../core/ops.ts'
import { ClickHouseError, fromChdb } from './errors.ts'
import { readBody, type Answer, type Asked } from './http.ts'
import { checkStatement } from './door-check.ts'
import { isProblem, readStatement } from './statement.ts'
import { BusyError, type QueryAnswer, type SessionPool } from './sessions.ts'
import { PEOPLE_USER, type DoorRefusal } from './ipc.ts'

// The people's door: SELECT, SHOW, DESCRIBE and EXISTS by analysts, read-only, bounded in time, memory, rows and number.
// What always holds: nothing of a person runs before (1) the engine knew the token, (2) ClickHouse's own parser gave a tree in
// which every node, function and table is on a list (door-check.ts), (3) the engine wrote down who asks what, durably.

/** At once, and how many may wait for those: with 2 waiting for each that runs, none waits longer than two time limits. */
export const PEOPLE_QUERIES_MAX = 4
export const PEOPLE_WAITING_MAX = 2 * PEOPLE_QUERIES_MAX
/** A query that goes on this long after its own limit is killed. */
const KILL_GRACE_MS = 2_000
/** Four of them leave a machine of 8 GB its half. */
const MEMORY_BYTES_MAX = 1_000_000_000
const RESULT_ROWS_MAX = 1_000_000
const RESULT_BYTES_MAX = 64 << 20
/** The parser's own limit (max_query_size) is 256 KiB; people write less. */
const STATEMENT_BYTES_MAX = 64 << 10
const NOTE_CHARACTERS_MAX = 4_000

/** Bounds that a session has from its opening on; `readonly=1` also forbids changing them. */
export const peopleArgs = (threads: number, secondsMax: number): readonly string[] => [
  '--readonly=1',
  '--allow_ddl=0',
  '--allow_introspection_functions=0',
  '--async_insert=0',
  '--asterisk_include_alias_columns=1',
  `--max_threads=${threads}`,
  `--max_execution_time=${secondsMax}`,
  '--timeout_overflow_mode=throw',
  '--timeout_before_checking_execution_speed=0',
  `--max_memory_usage=${MEMORY_BYTES_MAX}`,
  '--max_bytes_before_external_group_by=0',
  '--max_bytes_before_external_sort=0',
  '--max_bytes_ratio_before_external_group_by=0',
  '--max_bytes_ratio_before_external_sort=0',
  `--max_result_rows=${RESULT_ROWS_MAX}`,
  `--max_result_bytes=${RESULT_BYTES_MAX}`,
  '--result_overflow_mode=throw',
  '--os_threads_nice_value_query=19',
  '--max_ast_depth=200',
  '--max_ast_elements=5000',
  '--max_expanded_ast_elements=20000',
  '--max_subquery_depth=20',
  '--function_sleep_max_microseconds_per_block=0',
  '--output_format_json_quote_64bit_integers=0',
]

export type PeopleDoor = {
  readonly pool: SessionPool
  /** The principal behind a token's hash, from the engine. */
  readonly authenticate: (hash: string) => Promise<Principal | null>
  /** Resolves when the engine has written the note durably; rejects if it cannot. */
  readonly note: (note: AccessNote) => Promise<void>
  /** Stops a running query by the tag in its text. */
  readonly kill: (tag: string) => Promise<void>
  readonly refused: (reason: DoorRefusal) => void
  readonly secondsMax: number
}

/** Settings that clients always send and that change no result. Others are refused: the session is read-only. */
const IGNORED = new Set([
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'add_http_cors_header',
  'cancel_http_readonly_queries_on_client_close',
  'readonly',
  'max_execution_time',
  'output_format_json_quote_64bit_integers',
])

let tags = 0

export const answerPerson = async (door: PeopleDoor, request: IncomingMessage, asked: Asked): Promise<Answer> => {
  const principal = await principalOf(door, asked)
  const body = (await readBody(request, STATEMENT_BYTES_MAX)).toString('utf8')
  const sql = [asked.urlQuery, body].filter((part) => part !== undefined && part.trim() !== '').join('\n')
  if (sql.length > STATEMENT_BYTES_MAX) throw new ClickHouseError(62, 'SYNTAX_ERROR', `a statement has at most ${STATEMENT_BYTES_MAX} bytes here`)
  for (const name of asked.settings.keys()) {
    if (!IGNORED.has(name)) throw refuse(door, 'statement', 164, 'READONLY', `the setting ${name} cannot be changed here: the database is read-only for people`)
  }
  if (!['', 'default', 'seals', 'information_schema'].includes(asked.database.toLowerCase()))
    throw refuse(door, 'statement', 497, 'ACCESS_DENIED', `the database ${asked.database} is not open to people; use seals`)
  const statement = readStatement(sql, asked.parameters)
  if (isProblem(statement)) throw refuse(door, 'statement', 62, 'SYNTAX_ERROR', statement.problem)
  try {
    return await door.pool.withSession(async (query) => {
      const checked = await checkStatement(statement, (text) => query(`EXPLAIN AST ${text}`, 'TSVRaw'))
      if ('problem' in checked) {
        await noted(door, principal, 'query-refused', `${checked.problem} | ${sql}`)
        throw refuse(door, 'statement', 497, 'ACCESS_DENIED', checked.problem)
      }
      await noted(door, principal, 'query', sql)
      const answer = await runBounded(door, request, checked.text, (text) => query(text, checked.format ?? asked.format))
      return { ...answer, format: checked.format ?? asked.format, rowsWritten: 0 }
    })
  } catch (error) {
    if (error instanceof BusyError) throw refuse(door, 'busy', 202, 'TOO_MANY_SIMULTANEOUS_QUERIES', error.message)
    throw fromChdb(error)
  }
}

const refuse = (door: PeopleDoor, reason: DoorRefusal, code: number, type: string, text: string): ClickHouseError => {
  door.refused(reason)
  return new ClickHouseError(code, type, text)
}

const principalOf = async (door: PeopleDoor, asked: Asked): Promise<Principal> => {
  if ((asked.user !== PEOPLE_USER && asked.user !== '') || asked.password === '') {
    throw refuse(door, 'unauthenticated', 516, 'AUTHENTICATION_FAILED', `give the user ${PEOPLE_USER} with a token as password (curl -u ${PEOPLE_USER}:TOKEN)`)
  }
  const principal = await door.authenticate(createHash('sha256').update(asked.password).digest('hex'))
  if (principal === null) throw refuse(door, 'unauthenticated', 516, 'AUTHENTICATION_FAILED', 'this token is not known, or was revoked')
  if (principal.role !== 'analyst' && principal.role !== 'admin')
    throw refuse(door, 'forbidden', 497, 'ACCESS_DENIED', `a token of the role ${principal.role} does not open the database; analyst or admin does`)
  // SQL can join and count its way around any filter put on one table, so a token of some areas gets no SQL at all.
  if (!principal.areas.includes(''))
    throw refuse(
      door,
      'areas',
      497,
      'ACCESS_DENIED',
      'this token is limited to some areas; SQL over all areas needs a token without that limit (summaries by area: GET /v1/areas)',
    )
  return principal
}

const noted = async (door: PeopleDoor, principal: Principal, action: string, sql: string): Promise<void> => {
  const detail = sql.length > NOTE_CHARACTERS_MAX ? `${sql.slice(0, NOTE_CHARACTERS_MAX)} … (${sql.length} characters)` : sql
  try {
    await door.note({ who: principal.name, role: principal.role, action, target: 'clickhouse', detail })
  } catch (error) {
    throw refuse(
      door,
      'unavailable',
      210,
      'SERVER_UNAVAILABLE',
      `the access log cannot be written, so nothing is shown: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Runs with a tag, so that the query can be killed when its time is up or nobody waits for it any more. */
const runBounded = async (door: PeopleDoor, request: IncomingMessage, text: string, run: (text: string) => Promise<QueryAnswer>): Promise<QueryAnswer> => {
  tags += 1
  const tag = `people-${process.pid}-${tags}`
  const kill = (): void => void door.kill(tag).catch(() => undefined)
  const socket = request.socket
  const timer = setTimeout(kill, door.secondsMax * 1_000 + KILL_GRACE_MS)
  socket.once('close', kill)
  try {
    if (socket.destroyed) throw new ClickHouseError(394, 'QUERY_WAS_CANCELLED', 'the client has gone')
    return await run(`/* ${tag} */ ${text}`)
  } finally {
    clearTimeout(timer)
    socket.off('close', kill)
  }
}
