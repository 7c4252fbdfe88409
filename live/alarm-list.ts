import { alarmBody, type AlarmBody, type DeliveryBody } from '../core/alarm-body.ts'
import type { AlarmView, Principal } from '../core/ops.ts'
import type { LiveDeps, QueryRow } from './deps.ts'
import { refusal } from './problem.ts'
import { scopeOf, type Scope } from './scope.ts'

// GET /v1/alarms: open ones from the machine (most severe first, then who has waited longest), closed ones from ClickHouse
// (newest first). `all` is the open ones, then the closed ones. Pages follow a key, so that what comes and goes between two
// pages moves nothing.

export type AlarmQuery = {
  readonly state?: 'open' | 'closed' | 'all'
  readonly site?: string
  readonly area?: string
  readonly kind?: string
  readonly severity?: string
  readonly limit?: number
  readonly cursor?: string
}
type Page = { readonly items: readonly AlarmBody[]; readonly next: string | null }
type Place = { readonly side: 'open' | 'closed'; readonly rank: number; readonly at: number; readonly id: string }

export const ALARMS_LIMIT_MAX = 1_000
export const ALARMS_LIMIT_DEFAULT = 100
const RANK: Readonly<Record<string, number>> = { critical: 0, major: 1, minor: 2, info: 3 }

export const listAlarms = async (deps: LiveDeps, principal: Principal, query: AlarmQuery): Promise<Page> => {
  const { state = 'open', limit = ALARMS_LIMIT_DEFAULT } = query
  const place = query.cursor === undefined ? undefined : placeOf(query.cursor)
  const scope = scopeOf(principal, query.area ?? '')
  const open = state === 'closed' || place?.side === 'closed' ? [] : openAlarms(deps, scope, query, place)
  const items = open.slice(0, limit).map((alarm) => alarmBody(alarm, deps.notices.troubleOf))
  const last = items.at(-1)
  if (open.length > limit && last !== undefined) return { items, next: cursorAt('open', last) }
  if (state === 'open') return { items, next: null }
  const room = limit - items.length
  const rows = await closedAlarms(deps, scope, query, { place: place?.side === 'closed' ? place : undefined, limit: room + 1 })
  const closed = rows.slice(0, room).map(closedBody)
  const end = closed.at(-1)
  const more = rows.length > room
  // A page of open ones that is exactly full goes on with the first closed one.
  if (more && end === undefined) return { items, next: encode({ side: 'closed', rank: 0, at: Number.MAX_SAFE_INTEGER, id: '' }) }
  return { items: [...items, ...closed], next: more && end !== undefined ? cursorAt('closed', end) : null }
}

const openAlarms = (deps: LiveDeps, scope: Scope, query: AlarmQuery, after: Place | undefined): readonly AlarmView[] => {
  const found: AlarmView[] = []
  for (const alarm of deps.machine.openAlarms()) {
    if (!scope.shows(alarm) || !matches(alarm, query)) continue
    if (after === undefined || order(keyOf(alarm), after) > 0) found.push(alarm)
  }
  return found.sort((a, b) => order(keyOf(a), keyOf(b)))
}
const matches = (alarm: AlarmView, { site, kind, severity }: AlarmQuery): boolean =>
  (site === undefined || alarm.site === site) && (kind === undefined || alarm.kind === kind) && (severity === undefined || alarm.severity === severity)

type Key = { readonly rank: number; readonly at: number; readonly id: string }
const keyOf = (alarm: AlarmView): Key => ({ rank: RANK[alarm.severity] ?? 9, at: alarm.raisedAt, id: alarm.id })
const order = (a: Key, b: Key): number => a.rank - b.rank || a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const cursorAt = (side: Place['side'], alarm: AlarmBody): string =>
  encode({ side, rank: RANK[alarm.severity] ?? 9, at: Date.parse(alarm.raisedAt), id: alarm.id })
