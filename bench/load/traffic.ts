// The load of `bench`: 60 % passages, 15 % door, 20 % heartbeats, 5 % others; 1 % sent twice, 1 % out of order; every other
// (seal, boot, seq) fresh. It raises no alarm by itself: buildings with room for everybody, doors that close again. Probes are
// events that must: a tamper at a home, each at a seal of its own.

import { sealId } from '../../core/ids.ts'
import { EVENT } from '../../core/kinds.ts'
import { seeded } from '../random.ts'
import { createEvents, pushEvent, type EventArrays } from '../wire.ts'

export type TrafficOptions = { readonly seals: number; readonly probes: number; readonly batch: number; readonly seed: number; readonly boot: number }
export type Traffic = {
  /** Import lines of all sites, as NDJSON. */
  readonly lines: () => readonly string[]
  /** The next batch, as of `now`; with `probe`, one of its events is a probe, whose seal's id is told. The arrays are used again. */
  readonly next: (now: number, probe: boolean) => { readonly events: EventArrays; readonly probe: string | undefined }
  readonly counts: () => { readonly distinct: number; readonly repeats: number; readonly reordered: number }
}

const DOORS_PER_SITE = 10
const HEADCOUNT = 1_000_000
const SHARE = { twice: 0.01, reordered: 0.01 }
const HIGH = 0xbe9c_0000
const PROBE_HIGH = 0xbe9c_0001

export const createTraffic = ({ seals, probes, batch, seed, boot }: TrafficOptions): Traffic => {
  const random = seeded(seed)
  const order = random.shuffle(Array.from({ length: seals }, (_, i) => i))
  const seq = new Uint32Array(seals)
  const open = new Uint8Array(seals)
  const events = createEvents(batch)
  const counts = { distinct: 0, repeats: 0, reordered: 0 }
  let at = 0
  let probesSent = 0

  const fresh = (now: number): void => {
    const seal = order[at++ % seals] as number
    const roll = random.unit()
    const number = (seq[seal] as number) + 1
    seq[seal] = number
    const event = { low: seal + 1, high: HIGH, time: now, boot, seq: number, kind: EVENT.HEARTBEAT as number, value: 3_300 }
    if (roll < 0.6) {
      event.kind = roll < 0.3 ? EVENT.PASSAGE_IN : EVENT.PASSAGE_OUT
      event.value = 1
    } else if (roll < 0.75) {
      event.kind = open[seal] === 0 ? EVENT.DOOR_OPENED : EVENT.DOOR_CLOSED
      open[seal] = open[seal] === 0 ? 1 : 0
      event.value = 0
    } else if (roll >= 0.95) {
      event.kind = roll < 0.97 ? EVENT.TEMPERATURE : roll < 0.99 ? EVENT.BEAM_BLOCKED : EVENT.BEAM_CLEARED
      event.value = roll < 0.97 ? 36_500 : 0
    }
    pushEvent(events, event)
    counts.distinct++
  }
  const swap = (i: number, j: number): void => {
    for (const column of [events.low, events.high, events.time, events.boot, events.seq, events.kind, events.value]) {
      const kept = column[i] as number
      column[i] = column[j] as number
      column[j] = kept
    }
  }
  const copy = (i: number): void => {
    pushEvent(events, {
      low: events.low[i] as number,
      high: events.high[i] as number,
      time: events.time[i] as number,
      boot: events.boot[i] as number,
      seq: events.seq[i] as number,
      kind: events.kind[i] as number,
      value: events.value[i] as number,
    })
    counts.repeats++
  }
  return {
    lines: () => [
      ...Array.from({ length: Math.ceil(seals / DOORS_PER_SITE) }, (_, site) =>
        JSON.stringify({
          site: `bench-${site}`,
          area: `bench/${site % 97}`,
          kind: 'building',
          headcount: HEADCOUNT,
          capacity: null,
          inside: null,
          seals: Array.from({ length: Math.min(DOORS_PER_SITE, seals - site * DOORS_PER_SITE) }, (_, door) => sealId(site * DOORS_PER_SITE + door + 1, HIGH)),
        }),
      ),
      ...Array.from({ length: probes }, (_, probe) =>
        JSON.stringify({
          site: `probe-${probe}`,
          area: 'bench/probes',
          kind: 'residence',
          headcount: 1,
          capacity: null,
          inside: null,
          observation: { from: '2020-01-01T00:00:00Z', until: '2100-01-01T00:00:00Z' },
          seals: [sealId(probe + 1, PROBE_HIGH)],
        }),
      ),
    ],
    next: (now, probe) => {
      events.count = 0
      const isProbe = probe && probesSent < probes
      if (isProbe) {
        pushEvent(events, { low: ++probesSent, high: PROBE_HIGH, time: now, boot, seq: 1, kind: EVENT.TAMPERED, value: 1 })
        counts.distinct++
      }
      while (events.count < batch) {
        if (events.count > 1 && random.chance(SHARE.twice)) copy(random.int(0, events.count))
        else fresh(now)
      }
      for (let swaps = Math.floor(batch * SHARE.reordered); swaps > 0; swaps--) {
        swap(random.int(0, batch), random.int(0, batch))
        counts.reordered++
      }
      return { events, probe: isProbe ? sealId(probesSent, PROBE_HIGH) : undefined }
    },
    counts: () => ({ ...counts }),
  }
}
