import { eventColumns, eventsEntryBytes, writeEventsHeader } from '../core/entry.ts'
import { EVENT } from '../core/kinds.ts'
import type { Placed } from './admit.ts'
import type { Decoded } from './decoded.ts'

// Gathers the verdicts of several requests and writes them as one events entry (core/entry.ts). Its arrays are reused from
// entry to entry by their thread and only ever grow; `finish` copies into the entry's own bytes and starts anew.

const START_ROWS = 4096

const rows = (n: number) => ({
  time: new Float64Array(n),
  watch: new Uint32Array(n),
  boot: new Uint32Array(n),
  seq: new Uint32Array(n),
  value: new Int32Array(n),
  kind: new Uint8Array(n),
  deviceIndex: new Uint32Array(n),
  deviceTime: new Float64Array(n),
  counterIndex: new Uint32Array(n),
  counterIn: new Uint32Array(n),
  counterOut: new Uint32Array(n),
  rejectedSeal: new Uint32Array(2 * n),
  rejectedTime: new Float64Array(n),
  rejectedBoot: new Uint32Array(n),
  rejectedSeq: new Uint32Array(n),
  rejectedValue: new Int32Array(n),
  rejectedKind: new Int32Array(n),
  rejectedReason: new Uint8Array(n),
  rejectedSender: new Uint32Array(n),
})
type Rows = ReturnType<typeof rows>
const NAMES = Object.keys(rows(0)) as (keyof Rows)[]

export type EntryBuilder = {
  /** Makes room for `count` more events, whatever their verdicts. */
  readonly reserve: (count: number) => void
  readonly add: (events: Decoded, i: number, placed: Placed) => void
  readonly reject: (events: Decoded, i: number, reason: number, tokenNo: number) => void
  readonly rejectUnlisted: () => void
  /** Events of any verdict so far. */
  readonly size: () => number
  /** The entry, or undefined where there is nothing to record. */
  readonly finish: (received: number) => Uint8Array<ArrayBuffer> | undefined
}

export const createEntryBuilder = (): EntryBuilder => {
  let capacity = START_ROWS
  let to = rows(capacity)
  let count = 0
  let device = 0
  let counter = 0
  let rejected = 0
  let unlisted = 0
  return {
    reserve: (more) => {
      const needed = Math.max(count, rejected) + more
      if (needed <= capacity) return
      while (capacity < needed) capacity *= 2
      const grown = rows(capacity)
      for (const name of NAMES) (grown[name] as { set(from: ArrayLike<number>): void }).set(to[name])
      to = grown
    },
    add: (events, i, { time, device: deviceTime, watch, value }) => {
      const kind = events.kind[i] as number
      to.time[count] = time
      to.watch[count] = watch
      to.boot[count] = events.boot[i] as number
      to.seq[count] = events.seq[i] as number
      to.value[count] = value
      to.kind[count] = kind
      if (deviceTime === deviceTime) {
        to.deviceIndex[device] = count
        to.deviceTime[device++] = deviceTime
      }
      if (kind === EVENT.COUNTER) {
        to.counterIndex[counter] = count
        to.counterIn[counter] = events.totalIn[i] as number
        to.counterOut[counter++] = events.totalOut[i] as number
      }
      count++
    },
    reject: (events, i, reason, tokenNo) => {
      to.rejectedSeal[2 * rejected] = events.low[i] as number
      to.rejectedSeal[2 * rejected + 1] = events.high[i] as number
      to.rejectedTime[rejected] = events.time[i] as number
      to.rejectedBoot[rejected] = events.boot[i] as number
      to.rejectedSeq[rejected] = events.seq[i] as number
      to.rejectedValue[rejected] = events.value[i] as number
      to.rejectedKind[rejected] = events.kind[i] as number
      to.rejectedReason[rejected] = reason
      to.rejectedSender[rejected++] = tokenNo
    },
    rejectUnlisted: () => {
      unlisted++
    },
    size: () => count + rejected + unlisted,
    finish: (received) => {
      const sizes = { count, device, counter, rejected }
      if (count + rejected + unlisted === 0) return undefined
      const bytes = new Uint8Array(eventsEntryBytes(sizes))
      writeEventsHeader(bytes, received, sizes, unlisted)
      const columns = eventColumns(bytes)
      for (const name of NAMES) {
        const column = columns[name] as Float64Array
        column.set((to[name] as Float64Array).subarray(0, column.length))
      }
      count = device = counter = rejected = unlisted = 0
      return bytes
    },
  }
}
