// Plays a plan step by step: what happens at the doors becomes events of devices with boots, sequence numbers, clocks and
// batteries, and reaches the engine late, twice, out of order or newest first, as links do. A step that ends at T hands over what
// happened in (T − step, T]: so an event is never sent before it happens, and one on the grid is sent without a lag.
// Every event is handed over at least once in the end; `distinct` counts them.

import { EVENT } from '../../core/kinds.ts'
import { createEvents, pushEvent, type EventArrays } from '../wire.ts'
import type { Random } from '../random.ts'
import { CONTROL, DELIVERY, MINUTE, type Plan } from './plan.ts'

type Sent = { low: number; high: number; time: number; boot: number; seq: number; kind: number; value: number; totalIn: number; totalOut: number }
type Device = {
  boot: number
  seq: number
  clock: number
  clockKind: 'offset' | 'none' | '1970'
  powered: boolean
  beats: boolean
  steady: boolean
  batteryMv: number
  totalIn: number
  totalOut: number
  /** Not undefined while the link is down: what waits in the device. */
  buffer: Sent[] | undefined
}

export type PlayerOptions = {
  readonly startMs: number
  readonly stepMs: number
  readonly fromMs?: number
  /** All devices are powered up within this: each sends a heartbeat at once, and the state of its door where it has one. */
  readonly powerUpMs?: number
  readonly random: Random
}
export type Player = {
  /** Events to send for the step that ends at `untilMs` (since the start). The arrays are used again at the next step. */
  readonly step: () => { readonly untilMs: number; readonly events: EventArrays }
  /** Everything that still waits in links and devices. Call steps until it is 0. */
  readonly waiting: () => number
  readonly counts: () => { readonly distinct: number; readonly repeats: number; readonly late: number; readonly backfilled: number }
  /** No more heartbeats or actions: only what waits. */
  readonly end: () => void
}

/** Of ordinary events. */
const SHARE = { late: 0.01, twice: 0.01 }
/** In ms: later than this nothing ordinary comes, so that 3 missed heartbeats or an open door are never feigned. */
const LATE_MS_MAX = 45_000
const TWICE_MS_MAX = 120_000
/** Boots begin here, so that a later run has higher ones and those of `sealstream send` (0x40000000) are higher still. */
const BOOT_EPOCH_S = 1_700_000_000

