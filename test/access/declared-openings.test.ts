import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, HOUR, KIND, siteLine, startRig, type Rig } from './rig.ts'

// From the field: residents of a flat under observation declared each opening by QR code, and staff were called only for undeclared ones.
// Here through a real engine: an integrator's app with a sender's token of one street, a flat that declares and one that does not.

let rig: Rig
let app: string
beforeAll(async () => {
  rig = await startRig()
  app = await rig.addToken('qr-app', 'sender', ['fuzhou/gulou'])
  await rig.addSites([
    ['declares', 'fuzhou/gulou/antai/7', 0xd1],
    ['does-not', 'fuzhou/gulou/antai/7', 0xd2],
    ['has-help', 'fuzhou/gulou/antai/7', 0xd4],
  ])
  const tower = siteLine('tower', 'fuzhou/gulou/antai/8', 0xd3, { kind: 'building', headcount: null, observation: null })
  await rig.ask('POST', '/v1/sites/import', { token: rig.tokens.admin, type: 'application/x-ndjson', body: JSON.stringify(tower) })
}, 60_000)
afterAll(() => rig?.stop(), 30_000)

const iso = (ms: number): string => new Date(Date.now() + ms).toISOString()
const MINUTE = 60_000
const alarmsOf = async (site: string): Promise<readonly { readonly kind: string; readonly repeats: number }[]> =>
  (await rig.ask('GET', `/v1/alarms?site=${site}`, { token: rig.tokens.operator })).json.items
const opened = async (seal: number): Promise<void> => {
  const { json } = await rig.send(rig.tokens.sender, [
    { seal, kind: KIND.opened },
    { seal, kind: KIND.closed },
  ])
  expect(json.accepted).toBe(2)
}

test('residents declared each opening by QR code, staff were called only for undeclared ones', async () => {
  const declared = await rig.ask('POST', '/v1/permits', { token: app, body: { site: 'declares', from: iso(0), until: iso(30 * MINUTE), reason: 'rubbish' } })
  expect([declared.status, declared.json]).toMatchObject([201, { source: 'declaration', openings: 2, by: 'qr-app' }])
  // Out and in again at one door; at the next one nothing was declared.
  await opened(0xd1)
  await opened(0xd1)
  await opened(0xd2)
  await eventually(async () => (await alarmsOf('does-not')).find(({ kind }) => kind === 'door-opened'))
  expect(await alarmsOf('declares')).toEqual([])
  const used = async (): Promise<unknown> => (await rig.ask('GET', '/v1/permits?site=declares', { token: rig.tokens.operator })).json.items
  expect(await used()).toMatchObject([{ id: declared.json.id, used: 2, openings: 2, source: 'declaration', reason: 'rubbish' }])
  // The third was not declared: staff are called.
  await opened(0xd1)
  await eventually(async () => (await alarmsOf('declares')).find(({ kind }) => kind === 'door-opened'))
  // Declared afterwards, it stays what it was; and what is declared from now on is permitted again.
  const late = await rig.ask('POST', '/v1/permits', { token: app, body: { site: 'declares', from: iso(-10 * MINUTE), until: iso(10 * MINUTE) } })
  expect([late.status, late.json.detail]).toEqual([422, expect.stringContaining('never backdated')])
  const again = await rig.ask('POST', '/v1/permits', { token: app, body: { site: 'declares', from: iso(0), until: iso(10 * MINUTE), openings: 1 } })
  expect(again.status).toBe(201)
  await opened(0xd1)
  await eventually(async () => ((await used()) as { used: number }[])[1]?.used === 1 || undefined)
  expect((await alarmsOf('declares')).map(({ kind, repeats }) => [kind, repeats])).toEqual([['door-opened', 0]])

  // It is on the events, and in the permits as analysts read them.
  const stored = await eventually(async () => {
    const rows = await rig.rows<{ permit: number; n: string }>(
      "SELECT permit, toString(count()) AS n FROM seals.events WHERE kind = 'DOOR_OPENED' AND site IN ('declares', 'does-not') GROUP BY permit ORDER BY permit",
    )
    return rows.length === 3 ? rows : undefined
  })
  expect(stored).toEqual([
    { permit: 0, n: '2' },
    { permit: Number(declared.json.id), n: '2' },
    { permit: Number(again.json.id), n: '1' },
  ])
  const current = await eventually(async () => {
    const rows = await rig.rows<Record<string, unknown>>(
      'SELECT permit, site, area, weekly, openings, source, reason, by, revoked, toUInt32(openings_used) AS used FROM seals.permits_current ORDER BY permit',
    )
    return rows.length === 2 ? rows : undefined
  })
  const common = { site: 'declares', area: 'fuzhou/gulou/antai/7', weekly: '', source: 'declaration', by: 'qr-app', revoked: null }
  expect(current).toEqual([
    { ...common, permit: Number(declared.json.id), openings: 2, reason: 'rubbish', used: 2 },
    { ...common, permit: Number(again.json.id), openings: 1, reason: '', used: 1 },
  ])
  // Analysts read it by name, through their own door.
  const { status, text } = await rig.sql('SELECT site, openings_used FROM seals.permits_current ORDER BY permit FORMAT TSV')
  expect([status, text]).toEqual([200, 'declares\t2\ndeclares\t1\n'])
}, 60_000)

