// Drives the load. With a rate: open loop, batches at their intended times whatever the engine does, latency counted from there
// (so a stall is not left out). Without: closed loop, so many requests in flight, as fast as they are answered.

import type { Sender } from '../sender.ts'
import { encodeColumns, encodeRows } from '../wire.ts'
import type { AlarmWatch } from './alarm-watch.ts'
import { createLatencies, type Latencies } from './latency.ts'
import type { Traffic } from './traffic.ts'

export type LoadOptions = {
  readonly seconds: number
  /** Events a second; undefined = as fast as possible. */
  readonly rate: number | undefined
  readonly batch: number
  readonly inFlight: number
  readonly encoding: 'columns' | 'rows'
  readonly probesPerSecond: number
  readonly onSecond: (told: { readonly sent: number; readonly accepted: number; readonly inFlight: number }) => void
}
export type LoadResult = {
  /** performance.now() of the first intended send. */
  readonly firstAt: number
  readonly lastReceiptAt: number
  readonly sent: number
  readonly accepted: number
  readonly rejected: number
  readonly receipts: Latencies
  readonly probes: ReadonlyMap<string, number>
}

/** An open loop stops sending new batches when so many are unanswered: the engine has then failed the rate, and memory is finite. */
const OPEN_IN_FLIGHT_MAX = 4_096

export const runLoad = async (traffic: Traffic, sender: Sender, options: LoadOptions): Promise<LoadResult> => {
  const { seconds, rate, batch, inFlight: window, encoding, probesPerSecond, onSecond } = options
  const encode = encoding === 'columns' ? encodeColumns : encodeRows
  const firstAt = performance.now()
  const endAt = firstAt + seconds * 1000
  const receipts = createLatencies()
  const probes = new Map<string, number>()
  const totals = { sent: 0, accepted: 0, rejected: 0, lastReceiptAt: firstAt }
  let inFlight = 0
  let failure: unknown
  let wake: () => void = () => undefined
  let nextProbeAt = firstAt
  let told = firstAt

  const launch = (intended: number): void => {
    const wantsProbe = intended >= nextProbeAt
    if (wantsProbe) nextProbeAt += 1000 / probesPerSecond
    const { events, probe } = traffic.next(Date.now(), wantsProbe)
    if (probe !== undefined) probes.set(probe, intended)
    inFlight++
    totals.sent += events.count
    sender
      .send(encode(events))
      .then(
        ({ accepted, rejected }) => {
          totals.accepted += accepted
          totals.rejected += rejected
          totals.lastReceiptAt = performance.now()
          receipts.record(totals.lastReceiptAt - intended)
        },
        (error: unknown) => {
          failure ??= error
        },
      )
      .finally(() => {
        inFlight--
        wake()
      })
  }
  const limit = rate === undefined ? window : OPEN_IN_FLIGHT_MAX
  const gap = rate === undefined ? 0 : (batch / rate) * 1000
  for (let intended = firstAt; failure === undefined;) {
    const now = performance.now()
    if (now - told >= 1000) {
      told += 1000
      onSecond({ sent: totals.sent, accepted: totals.accepted, inFlight })
    }
    if ((rate === undefined ? now : intended) >= endAt) break
    if (inFlight >= limit) await new Promise<void>((resolve) => (wake = resolve))
    else if (rate === undefined) launch(performance.now())
    else if (intended > now)
      await (intended - now > 2
        ? new Promise((resolve) => setTimeout(resolve, Math.floor(intended - now - 1)))
        : new Promise((resolve) => setImmediate(resolve)))
    else {
      launch(intended)
      intended += gap
    }
  }
  while (inFlight > 0 && failure === undefined) await new Promise<void>((resolve) => (wake = resolve))
  if (failure !== undefined) throw failure as Error
  return { firstAt, ...totals, receipts, probes }
}

/** From the intended send of each probe to its alarm's arrival. */
export const alarmLatencies = (probes: ReadonlyMap<string, number>, watch: AlarmWatch): { readonly arrived: Latencies; readonly lost: number } => {
  const arrived = createLatencies()
  let lost = 0
  for (const [seal, intended] of probes) {
    const at = watch.arrivedAt(seal)
    if (at === undefined) lost++
    else arrived.record(at - intended)
  }
  return { arrived, lost }
}
