import type { EventKindName } from '../../../core/kinds.ts'
import type { Policy } from '../../../core/policy.ts'
import { POLICY_DEFAULT } from '../../../core/policy.ts'
import type { TestEvent } from '../entries.ts'

// Seals of which each does what one rule is about, beside a fleet's random traffic (history.ts): a random seal rarely passes a shut door
// for a minute, and never loses exactly what matters. Every seventh event comes ten seconds late.

/** Figures at which ten minutes are enough for every rule. */
export const POLICY_QUICK: Policy = {
  ...POLICY_DEFAULT,
  kinds: Object.fromEntries(
    Object.entries(POLICY_DEFAULT.kinds).map(([kind, figures]) => [
      kind,
      {
        ...figures,
        settleMs: 60_000,
        flapWindowMs: 60_000,
        flapEventsMin: 12,
        gapGraceMs: 90_000,
        gapEventsMin: 6,
        thermalReadingsMin: 10,
        permitGraceMs: 60_000,
        closingGraceMs: 60_000,
        offScheduleHoldMs: 60_000,
        // Histories begin at 08:00, local time: towers close after twelve minutes.
        ...(kind === 'building' ? { schedule: Array.from({ length: 7 }, () => [5 * 60, 8 * 60 + 12] as const) } : {}),
      },
    ]),
  ) as unknown as Policy['kinds'],
}

/** What happens to a seal in a second: nothing, or an event, `skip` numbers of which never came. */
type Step = { readonly kind: EventKindName; readonly value: number; readonly skip?: number }
type Script = { readonly kind: 'building' | 'gate'; readonly at: (second: number) => Step | undefined }
const step = (kind: EventKindName, value = 0, skip = 0): Step => ({ kind, value, skip })
const every = (second: number, period: number): boolean => second % period === 0

export const SCRIPTS: readonly Script[] = [
  // passage-door-shut: shut from the fifth second on; opened in the fifth minute; and shut again.
  {
    kind: 'building',
    at: (s) => (s === 5 || s === 305 ? step('DOOR_CLOSED') : s === 300 ? step('DOOR_OPENED') : every(s, 20) ? step('PASSAGE_IN', 1) : undefined),
  },
  // door-without-passage: opened every twenty seconds, seen in the fifth minute only.
  {
    kind: 'building',
    at: (s) => (s === 3 || s === 283 ? step('PASSAGE_OUT', 1) : every(s, 20) ? step('DOOR_OPENED') : every(s, 10) ? step('DOOR_CLOSED') : undefined),
  },
  // flapping
  { kind: 'gate', at: (s) => (every(s, 3) && s % 240 < 120 ? step('BEAM_CLEARED') : undefined) },
  // sequence-gap: twice as many lost as it takes, in two places.
  { kind: 'gate', at: (s) => (every(s, 5) ? step('HEARTBEAT', 3600, s === 150 || s === 400 ? 12 : 0) : undefined) },
  // battery-forecast: every number of sixteen is a sample; a new battery in the eighth minute.
  { kind: 'gate', at: (s) => (every(s, 5) ? step('HEARTBEAT', s < 450 ? 3600 - Math.floor(s / 5) : 3700, 15) : undefined) },
  // thermal-drift
  { kind: 'gate', at: (s) => (every(s, 3) ? step('TEMPERATURE', s < 300 ? 37_200 : 36_400) : undefined) },
  // fever against a cold terminal's baseline
  { kind: 'gate', at: (s) => (every(s, 2) ? step('TEMPERATURE', every(s, 100) ? 36_200 : 34_000) : undefined) },
  // beam-blocked, ended by a passage
  { kind: 'gate', at: (s) => (s % 250 === 10 ? step('BEAM_BLOCKED') : s % 250 === 200 ? step('PASSAGE_IN', 1) : undefined) },
]

const LATE_SECONDS = 10

/** Plays the scripts: which events arrive in a second. `firstWatch`: the number of the first script's watch. */
export const createScripts = (firstWatch: number): ((second: number, now: number) => readonly TestEvent[]) => {
  const seq = SCRIPTS.map(() => 0)
  const late = new Map<number, TestEvent[]>()
  let made = 0
  return (second, now) => {
    const arrived = late.get(second) ?? []
    SCRIPTS.forEach(({ at }, n) => {
      const what = at(second)
      if (what === undefined) return
      seq[n] = (seq[n] as number) + 1 + (what.skip ?? 0)
      const event = { watch: firstWatch + n, time: now, boot: 1, seq: seq[n], kind: what.kind, value: what.value }
      made += 1
      if (made % 7 === 0) late.set(second + LATE_SECONDS, [...(late.get(second + LATE_SECONDS) ?? []), event])
      else arrived.push(event)
    })
    return arrived
  }
}
