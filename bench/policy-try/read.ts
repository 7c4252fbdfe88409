// What `policy try` reads, all of it through the people's door with the caller's own token: so whoever may not ask ClickHouse may not
// try a policy, and each statement is a row of seals.access. Sites are read in ranges of their key, by which the tables are ordered.

import type { StoredChange, StoredOp, StoredPolicy, StoredWork } from '../../core/stored-op.ts'
import { STORED_EVENT_COLUMNS, STORED_EVENT_ORDER } from '../../core/stored-events.ts'
import { TICK_GAP } from '../../core/tick-gap.ts'
import type { TickGap } from '../../core/thread/tick-grid.ts'
import { clickhouseBytes, clickhouseRows } from '../http.ts'
import type { Target } from '../target.ts'

export type Window = {
  /** Events are replayed from here … */ readonly warm: number
  /** … and alarms counted from here. */ readonly from: number
  readonly until: number
}
/** A range of site keys, and how many events of the window they have. */
export type Group = { readonly first: number; readonly last: number; readonly events: number }
/** An alarm as it was raised, stored or replayed. */
export type Raise = {
  readonly kind: string
  readonly site: string
  readonly area: string
  readonly seal: string
  readonly severity: string
  readonly since: number
  readonly raisedAt: number
  readonly value: number
}
export type Outage = { readonly area: string; readonly from: number; readonly until: number }

const ms = (column: string): string => `toUnixTimestamp64Milli(${column})`
const at = (time: number): string => `fromUnixTimestamp64Milli(${Math.trunc(time)})`
const during = ({ warm, until }: Window): string => `received >= ${at(warm)} AND received <= ${at(until)}`
const keys = ({ first, last }: Group): string => `site_key BETWEEN ${first} AND ${last}`

/** The newest time received: the engine's clock, as far as it has something to say. */
export const newestReceived = async (target: Target): Promise<number> => {
  const [row] = await clickhouseRows<{ newest: string }>(target, `SELECT ${ms('max(received)')} AS newest FROM seals.events`)
  return Number(row?.newest ?? 0)
}

/** Counts of sites, as many as the door gives rows; whoever has more sites asks again from the last. */
const SITES_A_READ = 500_000

/** Ranges of sites with at most so many events, or of one site with more. Sites without events are in them: they may be offline. */
export const groupsOf = async (target: Target, window: Window, most: number): Promise<readonly Group[]> => {
  const groups: Group[] = []
  let open: Group | undefined
  for (let after = 0; ;) {
    const rows = await clickhouseRows<{ key: number; n: string }>(
      target,
      `SELECT site_key AS key, max(n) AS n FROM (SELECT site_key, toUInt64(0) AS n FROM seals.sites WHERE site_key > ${after} UNION ALL SELECT site_key, count() AS n FROM seals.events WHERE site_key > ${after} AND ${during(window)} GROUP BY site_key) GROUP BY site_key ORDER BY site_key LIMIT ${SITES_A_READ}`,
    )
    for (const row of rows) {
      const events = Number(row.n)
      if (open !== undefined && (open.events + events > most || row.key - open.first >= SITES_A_GROUP)) {
        groups.push(open)
        open = undefined
      }
      open = { first: open?.first ?? row.key, last: row.key, events: (open?.events ?? 0) + events }
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < SITES_A_READ) break
    after = last.key
  }
  return open === undefined ? groups : [...groups, open]
}
/** Sites that say little are still registered one by one in each replay. */
const SITES_A_GROUP = 20_000

/** Stretches of the window with at most so many events of the group each; what was received in one of them is read at once. */
export const piecesOf = async (
  target: Target,
  window: Window,
  { group, most }: { readonly group: Group; readonly most: number },
): Promise<readonly Piece[]> => {
  const rows = await clickhouseRows<{ minute: string; n: string }>(
    target,
    `SELECT intDiv(${ms('received')}, 60000) AS minute, count() AS n FROM seals.events WHERE ${keys(group)} AND ${during(window)} GROUP BY minute ORDER BY minute`,
  )
  const pieces: Piece[] = []
  for (const row of rows) {
    const events = Number(row.n)
    const [from, until] = [Number(row.minute) * 60_000, Number(row.minute) * 60_000 + 59_999]
    const last = pieces.at(-1)
    if (last !== undefined && last.events + events <= most) pieces[pieces.length - 1] = { from: last.from, until, events: last.events + events }
    else pieces.push({ from, until, events })
  }
  return pieces
}
export type Piece = { readonly from: number; readonly until: number; readonly events: number }

export const eventRows = (target: Target, { from, until }: Piece, group: Group): Promise<Buffer> =>
  clickhouseBytes(
    target,
    `SELECT ${STORED_EVENT_COLUMNS.join(', ')} FROM seals.events WHERE ${keys(group)} AND received >= ${at(from)} AND received <= ${at(until)} ORDER BY ${STORED_EVENT_ORDER} FORMAT RowBinary`,
  )

