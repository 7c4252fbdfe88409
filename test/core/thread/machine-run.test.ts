import { expect, it } from 'vitest'
import type { Position } from '../../../core/ids.ts'
import { eventsEntry, putSites, tick } from '../entries.ts'
import { siteSpec, startTestMachine, T0 } from './history.ts'

it('stops for good when a worker dies, and gives no snapshot of torn state', async () => {
  const machine = await startTestMachine(() => Promise.reject(new Error('worker gone')))
  const events = Array.from({ length: 1000 }, (_, n) => ({ watch: 1, time: T0 + n, boot: 1, seq: n + 1, kind: 'HEARTBEAT' as const, value: 3500 }))
  machine.offer(1 as Position, putSites(T0, [siteSpec(1)]))
  machine.offer(2 as Position, eventsEntry(T0, events))
  await expect(machine.failed).rejects.toThrow('worker gone')
  expect(machine.applied()).toBe(1)
  await expect(machine.snapshot()).rejects.toThrow('not to be kept')
  await machine.stop()
})

it('answers registry entries, reads sites, and keeps the ledger equal', async () => {
  const machine = await startTestMachine(() => Promise.reject(new Error('small rounds need no worker')))
  machine.offer(1 as Position, putSites(T0, [siteSpec(1, { headcount: 2 })]))
  const passage = { watch: 1, time: T0 + 5, boot: 1, seq: 1, kind: 'PASSAGE_OUT' as const, value: 1 }
  machine.offer(2 as Position, eventsEntry(T0 + 10, [passage, passage]))
  machine.offer(3 as Position, tick(T0 + 1000))
  expect(() => machine.offer(5 as Position, tick(T0))).toThrow('offered after')
  await machine.whenApplied(3 as Position)
  expect(machine.resultOf(1 as Position)).toMatchObject({ kind: 'sites', created: 1 })
  expect(machine.siteState('s-1')).toMatchObject({ raw: 1, corrected: 1, headcount: 2, online: true })
  expect(machine.ledger()).toMatchObject({ offered: 2, accepted: 2, repeated: 1, applied: 1, tooOld: 0 })
  expect(machine.fleet()).toMatchObject({ sites: 1, sealsKnown: 1, sealsOnline: 1 })
  await machine.stop()
})
