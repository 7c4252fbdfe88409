import type { Columns } from './table.ts'
import type { WINDOWS } from './state.ts'

// Which events are repeats: per seal a sliding window over sequence numbers, as IPsec's anti-replay (RFC 4303 3.4.3, and the
// ring bitmap of RFC 6479), for the two highest boots seen. Exact: a number up to WIDTH below the highest of its boot is told
// new or repeat without error; what is further back, or of a boot before the last two, is "too old", never "repeat".
// The highest number itself is known to have been seen, so the ring's WIDTH bits are the WIDTH numbers below it.
//
// A corrupt boot number must not push the real ones out. A boot more than BOOT_STEP_MAX above the current one is only a candidate:
// its event is fresh, and the window stays as it is until another event says the same boot or one that is near it. One candidate is
// kept, the lowest: a lower one replaces it; what is higher, or not lower than one that was replaced, is "too old", for it cannot
// be told. So no event is told fresh twice, and a seal is pushed out only by two corrupt events that agree.

export const WINDOW_WIDTH = 1024
const WORDS = WINDOW_WIDTH / 32
const MASK = WINDOW_WIDTH - 1
/** A seal that restarts every minute of a night without being heard takes fewer steps; a flipped bit above the tenth takes more. */
export const BOOT_STEP_MAX = 1000

export const VERDICT = { fresh: 0, repeat: 1, tooOld: 2 } as const

export type Windows = Columns<typeof WINDOWS> & { readonly before: Uint32Array }

/** Judges one event and remembers it. */
export const judge = (windows: Windows, seal: number, boot: number, seq: number): number => {
  if (windows.boots[seal] !== 0 && windows.boot[seal] === boot) {
    const top = windows.top[seal] as number
    if (seq <= top) return below(windows.bits, seal, top, seq)
    advance(windows.bits, seal, top, seq)
    windows.top[seal] = seq
    return VERDICT.fresh
  }
  return otherBoot(windows, seal, boot, seq)
}

const otherBoot = (windows: Windows, seal: number, boot: number, seq: number): number => {
  const boots = windows.boots[seal] as number
  const current = windows.boot[seal] as number
  if (boots === 0) {
    windows.boots[seal] = 1
    windows.boot[seal] = boot
    windows.top[seal] = seq
    return VERDICT.fresh
  }
  return boot > current ? above(windows, seal, boot, seq) : before(windows, seal, boot, seq)
}

const above = (windows: Windows, seal: number, boot: number, seq: number): number => {
  const replaced = windows.farTop[seal] as number
  if (replaced !== 0 && boot >= replaced) return VERDICT.tooOld
  const isThere = windows.far[seal] === 1
  const far = windows.farBoot[seal] as number
  if (isThere && boot >= far - BOOT_STEP_MAX) {
    if (boot > far + BOOT_STEP_MAX) return VERDICT.tooOld
    if (boot === far && seq === windows.farSeq[seal]) return VERDICT.repeat
    windows.far[seal] = 0
    restart(windows, seal, far, windows.farSeq[seal] as number)
    return judge(windows, seal, boot, seq)
  }
  if (boot <= (windows.boot[seal] as number) + BOOT_STEP_MAX) {
    restart(windows, seal, boot, seq)
    return VERDICT.fresh
  }
  if (isThere) windows.farTop[seal] = far
  windows.far[seal] = 1
  windows.farBoot[seal] = boot
  windows.farSeq[seal] = seq
  return VERDICT.fresh
}

/** `boot` is the current one from now on, `seq` the first number seen of it; the current one becomes the one before. */
const restart = (windows: Windows, seal: number, boot: number, seq: number): void => {
  const start = seal * WORDS
  windows.before.set(windows.bits.subarray(start, start + WORDS), start)
  windows.bits.fill(0, start, start + WORDS)
  windows.prevBoot[seal] = windows.boot[seal] as number
  windows.prevTop[seal] = windows.top[seal] as number
  windows.boot[seal] = boot
  windows.top[seal] = seq
  windows.boots[seal] = 2
}