export const createPlayer = (plan: Plan, { startMs, stepMs, fromMs = 0, powerUpMs = 0, random }: PlayerOptions): Player => {
  const devices: Device[] = plan.seals.map(({ batteryMv }) => ({
    boot: Math.max(1, Math.floor((startMs + fromMs) / 1_000) - BOOT_EPOCH_S),
    seq: 0,
    clock: 0,
    clockKind: 'offset',
    powered: true,
    beats: true,
    steady: false,
    batteryMv,
    totalIn: 0,
    totalOut: 0,
    buffer: undefined,
  }))
  const byPhase = Uint32Array.from(plan.seals.keys()).sort((a, b) => phaseOf(plan, a) - phaseOf(plan, b))
  const { actions } = plan
  const events = createEvents(8_192 + plan.seals.length * 8)
  const wheel = new Map<number, Sent[]>()
  const counts = { distinct: 0, repeats: 0, late: 0, backfilled: 0 }
  let now = fromMs
  let waiting = 0
  let ended = false
  let next = 0
  while (next < actions.count && (actions.time[next] as number) <= fromMs) next++

  const later = (sent: Sent, delayMs: number): void => {
    const slot = Math.ceil((now + delayMs) / stepMs)
    const list = wheel.get(slot)
    if (list === undefined) wheel.set(slot, [sent])
    else list.push(sent)
    waiting++
  }
  const push = (sent: Sent): void => {
    pushEvent(events, sent)
    events.totalIn[events.count - 1] = sent.totalIn
    events.totalOut[events.count - 1] = sent.totalOut
  }
  const happen = (seal: number, at: number, what: { kind: number; value: number; delivery: number; shift: number }): void => {
    const device = devices[seal] as Device
    if (!device.powered) return
    const sent = sense(plan, seal, device, { ...what, at, startMs })
    counts.distinct++
    if (device.buffer !== undefined) {
      device.buffer.push(sent)
      waiting++
      return
    }
    const ordinary = what.delivery === DELIVERY.ordinary && !device.steady
    if (ordinary && random.chance(SHARE.late)) {
      counts.late++
      later(sent, random.int(1, LATE_MS_MAX))
      return
    }
    push(sent)
    if (what.delivery === DELIVERY.twice || (ordinary && random.chance(SHARE.twice))) {
      counts.repeats++
      later(sent, random.int(1, TWICE_MS_MAX))
    }
  }
  const beat = (seal: number, at: number): void => happen(seal, at, { kind: EVENT.HEARTBEAT, value: 0, delivery: DELIVERY.ordinary, shift: 0 })
  const doors = powerUpMs > 0 ? doorsAt(plan, fromMs) : new Map<number, number>()
  /** Those whose turn it is in (from, until], spread by the phase of their heartbeats. */
  const powerUps = (from: number, until: number): void => {
    if (from >= fromMs + powerUpMs) return
    for (const seal of byPhase) {
      const at = fromMs + Math.ceil((phaseOf(plan, seal) * powerUpMs) / MINUTE)
      if (at <= from || at > until) continue
      happen(seal, at, prompt)
      const door = doors.get(seal)
      if (door !== undefined) happen(seal, at, { ...prompt, kind: door })
    }
  }
  const prompt = { kind: EVENT.HEARTBEAT, value: 0, delivery: DELIVERY.prompt, shift: 0 } as const
  const control = (seal: number, at: number, kind: number, value: number): void => {
    const device = devices[seal] as Device
    setDevice(device, kind, value)
    if (kind === CONTROL.powerUp) happen(seal, at, prompt)
    if (kind !== CONTROL.linkUp || device.buffer === undefined) return
    const buffered = device.buffer
    device.buffer = undefined
    waiting -= buffered.length
    counts.backfilled += buffered.length
    happen(seal, at, prompt)
    for (let i = buffered.length - 1; i >= 0; i--) push(buffered[i] as Sent)
  }
  /** Actions and heartbeats of (from, until] in the order of time. */
  const happenings = (from: number, until: number): void => {
    let beats = beatsWithin(plan, byPhase, from, until)
    const beatsBefore = (time: number): void => {
      while (beats.length > 0 && (beats[0] as Beat).at < time) {
        const { seal, at } = beats.shift() as Beat
        if ((devices[seal] as Device).beats) beat(seal, at)
      }
    }
    if (next >= actions.count || (actions.time[next] as number) > until) {
      for (const { seal, at } of beats) if ((devices[seal] as Device).beats) beat(seal, at)
      beats = []
      return
    }
    while (next < actions.count && (actions.time[next] as number) <= until) {
      const [at, seal, kind] = [actions.time[next] as number, actions.seal[next] as number, actions.kind[next] as number]
      beatsBefore(at)
      const value = actions.value[next] as number
      if (kind >= CONTROL.clock) control(seal, at, kind, value)
      else happen(seal, at, { kind, value, delivery: actions.delivery[next] as number, shift: actions.shift[next] as number })
      next++
    }
    beatsBefore(Infinity)
  }
  return {
    step: () => {
      events.count = 0
      const from = now
      now += stepMs
      const slot = Math.round(now / stepMs)
      for (const sent of wheel.get(slot) ?? []) {
        push(sent)
        waiting--
      }
      wheel.delete(slot)
      if (!ended) {
        powerUps(from, now)
        happenings(from, now)
      }
      return { untilMs: now, events }
    },
    waiting: () => waiting,
    counts: () => ({ ...counts }),
    end: () => {
      ended = true
      devices.forEach((device) => {
        for (const sent of device.buffer ?? []) later(sent, stepMs)
        waiting -= device.buffer?.length ?? 0
        device.buffer = undefined
      })
    },
  }
}

