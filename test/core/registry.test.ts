import { describe, expect, it } from 'vitest'
import { findSeal, watchAt } from '../../core/directory.ts'
import { sealHigh, sealLow, type SealId } from '../../core/ids.ts'
import type { PermitSpec, RegistryOp, SiteSpec } from '../../core/ops.ts'
import { WEEKLY_OPENINGS_MAX } from '../../core/registry-check.ts'
import type { Registry } from '../../core/registry.ts'
import { ADMIN, building, copied, DAY, newRegistry, NOW, principal, put, residence, sealName, seals, tableBytesOf } from './registry-world.ts'

const siteAt = (registry: Registry, seal: number, time: number): string => {
  const id = sealName(seal) as SealId
  const no = findSeal(registry.directory(), sealLow(id), sealHigh(id))
  const watch = no === 0 ? 0 : watchAt(registry.directory(), no, time)
  return watch === 0 ? '' : (registry.siteByNo(registry.directory().watches.columns.site[watch] as number)?.site ?? '?')
}
const problemsOf = (registry: Registry, op: RegistryOp, now = NOW): readonly string[] => {
  const { result } = registry.apply(op, now)
  if (result.kind !== 'sites') throw new Error(`refused: ${JSON.stringify(result)}`)
  return result.problems.map(({ index, field, detail }) => `${index} ${field}: ${detail}`)
}

describe('putting sites', () => {
  it('makes a site with its seals and its figures', () => {
    const registry = newRegistry()
    const { result, effects } = registry.apply(put(residence('a', { seals: seals(1, 2) })), NOW)
    expect(result).toEqual({ kind: 'sites', created: 1, changed: 0, unchanged: 0, problems: [] })
    expect(registry.site('a')).toMatchObject({ siteNo: 1, siteKey: 1, headcount: 3, capacity: null, inside: 3, ended: false })
    expect(effects).toMatchObject({ sitesCreated: [1], watchesBegun: [1, 2] })
    expect(effects.sites).toEqual([expect.objectContaining({ site: 'a', siteKey: 1, observedUntil: NOW + 14 * DAY, expires: NOW + 28 * DAY })])
    expect(effects.seals.map(({ seal, from }) => [seal, from])).toEqual([
      [sealName(1), NOW - DAY],
      [sealName(2), NOW - DAY],
    ])
    expect(registry.sealsOf(1).map(({ seal }) => seal)).toEqual([sealName(1), sealName(2)])
  })
  it('starts a building empty, a residence with its people, either with what it is told', () => {
    const registry = newRegistry()
    registry.apply(put(building('b'), residence('r'), building('c', { inside: 7 })), NOW)
    expect(['b', 'r', 'c'].map((site) => registry.site(site)?.inside)).toEqual([0, 3, 7])
  })
  it('changes nothing, and says so, when put again', () => {
    const registry = newRegistry()
    const op = put(residence('a', { seals: seals(1) }), building('b', { seals: [{ id: sealName(2), from: NOW + DAY, until: NOW + 2 * DAY }] }))
    registry.apply(op, NOW)
    const before = tableBytesOf(registry)
    const { result, effects } = registry.apply(op, NOW + 1000)
    expect(result).toMatchObject({ created: 0, changed: 0, unchanged: 2 })
    expect(Object.values(effects).flat()).toEqual([])
    expect(tableBytesOf(registry)).toBe(before)
  })
  it('reports each field of a bad item and applies the others', () => {
    const registry = newRegistry()
    const found = problemsOf(
      registry,
      put(
        building('good'),
        residence('a b'),
        building('x', { headcount: 1.5, area: '/' }),
        residence('r', { observation: null }),
        building('y', { observation: { from: 1, until: 2 } }),
        residence('z', { observation: { from: 5, until: 5 } }),
        building('s', { seals: [...seals(1, 1), { id: 'no', from: null, until: null }] }),
        residence('old', { observation: { from: 1, until: NOW } }),
      ),
    )
    expect(found.map((problem) => problem.split(':')[0])).toEqual([
      '1 site',
      '2 area',
      '2 headcount',
      '3 observation',
      '4 observation',
      '5 observation.until',
      '6 seals[1]',
      '6 seals[2]',
      '7 observation.until',
    ])
    expect(registry.counts()).toMatchObject({ sites: 1, seals: 0 })
  })
  it.each([
    null,
    {},
    { ...building('x'), seals: [null] },
    { ...building('x'), observation: undefined },
    { ...residence('x'), observation: 3 },
    { ...building('x'), capacity: undefined },
  ])('answers %j with problems, as an op may come from any writer of the log', (spec) => {
    const registry = newRegistry()
    expect(problemsOf(registry, put(spec as unknown as SiteSpec)).length).toBeGreaterThan(0)
    expect(registry.counts().sites).toBe(0)
  })
  it('keeps to the caller’s areas, for the old and the new one', () => {
    const registry = newRegistry()
    registry.apply(put(building('a', { area: 'fuzhou/gulou', seals: seals(9) })), NOW)
    const op = (area: string, site: string, more = {}): RegistryOp => ({
      op: 'put-sites',
      by: principal(['fuzhou/taijiang']),
      sites: [building(site, { area, ...more })],
    })
    expect(problemsOf(registry, op('fuzhou/gulou', 'n'))[0]).toMatch(/FORBIDDEN/)
    expect(problemsOf(registry, op('fuzhou/taijiang', 'a'))[0]).toMatch(/FORBIDDEN/)
    expect(problemsOf(registry, op('fuzhou/taijiang', 'n', { seals: seals(9) }))[0]).toMatch(/FORBIDDEN/)
    expect(problemsOf(registry, op('fuzhou/taijiang/x', 'n'))).toEqual([])
    expect(siteAt(registry, 9, NOW)).toBe('a')
  })
  it('gives a site that moves a new key, and its watches from now on', () => {
    const registry = newRegistry()
    registry.apply(put(building('a', { seals: seals(1) })), NOW)
    const { effects } = registry.apply(put(building('a', { area: 'fuzhou/taijiang', seals: seals(1) })), NOW + DAY)
    expect(effects.watchesRenewed).toEqual([{ from: 1, to: 2 }])
    expect(effects.watchesEnded).toEqual([])
    const { siteKey } = registry.directory().watches.columns
    expect([NOW, NOW + DAY].map((time) => siteKey[watchAt(registry.directory(), 1, time)])).toEqual([1, 2])
    expect(registry.key(1)?.area).toBe('fuzhou/gulou/antai')
    expect(registry.areas()).toEqual([{ area: 'fuzhou/taijiang', areaKey: 2, sites: 1 }])
  })
})

