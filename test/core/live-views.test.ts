import { expect, it } from 'vitest'
import type { EventKindName } from '../../core/kinds.ts'
import { eventsEntry, putSites, tick } from './entries.ts'
import { startPlayed } from './played.ts'
import { siteSpec, T0 } from './thread/history.ts'

// What live views are told: which sites changed in a round, and what a seal shows.

const SECOND = 1000

it('a round names a site whose door moved, though nobody passed, and only where something that is shown has changed', async () => {
  const { machine, play } = await startPlayed()
  machine.watchOccupancy(true)
  let changed: number[] = []
  machine.onRound(({ sitesChanged }) => changed.push(...sitesChanged))
  await play([putSites(T0, [siteSpec(3, { observation: null }), siteSpec(8, { observation: null })])])
  let seq = 0
  const changedBy = async (kind: EventKindName, value = 0): Promise<number[]> => {
    seq += 1
    const now = T0 + seq * SECOND
    changed = []
    await play([eventsEntry(now, [{ watch: 2, time: now, boot: 1, seq, kind, value }]), tick(now + 1)])
    return changed
  }
  expect(await changedBy('HEARTBEAT', 3600)).toEqual([2])
  expect(await changedBy('HEARTBEAT', 3600)).toEqual([])
  expect(await changedBy('DOOR_OPENED')).toEqual([2])
  expect(machine.siteState('s-8')?.door).toBe('open')
  expect(await changedBy('DOOR_OPENED')).toEqual([])
  expect(await changedBy('DOOR_CLOSED')).toEqual([2])
  expect(machine.siteState('s-8')?.door).toBe('closed')
  await machine.stop()
})

it.each([
  [3600, 3600],
  [65_534, 65_534],
  [65_535, 65_535],
  [65_536, 65_535],
  [400_000, 65_535],
])('a battery of %i mV is shown as %i: what fits into its cell', async (millivolts, shown) => {
  const { machine, play } = await startPlayed()
  await play([putSites(T0, [siteSpec(3, { observation: null })])])
  await play([eventsEntry(T0 + SECOND, [{ watch: 1, time: T0 + SECOND, boot: 1, seq: 1, kind: 'HEARTBEAT', value: millivolts }])])
  expect(machine.siteState('s-3')?.seals[0]?.batteryMv).toBe(shown)
  await machine.stop()
})
