import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMetrics } from '../../bench/chaos/checks.ts'
import { clickhousePidOf } from '../../bench/chaos/clickhouse-pid.ts'
import type { Target } from '../../bench/target.ts'
import { sealsFrom, startLoad } from '../../bench/chaos/clients.ts'
import { createRig, eventually, openAlarms, random, register, rows, type Rig } from './rig.ts'

// The engine is killed (SIGKILL) under load at random moments, its ClickHouse in between. Whatever has a receipt is in ClickHouse
// once. SEALSTREAM_TEST_KILLS=100 makes it longer, SEALSTREAM_TEST_SEED repeats a run.

const KILLS = Number(process.env['SEALSTREAM_TEST_KILLS'] ?? 10)
const SEED = Number(process.env['SEALSTREAM_TEST_SEED'] ?? Date.now() % 1_000_000)
/** A small interval: snapshots and trims then fall among the kills too. */
const FLAGS = ['--snapshot-ms', '1500', '--extent-ms', '300', '--log-segment-bytes', '1048576', '--log-level', 'info']
const DAY = 86_400_000

let rig: Rig
beforeAll(async () => {
  console.log(`kill.test: SEALSTREAM_TEST_SEED=${SEED}`)
  rig = createRig('kill')
  await rig.start(FLAGS)
}, 90_000)
afterAll(async () => {
  await rig.dispose()
}, 30_000)

const homes = sealsFrom(0xa0001, 40)
const towers = sealsFrom(0xb0001, 40)
const seals = [...homes, ...towers]

const registerAll = async (target: Target): Promise<void> => {
  const now = Date.now()
  await register(target, [
    ...homes.map((seal, n) => ({ site: `home-${n}`, seals: [seal], from: now - DAY, until: now + DAY })),
    ...towers.map((seal, n) => ({
      site: `tower-${n}`,
      seals: [seal],
      from: 0,
      until: 0,
      kind: 'building',
      headcount: 100_000,
      area: `fuzhou/gulou/antai/${n % 3}`,
    })),
  ])
}

test(
  `${KILLS} kills at random moments: every event with a receipt is there once`,
  async () => {
    const rand = random(SEED)
    await registerAll(rig.target())
    let target: Target | undefined = rig.target()
    const load = startLoad({ target: () => target, clients: 4, seals, batch: 60, random: random(SEED + 1) })
    for (let kill = 1; kill <= KILLS; kill += 1) {
      if (kill % 3 === 0) {
        await sleep(rand() * 500)
        const child = clickhousePidOf(rig.pid())
        expect(child, 'the embedded ClickHouse is a child of the engine').toBeGreaterThan(0)
        process.kill(child, 'SIGKILL')
      }
      await sleep(rand() * 2000)
      target = undefined
      await rig.kill()
      await rig.start(FLAGS)
      target = rig.target()
    }
    await sleep(500)
    await load.finish()
    const events = [...load.receipted.values()].reduce((sum, seq) => sum + seq, 0)
    expect(load.counts.receipts).toBeGreaterThan(KILLS * 5)
    expect(load.counts.resent).toBeGreaterThan(0)

    // Everything stored: the ledger has no waiting events left.
    await eventually(
      'events waiting',
      () => readMetrics(rig.target()),
      (seen) => seen['sealstream_events_waiting'] === 0,
      60_000,
    )
    await exactlyOnce(rig.target(), load)
    await rollupsAgree(rig.target())
    await alarmsOnce(rig.target(), load.receipted)
    const ledger = await readMetrics(rig.target())
    expect(ledger['sealstream_events_stored_total']).toBe(events)
    expect(ledger['sealstream_events_offered_total']).toBe(
      (ledger['sealstream_events_accepted_total'] ?? 0) + (ledger['sealstream_events_rejected_total'] ?? 0),
    )
    expect(ledger['sealstream_events_accepted_total']).toBe(events + (ledger['sealstream_events_repeated_total'] ?? 0))
    console.log(
      `kill.test: ${events} events, ${load.counts.receipts} receipts, ${load.counts.resent} batches sent again, ${ledger['sealstream_events_repeated_total']} events repeated`,
    )
  },
  60_000 + KILLS * 15_000,
)

