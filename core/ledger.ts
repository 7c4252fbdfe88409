import { REASON } from './kinds.ts'

// The ledger: offered = accepted + rejected, accepted = applied + repeated + too old + (durable and not yet applied). A fold over the log:
// what entries say, and what the shards said of the accepted. "stored" is storage's to add: applied rows become stored when verified.

export type LedgerCounts = {
  readonly offered: number
  readonly accepted: number
  readonly rejected: number
  readonly repeated: number
  readonly tooOld: number
  readonly applied: number
  /** Of `rejected`, by REASON number; sums to it. 0 = beyond the sender's cap: counted, its reason not kept. */
  readonly rejectedByReason: ReadonlyMap<number, number>
}
export type LedgerDump = Omit<LedgerCounts, 'rejectedByReason' | 'offered' | 'rejected'> & { readonly rejectedByReason: readonly (readonly [number, number])[] }
export const REASON_UNLISTED = 0

/** What an events entry says of itself. */
export type EntryCounts = { readonly count: number; readonly rejectedReason: Uint8Array; readonly rejectedUnlisted: number }
/** What the shards said of the accepted events of an entry or a round. */
export type ShardCounts = { readonly applied: number; readonly repeated: number; readonly tooOld: number }

export type LedgerFold = {
  readonly entry: (entry: EntryCounts) => void
  readonly shards: (counts: ShardCounts) => void
  readonly counts: () => LedgerCounts
  /** Accepted, of which the shards have not spoken yet. */
  readonly unapplied: () => number
  readonly dump: () => LedgerDump
}

export const createLedger = (from: LedgerDump = { accepted: 0, repeated: 0, tooOld: 0, applied: 0, rejectedByReason: [] }): LedgerFold => {
  let { accepted, repeated, tooOld, applied } = from
  const byReason = new Float64Array(Math.max(...Object.values(REASON)) + 1)
  for (const [reason, count] of from.rejectedByReason) byReason[reason] = count
  const reasons = (): [number, number][] => Array.from(byReason, (count, reason): [number, number] => [reason, count]).filter(([, count]) => count > 0)
  return {
    entry: ({ count, rejectedReason, rejectedUnlisted }) => {
      accepted += count
      byReason[REASON_UNLISTED] = (byReason[REASON_UNLISTED] as number) + rejectedUnlisted
      for (const reason of rejectedReason) {
        if (reason === REASON_UNLISTED || reason >= byReason.length) throw new RangeError(`no reason of rejection ${reason}`)
        byReason[reason] = (byReason[reason] as number) + 1
      }
    },
    shards: (counts) => {
      applied += counts.applied
      repeated += counts.repeated
      tooOld += counts.tooOld
    },
    counts: () => {
      const rejected = byReason.reduce((sum, count) => sum + count, 0)
      return { offered: accepted + rejected, accepted, rejected, repeated, tooOld, applied, rejectedByReason: new Map(reasons()) }
    },
    unapplied: () => accepted - applied - repeated - tooOld,
    dump: () => ({ accepted, repeated, tooOld, applied, rejectedByReason: reasons() }),
  }
}
