import { expect, test } from 'vitest'
import { outageComplaints, runOutage } from '../../bench/outage/run.ts'
import { runRecovery } from '../../bench/recovery/run.ts'

// Short runs of `npm run outage` and `npm run recovery`, with their code.

test.each(['pause', 'kill'] as const)(
  'ClickHouse away for seconds under load (%s): no receipt refused, every alarm told meanwhile, every row there',
  async (by) => {
    const result = await runOutage({
      rate: 5_000,
      beforeSeconds: 2,
      outageSeconds: 4,
      seals: 1_000,
      seed: 3,
      by,
      // So little memory that rows go to disk meanwhile.
      flags: ['--unstored-bytes', String(64 * 1024 * 1024)],
      say: () => undefined,
    })
    expect(outageComplaints(result)).toEqual([])
    expect(result.accepted).toBeGreaterThan(20_000)
    expect(result.alarmMs.during.count).toBeGreaterThan(10)
    expect(result.caughtUpSeconds).toBeGreaterThan(0)
  },
  120_000,
)

test('a start after SIGKILL goes on from its snapshot, tells what it took, and every event is there once', async () => {
  const result = await runRecovery({ seals: 2_000, events: 60_000, seed: 5, starts: 2, say: () => undefined })
  expect(result.snapshot).toBeGreaterThan(0)
  expect(result.entries).toBeGreaterThan(0)
  expect([result.rows, result.distinct]).toEqual([result.expected, result.expected])
  for (const { parts } of result.starts)
    expect(Object.keys(parts)).toEqual(expect.arrayContaining(['log', 'snapshot', 'restore', 'replay', 'clickhouse', 'waitedForRoom', 'total']))
}, 180_000)
