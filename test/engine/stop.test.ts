import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../bench/engine.ts'
import type { Target } from '../../bench/target.ts'
import { sealsFrom, startLoad } from '../../bench/chaos/clients.ts'
import { createRig, eventually, register, rows, type Rig } from './rig.ts'

// A clean stop under load, and two engines on one folder.

let rig: Rig
beforeAll(async () => {
  rig = createRig('stop')
  await rig.start()
}, 90_000)
afterAll(() => rig.dispose(), 30_000)

const seals = sealsFrom(0xd0001, 60)

test('a second engine on the same folder is refused and says why; the first goes on', async () => {
  const { pid } = { pid: rig.pid() }
  await expect(startEngine({ dataDir: rig.dir, keep: true })).rejects.toThrow(new RegExp(`in use by process ${pid}`))
  await register(
    rig.target(),
    seals.map((seal, n) => ({ site: `tower-${n}`, seals: [seal], from: 0, until: 0, kind: 'building' })),
  )
}, 30_000)

test('SIGTERM under load: ends within 10 s with status 0, and nothing with a receipt is lost', async () => {
  let target: Target | undefined = rig.target()
  const load = startLoad({ target: () => target, clients: 4, seals, batch: 300, random: Math.random })
  await sleep(1500)
  const stopping = rig.stop()
  const { said, ms } = await stopping
  target = undefined
  expect(said).toContain('status 0')
  expect(ms).toBeLessThan(10_000)
  const atStop = [...load.receipted.values()].reduce((sum, seq) => sum + seq, 0)
  expect(atStop).toBeGreaterThan(1000)
  await rig.start()
  const restarted = rig.lines.findLast((line) => line.includes('"recovering"'))
  target = rig.target()
  await load.finish()
  const all = [...load.receipted.values()].reduce((sum, seq) => sum + seq, 0)
  const [seen] = await eventually(
    'all stored',
    () => rows<{ n: string; d: string }>(rig.target(), 'SELECT count() AS n, uniqExact(seal, boot, seq) AS d FROM seals.events'),
    ([row]) => Number(row?.d) >= all,
  )
  expect([Number(seen?.n), Number(seen?.d)]).toEqual([all, all])
  console.log(`stop.test: stopped in ${Math.round(ms)} ms with ${atStop} events receipted; then ${restarted}`)
}, 60_000)
