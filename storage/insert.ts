import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import type { TableSpec } from './tables.ts'

// One insert of one block, and the questions that prove it. All ends but a clean answer are ambiguous: see storage/lane.ts.

export type Payload = {
  readonly rows: number
  readonly bytes: number
  readonly buffers: readonly Buffer[]
  /** Rows that will be counted: distinct keys where rows collapse. */ readonly counted: number
}

/** What must hold for the whole block to be one part, whatever the server's defaults. */
const ONE_PART = {
  async_insert: 0,
  max_insert_block_size: '1048576',
  min_insert_block_size_rows: '1048576',
  min_insert_block_size_bytes: '0',
  insert_deduplicate: 1,
  wait_end_of_query: 1,
} as const

export const sendBlock = async (client: ClickHouseClient, spec: TableSpec, payload: Payload, token: string): Promise<void> => {
  const columns = [...spec.columns.map(({ name }) => `\`${name}\``), 'block'].join(', ')
  const result = await client.exec({
    query: `INSERT INTO seals.${spec.name} (${columns}) FORMAT Native`,
    values: Readable.from(payload.buffers, { objectMode: false }),
    clickhouse_settings: { ...ONE_PART, insert_deduplication_token: token },
    query_id: `${token}:${Math.random().toString(36).slice(2, 8)}`,
  })
  // The connection is free again only when the (empty) answer is read to its end.
  for await (const _ of result.stream) void _
}

/** Rows of `block` in the table: of plain tables all, of collapsing ones distinct keys (two rows of one key may not have merged yet). */
export const countBlock = async (client: ClickHouseClient, spec: TableSpec, block: number): Promise<number> => {
  const count = spec.collapsesBy === null ? 'count()' : `uniqExact(${spec.collapsesBy.map((name) => `\`${name}\``).join(', ')})`
  const answer = await client.query({ query: `SELECT ${count} AS n FROM seals.${spec.name} WHERE block = ${block}`, format: 'JSONEachRow' })
  return Number((await answer.json<{ n: string | number }>())[0]?.n ?? 0)
}

/** Whether an insert with this token (of any attempt to send it) still runs. */
export const isInsertRunning = async (client: ClickHouseClient, token: string): Promise<boolean> => {
  const answer = await client.query({
    query:
      "SELECT count() AS n FROM system.processes WHERE query_kind = 'Insert' AND (startsWith(query_id, {token:String}) OR position(query, {token:String}) > 0)",
    query_params: { token },
    format: 'JSONEachRow',
  })
  return Number((await answer.json<{ n: string | number }>())[0]?.n ?? 0) > 0
}
