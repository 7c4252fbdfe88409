import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, HOUR, KIND, problemFlaws, sealText, siteLine, startRig, type Rig } from '../access/rig.ts'

// The bodies that outside programs write and read, field by field as the contract has them; imports of both formats.

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 90_000)
afterAll(() => rig.stop(), 60_000)

const importText = (body: string, type = 'application/x-ndjson') => rig.ask('POST', '/v1/sites/import', { token: rig.tokens.admin, type, body })
const at = (ms: number): string => new Date(Math.floor(Date.now() / 1000) * 1000 + ms).toISOString()

test('the contract’s import line, permit, site and alarm', async () => {
  const observation = { from: at(-HOUR), until: at(14 * 24 * HOUR) }
  const line = {
    site: 'jzl-0007-0302',
    area: 'fuzhou/gulou/antai/jinzhaili/7',
    kind: 'residence',
    headcount: 3,
    capacity: null,
    inside: null,
    observation,
    seals: ['0000000000a1b2c3', { id: '0000000000a1b2c4', from: at(-HOUR), until: null }],
  }
  const imported = await importText(JSON.stringify(line))
  expect([imported.status, imported.json]).toEqual([200, { created: 1, changed: 0, unchanged: 0, refused: 0, problems: [] }])

  const permit = { site: line.site, from: at(-1000), until: at(HOUR), openings: 2, reason: 'sampling visit' }
  const permitted = await rig.ask('POST', '/v1/permits', { token: rig.tokens.operator, body: permit })
  expect([permitted.status, permitted.json]).toEqual([201, { id: expect.any(String), ...permit, weekly: null, source: 'staff', by: 'operator' }])

  await rig.send(rig.tokens.sender, [
    { seal: 0xa1b2c3, kind: KIND.opened },
    { seal: 0xa1b2c3, kind: KIND.passageOut, value: 1 },
    { seal: 0xa1b2c3, kind: KIND.tampered, value: 2 },
  ])
  const site = await eventually(async () => {
    const { json } = await rig.ask('GET', `/v1/sites/${line.site}`, { token: rig.tokens.operator })
    return json.alarms.length > 0 ? json : undefined
  })
  expect(site).toMatchObject({
    site: line.site,
    area: line.area,
    kind: 'residence',
    headcount: 3,
    occupancy: { raw: 2, corrected: 2, confidence: expect.any(Number) },
    comparison: { registered: 3, inside: 2, difference: -1, since: expect.any(String) },
    door: 'open',
    online: true,
  })
  expect(Object.keys(site)).toEqual(
    expect.arrayContaining(['site', 'area', 'kind', 'headcount', 'occupancy', 'comparison', 'door', 'online', 'seals', 'alarms']),
  )
  expect(site.observation).toEqual(observation)
  expect(site.seals.map(({ seal }: { seal: string }) => seal)).toEqual(['0000000000a1b2c3', '0000000000a1b2c4'])

  const { json } = await rig.ask('GET', `/v1/alarms?state=open&site=${line.site}&area=fuzhou/gulou&kind=tamper`, { token: rig.tokens.operator })
  expect(json.next).toBeNull()
  expect(json.items).toMatchObject([
    {
      id: expect.any(String),
      kind: 'tamper',
      severity: 'critical',
      state: 'open',
      active: true,
      acknowledged: false,
      site: line.site,
      area: line.area,
      seal: '0000000000a1b2c3',
      raisedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      repeats: expect.any(Number),
    },
  ])
  // The permit covered the door and the passage: only the tampering is an alarm. One opening is used.
  expect(site.alarms.map(({ kind }: { kind: string }) => kind)).toEqual(['tamper'])
  expect((await rig.ask('GET', `/v1/permits?site=${line.site}`, { token: rig.tokens.operator })).json.items).toMatchObject([{ ...permit, used: 1 }])
})

