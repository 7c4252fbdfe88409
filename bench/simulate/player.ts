// Plays a plan step by step: what happens at the doors becomes events of devices (devices.ts), and reaches the engine late, twice, out
// of order, newest first or not at all, as links do (links.ts). A step that ends at T hands over what happened in (T − step, T]: so an
// event is never sent before it happens, and one on the grid is sent without a lag.
// Every event that is not lost is handed over at least once in the end; `distinct` counts them.

import { EVENT } from '../../core/kinds.ts'
import { createEvents, pushEvent, type EventArrays } from '../wire.ts'
import type { Random } from '../random.ts'
import { createDevices, sense, setDevice, storedBeats, type Happening, type Sent } from './devices.ts'
import { heartbeatsFrom, powerUpsFrom, type PowerUp } from './heartbeats.ts'
import { createLinks, FAULTS_DAY, lossyDelivery, type LinkFaults } from './links.ts'
import { CONTROL, DELIVERY, MINUTE, SECOND, type Plan } from './plan.ts'

export type PlayerOptions = {
  readonly startMs: number
  readonly stepMs: number
  readonly fromMs?: number
  /** All devices are powered up within this: each sends a heartbeat at once, and the state of its door where it has one. */
  readonly powerUpMs?: number
  readonly random: Random
  readonly faults?: LinkFaults
}
export type PlayerCounts = {
  readonly distinct: number
  readonly repeats: number
  readonly late: number
  readonly lost: number
  readonly backfilled: number
}
export type Player = {
  /** Events to send for the step that ends at `untilMs` (since the start). The arrays are used again at the next step. */
  readonly step: () => { readonly untilMs: number; readonly events: EventArrays }
  /** Everything that still waits in links and devices. Call steps until it is 0. */
  readonly waiting: () => number
  readonly counts: () => PlayerCounts
  /** People in minus out that the devices of a site have sensed so far, each once: what the raw count must come to. */
  readonly net: () => Int32Array
  /** No more heartbeats or actions: the next step hands over each device's counters once more, and all that waits, sooner than it was due. */
  readonly end: () => void
}

/** Counters come with heartbeats: every five minutes while people pass and for twenty after, so that one lost or late changes little. */
const COUNTER_EVERY_MS = 5 * MINUTE - SECOND
const COUNTER_FIRST_MS = MINUTE
const COUNTER_TAIL_MS = 20 * MINUTE
/** A closing that was not acknowledged (it is lost, or later than this) is said again, as a new event, within a minute. */
const UNHEARD_MS = 40 * SECOND
const AGAIN_MS: readonly [number, number] = [5 * SECOND, 40 * SECOND]
/** Room for one step: late and doubled events, stored ones and counters of some seals at once. */
const EVENTS_SPARE = 65_536

