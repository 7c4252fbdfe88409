// When the engine ticked, as far as it can be told afterwards: some times are known (what a tick raised has its time), between them
// ticks lie `tickMs` apart. The times before a known one are counted back from it, for what it raised was not raised one tick earlier;
// after the last known one they go on from there.

export type TickGrid = {
  /** The first tick at or after a time, and after it. */
  readonly atOrAfter: (time: number) => number
  readonly after: (time: number) => number
}

/** Between two ticks there was none, though there should have been. */
export type TickGap = { readonly from: number; readonly until: number }

/** `times`: ascending. Gaps hold between ticks that are known by them. */
export const createTickGrid = (times: readonly number[], tickMs: number, gaps: readonly TickGap[] = []): TickGrid => {
  const known = gaps.length === 0 ? times : [...new Set([...times, ...gaps.flatMap(({ from, until }) => [from, until])])].toSorted((a, b) => a - b)
  const atOrAfter = (time: number): number => {
    const tick = counted(time)
    return gaps.find(({ from, until }) => tick > from && tick < until)?.until ?? tick
  }
  const counted = (time: number): number => {
    const index = firstAtOrAfter(known, time)
    const next = known[index]
    if (next !== undefined) {
      const back = next - Math.floor((next - time) / tickMs) * tickMs
      const before = known[index - 1]
      // Two known ones that are no whole number of ticks apart: there is none between the earlier one and a tick from it.
      return before === undefined || back - before >= tickMs / 2 ? back : Math.min(next, back + tickMs)
    }
    const last = known.at(-1) ?? 0
    return last + Math.ceil((time - last) / tickMs) * tickMs
  }
  // Times are whole milliseconds.
  return { atOrAfter, after: (time) => atOrAfter(time + 1) }
}

const firstAtOrAfter = (sorted: readonly number[], value: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * A simulated clock stands still between its ticks, so all times received are whole steps apart: that step; else `otherwise`. Fewer
 * than `least` different times tell nothing, for a few of a host's clock may be whole seconds apart by chance.
 */
export const tickMsOf = (
  times: Iterable<number>,
  { otherwise, max, least }: { readonly otherwise: number; readonly max: number; readonly least: number },
): number => {
  let first: number | undefined
  let step = 0
  const seen = new Set<number>()
  for (const time of times) {
    first ??= time
    if (seen.size < least) seen.add(time)
    step = divisor(step, Math.abs(time - first))
    if (step === 1) return otherwise
  }
  return seen.size >= least && step >= otherwise && step <= max ? step : otherwise
}
const divisor = (a: number, b: number): number => {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}