test('a helper who comes every day is permitted by the week, once a day; what was used is shown', async () => {
  const weekly = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', until: '24:00' }
  const body = { site: 'has-help', from: iso(-HOUR), until: iso(20 * HOUR), openings: 1, weekly, reason: 'meals' }
  const made = await rig.ask('POST', '/v1/permits', { token: rig.tokens.operator, body })
  expect([made.status, made.json]).toMatchObject([201, { weekly, source: 'staff', openings: 1 }])
  const permits = async (): Promise<any> => (await rig.ask('GET', '/v1/permits?site=has-help', { token: rig.tokens.operator })).json.items
  expect(await permits()).toMatchObject([{ id: made.json.id, weekly, used: 0, lastDay: null, made: expect.any(String) }])
  await opened(0xd4)
  const [shown] = await eventually(async () => {
    const items = await permits()
    return items[0].used === 1 ? items : undefined
  })
  expect(shown.lastDay).toEqual({ day: new Date(Date.now() + 8 * HOUR).toISOString().slice(0, 10), used: 1 })
  expect(await alarmsOf('has-help')).toEqual([])
  await opened(0xd4)
  await eventually(async () => (await alarmsOf('has-help')).find(({ kind }) => kind === 'door-opened'))
  // Ended by hand: no longer shown, and kept as it was, with when.
  expect((await rig.ask('DELETE', `/v1/permits/${made.json.id}`, { token: rig.tokens.operator })).status).toBe(204)
  expect(await permits()).toEqual([])
  const stored = await eventually(async () => {
    const [row] = await rig.rows<{ weekly: string; gone: number }>(
      "SELECT weekly, toUInt8(revoked IS NOT NULL AND revoked = until) AS gone FROM seals.permits FINAL WHERE site = 'has-help'",
    )
    return row?.gone === 1 ? row : undefined
  })
  expect(stored.weekly).toBe('mon,tue,wed,thu,fri,sat,sun 00:00-24:00')
}, 60_000)

test('a declaration is one errand of one home: no more, and nobody else’s', async () => {
  const ask = async (body: object): Promise<{ readonly status: number; readonly detail: string }> => {
    const { status, json } = await rig.ask('POST', '/v1/permits', { token: app, body: { site: 'does-not', from: iso(0), until: iso(30 * MINUTE), ...body } })
    return { status, detail: json.detail ?? '' }
  }
  expect(await ask({ until: iso(2 * HOUR) })).toMatchObject({ status: 422, detail: expect.stringContaining('60 minutes') })
  expect(await ask({ openings: 3 })).toMatchObject({ status: 422 })
  expect(await ask({ weekly: { days: ['mon'], from: '08:00', until: '09:00' } })).toMatchObject({ status: 422, detail: expect.stringContaining('weekly') })
  expect(await ask({ site: 'tower' })).toMatchObject({ status: 422, detail: expect.stringContaining('residences') })
  expect(await ask({ source: 'staff' })).toMatchObject({ status: 403 })
  for (let n = 0; n < 3; n += 1) expect((await ask({ until: iso((n + 1) * MINUTE) })).status).toBe(201)
  expect(await ask({})).toMatchObject({ status: 422, detail: expect.stringContaining('3 declarations') })
  // Another street's app: not found, as what does not exist.
  const other = await rig.addToken('other-app', 'sender', ['fuzhou/taijiang'])
  const body = { site: 'declares', from: iso(0), until: iso(MINUTE) }
  const [foreign, nowhere] = [
    await rig.ask('POST', '/v1/permits', { token: other, body }),
    await rig.ask('POST', '/v1/permits', { token: other, body: { ...body, site: 'nowhere' } }),
  ]
  expect([foreign.status, nowhere.status, foreign.json.detail]).toEqual([404, 404, nowhere.json.detail])
  // It reads no permits and revokes none.
  expect((await rig.ask('GET', '/v1/permits', { token: app })).status).toBe(403)
  expect((await rig.ask('DELETE', '/v1/permits/1', { token: app })).status).toBe(403)
  expect(rig.complaints).toEqual([])
}, 60_000)
