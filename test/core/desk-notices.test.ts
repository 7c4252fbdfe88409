import { describe, expect, it } from 'vitest'
import type { Desk } from '../../core/desk.ts'
import { OUTBOX_AGE_MS_MAX, OUTBOX_MAX } from '../../core/desk-notices.ts'
import type { WebhookRecord } from '../../core/ops.ts'
import { AT, copiedDesk, newDesk, say, signals, webhook, work } from './desk-world.ts'

// Notices of alarms for webhooks: whom they are for, that each is delivered once in the desk's view, that none is lost or made twice by
// a restart, and that the outbox is bounded.

const waiting = (desk: Desk): string[] => [...desk.outbox().values()].map(({ webhook: name, step, severity }) => `${name} ${step} ${severity}`)
const ids = (desk: Desk): string[] => [...desk.outbox().keys()]
const MINUTE = 60_000

describe('whom they are for', () => {
  it('is who covers the area and wants the severity', () => {
    const webhooks = [
      webhook({ webhookNo: 1, name: 'all', area: '' }),
      webhook({ webhookNo: 2, name: 'here', area: 'x/y' }),
      webhook({ webhookNo: 3, name: 'alike', area: 'x/yy' }),
      webhook({ webhookNo: 4, name: 'mild', severities: ['minor', 'info'] }),
    ]
    const desk = newDesk({ webhooks })
    say(desk, 'tamper', 'began')
    expect(waiting(desk)).toEqual(['all raised critical', 'here raised critical'])
    say(desk, 'low-battery', 'began')
    expect(waiting(desk).slice(2)).toEqual(['mild raised minor'])
  })
  it('of an outage are also those whose area lies within it', () => {
    const webhooks = [webhook({ webhookNo: 1, name: 'street', area: 'area-7/street' }), webhook({ webhookNo: 2, name: 'elsewhere', area: 'area-8' })]
    const desk = newDesk({ webhooks })
    say(desk, 'area-outage', 'began', AT, { site: 7 })
    expect(waiting(desk)).toEqual(['street raised critical'])
  })
  it('has an id of alarm, step and webhook that a replay makes again, and that no other notice has', () => {
    const run = (): Desk => {
      const desk = newDesk({ webhooks: [webhook(), webhook({ webhookNo: 2, name: 'b', area: 'x' })] })
      for (const at of [AT, AT + 100_000]) {
        say(desk, 'offline', 'began', at)
        say(desk, 'tamper', 'began', at)
        say(desk, 'offline', 'ended', at + 1)
        desk.tick(at + 70_000)
      }
      return desk
    }
    expect(ids(run())).toEqual(ids(run()))
    expect(new Set(ids(run())).size).toBe(ids(run()).length)
    expect(ids(run()).every((id) => /^msg_[0-9a-f]{16}_(raised|escalated|cleared)_\d+_\d+$/.test(id))).toBe(true)
    // Two webhooks: an outage twice, its beginning and its end; a seal torn off once, and that nobody came.
    expect(ids(run()).length).toBe(2 * (2 * 2 + 2))
  })
})

describe('an end', () => {
  it('by a person is told at once, one by its condition when it has lasted', () => {
    const desk = newDesk({ webhooks: [webhook()] })
    say(desk, 'tamper', 'began')
    say(desk, 'tamper', 'ended')
    work(desk, 'acknowledge')
    expect(waiting(desk)).toEqual(['duty raised critical', 'duty cleared critical'])
    say(desk, 'offline', 'began', AT + 1)
    say(desk, 'offline', 'ended', AT + 2)
    desk.tick(AT + MINUTE)
    expect(waiting(desk)).toHaveLength(3)
    desk.tick(AT + MINUTE + 2)
    expect(waiting(desk).at(-1)).toBe('duty cleared major')
  })
  it('is told by a copy too', () => {
    const world = { webhooks: [webhook()] }
    const desk = newDesk(world)
    say(desk, 'offline', 'began')
    say(desk, 'offline', 'ended', AT + 2)
    const twin = copiedDesk(desk, world)
    for (const one of [desk, twin]) one.tick(AT + MINUTE + 2)
    expect(ids(twin)).toEqual(ids(desk))
    expect(waiting(twin)).toEqual(['duty raised major', 'duty cleared major'])
    expect(twin.dump()).toEqual(desk.dump())
  })
  it('by a person, once all webhooks are gone, leaves a desk and its copy alike', () => {
    const before = newDesk({ webhooks: [webhook()] })
    say(before, 'tamper', 'began')
    const desk = copiedDesk(before)
    say(desk, 'tamper', 'ended')
    work(desk, 'acknowledge')
    expect([...desk.openAlarms()]).toEqual([])
    const twin = copiedDesk(desk)
    for (const one of [desk, twin]) one.tick(AT + MINUTE)
    expect(twin.dump()).toEqual(desk.dump())
  })
})

