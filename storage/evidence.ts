import type { ClickHouseClient } from '@clickhouse/client'
import type { EventScope, EvidenceSource, StoredStep } from '../core/evidence-source.ts'
import type { AlarmKindName, EventKindName, SiteKindName } from '../core/kinds.ts'
import type { PolicyDocument } from '../core/policy-document.ts'
import type { StoredChange } from '../core/stored-op.ts'
import { TICK_GAP } from '../core/tick-gap.ts'
import { STORED_EVENT_COLUMNS, STORED_EVENT_ORDER } from '../core/stored-events.ts'

// What evidence rests on, read from ClickHouse (core/evidence-source.ts). Every list is bounded by the caller; what is asked for goes
// as parameters, never into the text. Reads are ordered by the tables' own keys where they can be: an alarm by its id, the rest by site.

type Row = Readonly<Record<string, unknown>>
type Ask = (sql: string, params: Readonly<Record<string, unknown>>) => Promise<readonly Row[]>

/** One read may take this much of what the engine has; a site's whole history is a few megabytes. */
const SETTINGS = { max_execution_time: 20, max_memory_usage: '500000000', output_format_json_quote_64bit_integers: 1 } as const

export const createEvidenceSource = (client: ClickHouseClient): EvidenceSource => {
  const ask: Ask = async (query, params) => {
    const answer = await client.query({ query, query_params: { ...params }, format: 'JSONEachRow', clickhouse_settings: SETTINGS })
    return answer.json<Row>()
  }
  return { ...alarmReads(ask), ...siteReads(ask), ...eventReads(ask), events: (scope, span) => storedRows(client, scope, span) }
}

