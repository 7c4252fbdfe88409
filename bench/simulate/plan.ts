// What a simulated day consists of before it is played: sites, seals, permits, what happens at which door (actions), what is
// done to the devices (controls), and the truth about incidents and near misses. Times are ms since the day's start.
// The truth is written here, by the simulator, as it plans; nothing of it is ever read from the engine.

import type { AlarmKindName, Severity, SiteKindName } from '../../core/kinds.ts'
import { sealId } from '../../core/ids.ts'
import type { Random } from '../random.ts'
import { createActions, pushAction, sortedActions, type Actions } from './actions.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type Permit = {
  readonly site: number
  readonly from: number
  readonly until: number
  readonly openings: number | null
  readonly reason: string
  /** Daily within [from, until): from one minute of the day to another (ms since midnight). */
  readonly weekly?: { readonly from: number; readonly until: number }
  /** The resident's own word, given then. */
  readonly declaredAt?: number
}
export type Seal = {
  readonly low: number
  readonly high: number
  readonly site: number
  /** Its heartbeats come at this offset of each minute. */
  readonly phase: number
  /** Millivolts at the day's start, and how many fewer a day later. */
  batteryMv: number
  batteryFallMv: number
  /** Daily swing of the voltage with the temperature, mV either way. */
  batterySwingMv: number
  /** Heartbeats of the days before that it has kept, to send newest first when a scene lets it; numbered before the day's own. */
  stored: number
}
export type Site = {
  readonly id: string
  readonly area: string
  readonly kind: SiteKindName
  readonly headcount: number
  readonly capacity: number | null
  /** Indices of its seals; the last door of a building is a service door that nobody uses in ordinary life. */
  readonly seals: number[]
  /** When observation ends (a residence), relative to the start; undefined = days later. */
  observedUntil: number | undefined
}

/** Beyond the proto's event kinds: what happens to a device rather than at its door. */
export const CONTROL = {
  /** value = clock offset in ms. */
  clock: 100,
  clockNone: 101,
  /** The clock says 1970: seconds since power-up. */
  clock1970: 102,
  /** The link is down: events are buffered. */
  linkDown: 103,
  /** The link is back: one live heartbeat first, then the buffer, newest first. */
  linkUp: 104,
  /** No power: nothing happens that anyone could sense. */
  powerDown: 105,
  /** Power again: a new boot and a heartbeat. */
  powerUp: 106,
  /** value = millivolts, from now on; 0 = what it was before. */
  battery: 107,
  /** No heartbeats, but other events. */
  beatsOff: 108,
  beatsOn: 109,
  reboot: 110,
  /** value 1: its ordinary events come neither late, nor twice, nor get lost from now on, for a scene depends on them; 0: as before. */
  steady: 111,
  /** Every other heartbeat is lost, value of them in all; negative: so many come eight minutes late. */
  lossy: 112,
  /** The stored heartbeats of the days before, newest first. */
  backfill: 113,
} as const

/** ordinary: as the network and the device please. prompt: delivered at once, once. From `late` on: so many ms late. */
export const DELIVERY = { ordinary: 0, prompt: 1, twice: 2, lost: 3, late: 1_000 } as const

export type Truth = {
  readonly kind: AlarmKindName
  /** Empty for conditions of an area. */
  readonly site: string
  /** 16 hex digits; empty for conditions of a site or an area. */
  readonly seal: string
  /** Only of conditions of an area. */
  readonly area: string
  readonly nearMiss: boolean
  /** When the incident begins, ms since the start. */
  readonly at: number
  /** How long the condition must last before it is an alarm. */
  readonly limitMs: number
  /** An incident must be raised within these; for a near miss: when a false alarm would be its. */
  readonly raiseFrom: number
  readonly raiseUntil: number
  /** With which severity, where a kind has more than one; empty = not looked at. */
  readonly severity: Severity | ''
  readonly note: string
}
export type Plan = {
  readonly sites: readonly Site[]
  readonly seals: readonly Seal[]
  readonly permits: readonly Permit[]
  readonly actions: Actions
  readonly truth: readonly Truth[]
}
export type Draft = {
  readonly random: Random
  readonly sites: Site[]
  readonly seals: Seal[]
  readonly permits: Permit[]
  readonly truth: Truth[]
  readonly actions: Actions
  /** Per seal: which slots of the day its scripts and visits have taken. */
  readonly slots: Uint32Array
  /** Seals whose clock is off all day. */
  readonly offClock: Set<number>
}
export const draftOf = (random: Random, seals: number): Draft => ({
  random,
  sites: [],
  seals: [],
  permits: [],
  truth: [],
  actions: createActions(),
  slots: new Uint32Array(seals),
  offClock: new Set(),
})

/** Something at a door, after the day's first millisecond. `shift` moves the device's time of this one event. */
export const act = (draft: Draft, what: { at: number; seal: number; kind: number; value?: number; delivery?: number; shift?: number }): void =>
  pushAction(draft.actions, {
    time: Math.round(what.at),
    seal: what.seal,
    kind: what.kind,
    value: what.value ?? 0,
    delivery: what.delivery ?? DELIVERY.ordinary,
    shift: what.shift ?? 0,
  })

/** Nothing ordinary happens to the seal's events between the two. */
export const steadyWithin = (draft: Draft, seal: number, [from, until]: readonly [number, number]): void => {
  act(draft, { at: Math.max(1, from), seal, kind: CONTROL.steady, value: 1 })
  act(draft, { at: until, seal, kind: CONTROL.steady, value: 0 })
}

/** How long after its due time an alarm still counts as raised for it: one supervision period and 5 s. */
export const RAISE_MS_MAX = 65 * SECOND

export type Claim = {
  readonly kind: AlarmKindName
  readonly seal: number
  readonly at: number
  readonly limitMs?: number
  readonly note: string
  readonly scope?: 'seal' | 'site' | 'area'
  readonly area?: string
  readonly severity?: Severity
  readonly lastsMs?: number
}
const truthOf = (draft: Draft, claim: Claim, nearMiss: boolean): Truth => {
  const { kind, seal, at, limitMs = 0, note, scope = 'seal', lastsMs = 0, area = '', severity = '' } = claim
  const device = draft.seals[seal] as Seal
  const due = at + limitMs
  return {
    kind,
    site: scope === 'area' ? '' : (draft.sites[device.site] as Site).id,
    seal: scope === 'seal' ? sealId(device.low, device.high) : '',
    area,
    nearMiss,
    at,
    limitMs,
    severity,
    note,
    raiseFrom: nearMiss ? at : due - SECOND,
    raiseUntil: (nearMiss ? at + Math.max(lastsMs, limitMs) : due) + RAISE_MS_MAX,
  }
}
export const incident = (draft: Draft, claim: Claim): number => draft.truth.push(truthOf(draft, claim, false))
export const nearMiss = (draft: Draft, claim: Claim): number => draft.truth.push(truthOf(draft, claim, true))

/** Sorts the actions by time (kept in order where equal) and freezes the draft. */
export const finishPlan = (draft: Draft): Plan => {
  const { sites, seals, permits, truth, actions } = draft
  return { sites, seals, permits, truth, actions: sortedActions(actions) }
}
