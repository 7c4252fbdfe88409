import { isDeepStrictEqual } from 'node:util'
import { merged } from './clickhouse-sql.ts'
import type { Clients } from './clients.ts'
import type { Row, Value } from './native.ts'
import type { Connection, LiveReader } from './reader.ts'
import { truthOf, type Truth } from './truth.ts'
import type { World } from './world.ts'

// What must hold when everything has been mended and nothing waits: each complaint is a line, none is well.

type Found = { readonly columns: readonly string[]; readonly rows: readonly Row[] }
export const INVARIANTS = [
  'every receipted event is in events exactly once',
  'every table is that of the run without a fault',
  'every alarm is raised exactly once',
  'rollups equal a recount of events',
  'the ledger closes and is that of the run without a fault',
  'expired sites have no rows',
  'verified and snapshots were never ahead of what is stored',
  'a subscriber saw every step after its cursor, in order',
  'a subscriber ends with the alarms that are open',
] as const

export const checkAll = async (world: World, clients: Clients, readers: readonly LiveReader[]): Promise<void> => {
  const truth = await truthOf(world.disk.entries)
  const stored = storedTables(world)
  tablesAgree(world, truth, stored)
  eventsOnce(world, clients, truth, stored)
  alarmsOnce(world, stored)
  rollupsAgree(world, truth, stored)
  ledgerCloses(world, truth)
  promisesKept(world, truth)
  for (const reader of readers) readerSawAll(world, truth, reader)
}

const storedTables = ({ store }: World): ReadonlyMap<string, Found> =>
  new Map(
    [...store.server.parts].flatMap(([table, parts]) => {
      const columns = parts[0]?.block.columns
      return columns === undefined ? [] : [[table, { columns, rows: parts.flatMap(({ block }) => block.rows) }] as const]
    }),
  )
const cell = ({ columns }: Found, row: Row, name: string): Value => row[columns.indexOf(name)] as Value
const textOf = (table: string, { columns, rows }: Found): string[] => {
  // The order of arrival of equal times is told by gaps that mean nothing.
  const left = columns.map((name, i) => [name, i] as const).filter(([name]) => name !== 'turn')
  return merged(table, columns, rows)
    .map((row) => left.map(([, i]) => String(row[i])).join('|'))
    .toSorted()
}
/** Tables whose rows of erased sites are found by words, not by key. */
const BY_WORDS = new Set(['access', 'rejected_events'])

const tablesAgree = (world: World, truth: Truth, stored: ReadonlyMap<string, Found>): void => {
  for (const [table, want] of truth.rows) {
    const have = stored.get(table) ?? { columns: want.columns, rows: [] }
    const keyAt = want.columns.indexOf('site_key')
    const living = (row: Row): boolean => keyAt < 0 || !truth.expired.has(Number(row[keyAt]))
    const wanted = textOf(table, { columns: want.columns, rows: BY_WORDS.has(table) ? want.rows : want.rows.filter(living) })
    const found = textOf(table, have)
    if (BY_WORDS.has(table) && truth.expired.size > 0) {
      const left = new Map<string, number>()
      for (const row of wanted) left.set(row, (left.get(row) ?? 0) + 1)
      for (const row of found) left.set(row, (left.get(row) ?? 0) - 1)
      if ([...left.values()].some((count) => count < 0)) world.complain(`${table} has rows that the run without a fault has not`)
    } else if (!isDeepStrictEqual(wanted, found)) {
      const [a, b] = [new Set(wanted), new Set(found)]
      const missing = wanted.find((row) => !b.has(row))
      const more = found.find((row) => !a.has(row))
      world.complain(`${table}: ${wanted.length} rows wanted, ${found.length} found; missing ${missing ?? '-'}; too many ${more ?? '-'}`)
    }
    if (have.rows.some((row) => keyAt >= 0 && truth.expired.has(Number(row[keyAt])))) world.complain(`${table} holds rows of expired sites`)
  }
}

const eventsOnce = (world: World, clients: Clients, truth: Truth, stored: ReadonlyMap<string, Found>): void => {
  const events = stored.get('events')
  const keysIn = (of: Found | undefined): string[] =>
    of === undefined ? [] : of.rows.map((row) => ['seal', 'boot', 'seq'].map((name) => String(cell(of, row, name))).join(' '))
  const found = keysIn(events)
  if (new Set(found).size !== found.length) world.complain(`${found.length - new Set(found).size} events are stored twice`)
  // Those of expired sites are gone, and were there.
  const ever = new Set([...found, ...(truth.expired.size > 0 ? keysIn(truth.rows.get('events')) : [])])
  const lost = [...clients.receipted].filter((key) => !ever.has(key))
  if (lost.length > truth.ledger.tooOld) world.complain(`${lost.length} receipted events are not stored: ${lost[0]}`)
}
const alarmsOnce = (world: World, stored: ReadonlyMap<string, Found>): void => {
  const alarms = stored.get('alarms')
  if (alarms === undefined) return
  const raised = alarms.rows.filter((row) => cell(alarms, row, 'step') === 'raised').map((row) => String(cell(alarms, row, 'id')))
  if (new Set(raised).size !== raised.length) world.complain('an alarm is raised twice')
}