/** Changes of the registry and work on alarms of a group, in the order of time. */
export const opsOf = async (target: Target, window: Window, group: Group): Promise<readonly StoredOp[]> => {
  const changes = await clickhouseRows<{ time: string; position: string; site_key: number; what: string; body: string }>(
    target,
    `SELECT ${ms('time')} AS time, position, site_key, what, body FROM seals.registry_changes WHERE ${keys(group)} AND registry_changes.time <= ${at(window.until)} ORDER BY position, row_no`,
  )
  const work = await clickhouseRows<{
    id: string
    kind: string
    site: string
    seal_hex: string
    step: 'acknowledged' | 'cleared'
    by: string
    received_ms: string
  }>(
    target,
    `SELECT id, kind, site, if(seal = 0, '', seal_id) AS seal_hex, step, by, ${ms('received')} AS received_ms FROM seals.alarms WHERE ${keys(group)} AND step IN ('acknowledged', 'cleared') AND by NOT IN ('', 'system') AND ${during(window)} ORDER BY block, step_no`,
  )
  const ops: readonly StoredOp[] = [
    ...changes.map((row): StoredChange => ({
      kind: 'change',
      received: Number(row.time),
      position: Number(row.position),
      siteKey: row.site_key,
      what: row.what,
      body: JSON.parse(row.body) as StoredChange['body'],
    })),
    ...work.map((row): StoredWork => ({
      kind: 'work',
      received: Number(row.received_ms),
      step: row.step,
      id: row.id,
      alarm: row.kind,
      site: row.site,
      seal: row.seal_hex,
      by: row.by,
    })),
  ]
  return ops.toSorted((a, b) => a.received - b.received)
}

/** People counted at the window's beginning, by site: where nothing was counted before, none. */
export const insideOf = async (target: Target, { warm }: Window, group: Group): Promise<Readonly<Record<string, number>>> => {
  const rows = await clickhouseRows<{ name: string; n: number }>(
    target,
    `SELECT any(site) AS name, argMax(corrected, (received, time)) AS n FROM (SELECT site_key, site, corrected, received, time FROM seals.occupancy WHERE ${keys(group)} AND received < ${at(warm)}) GROUP BY site_key`,
  )
  return Object.fromEntries(rows.map(({ name, n }) => [name, Math.max(0, n)]))
}

export const policiesOf = async (target: Target): Promise<readonly StoredPolicy[]> => {
  const rows = await clickhouseRows<{ v: number; at: string; who: string; document: string }>(
    target,
    `SELECT version AS v, any(${ms('time')}) AS at, any(by) AS who, any(document) AS document FROM seals.policies WHERE version > 1 GROUP BY version ORDER BY version`,
  )
  return rows.map(({ v, at: time, who, document }) => ({
    kind: 'policy',
    version: v,
    received: Number(time),
    by: who,
    document: JSON.parse(document) as StoredPolicy['document'],
  }))
}

/** Alarms raised in the window, and the times of all raises from the warm-up on (most are times of ticks). */
export const raisedThen = async (target: Target, { from, until }: Window): Promise<readonly Raise[]> => {
  const rows = await clickhouseRows<Omit<Raise, 'since' | 'raisedAt' | 'value' | 'seal'> & { seal_hex: string; since: string; raised: string; value: string }>(
    target,
    `SELECT kind, site, area, severity, if(seal = 0, '', seal_id) AS seal_hex, ${ms('time')} AS since, ${ms('received')} AS raised, value FROM seals.alarms WHERE step = 'raised' AND received >= ${at(from)} AND received <= ${at(until)} ORDER BY received`,
  )
  return rows.map(({ kind, site, area, severity, seal_hex: seal, since, raised, value }) => ({
    kind,
    site,
    area,
    severity,
    seal,
    since: Number(since),
    raisedAt: Number(raised),
    value: Number(value),
  }))
}

export const tickTimes = async (target: Target, kinds: readonly string[], window: Window): Promise<readonly number[]> => {
  const rows = await clickhouseRows<{ t: string }>(
    target,
    `SELECT DISTINCT ${ms('received')} AS t FROM seals.alarms WHERE step = 'raised' AND kind IN (${kinds.map((kind) => `'${kind}'`).join(', ')}) AND ${during(window)} ORDER BY t LIMIT ${SITES_A_READ}`,
  )
  return rows.map(({ t }) => Number(t))
}

export const gapsOf = async (target: Target, { warm, until }: Window): Promise<readonly TickGap[]> => {
  const rows = await clickhouseRows<{ body: string }>(
    target,
    `SELECT body FROM seals.registry_changes WHERE site_key = 0 AND what = '${TICK_GAP}' AND registry_changes.time >= ${at(warm)} AND registry_changes.time <= ${at(until)} ORDER BY registry_changes.time`,
  )
  return rows.map(({ body }) => JSON.parse(body) as TickGap)
}

export const outagesOf = async (target: Target, { warm, until }: Window): Promise<readonly Outage[]> => {
  const rows = await clickhouseRows<{ path: string; began: string; ended: string }>(
    target,
    `SELECT any(area) AS path, ${ms("minIf(received, step = 'raised')")} AS began, ${ms("maxIf(received, step IN ('condition-gone', 'closed', 'cleared'))")} AS ended FROM seals.alarms WHERE kind = 'area-outage' AND received <= ${at(until)} GROUP BY id`,
  )
  return rows
    .map(({ path, began, ended }) => ({ area: path, from: Number(began), until: Number(ended) > 0 ? Number(ended) : Infinity }))
    .filter((outage) => outage.until >= warm)
}
