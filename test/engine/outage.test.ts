import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRig, eventually, openAlarms, register, rows, sealId, send, tick, type Rig } from './rig.ts'

// A gateway of 60 seals dies on a real engine, and the engine is killed before its seals are missed, while they are, and while they come
// back: one alarm with a count, raised once and closed once, and not one about a seal.

const FLAGS = ['--tick-source', 'simulator', '--snapshot-ms', '1000', '--extent-ms', '200']
const DAY = 86_400_000
const MINUTE = 60_000
const START = Date.now() + 5000
const SEALS = Array.from({ length: 60 }, (_, n) => sealId(0xd001 + n))

let rig: Rig
beforeAll(async () => {
  rig = createRig('outage')
  await rig.start(FLAGS)
}, 90_000)
afterAll(async () => {
  await rig.dispose()
}, 30_000)

test('a gateway dies and the engine is killed at three moments of it: one alarm', async () => {
  // The engine's clock stands until it is moved.
  await tick(rig.target(), START - 1000)
  await register(
    rig.target(),
    SEALS.map((seal, n) => ({ site: `flat-${n}`, seals: [seal], from: START - DAY, until: START + DAY })),
  )
  let now = START
  /** Seals speak once a minute, each at its own second. */
  const until = async (end: number, speak: boolean): Promise<void> => {
    for (; now < end; now += 5000) {
      const second = Math.round((now - START) / 1000)
      const turn = SEALS.map((seal, n) => ({ seal, n })).filter(({ n }) => n >= second % 60 && n < (second % 60) + 5)
      if (speak)
        await send(
          rig.target(),
          turn.map(({ seal }) => ({ seal, time: now, seq: 1 + Math.floor(second / 60), kind: 'HEARTBEAT', value: 3600 }) as const),
        )
      await tick(rig.target(), now)
    }
  }
  const again = async (): Promise<void> => {
    await rig.kill()
    await rig.start(FLAGS)
  }
  await until(START + 2 * MINUTE, true)
  await until(START + 4 * MINUTE, false)
  await again()
  await until(START + 6 * MINUTE, false)
  const [outage, ...others] = await openAlarms(rig.target())
  expect(others).toEqual([])
  expect(outage).toMatchObject({ kind: 'area-outage', site: '', seal: '', value: 60 })
  await again()
  expect((await openAlarms(rig.target())).map(({ id }) => id)).toEqual([outage?.id])
  await until(START + 6 * MINUTE + 30_000, true)
  await again()
  await until(START + 10 * MINUTE, true)
  expect(await openAlarms(rig.target())).toEqual([])
  const steps = await eventually(
    'the alarm’s steps are in ClickHouse',
    () =>
      rows<{ kind: string; step: string; n: string }>(
        rig.target(),
        `SELECT kind, step, count() AS n FROM seals.alarms GROUP BY kind, step ORDER BY kind, step`,
      ),
    (found) => found.some(({ step }) => step === 'closed'),
  )
  expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['area-outage']))
  for (const step of ['raised', 'condition-gone', 'closed']) expect(Number(steps.find((one) => one.step === step)?.n)).toBe(1)
}, 180_000)
