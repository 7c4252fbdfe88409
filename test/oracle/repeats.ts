import type { Heard, Seal, Watch } from './world.ts'

// Which events are new, repeats, or too old to be told (ARCHITECTURE.md, the contract): 1,024 numbers back in the two highest boots.
// Boots far above the current one are candidates there; the histories made here have none.

const WIDTH = 1024

export const judge = (seal: Seal, boot: number, seq: number): 'fresh' | 'repeat' | 'too old' => {
  if (!seal.boots.includes(boot)) {
    if (seal.boots.length === 2 && boot < Math.min(...seal.boots)) return 'too old'
    seal.boots = [...seal.boots, boot].toSorted((a, b) => b - a).slice(0, 2)
    seal.seen.set(boot, new Set([seq]))
    return 'fresh'
  }
  const seen = seal.seen.get(boot) as Set<number>
  const top = Math.max(...seen)
  if (top - seq > WIDTH) return 'too old'
  if (seen.has(seq)) return 'repeat'
  seen.add(seq)
  return 'fresh'
}

/** Nothing was lost between the two, as far as the window still tells: every number between was heard. Only of the seal's newest watch. */
export const isUnbroken = ({ seal }: Watch & { readonly seal: Seal }, earlier: Heard, later: Heard): boolean => {
  if (earlier.boot !== later.boot || earlier.seq >= later.seq) return false
  if (later.seq === earlier.seq + 1) return true
  const seen = seal.seen.get(earlier.boot) as Set<number>
  if (!seal.boots.includes(earlier.boot) || earlier.seq + 1 + WIDTH < Math.max(...seen)) return false
  for (let seq = earlier.seq + 1; seq < later.seq; seq += 1) if (!seen.has(seq)) return false
  return true
}
