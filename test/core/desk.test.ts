import { describe, expect, it } from 'vitest'
import { hash64 } from '../../core/desk-alarm.ts'
import { ALARM, type AlarmKindName } from '../../core/kinds.ts'
import { AT, copiedDesk, idOf, newDesk, operator, RETENTION, say, signals, work } from './desk-world.ts'

const MINUTE = 60_000
const kinds = Object.keys(ALARM) as AlarmKindName[]
const closedBy = (closing: 'person' | 'condition'): AlarmKindName[] => kinds.filter((kind) => ALARM[kind].closing === closing)

describe('the contract’s table', () => {
  it.each(closedBy('condition'))('%s closes when it is gone, acknowledged or not', (kind) => {
    const desk = newDesk()
    expect(say(desk, kind, 'began')).toEqual(['raised'])
    expect(say(desk, kind, 'began')).toEqual(['repeated'])
    expect(say(desk, kind, 'ended')).toEqual(['condition-gone', 'closed'])
    expect(desk.openCount()).toBe(0)
    expect(say(desk, kind, 'ended')).toEqual([])
    expect(say(desk, kind, 'again')).toEqual([])
  })
  it.each(closedBy('person'))('%s waits for a person after it is gone', (kind) => {
    const desk = newDesk()
    say(desk, kind, 'began')
    expect(say(desk, kind, 'ended')).toEqual(['condition-gone'])
    expect([...desk.openAlarms()]).toMatchObject([{ state: 'open', active: false, acknowledged: false, goneAt: AT }])
    expect(work(desk, 'acknowledge')).toEqual({ status: 200, steps: ['acknowledged', 'closed'] })
    expect(desk.openCount()).toBe(0)
  })
  it.each(closedBy('person'))('%s waits for its end after a person saw it', (kind) => {
    const desk = newDesk()
    say(desk, kind, 'began')
    expect(work(desk, 'acknowledge').steps).toEqual(['acknowledged'])
    expect(say(desk, kind, 'ended')).toEqual(['condition-gone', 'closed'])
  })
  it.each(closedBy('person'))('%s that is over at once is closed by the acknowledgement, and the next is a new alarm', (kind) => {
    const desk = newDesk()
    expect(say(desk, kind, 'momentary')).toEqual(['raised', 'condition-gone'])
    const id = idOf(desk)
    expect(say(desk, kind, 'momentary')).toEqual(['repeated'])
    expect(work(desk, 'acknowledge').steps).toEqual(['acknowledged', 'closed'])
    expect(say(desk, kind, 'momentary')).toEqual(['raised', 'condition-gone'])
    expect(idOf(desk)).not.toBe(id)
  })
  it('has one alarm a seal, a site, an event', () => {
    const desk = newDesk()
    desk.applySignals(
      signals(
        { kind: 'tamper', state: 'began', seal: 1 },
        { kind: 'tamper', state: 'began', seal: 2 },
        { kind: 'tamper', state: 'began', seal: 1 },
        { kind: 'headcount-over', state: 'began', site: 1 },
        { kind: 'headcount-over', state: 'began', site: 2 },
        { kind: 'headcount-over', state: 'began', site: 1 },
        { kind: 'fever', state: 'momentary', seq: 1 },
        { kind: 'fever', state: 'momentary', seq: 2 },
        { kind: 'fever', state: 'momentary', seq: 1 },
      ),
      AT,
    )
    expect([...desk.openAlarms()].map(({ kind, repeats }) => `${kind} ${repeats}`).sort()).toEqual([
      'fever 0',
      'fever 1',
      'headcount-over 0',
      'headcount-over 1',
      'tamper 0',
      'tamper 1',
    ])
  })
})

describe('repeats', () => {
  it('are counted, however many at once', () => {
    const desk = newDesk()
    say(desk, 'passage-unpermitted', 'momentary')
    say(desk, 'passage-unpermitted', 'again', AT + 1000, { value: 40 })
    expect([...desk.openAlarms()][0]).toMatchObject({ repeats: 40, value: 1, goneAt: AT + 1000 })
  })
  it('after the acknowledgement are a new alarm where the first is over', () => {
    const desk = newDesk()
    say(desk, 'passage-unpermitted', 'momentary')
    work(desk, 'acknowledge')
    expect(say(desk, 'passage-unpermitted', 'again', AT, { value: 3 })).toEqual(['raised', 'condition-gone'])
    expect([...desk.openAlarms()][0]).toMatchObject({ repeats: 2 })
  })
  it('bring a condition back on the alarm that still waits', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    say(desk, 'tamper', 'ended')
    expect(say(desk, 'tamper', 'began', AT + 5)).toEqual(['condition-back'])
    expect([...desk.openAlarms()]).toMatchObject([{ active: true, goneAt: null, repeats: 1 }])
  })
})

describe('the hold-down', () => {
  it('takes a condition that comes right back for the same alarm', () => {
    const desk = newDesk()
    say(desk, 'offline', 'began')
    const id = idOf(desk)
    work(desk, 'acknowledge')
    say(desk, 'offline', 'ended', AT + 1000)
    expect(desk.alarm(id)).toMatchObject({ state: 'closed' })
    expect(say(desk, 'offline', 'began', AT + 1000 + MINUTE - 1)).toEqual(['condition-back'])
    expect(desk.alarm(id)).toMatchObject({ state: 'open', active: true, acknowledged: true, repeats: 1 })
  })
  it('ends after a minute', () => {
    const desk = newDesk()
    say(desk, 'offline', 'began')
    say(desk, 'offline', 'ended')
    expect(say(desk, 'offline', 'began', AT + MINUTE)).toEqual(['raised'])
  })
  it('does not hold for what a person cleared', () => {
    const desk = newDesk()
    say(desk, 'headcount-over', 'began')
    expect(work(desk, 'clear', { note: 'counted by hand' })).toEqual({ status: 200, steps: ['cleared', 'closed'] })
    expect(say(desk, 'headcount-over', 'again')).toEqual([])
    expect(say(desk, 'headcount-over', 'ended')).toEqual([])
    expect(say(desk, 'headcount-over', 'began', AT + 1)).toEqual(['raised'])
  })
})

