import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRig, eventually, openAlarms, register, rows, sealId, send, type Rig, type TestEvent } from './rig.ts'

// What one seal may do to the engine: come back after days with everything it had stored, or with a clock that is wrong.

const DAY = 86_400_000
let rig: Rig
beforeAll(async () => {
  rig = createRig('seal')
  await rig.start(['--extent-ms', '200'])
  const now = Date.now()
  await register(rig.target(), [
    { site: 'buffered', seals: [sealId(0x51)], from: now - 2 * DAY, until: now + DAY },
    { site: 'home-1970', seals: [sealId(0x52)], from: now - DAY, until: now + DAY },
    { site: 'home-tomorrow', seals: [sealId(0x53)], from: now - DAY, until: now + DAY },
    { site: 'tower-1970', seals: [sealId(0x54)], from: 0, until: 0, kind: 'building' },
    { site: 'home-none', seals: [sealId(0x55)], from: now - DAY, until: now + DAY },
    { site: 'tower-tomorrow', seals: [sealId(0x56)], from: 0, until: 0, kind: 'building' },
  ])
}, 90_000)
afterAll(() => rig.dispose(), 30_000)

test('a live event first, then 1,000 buffered ones newest first with a reboot in the middle: all stored once', async () => {
  const now = Date.now()
  const seal = sealId(0x51)
  // 500 events of boot 7, a reboot, 500 of boot 8; the live one is the next of boot 8.
  const buffered: TestEvent[] = Array.from({ length: 1000 }, (_, n) => ({
    seal,
    time: now - DAY + n * 60_000,
    boot: n < 500 ? 7 : 8,
    seq: n < 500 ? n + 1 : n - 499,
    kind: n % 2 === 0 ? 'PASSAGE_IN' : 'PASSAGE_OUT',
    value: 1,
  }))
  const live: TestEvent = { seal, time: now, boot: 8, seq: 501, kind: 'HEARTBEAT', value: 3600 }
  expect(await send(rig.target(), [live])).toMatchObject({ accepted: 1, rejected: 0 })
  const newestFirst = buffered.toReversed()
  for (let at = 0; at < newestFirst.length; at += 125) expect(await send(rig.target(), newestFirst.slice(at, at + 125))).toMatchObject({ accepted: 125 })
  // And once more, as after a lost receipt.
  expect(await send(rig.target(), newestFirst)).toMatchObject({ accepted: 1000 })
  const count = "SELECT count() AS n, uniqExact(boot, seq) AS d, sum(value) AS v FROM seals.events WHERE site = 'buffered'"
  const [seen] = await eventually(
    '1,001 events',
    () => rows<{ n: string; d: string; v: string }>(rig.target(), count),
    ([row]) => Number(row?.n) >= 1001,
  )
  expect([Number(seen?.n), Number(seen?.d), Number(seen?.v)]).toEqual([1001, 1001, 1000 + 3600])
})

test('a clock that says 1970, tomorrow or nothing: the tamper alarm is raised, the time is the time received, the original kept', async () => {
  const tomorrow = Date.now() + DAY
  const clocks = [
    [0x52, 1000, 'home-1970'],
    [0x53, tomorrow, 'home-tomorrow'],
    [0x54, 1000, 'tower-1970'],
    [0x55, 0, 'home-none'],
    [0x56, tomorrow, 'tower-tomorrow'],
  ] as const
  const before = Date.now()
  for (const [seal, time] of clocks)
    expect(await send(rig.target(), [{ seal: sealId(seal), time, seq: 1, kind: 'TAMPERED', value: 1 }])).toMatchObject({ accepted: 1 })
  const after = Date.now()
  const open = await eventually(
    'the tamper alarms',
    () => openAlarms(rig.target()),
    (alarms) => alarms.filter(({ kind }) => kind === 'tamper').length === clocks.length,
    5000,
  )
  for (const [, , site] of clocks)
    expect(
      open.filter((alarm) => alarm.site === site && alarm.kind === 'clock-wrong'),
      site,
    ).toHaveLength(1)
  const stored = await eventually(
    'their rows',
    () =>
      rows<{ site: string; t: string; r: string; d: string }>(
        rig.target(),
        "SELECT site, toUnixTimestamp64Milli(time) AS t, toUnixTimestamp64Milli(received) AS r, toUnixTimestamp64Milli(device_time) AS d FROM seals.events WHERE kind = 'TAMPERED'",
      ),
    (list) => list.length === clocks.length,
  )
  for (const [, device, site] of clocks) {
    const row = stored.find((one) => one.site === site)
    expect(row, site).toBeDefined()
    expect(Number(row?.d), `${site}: device_time`).toBe(device)
    expect(Number(row?.t), `${site}: time`).toBeGreaterThanOrEqual(before)
    expect(Number(row?.t), `${site}: time`).toBeLessThanOrEqual(after)
    expect(Number(row?.r)).toBeGreaterThanOrEqual(Number(row?.t))
  }
})
