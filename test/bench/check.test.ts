import { describe, expect, it } from 'vitest'
import { checkAlarms, type Raised } from '../../bench/simulate/check.ts'
import type { Truth } from '../../bench/simulate/plan.ts'

const truth = (over: Partial<Truth>): Truth => ({
  kind: 'tamper',
  site: 'a',
  seal: '01',
  area: '',
  severity: '',
  nearMiss: false,
  at: 10_000,
  limitMs: 0,
  raiseFrom: 9_000,
  raiseUntil: 75_000,
  note: '',
  ...over,
})
const raised = (over: Partial<Raised>): Raised => ({
  id: '1',
  kind: 'tamper',
  site: 'a',
  seal: '01',
  area: 'city',
  severity: 'critical',
  received: 12_000,
  ...over,
})
const least = { kinds: [], leastOf: () => ({ incidents: 1, nearMisses: 0 }) }
const only = (rows: readonly Truth[], alarms: readonly Raised[]) => {
  const verdict = checkAlarms(rows, alarms, least)
  return { ok: verdict.ok, ...verdict.kinds[0] }
}

describe('the check of alarms against the truth', () => {
  it('passes when each incident has one alarm', () => {
    expect(only([truth({})], [raised({})])).toMatchObject({
      ok: true,
      found: 1,
      missed: 0,
      false: 0,
      twice: 0,
      delayMs: { p50: 2_000, p99: 2_000, max: 2_000 },
    })
  })
  it('fails on a missed, a doubled and a late alarm', () => {
    expect(only([truth({})], [])).toMatchObject({ ok: false, missed: 1 })
    expect(only([truth({})], [raised({}), raised({ id: '2' })])).toMatchObject({ ok: false, twice: 1 })
    expect(only([truth({})], [raised({ received: 80_000 })])).toMatchObject({ ok: false, missed: 1, false: 1 })
  })
  it('fails on an alarm for a near miss, and on one for nothing at all', () => {
    const near = truth({ seal: '02', nearMiss: true, note: 'almost' })
    const verdict = checkAlarms([truth({}), near], [raised({}), raised({ id: '2', seal: '02' })], least)
    expect(verdict.ok).toBe(false)
    expect(verdict.complaints.join()).toContain('almost')
    expect(checkAlarms([truth({})], [raised({}), raised({ kind: 'fever', id: '3' })], least).ok).toBe(false)
  })
  it('fails on another severity than the one that was planned', () => {
    expect(only([truth({ severity: 'critical' })], [raised({})])).toMatchObject({ ok: true, found: 1 })
    expect(only([truth({ severity: 'major' })], [raised({})])).toMatchObject({ ok: false, missed: 1, false: 1 })
  })
  it('knows an alarm about an area by the area', () => {
    const outage = truth({ kind: 'area-outage', site: '', seal: '', area: 'city/street' })
    const alarm = raised({ kind: 'area-outage', site: '', seal: '', area: 'city/street' })
    expect(only([outage], [alarm])).toMatchObject({ ok: true, found: 1 })
    expect(only([outage], [{ ...alarm, area: 'city' }])).toMatchObject({ ok: false, missed: 1, false: 1 })
  })
  it('fails when a kind has too few incidents to prove anything', () => {
    expect(checkAlarms([truth({ nearMiss: true })], [], least).ok).toBe(false)
    expect(checkAlarms([], [], least).ok).toBe(false)
    expect(checkAlarms([truth({})], [raised({})], { ...least, kinds: ['tamper', 'offline'] }).ok).toBe(false)
  })
})
