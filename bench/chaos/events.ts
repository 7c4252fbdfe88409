import { EVENT, type EventKindName } from '../../core/kinds.ts'
import { createEvents, encodeRows, pushEvent } from '../wire.ts'

/** An event as tests and campaigns write it. */
export type PlainEvent = {
  readonly seal: string
  readonly time: number
  readonly boot?: number
  readonly seq: number
  readonly kind: EventKindName
  readonly value?: number
}
/** An `EventBatch` of them. */
export const encodePlain = (events: readonly PlainEvent[]): Uint8Array => {
  const arrays = createEvents(Math.max(1, events.length))
  for (const { seal, time, boot = 1, seq, kind, value = 0 } of events) {
    pushEvent(arrays, { low: Number.parseInt(seal.slice(8), 16), high: Number.parseInt(seal.slice(0, 8), 16), time, boot, seq, kind: EVENT[kind], value })
  }
  return encodeRows(arrays)
}
/** The n-th seal: 16 hex digits. */
export const sealOf = (n: number): string => n.toString(16).padStart(16, '0')