export const createPlayer = (plan: Plan, options: PlayerOptions): Player => {
  const { startMs, stepMs, fromMs = 0, powerUpMs = 0, random, faults = FAULTS_DAY } = options
  const devices = createDevices(plan, startMs + fromMs)
  const links = createLinks(plan.seals.length, { faults, random, stepMs, fromMs })
  const beats = heartbeatsFrom(plan, fromMs)
  const powerUps = powerUpsFrom(plan, fromMs, powerUpMs)
  const { actions } = plan
  const events = createEvents(EVENTS_SPARE + plan.seals.length * 8)
  const wheel = new Map<number, Sent[]>()
  const again = new Map<number, { readonly seal: number; readonly openings: number }[]>()
  const counterAt = new Float64Array(plan.seals.length)
  const counterUntil = new Float64Array(plan.seals.length)
  const counts = { distinct: 0, repeats: 0, late: 0, lost: 0, backfilled: 0 }
  const happening: Happening = { kind: 0, value: 0, at: 0, shift: 0 }
  const chance = { seal: 0, kind: 0, at: 0, delivery: 0, steady: false }
  let now = fromMs
  let waiting = 0
  let ended = false
  let next = 0
  while (next < actions.count && (actions.time[next] as number) <= fromMs) next++
  const slotAfter = (delayMs: number): number => Math.ceil((now + delayMs) / stepMs)
  const later = (sent: Sent, delayMs: number): void => {
    const slot = slotAfter(delayMs)
    const list = wheel.get(slot)
    if (list === undefined) wheel.set(slot, [{ ...sent }])
    else list.push({ ...sent })
    waiting++
  }
  const push = (sent: Sent): void => {
    pushEvent(events, sent)
    events.totalIn[events.count - 1] = sent.totalIn
    events.totalOut[events.count - 1] = sent.totalOut
  }
  const unheard = (seal: number): void => {
    const slot = slotAfter(random.int(...AGAIN_MS))
    const list = again.get(slot) ?? []
    again.set(slot, list)
    list.push({ seal, openings: devices.openings[seal] as number })
  }
  const happen = (seal: number, at: number, what: { kind: number; value: number; delivery: number; shift: number }): void => {
    if (devices.powered[seal] === 0) return
    happening.kind = what.kind
    happening.value = what.value
    happening.at = at
    happening.shift = what.shift
    const sent = sense(devices, plan, seal, happening, startMs)
    if (what.kind === EVENT.PASSAGE_IN || what.kind === EVENT.PASSAGE_OUT) {
      counterUntil[seal] = at + COUNTER_TAIL_MS
      if (counterAt[seal] === 0) counterAt[seal] = at + COUNTER_FIRST_MS
    }
    const buffer = devices.buffers.get(seal)
    if (buffer !== undefined && what.delivery !== DELIVERY.lost) {
      counts.distinct++
      buffer.push({ ...sent })
      waiting++
      return
    }
    deliver(sent, seal, { at, delivery: what.delivery })
  }
  const deliver = (sent: Sent, seal: number, { at, delivery }: { at: number; delivery: number }): void => {
    chance.seal = seal
    chance.kind = sent.kind
    chance.at = at
    chance.delivery = delivery
    chance.steady = (devices.steady[seal] as number) > 0
    const { lost, delayMs, againMs } = links.fateOf(chance)
    if (sent.kind === EVENT.DOOR_CLOSED && delivery === DELIVERY.ordinary && (lost || delayMs > UNHEARD_MS)) unheard(seal)
    if (lost) {
      counts.lost++
      return
    }
    counts.distinct++
    if (delayMs > 0) {
      counts.late++
      later(sent, delayMs)
      return
    }
    push(sent)
    if (againMs > 0) {
      counts.repeats++
      later(sent, againMs)
    }
  }
  const prompt = { kind: EVENT.HEARTBEAT, value: 0, delivery: DELIVERY.prompt, shift: 0 }
  const beatWhat = { kind: EVENT.HEARTBEAT, value: 0, delivery: DELIVERY.ordinary as number, shift: 0 }
  const counterWhat = { kind: EVENT.COUNTER, value: 0, delivery: DELIVERY.ordinary as number, shift: 0 }
  const beat = (seal: number, at: number): void => {
    if (devices.beats[seal] === 0) return
    beatWhat.delivery = at - fromMs <= MINUTE ? DELIVERY.prompt : DELIVERY.ordinary
    const lossy = devices.lossy[seal] as number
    if (lossy !== 0) {
      if (devices.lossyNext[seal] === 1) {
        beatWhat.delivery = lossyDelivery(lossy)
        devices.lossy[seal] = lossy - Math.sign(lossy)
      }
      devices.lossyNext[seal] = 1 - (devices.lossyNext[seal] as number)
    }
    happen(seal, at, beatWhat)
    const first = at - fromMs <= MINUTE
    if (first || (counterAt[seal] !== 0 && at >= (counterAt[seal] as number))) {
      // The first says from what the others count on; were it lost, passages before the next one could not be told from none.
      counterWhat.delivery = first ? DELIVERY.prompt : DELIVERY.ordinary
      happen(seal, at, counterWhat)
      counterAt[seal] = at < (counterUntil[seal] as number) ? at + COUNTER_EVERY_MS : 0
    }
  }
  /** Those whose turn it is up to `until`, at the very beginning of a play. */
  const poweredUp = (until: number): void => {
    while (powerUps.length > 0 && (powerUps[0] as PowerUp).at <= until) {
      const { seal, at, door } = powerUps.shift() as PowerUp
      happen(seal, at, prompt)
      if (door !== undefined) happen(seal, at, { ...prompt, kind: door })
    }
  }
  const control = (seal: number, at: number, { kind, value }: { readonly kind: number; readonly value: number }): void => {
    setDevice(devices, seal, kind, value)
    if (kind === CONTROL.powerUp) happen(seal, at, prompt)
    if (kind === CONTROL.backfill) {
      const stored = storedBeats(devices, plan, seal, startMs)
      counts.distinct += stored.length
      counts.backfilled += stored.length
      for (const sent of stored) push(sent)
    }
    const buffered = kind === CONTROL.linkUp ? devices.buffers.get(seal) : undefined
    if (buffered === undefined) return
    devices.buffers.delete(seal)
    waiting -= buffered.length
    counts.backfilled += buffered.length
    happen(seal, at, prompt)
    for (let i = buffered.length - 1; i >= 0; i--) push(buffered[i] as Sent)
  }
  const beatsUntil = (time: number): void => {
    for (let at = beats.time(); at < time; at = beats.time()) beat(beats.take(), at)
  }
  const actionWhat = { kind: 0, value: 0, delivery: 0, shift: 0 }
  /** Actions and heartbeats up to `until` in the order of time. */
  const happenings = (until: number): void => {
    while (next < actions.count && (actions.time[next] as number) <= until) {
      const at = actions.time[next] as number
      const seal = actions.seal[next] as number
      beatsUntil(at)
      actionWhat.kind = actions.kind[next] as number
      actionWhat.value = actions.value[next] as number
      actionWhat.delivery = actions.delivery[next] as number
      actionWhat.shift = actions.shift[next] as number
      next++
      if (actionWhat.kind >= CONTROL.clock) control(seal, at, actionWhat)
      else happen(seal, at, actionWhat)
    }
    beatsUntil(until + 1)
  }
  const saidAgain = (slot: number): void => {
    for (const { seal, openings } of again.get(slot) ?? []) if (devices.openings[seal] === openings) happen(seal, now, { ...prompt, kind: EVENT.DOOR_CLOSED })
    again.delete(slot)
  }
  return {
    step: () => {
      events.count = 0
      now += stepMs
      const slot = Math.round(now / stepMs)
      for (const sent of wheel.get(slot) ?? []) {
        push(sent)
        waiting--
      }
      wheel.delete(slot)
      if (!ended) {
        poweredUp(now)
        happenings(now)
        saidAgain(slot)
      }
      return { untilMs: now, events }
    },
    waiting: () => waiting,
    counts: () => ({ ...counts }),
    net: () => devices.net,
    end: () => {
      ended = true
      const rest = [...wheel.values(), ...devices.buffers.values()].flat()
      wheel.clear()
      devices.buffers.clear()
      wheel.set(slotAfter(stepMs), rest)
      plan.seals.forEach(({ site }, seal) => {
        if (counterUntil[seal] === 0 || devices.powered[seal] === 0 || plan.sites[site]?.observedUntil !== undefined) return
        happening.kind = EVENT.COUNTER
        happening.value = 0
        happening.at = now
        happening.shift = 0
        later(sense(devices, plan, seal, happening, startMs), stepMs)
        counts.distinct++
      })
    },
  }
}