const encode = ({ side, rank, at, id }: Place): string => Buffer.from(JSON.stringify([side, rank, at, id])).toString('base64url')
const placeOf = (cursor: string): Place => {
  try {
    const [side, rank, at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if ((side === 'open' || side === 'closed') && typeof rank === 'number' && typeof at === 'number' && typeof id === 'string') return { side, rank, at, id }
  } catch {
    // not ours: told below
  }
  throw refusal(400, 'cursor: not one that this list gave')
}

const CLOSED_COLUMNS = `id, kind, severity, state, active, acknowledged, acknowledged_by, site, area, if(seal = 0, '', seal_id) AS seal_text, repeats, value, toUnixTimestamp64Milli(since) AS since_ms,
  toUnixTimestamp64Milli(raised_at) AS raised_ms, toUnixTimestamp64Milli(cleared_at) AS cleared_ms, toUnixTimestamp64Milli(acknowledged_at) AS acknowledged_ms,
  escalation, assigned_to, delivered`
const closedAlarms = async (
  deps: LiveDeps,
  scope: Scope,
  query: AlarmQuery,
  { place, limit }: { readonly place: Place | undefined; readonly limit: number },
): Promise<readonly QueryRow[]> => {
  if (scope.prefixes.length === 0) return []
  const params: Record<string, unknown> = { limit }
  const conditions = [`state = 'closed'`]
  const add = (name: string, condition: string, value: unknown): void => {
    params[name] = value
    conditions.push(condition)
  }
  if (!scope.prefixes.includes('')) add('areas', "arrayExists(p -> area = p OR startsWith(area, concat(p, '/')), {areas:Array(String)})", scope.prefixes)
  if (query.site !== undefined) add('site', 'site = {site:String}', query.site)
  if (query.kind !== undefined) add('kind', 'kind = {kind:String}', query.kind)
  if (query.severity !== undefined) add('severity', 'severity = {severity:String}', query.severity)
  if (place !== undefined) {
    add('at', '(raised_ms, id) < ({at:Int64}, {id:String})', place.at)
    params['id'] = place.id
  }
  try {
    return await deps.query(
      `SELECT ${CLOSED_COLUMNS} FROM seals.alarms_current WHERE ${conditions.join(' AND ')} ORDER BY raised_ms DESC, id DESC LIMIT {limit:UInt32}`,
      params,
    )
  } catch {
    deps.emit({ kind: 'query-failed', route: '/v1/alarms' })
    throw refusal(503, 'closed alarms are in ClickHouse, which does not answer now; open ones (state=open) do not need it', 5)
  }
}
const closedBody = (row: QueryRow): AlarmBody => {
  const text = (name: string): string => `${(row[name] ?? '') as string | number}`
  const time = (name: string): string | null => {
    const ms = Number(row[name] ?? 0)
    return ms > 0 ? new Date(ms).toISOString() : null
  }
  const raisedAt = new Date(Number(row['raised_ms'] ?? 0)).toISOString()
  return {
    id: text('id'),
    kind: text('kind'),
    severity: text('severity'),
    state: 'closed',
    active: yes(row['active']),
    acknowledged: yes(row['acknowledged']),
    site: text('site'),
    area: text('area'),
    seal: text('seal_text'),
    since: time('since_ms') ?? raisedAt,
    raisedAt,
    goneAt: time('cleared_ms'),
    acknowledgedAt: time('acknowledged_ms'),
    acknowledgedBy: text('acknowledged_by'),
    assignedTo: text('assigned_to'),
    shelvedUntil: null,
    shelvedBy: '',
    shelvedReason: '',
    waitingSince: null,
    escalation: Number(row['escalation'] ?? 0),
    repeats: Number(row['repeats'] ?? 0),
    value: Number(row['value'] ?? 0),
    deliveries: deliveriesOf(row),
  }
}
/** Of a closed alarm: the notices that were taken, from the steps that say so. */
const deliveriesOf = (row: QueryRow): readonly DeliveryBody[] => {
  const steps = (row['delivered'] ?? []) as readonly (readonly [number | string, string])[]
  return steps.flatMap(([ms, note]) => {
    const [, webhook = '', step = '', attempts = ''] = /^(.+): (\w+), attempt (\d+)$/.exec(note) ?? []
    if (webhook === '') return []
    const at = new Date(Number(ms)).toISOString()
    return [{ id: '', webhook, step, state: 'delivered', at, changed: at, attempts: Number(attempts), error: null }]
  })
}
const yes = (value: unknown): boolean => value === true || value === 1 || value === '1'

/** A closed alarm by its id, wherever it lies; the caller checks its area. */
export const closedAlarm = async (deps: LiveDeps, id: string): Promise<AlarmBody | undefined> => {
  try {
    const rows = await deps.query(`SELECT ${CLOSED_COLUMNS} FROM seals.alarms_current WHERE id = {id:String} LIMIT 1`, { id })
    return rows[0] === undefined ? undefined : closedBody(rows[0])
  } catch {
    deps.emit({ kind: 'query-failed', route: '/v1/alarms/:id' })
    throw refusal(503, 'this alarm is not open, and closed ones are in ClickHouse, which does not answer now', 5)
  }
}