describe('people', () => {
  it.each([
    ['acknowledge', { id: '0000000000000000' }, 404],
    ['acknowledge', { by: { ...operator, areas: ['z'] } }, 404],
    ['acknowledge', { by: { ...operator, role: 'analyst' } }, 403],
    ['acknowledge', { note: 'x'.repeat(1001) }, 422],
    ['assign', { to: '' }, 422],
    ['shelve', { until: AT }, 422],
    ['shelve', { until: AT + 24 * 60 * MINUTE + 1 }, 422],
    ['clear', { note: 'why' }, 409],
  ] as const)('%s %j is refused', (op, more, status) => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    expect(work(desk, op, more)).toEqual({ status, steps: [] })
  })
  it('say why when they clear', () => {
    const desk = newDesk()
    say(desk, 'capacity-over', 'began')
    expect(work(desk, 'clear', { note: '  ' }).status).toBe(422)
  })
  it('acknowledge once; the first is on record', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    work(desk, 'acknowledge')
    expect(work(desk, 'acknowledge', { by: { ...operator, name: 'chen' } }, AT + 9)).toEqual({ status: 200, steps: [] })
    expect([...desk.openAlarms()]).toMatchObject([{ acknowledgedBy: 'li', acknowledgedAt: AT }])
  })
  it('are told that an alarm is closed', () => {
    const desk = newDesk()
    say(desk, 'fever', 'momentary')
    const id = idOf(desk)
    work(desk, 'acknowledge')
    expect(work(desk, 'acknowledge', { id }).status).toBe(409)
    desk.tick(AT + 10 * MINUTE)
    expect(work(desk, 'acknowledge', { id }).status).toBe(404)
  })
  it('shelve for a time', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    expect(work(desk, 'shelve', { until: AT + MINUTE }).steps).toEqual(['shelved'])
    expect(desk.tick(AT + MINUTE - 1)).toEqual([])
    expect(desk.tick(AT + MINUTE).map(({ step, by }) => `${step} ${by}`)).toEqual(['unshelved system'])
    expect([...desk.openAlarms()]).toMatchObject([{ shelvedUntil: null }])
  })
  it('assign', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    expect(work(desk, 'assign', { to: 'chen' }).steps).toEqual(['assigned'])
    expect([...desk.openAlarms()]).toMatchObject([{ assignedTo: 'chen' }])
  })
})

it('clears what is watched no more, and raises nothing about it', () => {
  const ended = new Set<number>()
  const desk = newDesk({ ended })
  for (const kind of ['tamper', 'offline', 'headcount-over'] as const) say(desk, kind, 'began')
  say(desk, 'tamper', 'began', AT, { seal: 6, site: 2 })
  expect(desk.endWatch(6, 1, AT)).toEqual([])
  ended.add(1)
  const steps = desk.endSite(1, AT + 1)
  expect(steps.map(({ step, by }) => `${step} ${by}`)).toEqual([
    'cleared system',
    'closed system',
    'cleared system',
    'closed system',
    'cleared system',
    'closed system',
  ])
  expect(say(desk, 'tamper', 'began')).toEqual([])
  expect(desk.endWatch(6, 2, AT).map(({ step }) => step)).toEqual(['cleared', 'closed'])
  expect(desk.openCount()).toBe(0)
})

it('writes into each step what it is about and when its row expires', () => {
  const desk = newDesk()
  expect(desk.applySignals(signals({ kind: 'tamper', state: 'began', seal: 0xab, time: AT - 5000, value: 2 }), AT)).toEqual([
    {
      id: hash64('tamper|00000000000000ab|site-1||0|0|' + AT + '|0'),
      kind: 'tamper',
      severity: 'critical',
      site: 'site-1',
      siteKey: 10,
      area: 'x/y',
      seal: '00000000000000ab',
      step: 'raised',
      time: AT - 5000,
      received: AT,
      by: '',
      note: '',
      repeats: 0,
      value: 2,
      expires: AT + RETENTION,
    },
  ])
})

it('ids are spread: none twice among 200,000 alike', () => {
  const ids = new Set(Array.from({ length: 200_000 }, (_, n) => hash64(`tamper|${n.toString(16).padStart(16, '0')}|site-1||0|0|${AT}|0`)))
  expect(ids.size).toBe(200_000)
  expect(new Set([...ids].map((id) => id.slice(0, 8))).size).toBeGreaterThan(199_900)
  expect(new Set([...ids].map((id) => id.slice(8))).size).toBeGreaterThan(199_900)
})

it('goes on from a copy as it would have', () => {
  const desk = newDesk()
  for (const kind of kinds) say(desk, kind, 'began')
  for (const kind of kinds) say(desk, kind, 'ended', AT + 10)
  work(desk, 'shelve', { until: AT + MINUTE })
  const twin = copiedDesk(desk)
  const go = (one: typeof desk): unknown => [
    one.tick(AT + MINUTE),
    ...kinds.map((kind) => one.applySignals(signals({ kind, state: 'began', time: AT + 20 }), AT + 30)),
    one.dump(),
  ]
  expect(go(twin)).toEqual(go(desk))
})