const before = (windows: Windows, seal: number, boot: number, seq: number): number => {
  const two = windows.boots[seal] === 2
  const prevBoot = windows.prevBoot[seal] as number
  if (two && boot < prevBoot) return VERDICT.tooOld
  const prevTop = windows.prevTop[seal] as number
  if (two && boot === prevBoot) {
    if (seq <= prevTop) return below(windows.before, seal, prevTop, seq)
    advance(windows.before, seal, prevTop, seq)
  } else {
    windows.before.fill(0, seal * WORDS, seal * WORDS + WORDS)
    windows.prevBoot[seal] = boot
    windows.boots[seal] = 2
  }
  windows.prevTop[seal] = seq
  return VERDICT.fresh
}

const below = (bits: Uint32Array, seal: number, top: number, seq: number): number => {
  if (seq === top) return VERDICT.repeat
  if (top - seq > WINDOW_WIDTH) return VERDICT.tooOld
  const word = seal * WORDS + ((seq & MASK) >>> 5)
  const bit = 1 << (seq & 31)
  const old = bits[word] as number
  if ((old & bit) !== 0) return VERDICT.repeat
  bits[word] = old | bit
  return VERDICT.fresh
}

/** Moves the ring up: the old top becomes a seen number, those between are not seen, the slot of the new top holds the oldest. */
const advance = (bits: Uint32Array, seal: number, top: number, seq: number): void => {
  const start = seal * WORDS
  if (seq - top > WINDOW_WIDTH) {
    bits.fill(0, start, start + WORDS)
    return
  }
  const word = start + ((top & MASK) >>> 5)
  bits[word] = (bits[word] as number) | (1 << (top & 31))
  for (let n = top + 1; n < seq;) {
    const at = start + ((n & MASK) >>> 5)
    if ((n & 31) === 0 && seq - n >= 32) {
      bits[at] = 0
      n += 32
    } else {
      bits[at] = (bits[at] as number) & ~(1 << (n & 31))
      n += 1
    }
  }
}

/** Whether number `seq` of the ring whose highest is `top` has been seen; false too where that can no longer be told. */
const wasSeen = (bits: Uint32Array, seal: number, top: number, seq: number): boolean => {
  if (seq >= top) return seq === top
  return top - seq <= WINDOW_WIDTH && ((bits[seal * WORDS + ((seq & MASK) >>> 5)] as number) & (1 << (seq & 31))) !== 0
}

/** Every number between two of a boot has been seen, as far as the window still tells: nothing was lost between them. */
export const isUnbroken = (
  windows: Windows,
  seal: number,
  boot: number,
  { after, before: end }: { readonly after: number; readonly before: number },
): boolean => {
  if (after >= end) return false
  if (after + 1 === end) return true
  const isCurrent = windows.boots[seal] !== 0 && windows.boot[seal] === boot
  if (!isCurrent && !(windows.boots[seal] === 2 && windows.prevBoot[seal] === boot)) return false
  const top = (isCurrent ? windows.top[seal] : windows.prevTop[seal]) as number
  if (top - after - 1 > WINDOW_WIDTH) return false
  const bits = isCurrent ? windows.bits : windows.before
  for (let seq = after + 1; seq < end; seq += 1) if (!wasSeen(bits, seal, top, seq)) return false
  return true
}

/** How many numbers of the current boot in (from, to] were not seen; null where the window no longer reaches back so far. */
export const missingOf = (windows: Windows, seal: number, { from, to }: { readonly from: number; readonly to: number }): number | null => {
  const top = windows.top[seal] as number
  if (top - from > WINDOW_WIDTH) return null
  let missing = 0
  for (let seq = from + 1; seq <= to; seq += 1) if (!wasSeen(windows.bits, seal, top, seq)) missing += 1
  return missing
}
