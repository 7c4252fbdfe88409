// The recent past of the change stream, so that a reader who was away for a moment gets only what it missed.
// Holds always: items are in the order of their positions; every change after `floor()` is in the ring.

export type Ring<T> = {
  readonly push: (position: number, item: T) => void
  /** Changes up to and including this position are forgotten. */
  readonly floor: () => number
  /** Items after `position`, oldest first. Only meaningful for positions not below the floor. */
  readonly after: (position: number) => readonly T[]
  readonly size: () => number
}

export const createRing = <T>(capacity: number, floorAtStart: number): Ring<T> => {
  const positions = new Float64Array(capacity)
  const items: (T | undefined)[] = Array.from({ length: capacity })
  let count = 0
  let next = 0
  let floor = floorAtStart
  return {
    push: (position, item) => {
      // The entry that is overwritten may share its position with the one after it: its whole position is then incomplete.
      if (count === capacity) floor = positions[next] as number
      else count += 1
      positions[next] = position
      items[next] = item
      next = (next + 1) % capacity
    },
    floor: () => floor,
    after: (position) => {
      const start = next - count + capacity
      let low = 0
      let high = count
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((positions[(start + middle) % capacity] as number) <= position) low = middle + 1
        else high = middle
      }
      return Array.from({ length: count - low }, (_, i) => items[(start + low + i) % capacity] as T)
    },
    size: () => count,
  }
}