describe('assignments', () => {
  it('lets the first one reach back, so that buffered events count', () => {
    const registry = newRegistry()
    registry.apply(put(residence('r', { seals: seals(1) }), building('b', { seals: seals(2) })), NOW)
    expect([NOW - DAY - 1, NOW - DAY].map((time) => siteAt(registry, 1, time))).toEqual(['', 'r'])
    expect([NOW - 90 * DAY - 1, NOW - 90 * DAY].map((time) => siteAt(registry, 2, time))).toEqual(['', 'b'])
  })
  it('moves a seal now when no beginning is given', () => {
    const registry = newRegistry()
    registry.apply(put(building('a', { seals: seals(1) }), building('b')), NOW)
    const { effects } = registry.apply(put(building('b', { seals: seals(1) })), NOW + 5)
    expect(effects).toMatchObject({ watchesBegun: [2], watchesEnded: [1] })
    expect([NOW + 4, NOW + 5].map((time) => siteAt(registry, 1, time))).toEqual(['a', 'b'])
  })
  it('moves a seal at a time to come, and tells when it comes', () => {
    const registry = newRegistry()
    registry.apply(put(building('a', { seals: seals(1) })), NOW)
    expect(problemsOf(registry, put(building('b', { seals: [{ id: sealName(1), from: NOW + DAY, until: null }] })))).toEqual([])
    expect([NOW + DAY - 1, NOW + DAY].map((time) => siteAt(registry, 1, time))).toEqual(['a', 'b'])
    expect(registry.tick(NOW + DAY - 1).watchesEnded).toEqual([])
    expect(registry.tick(NOW + DAY).watchesEnded).toEqual([1])
    expect(registry.tick(NOW + DAY).watchesEnded).toEqual([])
  })
  it('does not reassign history', () => {
    const registry = newRegistry()
    registry.apply(put(building('a', { seals: seals(1) })), NOW)
    expect(problemsOf(registry, put(building('b', { seals: [{ id: sealName(1), from: NOW - DAY, until: null }] })))[0]).toMatch(
      /^0 seals\[0\]: watches another site/,
    )
    expect(registry.site('b')).toBeUndefined()
  })
  it('refuses one seal at two sites of one request', () => {
    const registry = newRegistry()
    expect(problemsOf(registry, put(building('a', { seals: seals(1) }), building('b', { seals: seals(1) })))).toEqual([
      '1 seals[0]: is listed for two sites in this request; say from when',
    ])
  })
  it('ends what is not listed any more', () => {
    const registry = newRegistry()
    registry.apply(put(building('a', { seals: seals(1, 2) })), NOW)
    const { effects, result } = registry.apply(put(building('a', { seals: seals(2) })), NOW + 10)
    expect(result).toMatchObject({ changed: 1 })
    expect(effects.watchesEnded).toEqual([1])
    expect(effects.seals).toEqual([expect.objectContaining({ seal: sealName(1), until: NOW + 10 })])
    expect([NOW + 9, NOW + 10].map((time) => siteAt(registry, 1, time))).toEqual(['a', ''])
    expect(registry.seal(sealName(1))?.assignments).toHaveLength(1)
  })
})

