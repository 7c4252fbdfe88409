import { describe, expect, it } from 'vitest'
import type { SiteSpec } from '../../core/ops.ts'
import { type Policy, POLICY_DEFAULT } from '../../core/policy.ts'
import { eventsEntry, putSites, registry, tick, ADMIN, type TestEvent } from './entries.ts'
import { startPlayed } from './played.ts'
import { T0 } from './thread/history.ts'

// What the checks of a site's doors do where the site itself changes: a seal whose assignment ends, a site that ends and comes back, one
// that moves. (What doors do is in test/golden/rules; any history is the oracle's.) Histories begin at 08:00, local time, on a Tuesday.

const MINUTE = 60_000
const POLICY: Policy = {
  ...POLICY_DEFAULT,
  kinds: {
    ...POLICY_DEFAULT.kinds,
    building: {
      ...POLICY_DEFAULT.kinds.building,
      schedule: Array.from({ length: 7 }, () => [5 * 60, 8 * 60 + 5] as const),
      closingGraceMs: 5 * MINUTE,
      offScheduleHoldMs: 5 * MINUTE,
      doorHeldOpenMs: null,
      headcountOver: false,
    },
  },
}
const tower = (until: number | null, more: Partial<SiteSpec> = {}): SiteSpec => ({
  site: 'tower',
  area: 'city',
  kind: 'building',
  headcount: 0,
  capacity: null,
  inside: null,
  observation: null,
  seals: [{ id: '00000000000000a1', from: null, until }],
  ...more,
})
const opened = (at: number): TestEvent => ({ watch: 1, time: T0 + at, boot: 1, seq: 1 + Math.floor(at / 1000), kind: 'DOOR_OPENED', value: 0 })

/** Entries at their times, with heartbeats and a tick a second until the end; what the two alarms did, with the second it was told at. */
const play = async (entries: readonly (readonly [at: number, bytes: Uint8Array])[], until: number): Promise<string[]> => {
  const played = await startPlayed({ policy: POLICY })
  const all = [...entries]
  for (let at = 1000; at <= until; at += 1000) all.push([at, tick(T0 + at)])
  await played.play(all.toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes))
  await played.machine.stop()
  return played.steps
    .filter(({ kind }) => kind === 'left-open-at-closing' || kind === 'opened-off-schedule')
    .filter(({ step }) => step === 'raised' || step === 'condition-gone' || step === 'condition-back' || step === 'cleared')
    .map(({ kind, step, received }) => `${(received - T0) / 1000} ${kind} ${step}`)
}
const seconds = (minutes: number, more = 0): number => minutes * 60 + more

describe('a door stands open after closing time', () => {
  it('until its seal watches another site: at the first tick of that time', async () => {
    const ends = T0 + 20 * MINUTE + 500
    const said = await play(
      [
        [0, putSites(T0, [tower(ends)])],
        [MINUTE, eventsEntry(T0 + MINUTE, [opened(MINUTE)])],
      ],
      22 * MINUTE,
    )
    expect(said).toEqual([`${seconds(10)} left-open-at-closing raised`, `${seconds(20, 1)} left-open-at-closing condition-gone`])
  })
  it('and its seal is taken away by hand: at the next tick', async () => {
    const said = await play(
      [
        [0, putSites(T0, [tower(null)])],
        [MINUTE, eventsEntry(T0 + MINUTE, [opened(MINUTE)])],
        [15 * MINUTE + 300, putSites(T0 + 15 * MINUTE + 300, [tower(null, { seals: [] })])],
      ],
      17 * MINUTE,
    )
    expect(said).toEqual([`${seconds(10)} left-open-at-closing raised`, `${seconds(15, 1)} left-open-at-closing condition-gone`])
  })
  it('and the site moves to another area: it is the same door', async () => {
    const said = await play(
      [
        [0, putSites(T0, [tower(null)])],
        [MINUTE, eventsEntry(T0 + MINUTE, [opened(MINUTE)])],
        [15 * MINUTE + 300, putSites(T0 + 15 * MINUTE + 300, [tower(null, { area: 'elsewhere' })])],
      ],
      17 * MINUTE,
    )
    expect(said).toEqual([`${seconds(10)} left-open-at-closing raised`])
  })
  it('and the site ends', async () => {
    const said = await play(
      [
        [0, putSites(T0, [tower(null)])],
        [MINUTE, eventsEntry(T0 + MINUTE, [opened(MINUTE)])],
        [12 * MINUTE + 300, registry(T0 + 12 * MINUTE + 300, { op: 'end-observation', by: ADMIN, site: 'tower', until: null })],
      ],
      15 * MINUTE,
    )
    expect(said).toEqual([`${seconds(10)} left-open-at-closing raised`, `${seconds(12, 0.3)} left-open-at-closing cleared`])
  })
})

describe('a door was opened off schedule and stands open', () => {
  it('until its seal watches another site: at the first tick of that time', async () => {
    const ends = T0 + 20 * MINUTE + 500
    const said = await play(
      [
        [0, putSites(T0, [tower(ends)])],
        [6 * MINUTE, eventsEntry(T0 + 6 * MINUTE, [opened(6 * MINUTE)])],
      ],
      22 * MINUTE,
    )
    expect(said).toEqual([`${seconds(6)} opened-off-schedule raised`, `${seconds(20, 1)} opened-off-schedule condition-gone`])
  })
  it('under another area: the same door, and the same alarm', async () => {
    const said = await play(
      [
        [0, putSites(T0, [tower(null)])],
        [6 * MINUTE, eventsEntry(T0 + 6 * MINUTE, [opened(6 * MINUTE)])],
        [7 * MINUTE, putSites(T0 + 7 * MINUTE, [tower(null, { area: 'elsewhere' })])],
      ],
      15 * MINUTE,
    )
    expect(said).toEqual([`${seconds(6)} opened-off-schedule raised`])
  })
  it('is nothing where it is older than a day when it is heard of', async () => {
    const old: TestEvent = { ...opened(0), time: T0 - 24 * 60 * MINUTE - 60 * MINUTE * 12 }
    expect(
      await play(
        [
          [0, putSites(T0, [tower(null)])],
          [MINUTE, eventsEntry(T0 + MINUTE, [old])],
        ],
        4 * MINUTE,
      ),
    ).toEqual([])
  })
})
