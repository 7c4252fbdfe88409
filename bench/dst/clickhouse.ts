import type { ClickHouseClient } from '@clickhouse/client'
import type { Random } from '../random.ts'
import { answerTo, mergeTable, type StoredPart } from './clickhouse-sql.ts'
import { readNative } from './native.ts'
import { ownerOf, type Owner, type Time } from './time.ts'

// A simulated ClickHouse: the calls of the official client that the sink makes, on tables of parts. Holds always, as in the real one: an
// insert of one block is one part, there whole or not at all; its token is remembered *before* the part is there, so a kill in between
// makes the same token a silent no-op; a part is safe from a power loss only when its insert has been answered, a token perhaps not even then.

export type Server = {
  readonly parts: Map<string, StoredPart[]>
  /** Tokens by table. */
  readonly tokens: Map<string, string[]>
  readonly running: Set<string>
  /** Each (table, block) that is stored, and how many parts brought it. */
  readonly blocks: Map<string, number>
  up: boolean
  embedded: boolean
  /** Answers that get lost on their way; how slow inserts are. */
  loss: number
  slow: number
  hungUntil: number
  /** Tables refused for their content, and errors of the moment. */
  readonly refused: Set<string>
  failing: boolean
  /** Where the next insert gets the server killed. */
  killAt: 'token' | 'part' | null
}
export type SimClickHouse = {
  readonly server: Server
  readonly clientFor: (process: Owner) => ClickHouseClient
  readonly start: () => void
  readonly kill: (powerLost: boolean) => void
}
export type SimClickHouseOptions = {
  readonly time: Time
  readonly random: Random
  readonly trace: (line: string) => void
  readonly onInsert: (table: string, block: number, token: string, columns: readonly string[]) => void
  readonly onKilled: () => void
  readonly complain: (text: string) => void
}

/** The client gives up on a request after so long (storage/client.ts has the real figure). */
const REQUEST_MS_MAX = 2500
const TOKENS_KEPT = 1000
const NET_MS_MEAN = 0.7

type Call = { readonly fail: (error: Error) => void; readonly answer: (value: unknown) => void }
const failure = (code: string, text: string): Error => Object.assign(new Error(text), { code })

