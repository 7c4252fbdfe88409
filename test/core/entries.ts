import { eventColumns, eventsEntryBytes, stampReceived, writeEventsHeader } from '../../core/entry.ts'
import { EVENT, type EventKindName } from '../../core/kinds.ts'
import { extentEntry, registryEntry, tickEntry } from '../../core/thread/body.ts'
import type { PermitSpec, Principal, RegistryOp, SiteSpec } from '../../core/ops.ts'

// Log entries for tests, made the way ingest makes them.

export type TestEvent = {
  readonly watch: number
  readonly time: number
  readonly boot: number
  readonly seq: number
  readonly kind: EventKindName
  readonly value: number
  readonly device?: number
  /** Of a COUNTER: people in, people out since the seal started; each other's by its place in the entry where not given. */
  readonly totals?: readonly [number, number]
}

export const eventsEntry = (received: number, events: readonly TestEvent[]): Uint8Array => {
  const device = events.flatMap((event, index) => (event.device === undefined ? [] : [[index, event.device] as const]))
  const counters = events.flatMap((event, index) => (event.kind === 'COUNTER' ? [index] : []))
  const sizes = { count: events.length, device: device.length, counter: counters.length, rejected: 0 }
  const bytes = new Uint8Array(eventsEntryBytes(sizes))
  writeEventsHeader(bytes, received, sizes, 0)
  const columns = eventColumns(bytes)
  events.forEach((event, i) => {
    columns.time[i] = event.time
    columns.watch[i] = event.watch
    columns.boot[i] = event.boot
    columns.seq[i] = event.seq
    columns.value[i] = event.value
    columns.kind[i] = EVENT[event.kind]
  })
  device.forEach(([index, time], i) => {
    columns.deviceIndex[i] = index
    columns.deviceTime[i] = time
  })
  counters.forEach((index, i) => {
    columns.counterIndex[i] = index
    const [totalIn, totalOut] = (events[index] as TestEvent).totals ?? [i + 1, i]
    columns.counterIn[i] = totalIn
    columns.counterOut[i] = totalOut
  })
  return bytes
}
const stamped = (bytes: Uint8Array, received: number): Uint8Array => {
  stampReceived(bytes, received)
  return bytes
}
export const tick = (received: number): Uint8Array => stamped(tickEntry(), received)
export const extent = (received: number): Uint8Array => stamped(extentEntry(), received)
export const registry = (received: number, op: RegistryOp): Uint8Array => stamped(registryEntry(op), received)

export const ADMIN: Principal = { tokenNo: 1, name: 'admin', role: 'admin', areas: [''] }
export const putSites = (received: number, sites: readonly SiteSpec[]): Uint8Array => registry(received, { op: 'put-sites', by: ADMIN, sites })
export const putPermit = (received: number, permit: PermitSpec): Uint8Array => registry(received, { op: 'put-permit', by: ADMIN, permit })