const exactlyOnce = async (target: Target, load: ReturnType<typeof startLoad>): Promise<void> => {
  type Row = { seal_id: string; boot: number; n: string; seqs: string; low: number; high: number }
  const found = await rows<Row>(
    target,
    'SELECT seal_id, boot, count() AS n, uniqExact(seq) AS seqs, min(seq) AS low, max(seq) AS high FROM seals.events GROUP BY seal_id, boot ORDER BY seal_id',
  )
  // Numbers run from 1 without a gap, so (count, distinct, least, greatest) say that the two sets are the same.
  const want = [...load.receipted].filter(([, seq]) => seq > 0).map(([seal, seq]) => ({ seal_id: seal, boot: 1, n: seq, seqs: seq, low: 1, high: seq }))
  expect(found.map((row) => ({ ...row, n: Number(row.n), seqs: Number(row.seqs) }))).toEqual(want.toSorted((a, b) => (a.seal_id < b.seal_id ? -1 : 1)))
  const people = await rows<{ seal_id: string; kind: string; n: string }>(
    target,
    "SELECT seal_id, toString(kind) AS kind, sum(value) AS n FROM seals.events WHERE kind IN ('PASSAGE_IN', 'PASSAGE_OUT') GROUP BY seal_id, kind",
  )
  for (const { seal_id, kind, n } of people) expect(Number(n), `${seal_id} ${kind}`).toBe(load.sums.get(`${seal_id} ${kind}`))
}

const rollupsAgree = async (target: Target): Promise<void> => {
  const recount = (bucket: string): string =>
    `SELECT site, toUnixTimestamp(${bucket}(time)) AS t, sumIf(value, kind = 'PASSAGE_IN') AS i, sumIf(value, kind = 'PASSAGE_OUT') AS o, countIf(kind = 'DOOR_OPENED') AS d FROM seals.events GROUP BY site, t HAVING i + o + d > 0 ORDER BY site, t`
  const rollup = (table: string, by: string): string =>
    `SELECT ${by}, toUnixTimestamp(time) AS t, sum(people_in) AS i, sum(people_out) AS o, sum(openings) AS d FROM seals.${table} GROUP BY ${by}, t ORDER BY ${by}, t`
  const numbers = (list: readonly Record<string, unknown>[]): unknown[] => list.map((row) => Object.values(row).map(String))
  const minutes = numbers(await rows(target, recount('toStartOfMinute')))
  if (minutes.length < 50)
    console.log(
      JSON.stringify([
        minutes,
        await rows(target, 'SELECT count() AS n, uniqExact(site) AS s, any(site) AS x, uniqExact(site_key) AS k FROM seals.events'),
        await rows(target, 'SELECT count() AS n, min(block) AS b FROM seals.sites'),
        rig.lines.slice(-5),
      ]),
    )
  expect(minutes.length).toBeGreaterThan(50)
  expect(numbers(await rows(target, rollup('traffic_1m', 'site')))).toEqual(minutes)
  expect(numbers(await rows(target, rollup('traffic_1h', 'site')))).toEqual(numbers(await rows(target, recount('toStartOfHour'))))
  const areas =
    "SELECT area, toUnixTimestamp(toStartOfHour(time)) AS t, sumIf(value, kind = 'PASSAGE_IN') AS i, sumIf(value, kind = 'PASSAGE_OUT') AS o, countIf(kind = 'DOOR_OPENED') AS d FROM seals.events GROUP BY area, t ORDER BY area, t"
  expect(numbers(await rows(target, rollup('area_1h', 'area')))).toEqual(numbers(await rows(target, areas)))
}

/** These kinds close only when a person has acknowledged, and nobody has: one alarm a seal, raised once. */
const alarmsOnce = async (target: Target, receipted: ReadonlyMap<string, number>): Promise<void> => {
  const raised = await rows<{ kind: string; seal_id: string; n: string; ids: string }>(
    target,
    "SELECT kind, seal_id, countIf(step = 'raised') AS n, uniqExact(id) AS ids FROM seals.alarms WHERE kind IN ('tamper', 'door-opened', 'passage-unpermitted') GROUP BY kind, seal_id",
  )
  expect(raised.length).toBeGreaterThan(homes.length)
  expect(raised.filter(({ n, ids }) => Number(n) !== 1 || Number(ids) !== 1)).toEqual([])
  const tampered = [...receipted].filter(([, seq]) => seq >= 3).map(([seal]) => seal)
  expect(
    raised
      .filter(({ kind }) => kind === 'tamper')
      .map(({ seal_id }) => seal_id)
      .toSorted(),
  ).toEqual(tampered.toSorted())
  const open = await openAlarms(target)
  const keys = open.map(({ kind, site, seal }) => `${kind} ${seal === '' ? site : seal}`)
  expect(new Set(keys).size).toBe(keys.length)
  expect(open.filter(({ kind }) => kind === 'tamper').length).toBe(tampered.length)
}