const phaseOf = (plan: Plan, seal: number): number => (plan.seals[seal] as { phase: number }).phase

/** The state of each door as an event: of those that the plan ever opens, which are those that have a leaf to sense. */
const doorsAt = ({ actions }: Plan, atMs: number): Map<number, number> => {
  const doors = new Map<number, number>()
  for (let i = 0; i < actions.count; i++) {
    const [seal, kind] = [actions.seal[i] as number, actions.kind[i] as number]
    if (kind !== EVENT.DOOR_OPENED && kind !== EVENT.DOOR_CLOSED) continue
    if ((actions.time[i] as number) <= atMs) doors.set(seal, kind)
    else if (!doors.has(seal)) doors.set(seal, EVENT.DOOR_CLOSED)
  }
  // One that stands open says so by its closing: reported as opened now, its permit's openings would be counted twice.
  for (const [seal, kind] of doors) if (kind === EVENT.DOOR_OPENED) doors.delete(seal)
  return doors
}

type Beat = { readonly seal: number; readonly at: number }
/** Which seals beat in (from, until], by time; a step is at most a minute. */
const beatsWithin = (plan: Plan, byPhase: Uint32Array, from: number, until: number): Beat[] => {
  const beats: Beat[] = []
  for (let minute = Math.floor(from / MINUTE) * MINUTE; minute <= until; minute += MINUTE) {
    let low = 0
    let high = byPhase.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (minute + phaseOf(plan, byPhase[middle] as number) > from) high = middle
      else low = middle + 1
    }
    for (; low < byPhase.length; low++) {
      const seal = byPhase[low] as number
      const at = minute + phaseOf(plan, seal)
      if (at > until) break
      beats.push({ seal, at })
    }
  }
  return beats
}

const setDevice = (device: Device, kind: number, value: number): void => {
  switch (kind) {
    case CONTROL.clock:
      device.clockKind = 'offset'
      device.clock = value
      return
    case CONTROL.clockNone:
      device.clockKind = 'none'
      return
    case CONTROL.clock1970:
      device.clockKind = '1970'
      return
    case CONTROL.linkDown:
      device.buffer ??= []
      return
    case CONTROL.powerDown:
      device.powered = false
      return
    case CONTROL.powerUp:
    case CONTROL.reboot:
      device.powered = true
      device.boot++
      device.seq = 0
      device.totalIn = 0
      device.totalOut = 0
      return
    case CONTROL.battery:
      device.batteryMv = value
      return
    case CONTROL.steady:
      device.steady = true
      return
    case CONTROL.beatsOff:
    case CONTROL.beatsOn:
      device.beats = kind === CONTROL.beatsOn
  }
}

/** Batteries above this lose a millivolt in four hours; those that a scene has set stay where it put them. */
const BATTERY_ORDINARY_MV = 3_200
const BATTERY_HOURS_PER_MV = 4

/** What the device makes of it. */
const sense = (plan: Plan, seal: number, device: Device, what: { kind: number; value: number; shift: number; at: number; startMs: number }): Sent => {
  const { low, high } = plan.seals[seal] as { low: number; high: number }
  const { kind, at, startMs } = what
  let { value } = what
  if (kind === EVENT.HEARTBEAT)
    value = device.batteryMv > BATTERY_ORDINARY_MV ? device.batteryMv - Math.floor(at / (BATTERY_HOURS_PER_MV * 60 * MINUTE)) : device.batteryMv
  if (kind === EVENT.PASSAGE_IN) device.totalIn += value
  if (kind === EVENT.PASSAGE_OUT) device.totalOut += value
  const time = device.clockKind === 'none' ? 0 : device.clockKind === '1970' ? at + 1_000 : startMs + at + device.clock + what.shift
  return { low, high, time, boot: device.boot, seq: ++device.seq, kind, value, totalIn: device.totalIn, totalOut: device.totalOut }
}
