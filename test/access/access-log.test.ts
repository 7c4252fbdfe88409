import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, KIND, sealText, siteLine, startRig, type Rig } from './rig.ts'

// Who looked at what and who changed what: a row of seals.access each, durable before the answer. And work on alarms: a thing
// done twice, or by two people at once, is one step.

type Row = { readonly who: string; readonly role: string; readonly action: string; readonly target: string; readonly detail: string; readonly at: number }
let rig: Rig
beforeAll(async () => {
  rig = await startRig()
  await rig.addSites([
    ['s-1', 'fuzhou/gulou/1', 1],
    ['s-2', 'fuzhou/gulou/1', 2],
    ['s-3', 'fuzhou/gulou/1', 3],
  ])
}, 90_000)
afterAll(() => rig.stop(), 60_000)

const rowsOf = (who: string): Promise<readonly Row[]> =>
  rig.rows<Row>(`SELECT who, role, action, target, detail, toUnixTimestamp64Milli(time) AS at FROM access WHERE who = '${who}' ORDER BY time`)

test('every view of one site, work on an alarm, change and query leaves its row: who, when, what', async () => {
  const began = Date.now()
  const id = await rig.raise(1)
  const [li, an, boss] = [await rig.addToken('li', 'operator', ['']), await rig.addToken('an', 'analyst', ['']), await rig.addToken('boss', 'admin', [''])]
  const does = async (token: string, method: string, path: string, body?: unknown): Promise<any> => {
    const answer = await rig.ask(method, path, { token, body })
    expect(answer.status, `${method} ${path} ${answer.text}`).toBeLessThan(300)
    return answer.json
  }
  const later = new Date(Date.now() + 60_000).toISOString()
  await does(li, 'GET', '/v1/sites/s-1')
  await does(li, 'GET', `/v1/seals/${sealText(1)}`)
  await does(li, 'GET', `/v1/alarms/${id}`)
  await does(li, 'GET', '/v1/alarms?site=s-1')
  await does(li, 'POST', `/v1/alarms/${id}/assign`, { to: 'wang', note: 'nearest' })
  await does(li, 'POST', `/v1/alarms/${id}/shelve`, { until: later })
  await does(li, 'POST', `/v1/alarms/${id}/acknowledge`, { note: 'going there' })
  const permit = await does(li, 'POST', '/v1/permits', { site: 's-1', from: new Date().toISOString(), until: later, openings: 2, reason: 'sampling visit' })
  await does(li, 'DELETE', `/v1/permits/${permit.id}`)
  await does(boss, 'PUT', '/v1/sites/s-4', (({ site: _, ...body }) => body)(siteLine('s-4', 'fuzhou/gulou/2', 4)))
  await does(boss, 'POST', '/v1/sites/s-4/end', {})
  await does(boss, 'POST', '/v1/tokens', { name: 'temp', role: 'operator', areas: ['fuzhou'] })
  await does(boss, 'DELETE', '/v1/tokens/temp')
  expect(
    (await rig.ask('POST', '/v1/sites/import', { token: boss, type: 'application/x-ndjson', body: JSON.stringify(siteLine('s-5', 'fuzhou/gulou/2', 5)) })).json
      .created,
  ).toBe(1)
  expect((await rig.sql('SELECT 1 AS one', an)).status).toBe(200)
  // Looks at many at once, and what was refused, leave none.
  for (const path of ['/v1/sites', '/v1/alarms', '/v1/permits', '/v1/areas']) await does(li, 'GET', path)
  expect((await rig.ask('GET', '/v1/sites/none', { token: li })).status).toBe(404)

  const brief = (rows: readonly Row[]): string[] =>
    rows.map(({ role, action, target, detail }) => `${role} ${action} ${target} ${detail}`.trim()).toSorted((a, b) => (a < b ? -1 : 1))
  const wanted = [
    'operator view-site s-1',
    `operator view-seal ${sealText(1)}`,
    `operator view-alarm ${id}`,
    'operator list-alarms s-1',
    `operator assign-alarm ${id} nearest`,
    `operator shelve-alarm ${id}`,
    `operator acknowledge-alarm ${id} going there`,
    'operator put-permit s-1 sampling visit',
    `operator revoke-permit ${permit.id}`,
  ].toSorted((a, b) => (a < b ? -1 : 1))
  const mine = await eventually(async () => {
    const rows = await rowsOf('li')
    return rows.length >= wanted.length ? rows : undefined
  })
  expect(brief(mine)).toEqual(wanted)
  for (const { at } of mine) expect(at).toBeGreaterThanOrEqual(began)
  const rowsOnce = (who: string, count: number): Promise<readonly Row[]> =>
    eventually(async () => ((await rowsOf(who)).length >= count ? rowsOf(who) : undefined))
  expect(brief(await rowsOnce('boss', 5))).toEqual([
    'admin add-token temp operator',
    'admin end-site s-4 now',
    'admin import-sites  1 created, 0 changed, 0 refused',
    'admin put-site s-4',
    'admin revoke-token temp',
  ])
  expect(brief(await rowsOnce('an', 1))).toEqual(['analyst query clickhouse SELECT 1 AS one'])
  const steps = await rig.rows<{ step: string; by: string; note: string }>(
    `SELECT step, by, note FROM alarms WHERE id = '${id}' AND by != '' ORDER BY block, step_no`,
  )
  expect(steps.filter(({ by }) => by === 'li').map(({ step, note }) => `${step} ${note}`.trim())).toEqual([
    'assigned wang: nearest',
    'shelved',
    'acknowledged going there',
  ])
}, 40_000)