const MINUTE_MS = 60_000
const rollupsAgree = (world: World, truth: Truth, stored: ReadonlyMap<string, Found>): void => {
  const events = stored.get('events')
  for (const [table, ms] of [
    ['traffic_1m', MINUTE_MS],
    ['traffic_1h', 60 * MINUTE_MS],
  ] as const) {
    const sums = new Map<string, number>()
    const add = (key: string, by: number): void => void (by !== 0 && sums.set(key, (sums.get(key) ?? 0) + by))
    for (const row of events?.rows ?? []) {
      const of = events as Found
      const [kind, value, site, time] = ['kind', 'value', 'site_key', 'time'].map((name) => Number(cell(of, row, name))) as [number, number, number, number]
      const what = kind === 1 ? 'in' : kind === 2 ? 'out' : kind === 3 ? 'open' : ''
      if (what !== '') add(`${site} ${Math.floor(time / ms) * (ms / 1000)} ${what}`, what === 'open' ? 1 : value)
    }
    const found = stored.get(table)
    for (const row of found?.rows ?? []) {
      const of = found as Found
      for (const [what, name] of [
        ['in', 'people_in'],
        ['out', 'people_out'],
        ['open', 'openings'],
      ] as const)
        add(`${cell(of, row, 'site_key')} ${cell(of, row, 'time')} ${what}`, -Number(cell(of, row, name)))
    }
    const wrong = [...sums].filter(([key, left]) => left !== 0 && !truth.expired.has(Number(key.split(' ')[0])))
    if (wrong.length > 0) world.complain(`${table} is not the recount of events: ${wrong[0]?.join(' differs by ')}`)
  }
}

const ledgerCloses = (world: World, truth: Truth): void => {
  const engine = world.engine
  if (engine === undefined) return
  const have = engine.machine.ledger()
  if (!isDeepStrictEqual(have, truth.ledger)) world.complain(`the ledger is ${JSON.stringify(have)}, without a fault ${JSON.stringify(truth.ledger)}`)
  if (have.accepted !== engine.stored() + have.repeated + have.tooOld)
    world.complain(`the ledger does not close: ${have.accepted} accepted, ${engine.stored()} stored, ${have.repeated} repeated, ${have.tooOld} too old`)
}

const promisesKept = (world: World, truth: Truth): void => {
  for (const { kind, upTo, stored } of world.promised) {
    for (const { block, end, tables } of truth.blocks) {
      if (kind === 'verified' ? block > upTo : end > upTo) break
      const missing = tables.find((table) => !stored.has(`${table}:${block}`))
      if (missing !== undefined) return world.complain(`${kind} ${upTo} was promised before block ${block} of ${missing} was stored`)
    }
  }
}

const readerSawAll = (world: World, truth: Truth, { connections, open, cursor }: LiveReader): void => {
  for (const connection of connections) connectionSawAll(world, truth, connection)
  const ids = truth.open.at(-1)?.ids ?? []
  const last = truth.steps.at(-1)?.at ?? 0
  if ((cursor() ?? 0) < last) world.complain(`a subscriber holds cursor ${cursor()}, the last step is at ${last}`)
  else if (!isDeepStrictEqual([...open()].toSorted(), ids))
    world.complain(
      `a subscriber believes ${[...open()].filter((id) => !ids.includes(id)).join(' ')} open too, and not ${ids.filter((id) => !open().has(id)).join(' ')}; ${truth.steps
        .filter(({ id }) => open().has(id) !== ids.includes(id))
        .map(({ at, id, step }) => `${at}: ${id} ${step}`)
        .join(', ')}`,
    )
}
const connectionSawAll = (world: World, truth: Truth, { since, resumed, hello, steps, snapshot, last }: Connection): void => {
  if (Number.isNaN(hello) || Number.isNaN(last)) return
  const from = resumed ? Number(since) : hello
  const wanted = truth.steps.filter(({ at }) => at > from)
  const isSame = steps.every(({ id, step }, i) => wanted[i]?.id === id && wanted[i]?.step === step)
  const owed = wanted.filter(({ at }) => at <= last).length
  if (!isSame || steps.length < owed)
    world.complain(
      `a subscriber${resumed ? ' that resumed' : ''} after ${from} was told ${steps.map(({ id, step }) => `${id} ${step}`).join(', ')} up to ${last}; steps were ${wanted.map(({ at, id, step }) => `${at}: ${id} ${step}`).join(', ')}`,
    )
  if (resumed) return
  const then = truth.open.findLast(({ at }) => at <= hello)?.ids ?? []
  if (!isDeepStrictEqual(snapshot.toSorted(), then)) world.complain(`a snapshot at ${hello} told ${snapshot.join(' ')}, open were ${then.join(' ')}`)
}