export const createClickHouse = (options: SimClickHouseOptions): SimClickHouse => {
  const { time, random, trace } = options
  const network = ownerOf('network')
  let process = ownerOf('clickhouse')
  const calls = new Set<Call>()
  const server: Server = {
    parts: new Map(),
    tokens: new Map(),
    running: new Set(),
    blocks: new Map(),
    up: true,
    embedded: false,
    loss: 0,
    slow: 1,
    hungUntil: 0,
    refused: new Set(),
    failing: false,
    killAt: null,
  }
  const net = (): number => 0.1 + random.wait(NET_MS_MEAN)

  const request = <T>(caller: Owner, work: (answer: (value: T) => void, fail: (error: Error) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      let settled = false
      const settle = (done: () => void): void => {
        if (settled) return
        settled = true
        calls.delete(call)
        timeout.cancel()
        time.after(caller, net(), done)
      }
      const call: Call = {
        fail: (error) => settle(() => reject(error)),
        answer: (value) => (random.chance(server.loss) ? settle(() => reject(failure('ECONNRESET', 'socket hang up'))) : settle(() => resolve(value as T))),
      }
      const timeout = time.after(caller, REQUEST_MS_MAX, () => {
        if (settled) return
        settled = true
        calls.delete(call)
        reject(new Error('Timeout error.'))
      })
      const arrive = (): void => {
        // An embedded one ends with its engine: what was on its way to it is lost.
        if (server.embedded && !caller.alive) return
        if (!server.up) return call.fail(failure('ECONNREFUSED', 'connect ECONNREFUSED'))
        calls.add(call)
        time.after(process, Math.max(0, server.hungUntil - time.now()), () =>
          server.failing ? call.fail(new Error('500: memory limit exceeded')) : work(call.answer, call.fail),
        )
      }
      time.after(network, net(), arrive)
    })

  const insert = (bytes: Buffer, table: string, token: string, call: { readonly answer: () => void; readonly fail: (error: Error) => void }): void => {
    if (server.refused.has(table)) return call.fail(failure('27', `Cannot parse input of seals.${table}`))
    server.running.add(token)
    const block = readNative(bytes)
    const blockAt = block.columns.indexOf('block')
    const number = Number(block.rows[0]?.[blockAt])
    options.onInsert(table, number, token, block.columns)
    const end = (): void => {
      server.running.delete(token)
      call.answer()
    }
    time.after(process, (0.5 + random.wait(4)) * server.slow, () => {
      const known = server.tokens.get(table) ?? []
      server.tokens.set(table, known)
      if (known.includes(token)) {
        trace(`clickhouse: ${table} ${number} is a repeat of ${token.slice(33)}`)
        return end()
      }
      known.push(token)
      if (known.length > TOKENS_KEPT) known.shift()
      if (server.killAt === 'token') return die()
      time.after(process, 0.01 + random.wait(0.05), () => {
        const part: StoredPart = { block, safe: false, token }
        server.parts.set(table, [...(server.parts.get(table) ?? []), part])
        const key = `${table}:${number}`
        server.blocks.set(key, (server.blocks.get(key) ?? 0) + 1)
        trace(`clickhouse: ${table} ${number} stored, ${block.rows.length} rows`)
        if ((server.blocks.get(key) ?? 0) > 1) options.complain(`${table} has block ${number} twice`)
        if (server.killAt === 'part') return die()
        time.after(process, 0.05 + random.wait(0.3) * server.slow, () => {
          part.safe = true
          end()
        })
      })
    })
  }
  const die = (): void => {
    server.killAt = null
    kill(false)
    options.onKilled()
  }
  const kill: SimClickHouse['kill'] = (powerLost) => {
    process.alive = false
    process = ownerOf('clickhouse')
    server.up = false
    server.hungUntil = 0
    server.running.clear()
    if (powerLost) losePower(server, random)
    // What a killed one had renamed into place is in the page cache, and on the disk some seconds later: that power fails within those is not tried.
    else for (const parts of server.parts.values()) for (const part of parts) part.safe = true
    for (const call of calls) call.fail(failure('ECONNRESET', 'socket hang up'))
    calls.clear()
  }
  const ask = (caller: Owner, query: string, params: Readonly<Record<string, unknown>>): Promise<unknown> =>
    request(caller, (answer, fail) => {
      time.after(process, 0.2 + random.wait(1), () => {
        try {
          answer(answerTo(server, query, params))
        } catch (error) {
          options.complain(`the simulated ClickHouse does not know: ${query}`)
          fail(error as Error)
        }
      })
    })
  const clientFor = (caller: Owner): ClickHouseClient => {
    const client = {
      exec: async ({
        query,
        values,
        clickhouse_settings: settings,
      }: {
        query: string
        values: AsyncIterable<Uint8Array>
        clickhouse_settings: Record<string, unknown>
      }) => {
        const pieces: Uint8Array[] = []
        for await (const piece of values) pieces.push(piece)
        const table = /^INSERT INTO seals\.(\w+) /.exec(query)?.[1] ?? ''
        await request<undefined>(caller, (answer, fail) =>
          insert(Buffer.concat(pieces), table, String(settings['insert_deduplication_token']), { answer: () => answer(undefined), fail }),
        )
        return { stream: (async function* empty(): AsyncGenerator<never> {})() }
      },
      query: async ({ query, query_params: params = {} }: { query: string; query_params?: Record<string, unknown> }) => {
        const rows = await ask(caller, query, params)
        return { json: () => Promise.resolve(rows) }
      },
      command: ({ query }: { query: string }) => ask(caller, query, {}),
    }
    return client as unknown as ClickHouseClient
  }
  /** Merges happen at any time, and fold rows of equal keys into the newest block. */
  const mergeNow = (): void => {
    const tables = [...server.parts.keys()]
    if (server.up && tables.length > 0) mergeTable(server.parts, random.pick(tables))
    time.after(network, 300 + random.wait(1500), mergeNow)
  }
  time.after(network, 500, mergeNow)
  return {
    server,
    clientFor,
    kill,
    start: () => {
      server.up = true
    },
  }
}

const losePower = (server: Server, random: Random): void => {
  for (const [table, parts] of server.parts) {
    const kept = parts.filter((part) => part.safe || random.chance(0.5))
    for (const part of parts) {
      if (kept.includes(part)) part.safe = true
      else server.blocks.delete(`${table}:${Number(part.block.rows[0]?.[part.block.columns.indexOf('block')])}`)
    }
    server.parts.set(table, kept)
  }
  // The list of tokens is written, not flushed: its end may be lost, whatever became of the parts.
  for (const [table, tokens] of server.tokens) server.tokens.set(table, tokens.slice(0, tokens.length - random.int(0, Math.min(3, tokens.length + 1))))
}
