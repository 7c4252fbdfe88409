// What a simulated day consists of before it is played: sites, seals, permits, what happens at which door (actions), what is
// done to the devices (controls), and the truth about incidents and near misses. Times are ms since the day's start.
// The truth is written here, by the simulator, as it plans; nothing of it is ever read from the engine.

import type { AlarmKindName, SiteKindName } from '../../core/kinds.ts'
import { sealId } from '../../core/ids.ts'
import type { Random } from '../random.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type Permit = { readonly site: number; readonly from: number; readonly until: number; readonly openings: number | null; readonly reason: string }
export type Seal = {
  readonly low: number
  readonly high: number
  readonly site: number
  /** Its heartbeats come at this offset of each minute. */
  readonly phase: number
  readonly batteryMv: number
}
export type Site = {
  readonly id: string
  readonly area: string
  readonly kind: SiteKindName
  readonly headcount: number
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
  /** value = millivolts. */
  battery: 107,
  /** No heartbeats, but other events. */
  beatsOff: 108,
  beatsOn: 109,
  reboot: 110,
  /** Its ordinary events come neither late nor twice from now on: a scene depends on their order of arrival. */
  steady: 111,
} as const

/** prompt: delivered at once, once, by a right clock; ordinary: as the network and the device please. */
export const DELIVERY = { ordinary: 0, prompt: 1, twice: 2 } as const
export type Delivery = (typeof DELIVERY)[keyof typeof DELIVERY]

export type Truth = {
  readonly kind: AlarmKindName
  readonly site: string
  /** 16 hex digits; empty for conditions of a site. */
  readonly seal: string
  readonly nearMiss: boolean
  /** When the incident begins, ms since the start. */
  readonly at: number
  /** How long the condition must last before it is an alarm. */
  readonly limitMs: number
  /** An incident must be raised within these; for a near miss: when a false alarm would be its. */
  readonly raiseFrom: number
  readonly raiseUntil: number
  readonly note: string
}

export type Actions = {
  readonly count: number
  readonly time: Float64Array
  readonly seal: Uint32Array
  readonly kind: Uint8Array
  readonly value: Int32Array
  readonly delivery: Uint8Array
  /** Device time minus true time, for this event alone. */
  readonly shift: Float64Array
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
  readonly actions: { time: number[]; seal: number[]; kind: number[]; value: number[]; delivery: number[]; shift: number[] }
  /** Per seal: which slots of the day its scripts and visits have taken. */
  readonly slots: Uint32Array
}

/** Something at a door. `shift` moves the device's time of this one event. */
export const act = (draft: Draft, what: { at: number; seal: number; kind: number; value?: number; delivery?: Delivery; shift?: number }): void => {
  const { actions } = draft
  actions.time.push(Math.round(what.at))
  actions.seal.push(what.seal)
  actions.kind.push(what.kind)
  actions.value.push(what.value ?? 0)
  actions.delivery.push(what.delivery ?? DELIVERY.ordinary)
  actions.shift.push(what.shift ?? 0)
}

/** How long after its due time an alarm still counts as raised for it: one supervision period and 5 s. */
export const RAISE_MS_MAX = 65 * SECOND

type Claim = { kind: AlarmKindName; seal: number; at: number; limitMs?: number; note: string; scope?: 'seal' | 'site'; lastsMs?: number }
const truthOf = (draft: Draft, { kind, seal, at, limitMs = 0, note, scope = 'seal', lastsMs = 0 }: Claim, nearMiss: boolean): Truth => {
  const device = draft.seals[seal] as Seal
  const due = at + limitMs
  return {
    kind,
    site: (draft.sites[device.site] as Site).id,
    seal: scope === 'seal' ? sealId(device.low, device.high) : '',
    nearMiss,
    at,
    limitMs,
    note,
    raiseFrom: nearMiss ? at : due - SECOND,
    raiseUntil: (nearMiss ? at + Math.max(lastsMs, limitMs) : due) + RAISE_MS_MAX,
  }
}
export const incident = (draft: Draft, claim: Claim): number => draft.truth.push(truthOf(draft, claim, false))
export const nearMiss = (draft: Draft, claim: Claim): number => draft.truth.push(truthOf(draft, claim, true))

/** The day in slots of 90 minutes: at most one script or visit a seal in each, none in the first and last. */
export const SLOT_MS = 90 * MINUTE
const SLOTS = DAY / SLOT_MS
/** Scripts begin on multiples of this, so that what must be prompt falls on the end of a step of the player. */
export const GRID_MS = 5 * SECOND
/** Latest start within a slot; with scripts of at most 65 minutes nothing reaches the next slot. */
const SLOT_START_MS_MAX = 20 * MINUTE

/** A free slot of a seal (between two hours of the day); its start time, or undefined where none is left. */
export const takeSlot = (draft: Draft, seal: number, [fromHour, untilHour]: readonly [number, number] = [0, 24]): number | undefined => {
  const free: number[] = []
  for (let slot = 1; slot < SLOTS - 1; slot++) {
    const inside = slot * SLOT_MS >= fromHour * HOUR && (slot + 1) * SLOT_MS <= untilHour * HOUR
    if (inside && ((draft.slots[seal] as number) & (1 << slot)) === 0) free.push(slot)
  }
  if (free.length === 0) return undefined
  const slot = draft.random.pick(free)
  draft.slots[seal] = (draft.slots[seal] as number) | (1 << slot)
  return slot * SLOT_MS + draft.random.int(1, SLOT_START_MS_MAX / GRID_MS) * GRID_MS
}

/** Sorts the actions by time (kept in order where equal) and freezes the draft. */
export const finishPlan = (draft: Draft): Plan => {
  const { time, seal, kind, value, delivery, shift } = draft.actions
  const order = Uint32Array.from(time.keys()).sort((a, b) => (time[a] as number) - (time[b] as number) || a - b)
  const at =
    (values: readonly number[]) =>
    (_: unknown, i: number): number =>
      values[order[i] as number] as number
  const count = order.length
  return {
    sites: draft.sites,
    seals: draft.seals,
    permits: draft.permits,
    truth: draft.truth,
    actions: {
      count,
      time: Float64Array.from({ length: count }, at(time)),
      seal: Uint32Array.from({ length: count }, at(seal)),
      kind: Uint8Array.from({ length: count }, at(kind)),
      value: Int32Array.from({ length: count }, at(value)),
      delivery: Uint8Array.from({ length: count }, at(delivery)),
      shift: Float64Array.from({ length: count }, at(shift)),
    },
  }
}
