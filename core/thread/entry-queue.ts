import { ENTRY, entryHeader, type EntryHeader } from '../entry.ts'
import type { RoundEntries } from '../apply.ts'
import { monthOf } from '../month.ts'

// Entries offered and not yet applied, and the cutting of rounds from them: events, then at most one entry of another kind, which ends
// the round. A tick ends it too, for the registry acts at ticks, and what shards see of it must not depend on how rounds are cut.
// A round never holds entries of two months (core/month.ts): an extent ends between them.

/** A round's bounds. Events: about 0.1 s of work of one thread, so that alarms and snapshots never wait longer. Entries: as many, of the smallest. */
export const ROUND_EVENTS_MAX = 200_000
export const ROUND_ENTRIES_MAX = 1024

export type Queued = { readonly position: number; readonly bytes: Uint8Array; readonly header: EntryHeader }
export type Cut = { readonly entries: readonly Queued[]; readonly events: number; readonly round: RoundEntries }
export type EntryQueue = {
  readonly push: (position: number, bytes: Uint8Array) => void
  readonly cut: () => Cut | null
  readonly size: () => { readonly entries: number; readonly bytes: number }
}

const BUFFER_BYTES_MIN = 1 << 20

export const createEntryQueue = (): EntryQueue => {
  let queue: Queued[] = []
  let head = 0
  let bytes = 0
  // One buffer for all rounds, as one round runs at a time: shared with the threads, doubled when a round needs more.
  let buffer = new SharedArrayBuffer(BUFFER_BYTES_MIN)

  const take = (): Queued[] => {
    const taken: Queued[] = []
    let events = 0
    while (head < queue.length && taken.length < ROUND_ENTRIES_MAX) {
      const next = queue[head] as Queued
      const more = next.header.kind === ENTRY.events ? next.header.count : 0
      if (taken.length > 0 && (events + more > ROUND_EVENTS_MAX || monthOf(next.header.received) !== monthOf((taken[0] as Queued).header.received))) break
      taken.push(next)
      head += 1
      events += more
      bytes -= next.bytes.byteLength
      if (next.header.kind !== ENTRY.events) break
    }
    if (head === queue.length) {
      queue = []
      head = 0
    } else if (head > 4096 && head * 2 > queue.length) {
      queue = queue.slice(head)
      head = 0
    }
    return taken
  }
  const share = (entries: readonly Queued[]): RoundEntries => {
    const total = entries.reduce((sum, entry) => sum + align8(entry.bytes.byteLength), 0)
    while (buffer.byteLength < total) buffer = new SharedArrayBuffer(buffer.byteLength * 2)
    const target = new Uint8Array(buffer)
    const offsets: number[] = []
    let at = 0
    for (const entry of entries) {
      target.set(entry.bytes, at)
      offsets.push(at)
      at += align8(entry.bytes.byteLength)
    }
    return { buffer, offsets, lengths: entries.map((entry) => entry.bytes.byteLength) }
  }
  return {
    push: (position, entry) => {
      queue.push({ position, bytes: entry, header: entryHeader(entry) })
      bytes += entry.byteLength
    },
    cut: () => {
      const entries = take()
      if (entries.length === 0) return null
      return { entries, events: entries.reduce((sum, { header }) => sum + (header.kind === ENTRY.events ? header.count : 0), 0), round: share(entries) }
    },
    size: () => ({ entries: queue.length - head, bytes }),
  }
}

const align8 = (n: number): number => (n + 7) & ~7
