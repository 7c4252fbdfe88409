import { describe, expect, it } from 'vitest'
import type { PermitSpec, RegistryOp } from '../../core/ops.ts'
import { DECLARED_LATE_MS_MAX, DECLARED_LIVE_MAX, DECLARED_MS_MAX, DECLARED_OPENINGS_MAX } from '../../core/registry-check.ts'
import { ADMIN, building, DAY, newRegistry, NOW, principal, put, residence } from './registry-world.ts'

// What a resident may declare, who may hand it on, and what is kept of it.

describe('declarations', () => {
  const MINUTE = 60_000
  const declare = (more: Partial<PermitSpec> = {}, by = principal([''], 'sender')): RegistryOp => ({
    op: 'put-permit',
    by,
    permit: { site: 'r', from: NOW, until: NOW + DECLARED_MS_MAX, openings: DECLARED_OPENINGS_MAX, reason: '', source: 'declaration', ...more },
  })
  const withHome = (): ReturnType<typeof newRegistry> => {
    const registry = newRegistry()
    registry.apply(put(residence('r'), building('tower')), NOW)
    return registry
  }
  it('are bounded by what an errand takes, and say so by their source', () => {
    const registry = withHome()
    expect(DECLARED_LATE_MS_MAX).toBeLessThan(DECLARED_MS_MAX)
    const { result } = registry.apply(declare(), NOW)
    expect(result).toMatchObject({ kind: 'permit', permit: { source: 'declaration', from: NOW, until: NOW + 60 * MINUTE, openings: 2, by: 'wang' } })
  })
  it.each<[Partial<PermitSpec>, number, RegExp]>([
    [{ until: NOW + DECLARED_MS_MAX + 1 }, 422, /until: .* 60 minutes/],
    [{ from: NOW + DAY, until: NOW + DAY + DECLARED_MS_MAX + 1 }, 422, /until/],
    [{ openings: DECLARED_OPENINGS_MAX + 1 }, 422, /openings/],
    [{ openings: null }, 422, /openings/],
    [{ weekly: { days: [0], from: 0, until: 60 } }, 422, /weekly/],
    [{ from: NOW - DECLARED_LATE_MS_MAX - 1 }, 422, /backdated/],
    [{ site: 'tower' }, 422, /residences/],
    [{ source: 'staff' }, 403, /declarations/],
    [{ site: 'nowhere' }, 404, /no such site/],
  ])('of a sender: %j is refused', (more, status, detail) => {
    expect(withHome().apply(declare(more), NOW).result).toMatchObject({ kind: 'refused', status, detail: expect.stringMatching(detail) })
  })
  it('hold for staff too, who hand one on', () => {
    expect(withHome().apply(declare({ openings: 3 }, ADMIN), NOW).result).toMatchObject({ kind: 'refused', status: 422 })
    expect(withHome().apply(declare({}, principal([''], 'operator')), NOW).result).toMatchObject({ kind: 'permit' })
  })
  it('of a slow phone begin when they are received, never before', () => {
    const registry = withHome()
    const from = NOW - DECLARED_LATE_MS_MAX
    expect(registry.apply(declare({ from }), NOW).result).toMatchObject({ kind: 'permit', permit: { from: NOW } })
    expect(registry.tables().permits.columns.from[1]).toBe(NOW)
  })
  it('are at most three at a time of one home; one that is over or revoked makes room', () => {
    const registry = withHome()
    registry.apply(put(residence('r2')), NOW)
    for (let n = 0; n < DECLARED_LIVE_MAX; n += 1)
      expect(registry.apply(declare({ from: NOW + n * DAY, until: NOW + n * DAY + MINUTE }), NOW).result.kind).toBe('permit')
    const more = declare({ until: NOW + 2 * MINUTE })
    expect(registry.apply(more, NOW).result).toMatchObject({ kind: 'refused', status: 422, detail: expect.stringContaining('3 declarations') })
    expect(registry.apply(declare({ site: 'r2' }), NOW).result.kind).toBe('permit')
    // Staff's permits are not counted, and are not bounded.
    expect(
      registry.apply({ op: 'put-permit', by: ADMIN, permit: { site: 'r', from: NOW - DAY, until: NOW + DAY, openings: null, reason: '' } }, NOW).result.kind,
    ).toBe('permit')
    expect(registry.apply(more, NOW + MINUTE).result.kind).toBe('permit')
    expect(registry.apply(declare({ from: NOW + DAY, until: NOW + DAY + MINUTE }), NOW + MINUTE).result.kind).toBe('refused')
    registry.apply({ op: 'revoke-permit', by: ADMIN, permitNo: 3 }, NOW + MINUTE)
    expect(registry.apply(declare({ from: NOW + DAY, until: NOW + DAY + MINUTE }), NOW + MINUTE).result.kind).toBe('permit')
  })
  it('leave a row as each permit stands, made and revoked, and again where the site moves or ends', () => {
    const registry = withHome()
    const made = registry.apply(declare({ reason: 'rubbish' }), NOW).effects
    expect(made.permits).toMatchObject([{ permit: 1, site: 'r', source: 'declaration', reason: 'rubbish', made: NOW, revoked: null, weekly: '', openings: 2 }])
    expect(made.permitsChanged).toEqual([1])
    const revoked = registry.apply({ op: 'revoke-permit', by: ADMIN, permitNo: 1 }, NOW + MINUTE).effects
    expect(revoked.permits).toMatchObject([{ permit: 1, until: NOW + MINUTE, revoked: NOW + MINUTE }])
    expect(registry.apply({ op: 'revoke-permit', by: ADMIN, permitNo: 1 }, NOW + 2 * MINUTE).effects.permits).toEqual([])
    const moved = registry.apply(put(residence('r', { area: 'elsewhere' })), NOW + 2 * MINUTE).effects
    expect(moved.permits.map(({ permit, siteKey }) => [permit, siteKey])).toEqual([[1, moved.sites.at(-1)?.siteKey]])
    const ended = registry.apply({ op: 'end-observation', by: ADMIN, site: 'r', until: NOW + DAY }, NOW + 2 * MINUTE).effects
    expect(ended.permits.map(({ expires }) => expires)).toEqual([NOW + DAY + 14 * DAY])
    expect(ended.permits[0]?.expires).toBeLessThan(made.permits[0]?.expires as number)
  })
})
