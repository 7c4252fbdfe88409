import { describe, expect, it } from 'vitest'
import { CLOSED_KEPT_MS } from '../../core/desk-state.ts'
import { AT, copiedDesk, idOf, newDesk, say, signals, work } from './desk-world.ts'

// Escalation, levels, waiting and hold-down, beside the scenarios of test/golden/desk; and the rows of the lessons that concern alarms.

const MINUTE = 60_000
const viewOf = (desk: ReturnType<typeof newDesk>) => [...desk.openAlarms()][0]

describe('lessons', () => {
  it('two triggers milliseconds apart raise one alarm, and it clears (thingsboard#2986, #15583, #5652)', () => {
    for (const order of [
      ['began', 'began'],
      ['began', 'again'],
    ] as const) {
      const desk = newDesk()
      say(desk, 'door-held-open', order[0], AT)
      say(desk, 'door-held-open', order[1], AT + 3)
      expect(desk.openCount()).toBe(1)
      say(desk, 'door-held-open', 'ended', AT + 1000)
      expect(desk.openCount()).toBe(0)
    }
    const together = newDesk()
    together.applySignals(signals({ kind: 'tamper', state: 'began' }, { kind: 'tamper', state: 'began', time: AT + 1 }), AT + 2)
    expect([...together.openAlarms()]).toMatchObject([{ kind: 'tamper', repeats: 1 }])
  })
  it('a message every second for one condition is one alarm that counts them (thingsboard#717)', () => {
    const desk = newDesk()
    const steps = Array.from({ length: 3600 }, (_, n) => say(desk, 'beam-blocked', n === 0 ? 'began' : 'again', AT + n * 1000)).flat()
    expect(desk.openCount()).toBe(1)
    expect(viewOf(desk)).toMatchObject({ repeats: 3599 })
    expect(steps.filter((step) => step === 'raised')).toHaveLength(1)
  })
  it('what flaps is held down: one alarm for an hour of coming and going, whose waiting goes on (netdata#945)', () => {
    const desk = newDesk()
    const ids = new Set<string>()
    for (let at = AT; at < AT + 60 * MINUTE; at += 40_000) {
      say(desk, 'flapping', 'began', at)
      ids.add(idOf(desk))
      say(desk, 'flapping', 'ended', at + 20_000)
      desk.tick(at + 21_000)
    }
    expect(ids.size).toBe(1)
    say(desk, 'flapping', 'began', AT + 60 * MINUTE)
    expect(viewOf(desk)).toMatchObject({ raisedAt: AT, waitingSince: AT, repeats: 90 })
  })
  it('how long an alarm has waited for a person is on it, until somebody comes (the drill of three minutes)', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    desk.tick(AT + 3 * MINUTE)
    expect(viewOf(desk)).toMatchObject({ waitingSince: AT, escalation: 1 })
    work(desk, 'acknowledge', {}, AT + 3 * MINUTE)
    expect(viewOf(desk)).toMatchObject({ waitingSince: null, escalation: 1 })
  })
})

describe('escalation', () => {
  it('comes at the time of its severity, once a level, and for nobody who was seen or put aside', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    say(desk, 'offline', 'began', AT, { seal: 6 })
    expect(desk.tick(AT + 2 * MINUTE - 1)).toEqual([])
    expect(desk.tick(AT + 2 * MINUTE).map(({ kind, step, note }) => `${kind} ${step} ${note}`)).toEqual(['tamper escalated level 1: waited 2 min'])
    expect(desk.tick(AT + 2 * MINUTE + 1000)).toEqual([])
    work(desk, 'shelve', { until: AT + 30 * MINUTE, note: 'later' }, AT + 5 * MINUTE)
    expect(viewOf(desk)).toMatchObject({ waitingSince: null, shelvedBy: 'li', shelvedReason: 'later' })
    expect(desk.tick(AT + 10 * MINUTE).map(({ kind }) => kind)).toEqual(['offline'])
  })
  it('after a long pause of the engine is one step, to the level that time has reached', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    expect(desk.tick(AT + 120 * MINUTE).map(({ note }) => note)).toEqual(['level 2: waited 2 h'])
    expect(desk.tick(AT + 500 * MINUTE)).toEqual([])
  })
  it('goes on from a copy at the same time', () => {
    const desk = newDesk()
    say(desk, 'tamper', 'began')
    say(desk, 'offline', 'began')
    say(desk, 'offline', 'ended', AT + 1000)
    const twin = copiedDesk(desk)
    for (const one of [desk, twin]) {
      one.tick(AT + MINUTE)
      say(one, 'offline', 'began', AT + MINUTE)
    }
    for (const minutes of [2, 10, 60, 61]) expect(twin.tick(AT + minutes * MINUTE)).toEqual(desk.tick(AT + minutes * MINUTE))
    expect(twin.dump()).toEqual(desk.dump())
  })
  it('costs what is due: a tick over 200,000 open alarms looks at none of them', () => {
    const desk = newDesk()
    for (let from = 0; from < 200_000; from += 10_000) {
      const rows = Array.from({ length: 10_000 }, (_, n) => ({ kind: 'low-battery', state: 'began', seal: from + n + 1 }) as const)
      desk.applySignals(signals(...rows), AT)
    }
    expect(desk.openCount()).toBe(200_000)
    const time = (run: () => void): number => {
      const began = performance.now()
      run()
      return performance.now() - began
    }
    const all = time(() => [...desk.openAlarms()].length)
    const ticks = time(() => {
      for (let n = 1; n <= 100; n++) desk.tick(AT + n)
    })
    // A hundred ticks are cheaper than one look at all: a ratio within one process, far from both.
    expect(ticks).toBeLessThan(all)
    expect(desk.tick(AT + 24 * 60 * MINUTE)).toHaveLength(200_000)
  })
})

