import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRig, eventually, register, rows, sealId, send, tick, type Rig } from './rig.ts'

// The month changes while an extent is open: its rows lie in two partitions, each block in one, and everything is counted once,
// also by an engine that was killed right there. Time is the simulator's.

const MONTH = Date.UTC(2026, 11, 1)
const S = 1000
/** No extent of the engine's own accord: the change of the month ends the first one. */
const FLAGS = ['--tick-source', 'simulator', '--extent-ms', '60000', '--snapshot-ms', '86400000']
let rig: Rig
beforeAll(async () => {
  rig = createRig('month')
  await rig.start(FLAGS)
}, 90_000)
afterAll(() => rig.dispose(), 30_000)

test('rows of two months, two blocks, two partitions', async () => {
  const at = (time: number, seq: number): Parameters<typeof send>[1] => [
    { seal: sealId(0xa1), time, seq, kind: 'PASSAGE_IN', value: 1 },
    { seal: sealId(0xa2), time, seq, kind: 'TAMPERED', value: 1 },
  ]
  await tick(rig.target(), MONTH - 3 * S)
  await register(rig.target(), [
    { site: 'tower', seals: [sealId(0xa1)], from: 0, until: 0, kind: 'building' },
    { site: 'home', seals: [sealId(0xa2)], from: MONTH - 86_400 * S, until: MONTH + 86_400 * S },
  ])
  for (let n = 0; n < 3; n += 1) {
    await send(rig.target(), at(MONTH - (3 - n) * S, n + 1))
    await tick(rig.target(), MONTH - (2 - n) * S)
  }
  for (let n = 0; n < 3; n += 1) {
    await send(rig.target(), at(MONTH + n * S, n + 4))
    await tick(rig.target(), MONTH + (n + 1) * S)
  }
  await rig.kill()
  await rig.start(FLAGS)
  // The stop ends the open extent; the start after it finds everything verified.
  expect((await rig.stop()).said).toContain('status 0')
  await rig.start(FLAGS)
  type Row = { block: string; of: number; parts: string; n: string }
  for (const [table, most] of [
    ['events', 12],
    ['alarms', 1],
    ['occupancy', 6],
    ['traffic_1m', 2],
  ] as const) {
    const month = table === 'traffic_1m' ? 'month' : 'toYYYYMM(received)'
    const found = await eventually(
      `rows of ${table}`,
      () =>
        rows<Row>(
          rig.target(),
          `SELECT block, any(${month}) AS of, uniqExact(${month}) AS parts, count() AS n FROM seals.${table} GROUP BY block ORDER BY block`,
        ),
      (list) => list.reduce((sum, { n }) => sum + Number(n), 0) >= most,
    )
    expect(
      found.filter(({ parts }) => Number(parts) !== 1),
      table,
    ).toEqual([])
    if (table !== 'events') continue
    expect(found.map(({ of, n }) => [of, Number(n)])).toEqual([
      [202_611, 6],
      [202_612, 6],
    ])
  }
  const sums = await rows<{ e: string; r: string }>(
    rig.target(),
    "SELECT (SELECT sum(value) FROM seals.events WHERE kind = 'PASSAGE_IN') AS e, (SELECT sum(people_in) FROM seals.traffic_1m) AS r",
  )
  expect([Number(sums[0]?.e), Number(sums[0]?.r)]).toEqual([6, 6])
  expect(Number((await rows<{ n: string }>(rig.target(), "SELECT countIf(step = 'raised') AS n FROM seals.alarms WHERE kind = 'tamper'"))[0]?.n)).toBe(1)
}, 60_000)
