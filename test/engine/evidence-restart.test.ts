import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { api, apiOk, clickhouseRows } from '../../bench/http.ts'
import { createRig, register, sealId, send, type Rig } from './rig.ts'

// An alarm that fell due while the engine was down is raised when it is back. Its evidence knows that there were no ticks meanwhile,
// by the host's clock, whose ticks are not to the millisecond.

const SEAL = sealId(0xe1)
const HELD_MS = 3_000
let rig: Rig
beforeAll(async () => {
  rig = createRig('evidence-restart')
  await rig.start()
}, 60_000)
afterAll(() => rig.dispose(), 60_000)

type Body = { readonly alarm: { readonly since: string; readonly raisedAt: string }; readonly recomputation: { readonly matches: boolean } }

test('an alarm raised at a restart is recomputed as it was raised, seconds late', { timeout: 90_000 }, async () => {
  await apiOk(rig.target(), 'admin', { method: 'PUT', path: '/v1/policy', json: { rules: [{ for: {}, set: { doorHeldOpenMs: HELD_MS, schedule: null } }] } })
  const now = Date.now()
  await register(rig.target(), [{ site: 'tower', seals: [SEAL], from: now - 60_000, until: now + 86_400_000, kind: 'building' }])
  // Ticks that the row of the gap goes by.
  await sleep(2_500)
  await send(rig.target(), [{ seal: SEAL, time: Date.now(), seq: 1, kind: 'DOOR_OPENED' }])
  await rig.kill()
  await sleep(2 * HELD_MS)
  await rig.start()
  const raised = async (): Promise<string | undefined> =>
    (await clickhouseRows<{ id: string }>(rig.target(), "SELECT id FROM seals.alarms WHERE kind = 'door-held-open' AND step = 'raised'"))[0]?.id
  let id = await raised()
  for (let tries = 0; tries < 200 && id === undefined; tries += 1) {
    await sleep(100)
    id = await raised()
  }
  let answer = await api(rig.target(), 'operator', { path: `/v1/alarms/${id}/evidence` })
  for (let tries = 0; tries < 100 && answer.status === 503; tries += 1) {
    await sleep(100)
    answer = await api(rig.target(), 'operator', { path: `/v1/alarms/${id}/evidence` })
  }
  const { alarm, recomputation } = answer.value as Body
  // The engine was away when it fell due.
  expect(Date.parse(alarm.raisedAt) - Date.parse(alarm.since)).toBeGreaterThan(1_500)
  expect(recomputation).toMatchObject({ done: true, matches: true, differences: [] })
  const gaps = await clickhouseRows<{ n: string }>(rig.target(), "SELECT count() AS n FROM seals.registry_changes WHERE what = 'tick-gap'")
  expect(Number(gaps[0]?.n)).toBeGreaterThan(0)
})