describe('levels', () => {
  it('that do not change are no step, and none is kept of what is not open', () => {
    const desk = newDesk()
    expect(say(desk, 'capacity-over', 'level', AT, { level: 1 })).toEqual([])
    say(desk, 'capacity-over', 'began', AT, { level: 1 })
    expect(viewOf(desk)).toMatchObject({ severity: 'minor' })
    expect(say(desk, 'capacity-over', 'level', AT + 1, { level: 1, value: 95 })).toEqual([])
    expect(viewOf(desk)).toMatchObject({ severity: 'minor', value: 95 })
  })
  it('of the least severe stay there', () => {
    const desk = newDesk()
    say(desk, 'battery-forecast', 'began', AT, { level: 1 })
    expect(viewOf(desk)).toMatchObject({ severity: 'info' })
  })
  it('come back as they are within the hold-down', () => {
    const desk = newDesk()
    say(desk, 'capacity-over', 'began', AT, { level: 1 })
    say(desk, 'capacity-over', 'ended', AT + 10)
    expect(say(desk, 'capacity-over', 'began', AT + 20)).toEqual(['condition-back', 'escalated'])
    expect(viewOf(desk)).toMatchObject({ severity: 'major' })
  })
})

describe('the policy', () => {
  it('says how long the hold-down is', () => {
    const desk = newDesk({ policy: { holdDownMs: 5000 } })
    say(desk, 'offline', 'began')
    say(desk, 'offline', 'ended')
    expect(say(desk, 'offline', 'began', AT + 4999)).toEqual(['condition-back'])
    say(desk, 'offline', 'ended', AT + 5000)
    expect(say(desk, 'offline', 'began', AT + 10_000)).toEqual(['raised'])
  })
  it('may hold longer than closed alarms are kept otherwise', () => {
    const desk = newDesk({ policy: { holdDownMs: 2 * CLOSED_KEPT_MS } })
    say(desk, 'offline', 'began')
    say(desk, 'offline', 'ended')
    desk.tick(AT + CLOSED_KEPT_MS + 1)
    expect(say(desk, 'offline', 'began', AT + CLOSED_KEPT_MS + 2)).toEqual(['condition-back'])
  })
  it('that silences a kind clears what is open of it; one with other times counts from the beginning', () => {
    const policy: { severity: object; escalateMs: object } = {
      severity: {},
      escalateMs: { critical: [60 * MINUTE], major: [], minor: [], info: [] },
    }
    const desk = newDesk({ policy: policy as never })
    say(desk, 'tamper', 'began')
    say(desk, 'offline', 'began')
    policy.severity = { offline: 'off' }
    policy.escalateMs = { critical: [MINUTE], major: [], minor: [], info: [] }
    expect(desk.policyChanged(AT + 30_000).map(({ kind, step, note }) => `${kind} ${step} ${note}`)).toEqual([
      'offline cleared the policy silences it',
      'offline closed ',
    ])
    expect(desk.tick(AT + MINUTE).map(({ step }) => step)).toEqual(['escalated'])
    expect(say(desk, 'offline', 'again', AT + MINUTE)).toEqual([])
  })
})
