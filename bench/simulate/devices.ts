// The devices of a fleet, by column: boots, sequence numbers, clocks, batteries, totals; and what each makes of what happens at its
// door. Nothing here knows of links: an event that is sensed has its number, whether or not anybody will ever hear of it.

import { EVENT } from '../../core/kinds.ts'
import { CONTROL, DAY, type Plan } from './plan.ts'

export type Sent = { low: number; high: number; time: number; boot: number; seq: number; kind: number; value: number; totalIn: number; totalOut: number }
export const CLOCK = { offset: 0, none: 1, from1970: 2 } as const

export type Devices = {
  readonly boot: Uint32Array
  readonly seq: Uint32Array
  readonly clock: Int32Array
  readonly clockKind: Uint8Array
  /** 1 where it has power. */
  readonly powered: Uint8Array
  readonly beats: Uint8Array
  /** Scenes that want its ordinary events undisturbed. */
  readonly steady: Int16Array
  /** What a scene has set; 0 = its own. */
  readonly batteryMv: Int32Array
  readonly totalIn: Uint32Array
  readonly totalOut: Uint32Array
  /** How many heartbeats are still to be lost (negative: to come late), every other one, and whether the next is one of them. */
  readonly lossy: Int16Array
  readonly lossyNext: Uint8Array
  /** Openings so far: a closing said again is said only while none has followed. */
  readonly openings: Uint32Array
  /** What waits in those whose link is down. */
  readonly buffers: Map<number, Sent[]>
  /** People in minus out, by site, as sensed: the truth of the raw count. */
  readonly net: Int32Array
}

/** Boots begin here, so that a later run has higher ones and those of `sealstream send` (0x40000000) are higher still. */
const BOOT_EPOCH_S = 1_700_000_000

export const createDevices = (plan: Plan, beginMs: number): Devices => {
  const count = plan.seals.length
  const devices: Devices = {
    boot: new Uint32Array(count).fill(Math.max(1, Math.floor(beginMs / 1_000) - BOOT_EPOCH_S)),
    seq: Uint32Array.from(plan.seals, ({ stored }) => stored),
    clock: new Int32Array(count),
    clockKind: new Uint8Array(count),
    powered: new Uint8Array(count).fill(1),
    beats: new Uint8Array(count).fill(1),
    steady: new Int16Array(count),
    batteryMv: new Int32Array(count),
    totalIn: new Uint32Array(count),
    totalOut: new Uint32Array(count),
    lossy: new Int16Array(count),
    lossyNext: new Uint8Array(count),
    openings: new Uint32Array(count),
    buffers: new Map(),
    net: new Int32Array(plan.sites.length),
  }
  return devices
}

/** What happens to the device itself. */
export const setDevice = (devices: Devices, seal: number, kind: number, value: number): void => {
  switch (kind) {
    case CONTROL.clock:
      devices.clockKind[seal] = CLOCK.offset
      devices.clock[seal] = value
      return
    case CONTROL.clockNone:
      devices.clockKind[seal] = CLOCK.none
      return
    case CONTROL.clock1970:
      devices.clockKind[seal] = CLOCK.from1970
      return
    case CONTROL.linkDown:
      if (!devices.buffers.has(seal)) devices.buffers.set(seal, [])
      return
    case CONTROL.powerDown:
      devices.powered[seal] = 0
      return
    case CONTROL.powerUp:
    case CONTROL.reboot:
      devices.powered[seal] = 1
      devices.boot[seal] = (devices.boot[seal] as number) + 1
      devices.seq[seal] = 0
      devices.totalIn[seal] = 0
      devices.totalOut[seal] = 0
      return
    case CONTROL.battery:
      devices.batteryMv[seal] = value
      return
    case CONTROL.steady:
      devices.steady[seal] = Math.max(0, (devices.steady[seal] as number) + (value === 1 ? 1 : -1))
      return
    case CONTROL.lossy:
      devices.lossy[seal] = value
      devices.lossyNext[seal] = 1
      return
    case CONTROL.beatsOff:
    case CONTROL.beatsOn:
      devices.beats[seal] = kind === CONTROL.beatsOn ? 1 : 0
  }
}

/** The voltage at a time of the day (or, negative, of the days before): a line, and a swing with the temperature of the day. */
export const batteryAt = ({ seals }: Plan, seal: number, at: number): number => {
  const { batteryMv, batteryFallMv, batterySwingMv } = seals[seal] as { batteryMv: number; batteryFallMv: number; batterySwingMv: number }
  const swing = batterySwingMv === 0 ? 0 : batterySwingMv * Math.sin((2 * Math.PI * at) / DAY)
  return Math.round(batteryMv - (batteryFallMv * at) / DAY + swing)
}

/** The device numbers and stamps what it senses: the next event of the seal, in one object that is used again. */
const sensed: Sent = { low: 0, high: 0, time: 0, boot: 0, seq: 0, kind: 0, value: 0, totalIn: 0, totalOut: 0 }
export type Happening = { kind: number; value: number; at: number; shift: number }
export const sense = (devices: Devices, plan: Plan, seal: number, { kind, value, at, shift }: Happening, startMs: number): Sent => {
  const { low, high, site } = plan.seals[seal] as { low: number; high: number; site: number }
  if (kind === EVENT.PASSAGE_IN) {
    devices.totalIn[seal] = (devices.totalIn[seal] as number) + value
    devices.net[site] = (devices.net[site] as number) + value
  } else if (kind === EVENT.PASSAGE_OUT) {
    devices.totalOut[seal] = (devices.totalOut[seal] as number) + value
    devices.net[site] = (devices.net[site] as number) - value
  } else if (kind === EVENT.DOOR_OPENED) devices.openings[seal] = (devices.openings[seal] as number) + 1
  const set = devices.batteryMv[seal] as number
  const clockKind = devices.clockKind[seal] as number
  devices.seq[seal] = (devices.seq[seal] as number) + 1
  sensed.low = low
  sensed.high = high
  sensed.time = clockKind === CLOCK.none ? 0 : clockKind === CLOCK.from1970 ? at + 1_000 : startMs + at + (devices.clock[seal] as number) + shift
  sensed.boot = devices.boot[seal] as number
  sensed.seq = devices.seq[seal]
  sensed.kind = kind
  sensed.value = kind !== EVENT.HEARTBEAT ? value : set === 0 ? batteryAt(plan, seal, at) : set
  sensed.totalIn = devices.totalIn[seal] as number
  sensed.totalOut = devices.totalOut[seal] as number
  return sensed
}

/** The heartbeats that a device has kept of the days before, newest first; numbered 1 … `stored`, evenly over {@link STORED_DAYS}. */
const STORED_DAYS = 13
export const storedBeats = (devices: Devices, plan: Plan, seal: number, startMs: number): Sent[] => {
  const { low, high, stored } = plan.seals[seal] as { low: number; high: number; stored: number }
  const every = Math.floor((STORED_DAYS * DAY) / stored)
  return Array.from({ length: stored }, (_, back) => ({
    low,
    high,
    time: startMs - (back + 1) * every,
    boot: devices.boot[seal] as number,
    seq: stored - back,
    kind: EVENT.HEARTBEAT,
    value: batteryAt(plan, seal, -(back + 1) * every),
    totalIn: 0,
    totalOut: 0,
  }))
}
