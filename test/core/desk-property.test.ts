import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALARM, type AlarmKindName } from '../../core/kinds.ts'
import type { AlarmWork, Delivery } from '../../core/ops.ts'
import type { AlarmStep } from '../../core/rows.ts'
import { SIGNAL_STRIDE } from '../../core/signal.ts'
import type { Desk } from '../../core/desk.ts'
import { AT, copiedDesk, newDesk, operator, type Said, signals, webhook } from './desk-world.ts'

// Any sequence of signals, people's work and ticks over few enough keys that they collide, against a slow and obvious reading of the contract.

const kind = fc.constantFrom<AlarmKindName>('tamper', 'passage-unpermitted', 'offline', 'headcount-over', 'fever')
const said: fc.Arbitrary<Said> = fc
  .record({
    kind,
    state: fc.constantFrom('began', 'momentary', 'again', 'ended', 'level'),
    level: fc.constantFrom(0, 1),
    site: fc.constant(1),
    value: fc.integer({ min: 1, max: 4 }),
    seq: fc.integer({ min: 1, max: 2 }),
    time: fc.integer({ min: 0, max: 3 }).map((n) => AT + n),
  })
  .map((one) => (ALARM[one.kind].scope === 'event' ? { ...one, state: 'momentary' as const } : { ...one, seq: 0 }))
type Act = { readonly after: number } & (
  | { readonly what: 'say'; readonly said: readonly Said[] }
  | { readonly what: 'work'; readonly op: AlarmWork['op']; readonly pick: number }
  | { readonly what: 'tick' | 'end' | 'copy' | 'take' }
)
const after = fc.constantFrom(0, 1, 1000, 59_999, 60_000, 700_000)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ after, what: fc.constant('say' as const), said: fc.array(said, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      after,
      what: fc.constant('work' as const),
      op: fc.constantFrom<AlarmWork['op']>('acknowledge', 'acknowledge', 'clear', 'shelve', 'assign'),
      pick: fc.nat(5),
    }),
  },
  fc.record({ after, what: fc.constantFrom('tick' as const, 'copy' as const, 'end' as const, 'take' as const) }),
)

/** The contract's reading of one alarm, from its steps alone. */
type Read = { severity: string; open: boolean; active: boolean; acknowledged: boolean; cleared: boolean; repeats: number; key: string; kind: AlarmKindName }
const read = (alarms: Map<string, Read>, step: AlarmStep): void => {
  const alarm = alarms.get(step.id)
  if (step.step === 'raised') {
    expect(alarm).toBeUndefined()
    alarms.set(step.id, {
      severity: step.severity,
      open: true,
      active: true,
      acknowledged: false,
      cleared: false,
      repeats: step.repeats,
      key: `${step.kind} ${step.seal} ${step.site}`,
      kind: step.kind as AlarmKindName,
    })
    return
  }
  if (alarm === undefined) throw new Error(`${step.step} of an alarm that was never raised`)
  // A receiver may be late: its delivery is a step of an alarm that has closed, or is known no more but for its notice.
  if (step.step === 'delivered') return
  expect(step.repeats).toBeGreaterThanOrEqual(alarm.repeats)
  alarm.repeats = step.repeats
  if (step.step === 'condition-back') {
    if (!alarm.open) expect(ALARM[alarm.kind].closing === 'condition' && !alarm.cleared).toBe(true)
    alarm.open = alarm.active = true
    return
  }
  expect(alarm.open).toBe(true)
  if (step.step === 'escalated' || step.step === 'eased') {
    const byLevel = !step.note.startsWith('level ')
    expect(step.severity !== alarm.severity).toBe(byLevel)
    if (!byLevel) expect(alarm.acknowledged).toBe(false)
    alarm.severity = step.severity
  } else expect(step.severity).toBe(alarm.severity)
  if (step.step === 'condition-gone' || step.step === 'cleared') alarm.active = false
  if (step.step === 'acknowledged') alarm.acknowledged = true
  if (step.step === 'cleared') alarm.cleared = true
  if (step.step === 'closed') {
    expect(alarm.active).toBe(false)
    if (ALARM[alarm.kind].closing === 'person' && !alarm.cleared) expect(alarm.acknowledged).toBe(true)
    alarm.open = false
  }
}

