import { Packr } from 'msgpackr'
import type { AccessNote, DeskOp, RegistryOp } from '../ops.ts'
import { bodyEntry, ENTRY, ENTRY_HEADER_BYTES } from '../entry.ts'

// Entry bodies other than events: one msgpack value, plain maps (no record extension, so that any msgpack reader can).

const packr = new Packr({ useRecords: false, mapsAsObjects: true })

export const registryEntry = (op: RegistryOp): Uint8Array => bodyEntry(ENTRY.registry, 0, packr.pack(op))
export const workEntry = (op: DeskOp): Uint8Array => bodyEntry(ENTRY.work, 0, packr.pack(op))
export const accessEntry = (notes: readonly AccessNote[]): Uint8Array => bodyEntry(ENTRY.access, 0, packr.pack(notes))
export const tickEntry = (): Uint8Array => bodyEntry(ENTRY.tick, 0, new Uint8Array(0))
/** Ends the extent of entries before it: the rows since the extent before become one block. */
export const extentEntry = (): Uint8Array => bodyEntry(ENTRY.extent, 0, new Uint8Array(0))

/** The body of an entry that this engine wrote. */
export const unpackBody = <T>(entry: Uint8Array): T => packr.unpack(entry.subarray(ENTRY_HEADER_BYTES)) as T