const BAD: Readonly<Record<number, readonly [line: unknown, field: string]>> = {
  7: ['{"site":', ''],
  100: [siteLine('bad site', 'a', 100), 'site'],
  201: [siteLine('bad-2', 'a//b', 201), 'area'],
  302: [siteLine('bad-3', 'a', 302, { kind: 'castle' }), 'kind'],
  403: [siteLine('bad-4', 'a', 403, { headcount: -1 }), 'headcount'],
  504: [siteLine('bad-5', 'a', 504, { observation: null }), 'observation'],
  605: [siteLine('bad-6', 'a', 605, { observation: { from: at(0), until: 'tomorrow' } }), 'observation.until'],
  706: [siteLine('bad-7', 'a', 706, { seals: ['xyz'] }), 'seals[0]'],
  807: [siteLine('bad-8', 'a', 807, { phone: '1' }), 'phone'],
  // The seal of another line of the file.
  908: [siteLine('bad-9', 'a', 0x5000 + 1), 'seals[0]'],
}

test('1,000 lines of which 10 are bad: the others are there, each bad one is named; the same again changes nothing', async () => {
  const lines = Array.from({ length: 1_000 }, (_, i) => BAD[i + 1]?.[0] ?? siteLine(`bulk-${i + 1}`, `fuzhou/bulk/${i % 7}`, 0x5000 + i + 1)).map((line) =>
    typeof line === 'string' ? line : JSON.stringify(line),
  )
  const { status, json } = await importText(`${lines.join('\n')}\n`)
  expect(status).toBe(200)
  expect({ ...json, problems: [] }).toEqual({ created: 990, changed: 0, unchanged: 0, refused: 10, problems: [] })
  // A line may have several problems (no such kind: no observation wanted either); each bad line is named once or more, no other is.
  const named: string[] = json.problems.map(({ line, field }: { line: number; field: string }) => `${line} ${field}`)
  expect(named).toEqual(expect.arrayContaining(Object.entries(BAD).map(([line, [, field]]) => `${line} ${field}`)))
  expect(new Set(json.problems.map(({ line }: { line: number }) => line)).size).toBe(10)
  expect(json.problems.every(({ detail }: { detail: string }) => detail.length > 5)).toBe(true)

  const again = await importText(lines.join('\n'))
  expect({ ...again.json, problems: [] }).toEqual({ created: 0, changed: 0, unchanged: 990, refused: 10, problems: [] })
  expect(again.json.problems).toEqual(json.problems)
  const pages: number[] = []
  for (let next: string | null = ''; next !== null;) {
    const page: any = (await rig.ask('GET', `/v1/sites?area=fuzhou/bulk&limit=400${next === '' ? '' : `&cursor=${next}`}`, { token: rig.tokens.operator })).json
    pages.push(page.items.length)
    next = page.next
  }
  expect(pages.reduce((sum, n) => sum + n, 0)).toBe(990)
})

test('CSV: the same sites, quotes, a byte-order mark, bad rows; the same again changes nothing', async () => {
  const [from, until] = [at(-HOUR), at(24 * HOUR)]
  const header = '\uFEFFsite,area,kind,headcount,capacity,observation.from,observation.until,seals'
  const rows = [
    `csv-1,"fuzhou/csv/1",residence,2,,${from},${until},${sealText(0x9001)};${sealText(0x9002)}`,
    `csv-2,fuzhou/csv/1,building,,500,,,${sealText(0x9003)}`,
    'csv-3,fuzhou/csv/1,residence,two,,,,',
    'csv-4,fuzhou',
    `"csv-5,fuzhou/csv/1,gate`,
  ]
  const body = [header, ...rows].join('\r\n')
  const { status, json } = await importText(body, 'text/csv; charset=utf-8')
  expect(status).toBe(200)
  expect({ created: json.created, refused: json.refused, lines: json.problems.map(({ line }: { line: number }) => line) }).toEqual({
    created: 2,
    refused: 3,
    lines: [4, 5, 6],
  })
  expect((await importText(body, 'text/csv')).json).toMatchObject({ created: 0, changed: 0, unchanged: 2 })
  const building = (await rig.ask('GET', '/v1/sites/csv-2', { token: rig.tokens.admin })).json
  expect(building).toMatchObject({ site: 'csv-2', kind: 'building', capacity: 500, observation: null, alarms: [] })
  const empty = await importText('', 'text/csv')
  expect([200, 422]).toContain(empty.status)
  if (empty.status === 422) expect(problemFlaws(empty)).toEqual([])
})