const perform = (desk: Desk, one: Act, now: number): readonly AlarmStep[] => {
  switch (one.what) {
    case 'say':
      return desk.applySignals(signals(...one.said), now)
    case 'tick':
      return desk.tick(now)
    case 'end':
      return desk.endSite(1, now)
    case 'copy':
      return []
    case 'take':
      return desk.work({ op: 'delivered', deliveries: [...desk.outbox().keys()].slice(0, 2).map((id) => ({ id, attempts: 1 })) }, now).steps
    case 'work': {
      const open = [...desk.openAlarms()]
      const id = open[one.pick % Math.max(1, open.length)]?.id ?? 'none'
      return desk.work({ op: one.op, id, by: operator, note: 'n', to: 'x', until: now + 1000 }, now).steps
    }
  }
}

const WORLD = { webhooks: [webhook(), webhook({ webhookNo: 2, name: 'minors', area: 'x', severities: ['minor'] })] }

/** What a webhook may believe of an alarm, from its notices alone: it hears of the beginning first, and of the end once for each. */
const checkNotices = (told: Map<string, string>, { id, webhookNo, alarm, step }: Delivery): void => {
  const key = `${webhookNo} ${alarm}`
  expect(told.has(id), 'an id is never given twice').toBe(false)
  told.set(id, step)
  const before = told.get(key) ?? 'cleared'
  if (step === 'raised') expect(before).toBe('cleared')
  if (step === 'cleared') expect(before).not.toBe('cleared')
  told.set(key, step)
}

describe('any history of the desk', () => {
  it('tells webhooks of each beginning and end in turn, and of the end of all that is over', () => {
    let notices = 0
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let desk = newDesk(WORLD)
        let now = AT
        const told = new Map<string, string>()
        const hear = (): void => {
          for (const delivery of desk.takeFresh()) checkNotices(told, delivery)
        }
        for (const one of acts) {
          perform(desk, one, (now += one.after))
          hear()
          if (one.what === 'copy') desk = copiedDesk(desk, WORLD)
        }
        // All that closed by itself has stayed so long that it is news.
        desk.tick(now + 60_000)
        hear()
        const open = new Set([...desk.openAlarms()].map(({ id }) => id))
        for (const [key, step] of told) if (key.includes(' ') && !open.has(key.split(' ')[1] ?? '')) expect(step).toBe('cleared')
        notices += told.size
      }),
      { numRuns: 300 },
    )
    expect(notices).toBeGreaterThan(500)
  })
  it('has one open alarm a key, closed only by whom the contract names; the steps alone tell each alarm', () => {
    let raised = 0
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let desk = newDesk(WORLD)
        let now = AT
        const alarms = new Map<string, Read>()
        for (const one of acts) {
          now += one.after
          for (const step of perform(desk, one, now)) read(alarms, step)
          if (one.what === 'copy') desk = copiedDesk(desk, WORLD)
          const open = [...desk.openAlarms()]
          const keys = open.map(({ kind: name, seal, site, id }) => (ALARM[name].scope === 'event' ? id : `${name} ${seal} ${site}`))
          expect(new Set(keys).size).toBe(keys.length)
          expect(open.map(({ id }) => id).sort()).toEqual(
            [...alarms]
              .filter(([, alarm]) => alarm.open)
              .map(([id]) => id)
              .sort(),
          )
          for (const view of open) expect(alarms.get(view.id)).toMatchObject({ active: view.active, acknowledged: view.acknowledged, repeats: view.repeats })
          for (const view of open) expect(view.active || !view.acknowledged).toBe(true)
        }
        raised += alarms.size
      }),
      { numRuns: 500 },
    )
    expect(raised).toBeGreaterThan(500)
  })
  it('does not depend on the order of the signals of one entry', () => {
    fc.assert(
      fc.property(fc.array(said, { minLength: 2, maxLength: 8 }), fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (list, ranks) => {
        const rows = signals(...list)
        const order = list.map((_, at) => at).sort((a, b) => (ranks[a] as number) - (ranks[b] as number) || a - b)
        const shuffled = new Float64Array(rows.length)
        order.forEach((from, to) => shuffled.set(rows.subarray(from * SIGNAL_STRIDE, (from + 1) * SIGNAL_STRIDE), to * SIGNAL_STRIDE))
        expect(newDesk().applySignals(shuffled, AT)).toEqual(newDesk().applySignals(rows, AT))
      }),
    )
  })
  it('goes on from a copy as it would have', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), fc.array(act, { maxLength: 20 }), (first, second) => {
        const desk = newDesk(WORLD)
        let now = AT
        for (const one of first) perform(desk, one, (now += one.after))
        const twin = copiedDesk(desk, WORLD)
        for (const one of second) {
          now += one.after
          expect(perform(twin, one, now)).toEqual(perform(desk, one, now))
        }
        expect(twin.dump()).toEqual(desk.dump())
      }),
      { numRuns: 200 },
    )
  })
})