describe('observations', () => {
  const UNTIL = NOW + 14 * DAY
  it('end once, expire once, and leave no name behind', () => {
    const registry = newRegistry()
    registry.apply(put(residence('secret-1', { area: 'x', seals: seals(0xabcdef, 7) }), building('b')), NOW)
    registry.apply({ op: 'put-permit', by: ADMIN, permit: { site: 'secret-1', from: NOW, until: NOW + DAY, openings: 1, reason: 'visit' } }, NOW)
    expect(registry.tick(UNTIL - 1).sitesEnded).toEqual([])
    expect(registry.tick(UNTIL).sitesEnded).toEqual([1])
    expect(registry.sitesUnder('', { fromNo: 1, limit: 10 })).toEqual([2])
    registry.apply(put(building('b', { seals: seals(7) })), UNTIL + 1)
    expect(registry.tick(UNTIL + 14 * DAY - 1).expiredKeys).toEqual([])
    const gone = registry.tick(UNTIL + 14 * DAY)
    expect(gone).toMatchObject({ expiredKeys: [1], sitesErased: [1], sealsErased: [1], sitesEnded: [] })
    expect(Object.values(registry.tick(UNTIL + 15 * DAY)).flat()).toEqual([])
    expect(JSON.stringify(registry.dump())).not.toContain('secret')
    expect(JSON.stringify(registry.dump())).not.toContain('visit')
    expect([registry.site('secret-1'), registry.key(1), registry.seal(sealName(0xabcdef))]).toEqual([undefined, undefined, undefined])
    expect(siteAt(registry, 7, UNTIL + 2)).toBe('b')
    const { low } = registry.directory().seals.columns
    expect([...low].includes(0xabcdef)).toBe(false)
    expect(registry.counts()).toMatchObject({ live: 1, sealsKnown: 1 })
  })
  it('may be ended early, and re-opened before their data expires', () => {
    const registry = newRegistry()
    registry.apply(put(residence('r', { seals: seals(1) })), NOW)
    const { effects } = registry.apply({ op: 'end-observation', by: ADMIN, site: 'r', until: null }, NOW + DAY)
    expect(effects).toMatchObject({ sitesEnded: [1], sitesChanged: [1] })
    expect(registry.directory().watches.columns.observedUntil[1]).toBe(NOW + DAY)
    const again = registry.apply(put(residence('r', { seals: seals(1), observation: { from: NOW - DAY, until: NOW + 20 * DAY } })), NOW + 2 * DAY)
    expect(again.effects).toMatchObject({ sitesReopened: [1], watchesBegun: [] })
    expect(again.effects.sites[0]?.expires).toBe(NOW + 34 * DAY)
    expect(registry.tick(NOW + 15 * DAY).expiredKeys).toEqual([])
    expect(registry.tick(NOW + 20 * DAY).sitesEnded).toEqual([1])
  })
  it.each([
    ['nowhere', null, 404],
    ['r', NOW + 30 * DAY, 422],
    ['r', Number.NaN, 422],
    ['r', NOW - 2 * DAY, 422],
  ] as const)('refuses to end %s at %s', (site, until, status) => {
    const registry = newRegistry()
    registry.apply(put(residence('r')), NOW)
    expect(registry.apply({ op: 'end-observation', by: ADMIN, site, until }, NOW).result).toMatchObject({ kind: 'refused', status })
  })
  it('says 404, not 403, outside the caller’s areas', () => {
    const registry = newRegistry()
    registry.apply(put(residence('r')), NOW)
    expect(registry.apply({ op: 'end-observation', by: principal(['elsewhere']), site: 'r', until: null }, NOW).result).toMatchObject({ status: 404 })
  })
})

