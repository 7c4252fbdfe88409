import type { Load } from './clients.ts'
import type { Watcher } from './watcher.ts'
import type { World } from './world.ts'
import { api } from '../http.ts'
import type { Target } from '../target.ts'
import { setTimeout as sleep } from 'node:timers/promises'

// What must hold after every round, once the clients hold nothing back and nothing waits: each complaint is a line, none is well.

export type Found = { readonly complaints: readonly string[]; readonly events: number; readonly alarms: number }

const SETTLE_MS_MAX = 90_000

/** The metrics by name; those with labels are summed. */
export const readMetrics = async (target: Target): Promise<Readonly<Record<string, number>>> => {
  const { value } = await api(target, 'sre', { path: '/metrics' })
  const found: Record<string, number> = {}
  for (const line of String(value).split('\n')) {
    const match = /^(\w+)(?:\{[^}]*\})? ([\d.e+-]+)$/.exec(line)
    if (match !== null) found[match[1] as string] = (found[match[1] as string] ?? 0) + Number(match[2])
  }
  return found
}
const metricsOf = (world: World): Promise<Readonly<Record<string, number>>> => {
  const at = world.target()
  return at === undefined ? Promise.reject(new Error('no engine runs')) : readMetrics(at)
}

/** Waits until every accepted event is stored, a repeat or too old. */
const settled = async (world: World): Promise<string | null> => {
  const until = performance.now() + SETTLE_MS_MAX
  let last = 'no engine runs'
  while (performance.now() < until) {
    try {
      if (world.target() === undefined) await world.start()
      const seen = await metricsOf(world)
      last = `${seen['sealstream_events_waiting'] ?? '?'} events wait`
      if (seen['sealstream_events_waiting'] === 0 && seen['sealstream_sink_oldest_unstored_seconds'] === 0) return null
    } catch (error) {
      last = (error as Error).message
    }
    await sleep(100)
  }
  return `not settled within ${SETTLE_MS_MAX / 1000} s: ${last}`
}

export const checkAll = async (world: World, load: Load, watcher: Watcher): Promise<Found> => {
  const late = await settled(world)
  if (late !== null) return { complaints: [late], events: 0, alarms: 0 }
  const complaints = [...(await eventsOnce(world, load)), ...(await rollupsAgree(world)), ...(await ledgerCloses(world))]
  const alarms = await alarmsOnce(world, load)
  complaints.push(...alarms.complaints, ...(await watcherSaw(watcher, alarms.ids)))
  return { complaints, events: [...load.receipted.values()].reduce((sum, seq) => sum + seq, 0), alarms: alarms.ids.length }
}

const eventsOnce = async (world: World, load: Load): Promise<string[]> => {
  type Row = { seal_id: string; n: string; seqs: string; high: number }
  const found = new Map(
    (
      await world.query<Row>(
        "SELECT leftPad(lower(hex(seal)), 16, '0') AS seal_id, count() AS n, uniqExact(boot, seq) AS seqs, max(seq) AS high FROM seals.events GROUP BY seal_id",
      )
    ).map((row) => [row.seal_id, row]),
  )
  return [...load.receipted].flatMap(([seal, seq]) => {
    const { n = 0, seqs = 0, high = 0 } = found.get(seal) ?? {}
    // Numbers run from 1 without a gap: count, distinct and highest say that the two sets are the same.
    return Number(n) === seq && Number(seqs) === seq && high === seq ? [] : [`${seal}: ${seq} receipted, ${n} stored (${seqs} distinct, up to ${high})`]
  })
}

const rollupsAgree = async (world: World): Promise<string[]> => {
  const recount = (by: string, bucket: string): string =>
    `SELECT ${by}, toUnixTimestamp(${bucket}(time)) AS t, sumIf(value, kind = 'PASSAGE_IN') AS i, sumIf(value, kind = 'PASSAGE_OUT') AS o, countIf(kind = 'DOOR_OPENED') AS d FROM seals.events GROUP BY ${by}, t HAVING i + o + d > 0 ORDER BY ${by}, t`
  const rollup = (table: string, by: string): string =>
    `SELECT ${by}, toUnixTimestamp(time) AS t, sum(people_in) AS i, sum(people_out) AS o, sum(openings) AS d FROM seals.${table} GROUP BY ${by}, t ORDER BY ${by}, t`
  const complaints: string[] = []
  for (const [table, by, bucket] of [
    ['traffic_1m', 'site_key', 'toStartOfMinute'],
    ['traffic_1h', 'site_key', 'toStartOfHour'],
  ] as const) {
    const want = JSON.stringify(await world.query(recount(by, bucket)))
    const have = JSON.stringify(await world.query(rollup(table, by)))
    if (want !== have) complaints.push(`${table} is not the recount of events`)
  }
  const [sums] = await world.query<{ a: string; e: string }>(
    "SELECT (SELECT sum(people_in) FROM seals.area_1h) AS a, (SELECT sum(value) FROM seals.events WHERE kind = 'PASSAGE_IN') AS e",
  )
  if (Number(sums?.a) !== Number(sums?.e)) complaints.push(`area_1h has ${sums?.a} people in, events ${sums?.e}`)
  return complaints
}

const ledgerCloses = async (world: World): Promise<string[]> => {
  const of = await metricsOf(world)
  const term = (name: string): number => of[`sealstream_events_${name}`] ?? 0
  const complaints: string[] = []
  if (term('offered_total') !== term('accepted_total') + term('rejected_total')) complaints.push('offered is not accepted + rejected')
  if (term('accepted_total') !== term('stored_total') + term('repeated_total') + term('too_old_total') + term('waiting'))
    complaints.push('accepted is not stored + repeated + too old + waiting')
  return complaints
}

/** Kinds that a person closes, and nobody does here: each key is raised once and stays. */
const alarmsOnce = async (world: World, load: Load): Promise<{ complaints: string[]; ids: string[] }> => {
  const raised = await world.query<{ id: string; kind: string; seal_id: string; n: string }>(
    "SELECT id, kind, leftPad(lower(hex(seal)), 16, '0') AS seal_id, countIf(step = 'raised') AS n FROM seals.alarms WHERE kind IN ('tamper', 'door-opened', 'passage-unpermitted') GROUP BY id, kind, seal ORDER BY id",
  )
  const complaints: string[] = []
  const keys = new Map<string, number>()
  for (const { id, kind, seal_id, n } of raised) {
    keys.set(`${kind} ${seal_id}`, (keys.get(`${kind} ${seal_id}`) ?? 0) + 1)
    if (Number(n) !== 1) complaints.push(`alarm ${id} (${kind} ${seal_id}) is raised ${n} times`)
  }
  for (const [key, count] of keys) if (count !== 1) complaints.push(`${key} has ${count} alarms`)
  for (const [seal, seq] of load.receipted) if (seq >= TAMPER_SEQ && !keys.has(`tamper ${seal}`)) complaints.push(`tamper ${seal} is missing`)
  return { complaints, ids: raised.map(({ id }) => id) }
}
/** bench/chaos/clients.ts: each seal's third event. */
const TAMPER_SEQ = 3

const WATCH_MS_MAX = 5_000
const watcherSaw = async (watcher: Watcher, ids: readonly string[]): Promise<string[]> => {
  const missing = (): string[] => ids.filter((id) => !watcher.seen.has(id))
  for (const until = performance.now() + WATCH_MS_MAX; missing().length > 0 && performance.now() < until;) await sleep(50)
  return [
    ...missing().map((id) => `alarm ${id} was never told to the live subscriber`),
    ...[...watcher.twice].map((id) => `alarm ${id} was told as raised twice`),
  ]
}
