import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { availableParallelism } from 'node:os'
import { timingSafeEqual, createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Principal } from '../../core/ops.ts'
import { answerEngine, type EngineDoor } from './engine-door.ts'
import { ClickHouseError, fromChdb } from './errors.ts'
import { readAsked, sendAnswer, sendError } from './http.ts'
import { ENGINE_USER, type FromChild, type ToChild } from './ipc.ts'
import { answerPerson, PEOPLE_QUERIES_MAX, PEOPLE_WAITING_MAX, peopleArgs, type PeopleDoor } from './people-door.ts'
import { literal } from './statement.ts'
import { openPool, type SessionPool } from './sessions.ts'

// The embedded ClickHouse: a child process, because chDB ends a process that ran it in a thread with a segmentation fault, and
// because killing it must not kill the engine. It opens chDB on `dataDir` and answers ClickHouse's HTTP interface on loopback.
// Two doors behind one port: the engine's (a secret that only the parent knows) and the people's.
// It exits when its parent is gone.

/** The sink's lane, and as many again for counts, deletes and the engine's own reads. */
const ENGINE_SESSIONS = 4
/** The engine queues for itself and never more than the connections its client keeps. */
const ENGINE_WAITING_MAX = 256
const ENGINE_ARGS = ['--async_insert=0', '--asterisk_include_alias_columns=0', '--max_execution_time=0']

const send = (message: FromChild): void => void process.send?.(message)

/** Questions to the parent that wait for its answer, by number. */
const waiting = new Map<number, { readonly principal?: (principal: Principal | null) => void; readonly noted?: (problem: string | null) => void }>()
let asked = 0
const askParent = <T>(build: (id: number, resolve: (value: T) => void) => void): Promise<T> =>
  new Promise((resolve) => {
    asked += 1
    build(asked, resolve)
  })

const authenticate: PeopleDoor['authenticate'] = (hash) =>
  askParent((id, resolve) => {
    waiting.set(id, { principal: resolve })
    send({ kind: 'authenticate', id, hash })
  })
const note: PeopleDoor['note'] = async (noteToWrite) => {
  const problem = await askParent<string | null>((id, resolve) => {
    waiting.set(id, { noted: resolve })
    send({ kind: 'note', id, note: noteToWrite })
  })
  if (problem !== null) throw new Error(problem)
}

type Doors = { readonly engine: EngineDoor; readonly people: PeopleDoor; readonly secret: Buffer; readonly close: () => void }

const openDoors = ({ dataDir, secret, peopleSecondsMax }: Extract<ToChild, { kind: 'open' }>): Doors => {
  const path = `${dataDir}/clickhouse`
  const spoolDir = `${dataDir}/spool`
  mkdirSync(path, { recursive: true, mode: 0o700 })
  mkdirSync(spoolDir, { recursive: true, mode: 0o700 })
  // What a killed child left: its inserts were never answered and come again.
  for (const name of readdirSync(spoolDir)) if (name.startsWith('insert-')) rmSync(`${spoolDir}/${name}`, { force: true })
  const opener = openPool({ path, size: 1, waitingMax: 64, connectionArgs: ENGINE_ARGS, first: 'CREATE DATABASE IF NOT EXISTS seals' })
  const engine = openPool({ path, size: ENGINE_SESSIONS, waitingMax: ENGINE_WAITING_MAX, connectionArgs: ENGINE_ARGS, first: 'USE seals' })
  const people = openPool({
    path,
    size: PEOPLE_QUERIES_MAX,
    waitingMax: PEOPLE_WAITING_MAX,
    connectionArgs: peopleArgs(Math.max(1, availableParallelism() >> 1), peopleSecondsMax),
    first: 'USE seals',
  })
  return {
    secret: digest(secret),
    engine: { pool: engine, spoolDir },
    people: { pool: people, authenticate, note, kill: killWith(opener), refused: (reason) => send({ kind: 'refused', reason }), secondsMax: peopleSecondsMax },
    close: () => {
      for (const pool of [people, engine, opener]) pool.close()
    },
  }
}

const killWith =
  (pool: SessionPool): PeopleDoor['kill'] =>
  async (tag) => {
    await pool.run(`KILL QUERY WHERE startsWith(query, ${literal(`/* ${tag} */`)}) ASYNC`, 'Null')
  }

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const answer = async (doors: Doors, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const path = (request.url ?? '/').split('?', 1)[0]
  if (path === '/ping' || path === '/replicas_status') {
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=UTF-8' }).end('Ok.\n')
    return
  }
  if (path !== '/' || (request.method !== 'GET' && request.method !== 'POST')) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(`There is no ${request.method} ${path} here; POST a statement to /\n`)
    return
  }
  try {
    const question = readAsked(request)
    // A page of a foreign site must not query by the browser's credentials.
    if (request.headers['origin'] !== undefined && request.headers['sec-fetch-site'] === 'cross-site')
      throw new ClickHouseError(497, 'ACCESS_DENIED', 'not from a page of another site')
    if (question.urlQuery === undefined && request.method === 'GET') {
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=UTF-8' }).end('Ok.\n')
      return
    }
    const isEngine = question.user === ENGINE_USER && timingSafeEqual(digest(question.password), doors.secret)
    const result = isEngine ? await answerEngine(doors.engine, request, question) : await answerPerson(doors.people, request, question)
    await sendAnswer(response, question, result)
  } catch (error) {
    // What is left of the body is read and forgotten, so that the client sees the answer and not a broken connection.
    request.resume()
    sendError(response, fromChdb(error))
  }
}

const open = (message: Extract<ToChild, { kind: 'open' }>): void => {
  const doors = openDoors(message)
  const server = createServer((request, response) => void answer(doors, request, response).catch(() => response.destroy()))
  server.keepAliveTimeout = 30_000
  // People's queries are bounded by their own limits; an insert's body may take as long as the disk does.
  server.requestTimeout = 0
  server.on('error', (error) => {
    send({ kind: 'failed', message: `the ClickHouse port ${message.port} cannot be opened: ${error.message}` })
    process.exitCode = 1
    process.disconnect()
  })
  server.listen(message.port, '127.0.0.1', () => send({ kind: 'listening', port: (server.address() as AddressInfo).port, version: 'chdb' }))
  stop = () => {
    server.close()
    server.closeAllConnections()
    doors.close()
    process.exit(0)
  }
}
let stop = (): void => process.exit(0)

const receive = (message: ToChild): void => {
  switch (message.kind) {
    case 'open':
      try {
        open(message)
      } catch (error) {
        send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
        setImmediate(() => process.exit(1))
      }
      return
    case 'principal':
      waiting.get(message.id)?.principal?.(message.principal)
      waiting.delete(message.id)
      return
    case 'noted':
      waiting.get(message.id)?.noted?.(message.problem)
      waiting.delete(message.id)
      return
    case 'stop':
      stop()
  }
}

process.on('message', (message) => receive(message as ToChild))
// The engine is gone without a word: the next one waits for this folder's lock. Parts are safe at any moment, so end at once and
// do not wait for what runs: an insert that were to end later would be one that the next engine has not counted.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C reaches the whole process group; the parent decides when this child ends.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
