import { afterAll, beforeAll, expect, test } from 'vitest'
import { ENTRY, entryHeader } from '../../core/entry.ts'
import type { AccessNote } from '../../core/ops.ts'
import { registryEntry, unpackBody } from '../../core/thread/body.ts'
import { residence, ROOT, startEngine, type Engine } from './engine.ts'

// POST /v1/permits as staff and as integrators' apps write it: by the week, by declaration, and what is refused before it is an entry.

const MINUTE = 60_000
let engine: Engine
let limited = ''
beforeAll(async () => {
  engine = await startEngine()
  const { now } = engine.clock
  await engine.log.append(
    registryEntry({ op: 'put-sites', by: ROOT, sites: [residence('home', 'fuzhou/a', [], now), residence('there', 'fuzhou/b', [], now)] }),
  )
  limited = await engine.addToken('app', 'sender', ['fuzhou/a'])
})
afterAll(() => engine.stop())

const iso = (ms: number): string => new Date(engine.clock.now + ms).toISOString()
const post = async (token: string, json: unknown) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${engine.url}/v1/permits`, { method: 'POST', headers, body: JSON.stringify(json) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const registryEntries = (): number => engine.entries.filter((entry) => entryHeader(entry.bytes).kind === ENTRY.registry).length
const notes = (): AccessNote[] =>
  engine.entries.filter((entry) => entryHeader(entry.bytes).kind === ENTRY.access).flatMap((entry) => unpackBody<AccessNote[]>(entry.bytes))

test('by the week: as it was written, its days in order', async () => {
  const permit = {
    site: 'home',
    from: iso(0),
    until: iso(30 * 24 * 60 * MINUTE),
    openings: 1,
    weekly: { days: ['thu', 'mon'], from: '08:00', until: '24:00' },
    reason: 'helper',
  }
  expect(await post(engine.tokens.operator, permit)).toMatchObject({
    status: 201,
    body: { ...permit, weekly: { days: ['mon', 'thu'], from: '08:00', until: '24:00' }, source: 'staff', by: 'operator' },
  })
  expect([...engine.registry.permits(1)][0]).toMatchObject({ weekly: { days: [0, 3], from: 480, until: 1440 }, openings: 1 })
})

test('a declaration through an app: bounded, in its own areas, and nothing else', async () => {
  const made = await post(limited, { site: 'home', from: iso(-MINUTE), until: iso(30 * MINUTE), reason: 'rubbish' })
  expect(made).toMatchObject({ status: 201, body: { source: 'declaration', openings: 2, weekly: null, by: 'app' } })
  // A minute ago by the phone's clock: it begins when it was received.
  expect(Date.parse(made.body['from'] as string)).toBeGreaterThanOrEqual(engine.clock.now)
  expect(notes()).toContainEqual({ who: 'app', role: 'sender', action: 'declare-permit', target: 'home', detail: 'rubbish' })
  const before = registryEntries()
  expect(await post(limited, { site: 'home', from: iso(0), until: iso(MINUTE), source: 'staff' })).toMatchObject({
    status: 403,
    body: { where: 'body/source' },
  })
  const outside = await post(limited, { site: 'there', from: iso(0), until: iso(MINUTE) })
  expect(outside.status).toBe(404)
  // What is not for the caller to change is no entry of the log.
  expect(registryEntries()).toBe(before)
  expect((await post(limited, { site: 'nowhere', from: iso(0), until: iso(MINUTE) })).body['detail']).toBe(outside.body['detail'])
  expect(await post(limited, { site: 'home', from: iso(0), until: iso(61 * MINUTE) })).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('60 minutes') },
  })
  expect((await post(limited, { site: 'home', from: iso(-3 * MINUTE), until: iso(MINUTE) })).body['detail']).toMatch(/never backdated/)
  expect((await post(limited, { site: 'home', from: iso(0), until: iso(MINUTE), openings: null })).status).toBe(422)
})

test('staff hand on what a resident says by phone, within the same bounds', async () => {
  const said = { site: 'there', from: iso(0), until: iso(20 * MINUTE), source: 'declaration' }
  expect(await post(engine.tokens.operator, said)).toMatchObject({ status: 201, body: { source: 'declaration', openings: 2 } })
  expect((await post(engine.tokens.operator, { ...said, openings: 3 })).status).toBe(422)
})

test.each([
  [{ days: [], from: '08:00', until: '09:00' }],
  [{ days: ['mon', 'mon'], from: '08:00', until: '09:00' }],
  [{ days: ['monday'], from: '08:00', until: '09:00' }],
  [{ days: ['mon'], from: '24:00', until: '24:00' }],
  [{ days: ['mon'], from: '8:00', until: '09:00' }],
  [{ days: ['mon'], from: '22:00', until: '06:00' }],
  [{ days: ['mon'], from: '08:00' }],
  [{ days: ['mon'], from: '08:00', until: '09:00', zone: 'utc' }],
])('no week: %j', async (weekly) => {
  const before = registryEntries()
  expect((await post(engine.tokens.admin, { site: 'home', from: iso(0), until: iso(MINUTE), weekly })).status).toBe(422)
  expect(registryEntries()).toBe(before)
})
