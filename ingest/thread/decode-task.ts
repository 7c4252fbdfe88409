import { attachTable } from '../../core/table.ts'
import { SEAL_SLOTS, SEALS, WATCHES, type Directory } from '../../core/directory.ts'

// What travels to a decode thread and back. Bodies of many requests lie in one buffer and so do their receipts: a message
// between threads costs per object, not per byte.

export type Encoding = 'identity' | 'gzip' | 'zstd'
export const ENCODING_NO: Readonly<Record<Encoding, number>> = { identity: 0, gzip: 1, zstd: 2 }

/** An EventBatch may have this many bytes, before and after decompression: 100,000 events as rows of 40 bytes are half of it. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024

export type SharedTable = { readonly capacity: number; readonly buffer: SharedArrayBuffer }
export type SharedDirectory = { readonly slots: SharedTable; readonly seals: SharedTable; readonly watches: SharedTable }
const shared = ({ capacity, buffer }: SharedTable): SharedTable => ({ capacity, buffer })
export const shareDirectory = (directory: Directory): SharedDirectory => ({
  slots: shared(directory.slots),
  seals: shared(directory.seals),
  watches: shared(directory.watches),
})
export const attachDirectory = ({ slots, seals, watches }: SharedDirectory): Directory => ({
  slots: attachTable(SEAL_SLOTS, slots.capacity, slots.buffer),
  seals: attachTable(SEALS, seals.capacity, seals.buffer),
  watches: attachTable(WATCHES, watches.capacity, watches.buffer),
})

export type TaskSender = {
  readonly tokenNo: number
  /** By areaKey, 1 = may write; null = everywhere. */
  readonly allowed: SharedArrayBuffer | null
  /** Rejected events that may be kept whole for this sender, over the whole task. */
  readonly listedMax: number
}
export type DecodeTask = {
  readonly directory: SharedDirectory
  readonly received: number
  readonly senders: readonly TaskSender[]
  readonly bodies: Uint8Array<ArrayBuffer>
  /** Request r has the bytes up to ends[r], is of senders[senderOf[r]] and compressed as encodingOf[r] says. */
  readonly ends: Uint32Array
  readonly senderOf: Uint32Array
  readonly encodingOf: Uint8Array
}
export type DecodeFailure = { readonly request: number; readonly code: 'malformed' | 'too-large'; readonly detail: string; readonly where?: string }
export type DecodeDone = {
  /** Entries to append, in order. */
  readonly entries: readonly Uint8Array<ArrayBuffer>[]
  /** Which entry holds request r; -1: none does (empty, or failed). */
  readonly entryOf: Int32Array
  readonly accepted: Uint32Array
  readonly rejected: Uint32Array
  /** Receipt of request r: the bytes up to receiptEnds[r]. */
  readonly receipts: Uint8Array<ArrayBuffer>
  readonly receiptEnds: Uint32Array
  readonly failures: readonly DecodeFailure[]
  /** Events by REASON number. */
  readonly reasons: Uint32Array
  /** Rejected events kept whole, by sender of the task. */
  readonly listed: Uint32Array
}
