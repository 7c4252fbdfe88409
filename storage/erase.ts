import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { reloadNames } from './names.ts'
import type { SinkHappening } from './sink-events.ts'
import { SINK_TABLES, type SinkTable } from './tables.ts'
import type { Turns } from './turns.ts'

// Erasing sites whose data has expired: their rows leave every table, names included, and the deletion is proved by counting.
// Keys to erase are a durable note until then, so a crash repeats the work and forgets nothing.
// A delete is a mutation that rewrites the parts that hold such rows, so keys are taken together where several wait.
// Rows that name a site, its seals or its alarms without a key go too: who looked at it, and what its seals sent in vain.

const KEYS_PER_DELETE_MAX = 10_000
/** Names of one statement: at most 64 characters each, twice in it, so well below ClickHouse's 256 KiB of a query's text. */
const NAMES_PER_DELETE_MAX = 1_000
const RETRY_MS = 5_000
const ERASE_KEY = 'sink:erase'
const TABLES: readonly SinkTable[] = SINK_TABLES.filter(({ bySite }) => bySite).map(({ name }) => name)

/** Erases all rows of these sites. Resolves when a count finds none; idempotent. */
export const deleteKeys = async (client: ClickHouseClient, siteKeys: readonly number[], alone: Turns['alone']): Promise<void> => {
  for (let at = 0; at < siteKeys.length; at += KEYS_PER_DELETE_MAX) {
    const keys = siteKeys
      .slice(at, at + KEYS_PER_DELETE_MAX)
      .map((key) => Math.trunc(key))
      .join(', ')
    await deleteNamed(client, keys, alone)
    // Names last: a row must not be seen without its name while it is still there.
    for (const table of [...TABLES].reverse()) {
      await alone(table, async () => {
        if ((await countKeys(client, table, keys)) === 0) return
        await client.command({ query: `ALTER TABLE seals.${table} DELETE WHERE site_key IN (${keys}) SETTINGS mutations_sync = 2` })
      })
    }
  }
  await reloadNames(client)
  for (const [table, rows] of await eraseResidue(client, siteKeys)) throw new Error(`${rows} rows of erased sites are still in ${table}`)
}

/** Deletes what names these sites in words. Before the names themselves go, so that a crash in between is made good by the next try. */
const deleteNamed = async (client: ClickHouseClient, keys: string, alone: Turns['alone']): Promise<void> => {
  // A seal or a site id that lives on elsewhere keeps its rows.
  const only = (what: string, table: string): string =>
    `SELECT DISTINCT ${what} AS name FROM seals.${table} WHERE site_key IN (${keys}) AND ${what} NOT IN (SELECT ${what} FROM seals.${table} WHERE site_key NOT IN (${keys}))`
  const seals = await names(client, only('seal', 'seals'))
  const words = [
    ...(await names(client, only('site', 'sites'))),
    ...(await names(client, `SELECT DISTINCT id AS name FROM seals.alarms WHERE site_key IN (${keys})`)),
    ...seals.map((seal) => BigInt(seal).toString(16).padStart(16, '0')),
  ]
  for (let at = 0; at < seals.length; at += NAMES_PER_DELETE_MAX)
    await alone('rejected_events', () => deleteWhere(client, 'rejected_events', `seal IN (${seals.slice(at, at + NAMES_PER_DELETE_MAX).join(', ')})`))
  for (let at = 0; at < words.length; at += NAMES_PER_DELETE_MAX) {
    const list = words
      .slice(at, at + NAMES_PER_DELETE_MAX)
      .map((word) => `'${word.replaceAll(/[\\']/g, '\\$&')}'`)
      .join(', ')
    // `detail` may be a query's text: its words are what can be an id.
    await alone('access', () => deleteWhere(client, 'access', `target IN (${list}) OR hasAny(extractAll(detail, '[A-Za-z0-9._:-]+'), [${list}])`))
  }
}
const names = async (client: ClickHouseClient, query: string): Promise<readonly string[]> =>
  (
    await (
      await client.query({ query, format: 'JSONEachRow', clickhouse_settings: { output_format_json_quote_64bit_integers: 1 } })
    ).json<{ name: string | number }>()
  ).map(({ name }) => String(name))