test('acknowledging twice is answered with the alarm as it stands, and is one step; of two people at once the first is on record', async () => {
  const [one, two] = [await rig.addToken('chen', 'operator', ['']), await rig.addToken('zhao', 'operator', [''])]
  const id = await rig.raise(2)
  const first = await rig.ask('POST', `/v1/alarms/${id}/acknowledge`, { token: one, body: {} })
  const again = await rig.ask('POST', `/v1/alarms/${id}/acknowledge`, { token: two, body: {} })
  expect([first.status, again.status]).toEqual([200, 200])
  expect(again.json).toEqual(first.json)
  expect(first.json).toMatchObject({ id, kind: 'tamper', acknowledged: true, acknowledgedBy: 'chen', state: 'open', active: true })

  const seals = Array.from({ length: 20 }, (_, i) => 100 + i)
  await rig.addSites(seals.map((seal) => [`r-${seal}`, 'fuzhou/gulou/3', seal] as const))
  await rig.send(
    rig.tokens.sender,
    seals.map((seal) => ({ seal, kind: KIND.tampered, value: 1 })),
  )
  const ids: string[] = await eventually(async () => {
    const { json } = await rig.ask('GET', '/v1/alarms?kind=tamper&area=fuzhou/gulou/3', { token: rig.tokens.admin })
    return json.items.length === seals.length ? json.items.map((alarm: { id: string }) => alarm.id) : undefined
  })
  const raced = await Promise.all(
    ids.flatMap((alarm) => [one, two, one, two].map((token) => rig.ask('POST', `/v1/alarms/${alarm}/acknowledge`, { token, body: {} }))),
  )
  expect(raced.map(({ status }) => status)).toEqual(raced.map(() => 200))
  for (const alarm of ids) expect(new Set(raced.filter(({ json }) => json.id === alarm).map(({ json }) => json.acknowledgedBy)).size).toBe(1)
  const counts = await eventually(async () => {
    const rows = await rig.rows<{ id: string; n: number }>(
      `SELECT id, countIf(step = 'acknowledged') AS n FROM alarms WHERE kind = 'tamper' AND site LIKE 'r-%' GROUP BY id HAVING n > 0`,
    )
    return rows.length === ids.length ? rows : undefined
  })
  expect(counts.map(({ n }) => n)).toEqual(ids.map(() => 1))

  // Gone and acknowledged is closed: nothing more is done to it.
  await rig.send(rig.tokens.sender, [{ seal: 2, kind: KIND.restored }])
  await eventually(async () => ((await rig.ask('GET', `/v1/alarms/${id}`, { token: one })).json.state === 'closed' ? true : undefined))
  for (const step of ['acknowledge', 'clear'])
    expect((await rig.ask('POST', `/v1/alarms/${id}/${step}`, { token: one, body: { note: 'late' } })).status).toBe(409)
  expect((await rig.ask('POST', `/v1/permits`, { token: one, body: { site: 's-2' } })).status).toBe(422)
}, 40_000)