describe('a delivery', () => {
  it('is reported once, is a step of the alarm, and shows on it', () => {
    const desk = newDesk({ webhooks: [webhook()] })
    say(desk, 'tamper', 'began')
    const [id = ''] = ids(desk)
    expect([...desk.openAlarms()][0]?.deliveries).toEqual([{ id, webhook: 'duty', step: 'raised', state: 'waiting', at: AT, changed: AT, attempts: 0 }])
    const op = { op: 'delivered', deliveries: [{ id, attempts: 3 }] } as const
    expect(desk.work(op, AT + 5000).steps).toMatchObject([{ step: 'delivered', by: 'system', note: 'duty: raised, attempt 3', severity: 'critical' }])
    expect(desk.work(op, AT + 6000).steps).toEqual([])
    expect(ids(desk)).toEqual([])
    expect([...desk.openAlarms()][0]?.deliveries).toMatchObject([{ state: 'delivered', changed: AT + 5000, attempts: 3 }])
  })
  it('of an alarm that is forgotten is still a step', () => {
    const desk = newDesk({ webhooks: [webhook()] })
    say(desk, 'fever', 'momentary')
    work(desk, 'acknowledge')
    desk.tick(AT + 60 * MINUTE)
    const deliveries = ids(desk).map((id) => ({ id, attempts: 1 }))
    expect(desk.work({ op: 'delivered', deliveries }, AT + 61 * MINUTE).steps).toMatchObject([
      { step: 'delivered', kind: 'fever', site: 'site-1', area: 'x/y', note: 'duty: raised, attempt 1' },
      { step: 'delivered', note: 'duty: cleared, attempt 1' },
    ])
  })
  it('is not for a webhook that is gone, nor of a site whose data has expired', () => {
    let webhooks: readonly WebhookRecord[] = [webhook(), webhook({ webhookNo: 2, name: 'b', area: 'x' })]
    const world = {
      get webhooks() {
        return webhooks
      },
    }
    const desk = newDesk({ ...world, webhooks })
    say(desk, 'tamper', 'began')
    say(desk, 'tamper', 'began', AT, { seal: 6, site: 2 })
    desk.eraseSite(2, AT + 1)
    expect(waiting(desk)).toEqual(['duty raised critical', 'b raised critical'])
    expect(desk.dropped()).toBe(2)
    webhooks = webhooks.slice(0, 1)
    const later = copiedDesk(desk, world)
    later.webhooksChanged(AT + 2)
    expect(waiting(later)).toEqual(['duty raised critical'])
    expect([...later.openAlarms()][0]?.deliveries.map(({ state }) => state)).toEqual(['waiting', 'dropped'])
  })
})

describe('the outbox', () => {
  it('keeps the newest of too many, and counts what it gave up', () => {
    const desk = newDesk({ webhooks: [webhook()] })
    for (let from = 0; from < OUTBOX_MAX + 10; from += 1010) {
      const rows = Array.from({ length: Math.min(1010, OUTBOX_MAX + 10 - from) }, (_, n) => ({ kind: 'tamper', state: 'began', seal: from + n + 1 }) as const)
      desk.applySignals(signals(...rows), AT)
    }
    expect(desk.outbox().size).toBe(OUTBOX_MAX)
    expect(desk.dropped()).toBe(10)
    expect([...desk.openAlarms()].filter(({ deliveries }) => deliveries[0]?.state === 'dropped')).toHaveLength(10)
  })
  it('gives up what nobody took for days', () => {
    const desk = newDesk({ webhooks: [webhook()] })
    say(desk, 'tamper', 'began')
    desk.tick(AT + OUTBOX_AGE_MS_MAX - 1)
    expect(waiting(desk)[0]).toBe('duty raised critical')
    desk.tick(AT + OUTBOX_AGE_MS_MAX)
    expect(waiting(desk)[0]).toBe('duty escalated critical')
    expect(desk.dropped()).toBe(1)
  })
})