const deleteWhere = async (client: ClickHouseClient, table: string, where: string): Promise<void> => {
  if ((await countWhere(client, table, where)) === 0) return
  await client.command({ query: `ALTER TABLE seals.${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2` })
  // ClickHouse keeps the text of finished mutations in files, and this one's text has the names.
  await client.command({ query: `KILL MUTATION WHERE database = 'seals' AND table = '${table}' AND is_done = 1 SYNC` })
}

/** Tables that still hold rows of these sites, with how many. Empty: all is erased. */
export const eraseResidue = async (client: ClickHouseClient, siteKeys: readonly number[]): Promise<ReadonlyMap<SinkTable, number>> => {
  const residue = new Map<SinkTable, number>()
  for (let at = 0; at < siteKeys.length; at += KEYS_PER_DELETE_MAX) {
    const keys = siteKeys.slice(at, at + KEYS_PER_DELETE_MAX).join(', ')
    for (const table of TABLES) {
      const rows = await countKeys(client, table, keys)
      if (rows > 0) residue.set(table, (residue.get(table) ?? 0) + rows)
    }
  }
  return residue
}

const countKeys = (client: ClickHouseClient, table: SinkTable, keys: string): Promise<number> => countWhere(client, table, `site_key IN (${keys})`)
const countWhere = async (client: ClickHouseClient, table: string, where: string): Promise<number> => {
  const answer = await client.query({ query: `SELECT count() AS n FROM seals.${table} WHERE ${where}`, format: 'JSONEachRow' })
  return Number((await answer.json<{ n: string | number }>())[0]?.n ?? 0)
}

export type EraserOptions = {
  readonly turns: Turns
  readonly client: ClickHouseClient | Promise<ClickHouseClient>
  readonly note: (key: string, value: unknown) => Promise<void>
  readonly noted: (key: string) => unknown
  readonly emit: (happening: SinkHappening) => void
  readonly signal: AbortSignal
}
export type Eraser = {
  /** Resolves when the keys are noted durably; they are erased soon after. */
  readonly add: (siteKeys: readonly number[]) => Promise<void>
  readonly pending: () => number
  readonly idle: () => Promise<void>
  readonly stop: () => Promise<void>
}

export const startEraser = (options: EraserOptions): Eraser => {
  const keys = new Set<number>((options.noted(ERASE_KEY) as readonly number[] | undefined) ?? [])
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (keys.size > 0 && !options.signal.aborted) {
      const batch = [...keys].slice(0, KEYS_PER_DELETE_MAX)
      const started = Date.now()
      try {
        await deleteKeys(await options.client, batch, options.turns.alone)
        for (const key of batch) keys.delete(key)
        await options.note(ERASE_KEY, [...keys])
        options.emit({ kind: 'erased', siteKeys: batch.length, ms: Date.now() - started })
      } catch (error) {
        if (options.signal.aborted) return
        for (const key of batch) keys.add(key)
        options.emit({ kind: 'erase-retry', siteKeys: batch.length, reason: error instanceof Error ? error.message : String(error), waitMs: RETRY_MS })
        await sleep(RETRY_MS, undefined, { signal: options.signal, ref: false }).catch(() => undefined)
      }
    }
  }
  const start = (): void => {
    running ??= run().finally(() => {
      running = undefined
      if (keys.size > 0 && !options.signal.aborted) start()
    })
  }
  if (keys.size > 0) start()
  return {
    add: async (siteKeys) => {
      for (const key of siteKeys) keys.add(key)
      await options.note(ERASE_KEY, [...keys])
      start()
    },
    pending: () => keys.size,
    idle: async () => {
      while (running !== undefined) await running
    },
    stop: async () => {
      await running
    },
  }
}
