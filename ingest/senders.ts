import { areaCovers } from '../core/ids.ts'
import type { Principal } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'

// What decode threads must know of a sender: where it may write, and how many of its rejected events may still be kept whole.

/** Rejected events of one sender kept whole a minute; further ones are only counted. A broken gateway must not fill the tables. */
export const REJECTED_LISTED_PER_MINUTE = 1000
const MINUTE_MS = 60_000

/** By areaKey, 1 where the principal may write; null for everywhere. Kept per token, grown with the registry. */
export const areaMaps = (machine: Machine): ((principal: Principal) => SharedArrayBuffer | null) => {
  const maps = new Map<number, SharedArrayBuffer>()
  return (principal) => {
    if (principal.areas.includes('')) return null
    const areas = machine.areas()
    const known = maps.get(principal.tokenNo)
    if (known !== undefined && known.byteLength === areas.length) return known
    const buffer = new SharedArrayBuffer(areas.length)
    const map = new Uint8Array(buffer)
    if (known !== undefined) map.set(new Uint8Array(known))
    for (let key = known?.byteLength ?? 1; key < areas.length; key++)
      map[key] = principal.areas.some((prefix) => areaCovers(prefix, areas[key] as string)) ? 1 : 0
    maps.set(principal.tokenNo, buffer)
    return buffer
  }
}

export type RejectionBudgets = {
  /** How many more may be kept whole this minute. Tasks in flight do not see each other's: the cap may be passed once by each. */
  readonly left: (tokenNo: number) => number
  readonly spend: (tokenNo: number, kept: number) => void
}
export const rejectionBudgets = (clock: () => number): RejectionBudgets => {
  const spent = new Map<number, { readonly minute: number; kept: number }>()
  const of = (tokenNo: number): { readonly minute: number; kept: number } => {
    const minute = Math.floor(clock() / MINUTE_MS)
    const known = spent.get(tokenNo)
    if (known !== undefined && known.minute === minute) return known
    const fresh = { minute, kept: 0 }
    spent.set(tokenNo, fresh)
    return fresh
  }
  return {
    left: (tokenNo) => Math.max(0, REJECTED_LISTED_PER_MINUTE - of(tokenNo).kept),
    spend: (tokenNo, kept) => {
      of(tokenNo).kept += kept
    },
  }
}