describe('permits', () => {
  const permit = { site: 'r', from: NOW, until: NOW + DAY, openings: 2, reason: 'sampling visit' }
  it('are a list by site, shown while they are in force or to come', () => {
    const registry = newRegistry()
    registry.apply(put(residence('r')), NOW)
    expect(registry.apply({ op: 'put-permit', by: ADMIN, permit }, NOW).result).toMatchObject({
      kind: 'permit',
      permitNo: 1,
      permit: { permitNo: 1, used: 0, source: 'staff', weekly: null },
    })
    registry.apply({ op: 'put-permit', by: ADMIN, permit: { ...permit, from: NOW + 2 * DAY, until: NOW + 3 * DAY, openings: null } }, NOW)
    expect([...registry.permits()]).toMatchObject([
      { permitNo: 1, openings: 2, used: 0, reason: 'sampling visit', by: 'wang' },
      { permitNo: 2, openings: null },
    ])
    expect(registry.tables().sites.columns.permitHead[1]).toBe(2)
    expect(registry.tables().permits.columns.next[2]).toBe(1)
    registry.tick(NOW + DAY)
    expect([...registry.permits(1)].map(({ permitNo }) => permitNo)).toEqual([2])
    expect(registry.apply({ op: 'revoke-permit', by: ADMIN, permitNo: 2 }, NOW + DAY).result).toEqual({ kind: 'done' })
    expect([...registry.permits(1)].map(({ from, until }) => [from, until])).toEqual([])
  })
  it('forgets those that ended longer ago than any event time is believed', () => {
    const registry = newRegistry()
    registry.apply(put(building('r')), NOW)
    registry.apply({ op: 'put-permit', by: ADMIN, permit }, NOW)
    const later = { ...permit, from: NOW + 100 * DAY, until: NOW + 101 * DAY }
    registry.apply({ op: 'put-permit', by: ADMIN, permit: later }, NOW + 100 * DAY)
    expect(registry.tables().permits.columns.next[2]).toBe(0)
    expect(registry.dump().permitNotes.map(([no]) => no)).toEqual([2])
  })
  it('forgets one behind newer ones, which stay in the list', () => {
    const registry = newRegistry()
    registry.apply(put(building('r')), NOW)
    const made = [
      [NOW, NOW + DAY],
      [NOW, NOW + 20 * DAY],
      [NOW, NOW + DAY],
      [NOW, NOW + 30 * DAY],
    ] as const
    for (const [from, until] of made) registry.apply({ op: 'put-permit', by: ADMIN, permit: { ...permit, from, until } }, NOW)
    const later = { ...permit, from: NOW + 100 * DAY, until: NOW + 101 * DAY }
    registry.apply({ op: 'put-permit', by: ADMIN, permit: later }, NOW + 100 * DAY)
    const { next } = registry.tables().permits.columns
    expect([next[5], next[4], next[2]]).toEqual([4, 2, 0])
    expect(registry.dump().permitNotes.map(([no]) => no)).toEqual([2, 4, 5])
  })
  it('that are not there, or of a site elsewhere, are not there to be revoked', () => {
    const registry = newRegistry()
    registry.apply(put(building('r')), NOW)
    registry.apply({ op: 'put-permit', by: ADMIN, permit }, NOW)
    for (const [permitNo, by] of [
      [0, ADMIN],
      [2, ADMIN],
      [1.5, ADMIN],
      [1, principal(['elsewhere'])],
    ] as const)
      expect(registry.apply({ op: 'revoke-permit', by, permitNo }, NOW).result).toMatchObject({ kind: 'refused', status: 404 })
    expect([...registry.permits()]).toHaveLength(1)
  })
  it.each([
    [{ site: 'nowhere' }, 404],
    [{ until: NOW }, 422],
    [{ from: NOW + 3 * DAY }, 422],
    [{ openings: 0 }, 422],
    [{ openings: 1.5 }, 422],
    [{ reason: 'x'.repeat(201) }, 422],
    [{ from: -1 }, 422],
    [{ source: 'neighbour' }, 422],
    [{ weekly: null }, 422],
    [{ weekly: { days: [], from: 0, until: 1440 } }, 422],
    [{ weekly: { days: [7], from: 0, until: 1440 } }, 422],
    [{ weekly: { days: [1, 1], from: 0, until: 1440 } }, 422],
    [{ weekly: { days: [1], from: 1380, until: 60 } }, 422],
    [{ weekly: { days: [1], from: 0, until: 1441 } }, 422],
    [{ weekly: { days: [1], from: 0, until: 1440 }, openings: WEEKLY_OPENINGS_MAX + 1 }, 422],
  ])('refuses %j', (more, status) => {
    const registry = newRegistry()
    registry.apply(put(residence('r')), NOW)
    expect(registry.apply({ op: 'put-permit', by: ADMIN, permit: { ...permit, ...more } as PermitSpec }, NOW).result).toMatchObject({ kind: 'refused', status })
  })
})