const text = (row: Row, name: string): string => {
  const value = row[name] ?? ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
const number = (row: Row, name: string): number => Number(row[name] ?? 0)
const ms = (column: string): string => `toUnixTimestamp64Milli(${column}) AS ${column}_ms`
const at = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64})`

const alarmReads = (ask: Ask): Pick<EvidenceSource, 'steps' | 'work' | 'raiseTimes' | 'gaps' | 'outages'> => ({
  steps: async (id) => {
    const rows = await ask(
      `SELECT kind, severity, site, site_key, area, if(seal = 0, '', seal_id) AS seal_hex, step, ${ms('time')}, ${ms('received')}, by, note, repeats, value FROM seals.alarms WHERE id = {id:String} ORDER BY block, step_no`,
      { id },
    )
    return rows.map(stepOf)
  },
  work: async (siteKeys, until) => {
    const rows = await ask(
      `SELECT id, kind, site, if(seal = 0, '', seal_id) AS seal_hex, step, by, ${ms('received')} FROM seals.alarms WHERE site_key IN ({siteKeys:Array(UInt32)}) AND step IN ('acknowledged', 'cleared') AND by NOT IN ('', 'system') AND received <= ${at('until')} ORDER BY block, step_no`,
      { siteKeys, until },
    )
    return rows.map((row) => ({
      kind: 'work',
      received: number(row, 'received_ms'),
      step: text(row, 'step') as 'acknowledged' | 'cleared',
      id: text(row, 'id'),
      alarm: text(row, 'kind'),
      site: text(row, 'site'),
      seal: text(row, 'seal_hex'),
      by: text(row, 'by'),
    }))
  },
  raiseTimes: async (kinds, { from, until }, most) => {
    const rows = await ask(
      `SELECT DISTINCT ${ms('received')} FROM seals.alarms WHERE step = 'raised' AND kind IN ({kinds:Array(String)}) AND received >= ${at('from')} AND received <= ${at('until')} ORDER BY received DESC LIMIT {most:UInt32}`,
      { kinds, from, until, most },
    )
    return rows.map((row) => number(row, 'received_ms')).reverse()
  },
  gaps: async ({ from, until }) => {
    const rows = await ask(
      `SELECT body FROM seals.registry_changes WHERE site_key = 0 AND what = {what:String} AND registry_changes.time >= ${at('from')} AND registry_changes.time <= ${at('until')} ORDER BY registry_changes.time`,
      { what: TICK_GAP, from, until },
    )
    return rows.map((row) => JSON.parse(text(row, 'body')) as { readonly from: number; readonly until: number })
  },
  outages: async ({ from, until }) => {
    const rows = await ask(
      `SELECT any(area) AS area_path, toUnixTimestamp64Milli(minIf(received, step = 'raised')) AS from_ms, toUnixTimestamp64Milli(maxIf(received, step IN ('condition-gone', 'closed', 'cleared'))) AS until_ms FROM seals.alarms WHERE kind = 'area-outage' AND received <= ${at('until')} GROUP BY id HAVING until_ms = 0 OR until_ms >= {from:Int64}`,
      { from, until },
    )
    return rows.map((row) => ({ area: text(row, 'area_path'), from: number(row, 'from_ms'), until: number(row, 'until_ms') || Infinity }))
  },
})

const stepOf = (row: Row): StoredStep => ({
  kind: text(row, 'kind') as AlarmKindName,
  severity: text(row, 'severity'),
  site: text(row, 'site'),
  siteKey: number(row, 'site_key'),
  area: text(row, 'area'),
  seal: text(row, 'seal_hex'),
  step: text(row, 'step'),
  time: number(row, 'time_ms'),
  received: number(row, 'received_ms'),
  by: text(row, 'by'),
  note: text(row, 'note'),
  repeats: number(row, 'repeats'),
  value: number(row, 'value'),
})

// (Not their own names: an alias hides the column of that name from the rest of the statement.)
const KEY_COLUMNS = 'site_key, any(site) AS site_id, any(area) AS area_path, any(kind) AS site_kind'
const keyOf = (row: Row): Awaited<ReturnType<EvidenceSource['keysOfSite']>>[number] => ({
  siteKey: number(row, 'site_key'),
  site: text(row, 'site_id'),
  area: text(row, 'area_path'),
  kind: text(row, 'site_kind') as SiteKindName,
})

const siteReads = (ask: Ask): Pick<EvidenceSource, 'keysOfSite' | 'keysOfArea' | 'keysOfSeals' | 'changes' | 'policies'> => ({
  keysOfSite: async (site) =>
    (await ask(`SELECT ${KEY_COLUMNS} FROM seals.sites WHERE site = {site:String} GROUP BY site_key ORDER BY site_key`, { site })).map(keyOf),
  keysOfArea: async (area, most) =>
    (
      await ask(
        `SELECT ${KEY_COLUMNS} FROM seals.sites WHERE area = {area:String} OR startsWith(area, {below:String}) GROUP BY site_key ORDER BY site_key LIMIT {most:UInt32}`,
        { area, below: `${area}/`, most },
      )
    ).map(keyOf),
  keysOfSeals: async (seals) =>
    (await ask(`SELECT DISTINCT site_key FROM seals.seals WHERE seal IN ({seals:Array(UInt64)})`, { seals: seals.map(decimal) })).map((row) =>
      number(row, 'site_key'),
    ),
  changes: async (siteKeys) => {
    const rows = await ask(
      `SELECT ${ms('time')}, position, site_key, what, body FROM seals.registry_changes WHERE site_key IN ({siteKeys:Array(UInt32)}) ORDER BY position, row_no`,
      { siteKeys },
    )
    return rows.map((row) => ({
      kind: 'change',
      received: number(row, 'time_ms'),
      position: number(row, 'position'),
      siteKey: number(row, 'site_key'),
      what: text(row, 'what'),
      body: JSON.parse(text(row, 'body')) as StoredChange['body'],
    }))
  },
  policies: async () => {
    const rows = await ask(`SELECT version, ${ms('time')}, by, document FROM seals.policies FINAL WHERE version > 1 ORDER BY version`, {})
    return rows.map((row) => ({
      kind: 'policy',
      received: number(row, 'time_ms'),
      version: number(row, 'version'),
      by: text(row, 'by'),
      document: JSON.parse(text(row, 'document')) as PolicyDocument,
    }))
  },
})

const decimal = (hex: string): bigint => BigInt(`0x${hex}`)

/** As the order of the table is by site, the seals narrow what the keys have found. */
const where = ({ seals }: EventScope): string =>
  `site_key IN ({siteKeys:Array(UInt32)})${seals === null ? '' : " AND (seal IN ({seals:Array(UInt64)}) OR kind = 'DOOR_OPENED')"}`
const scopeParams = ({ siteKeys, seals }: EventScope): Readonly<Record<string, unknown>> => ({
  siteKeys,
  ...(seals === null ? {} : { seals: seals.map(decimal) }),
})

const eventReads = (ask: Ask): Pick<EvidenceSource, 'extent' | 'shown' | 'counts' | 'openingsUsed'> => ({
  extent: async (scope, until, most) => {
    const params = { ...scopeParams(scope), until, most }
    const of = `FROM seals.events WHERE ${where(scope)} AND received <= ${at('until')}`
    const [sums] = await ask(`SELECT count() AS n, toUnixTimestamp64Milli(min(received)) AS first_ms ${of}`, params)
    const count = number(sums ?? {}, 'n')
    const first = number(sums ?? {}, 'first_ms')
    if (count <= most) return { count, first, firstOfMost: first }
    const [row] = await ask(`SELECT ${ms('received')} ${of} ORDER BY received DESC LIMIT 1 OFFSET {most:UInt32}`, params)
    // What was received in one millisecond is taken whole or not at all.
    return { count, first, firstOfMost: number(row ?? {}, 'received_ms') + 1 }
  },
  shown: async (scope, { from, until }, { kinds, most, end }) => {
    const params = { ...scopeParams(scope), from, until, kinds, most }
    const of = `FROM seals.events WHERE ${where(scope)} AND kind IN ({kinds:Array(String)}) AND time >= ${at('from')} AND time <= ${at('until')}`
    const [sums] = await ask(`SELECT count() AS n ${of}`, params)
    const order = end === 'newest' ? 'DESC' : 'ASC'
    const rows = await ask(
      `SELECT seal_id, toString(kind) AS kind_name, ${ms('time')}, ${ms('received')}, ${ms('device_time')}, value, boot, seq, permit ${of} ORDER BY time ${order}, seal ${order}, boot ${order}, seq ${order} LIMIT {most:UInt32}`,
      params,
    )
    const items = rows.map((row) => ({
      seal: text(row, 'seal_id'),
      kind: text(row, 'kind_name') as EventKindName,
      time: number(row, 'time_ms'),
      received: number(row, 'received_ms'),
      deviceTime: number(row, 'device_time_ms'),
      value: number(row, 'value'),
      boot: number(row, 'boot'),
      seq: number(row, 'seq'),
      permit: number(row, 'permit'),
    }))
    return { items: end === 'newest' ? items.reverse() : items, leftOut: Math.max(0, number(sums ?? {}, 'n') - items.length) }
  },
  counts: async (siteKeys, until, most) => {
    const rows = await ask(
      `SELECT ${ms('time')}, ${ms('received')}, raw, corrected, confidence FROM seals.occupancy WHERE site_key IN ({siteKeys:Array(UInt32)}) AND received <= ${at('until')} ORDER BY received DESC, time DESC LIMIT {most:UInt32}`,
      { siteKeys, until, most },
    )
    const counts = rows.map((row) => ({
      time: number(row, 'time_ms'),
      received: number(row, 'received_ms'),
      raw: number(row, 'raw'),
      corrected: number(row, 'corrected'),
      confidence: Math.round(number(row, 'confidence') * 1000) / 1000,
    }))
    return counts.reverse()
  },
  openingsUsed: async (siteKeys, until) => {
    const rows = await ask(
      `SELECT permit, count() AS n FROM seals.events WHERE site_key IN ({siteKeys:Array(UInt32)}) AND permit != 0 AND kind = 'DOOR_OPENED' AND received <= ${at('until')} GROUP BY permit`,
      { siteKeys, until },
    )
    return new Map(rows.map((row) => [number(row, 'permit'), number(row, 'n')]))
  },
})

const storedRows = async (
  client: ClickHouseClient,
  scope: EventScope,
  { from, until }: { readonly from: number; readonly until: number },
): Promise<Uint8Array> => {
  const { stream } = await client.exec({
    query: `SELECT ${STORED_EVENT_COLUMNS.join(', ')} FROM seals.events WHERE ${where(scope)} AND received >= ${at('from')} AND received <= ${at('until')} ORDER BY ${STORED_EVENT_ORDER} FORMAT RowBinary`,
    query_params: { ...scopeParams(scope), from, until },
    clickhouse_settings: SETTINGS,
  })
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