describe('tokens', () => {
  const add = (name: string, digit: string, more: Partial<RegistryOp & { op: 'add-token' }> = {}): RegistryOp => ({
    op: 'add-token',
    by: null,
    name,
    role: 'operator',
    areas: ['x'],
    hash: digit.repeat(64),
    ...more,
  })
  it('are found by their hash until they are revoked; their name stays known', () => {
    const registry = newRegistry()
    registry.apply(add('root', '0', { role: 'admin', areas: [''] }), NOW)
    expect(registry.apply(add('li', 'a'), NOW).result).toEqual({ kind: 'done' })
    expect(registry.tokenByHash('a'.repeat(64))).toEqual({ tokenNo: 2, name: 'li', role: 'operator', areas: ['x'] })
    expect(registry.apply(add('li', 'b'), NOW).result).toMatchObject({ status: 409 })
    expect(registry.apply({ op: 'revoke-token', by: ADMIN, name: 'li' }, NOW).result).toEqual({ kind: 'done' })
    expect(registry.tokenByHash('a'.repeat(64))).toBeUndefined()
    expect(registry.tokenName(2)).toBe('li')
    expect(registry.apply(add('li', 'b'), NOW).result).toEqual({ kind: 'done' })
    expect(registry.tokens().map(({ name }) => name)).toEqual(['root', 'li'])
  })
  it('nobody gives away more than they have, nor removes the last admin', () => {
    const registry = newRegistry()
    registry.apply(add('root', '0', { role: 'admin', areas: [''] }), NOW)
    expect(registry.apply(add('li', 'a', { by: principal(['x']), areas: [''] }), NOW).result).toMatchObject({ status: 403 })
    expect(registry.apply(add('li', 'a', { by: principal(['x']), areas: ['x/y'] }), NOW).result).toEqual({ kind: 'done' })
    expect(registry.apply({ op: 'revoke-token', by: principal(['z']), name: 'li' }, NOW).result).toMatchObject({ status: 404 })
    expect(registry.apply({ op: 'revoke-token', by: ADMIN, name: 'root' }, NOW).result).toMatchObject({ status: 409 })
  })
  it.each([{ name: '' }, { areas: [] }, { areas: ['/'] }, { hash: 'x' }, { role: 'king' as 'admin' }])('refuses %j', (more) => {
    expect(newRegistry().apply(add('li', 'a', more), NOW).result).toMatchObject({ status: 422 })
  })
})

it('grows by copies past its first tables, and a copy of it answers the same', () => {
  const registry = newRegistry()
  const first = registry.tables().sites
  registry.apply(put(...Array.from({ length: 3000 }, (_, n) => residence(`r${n}`, { seals: seals(n + 1, n + 100_001) }))), NOW)
  expect(registry.tables().sites).not.toBe(first)
  const twin = copied(registry, 7)
  for (const seal of [1, 3000, 100_001, 103_000]) expect(siteAt(twin, seal, NOW)).toBe(siteAt(registry, seal, NOW))
  expect(siteAt(registry, 3000, NOW)).toBe('r2999')
  const { slots } = registry.directory()
  expect(slots.capacity).toBeGreaterThanOrEqual(2 * registry.counts().seals)
})
