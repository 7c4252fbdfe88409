// A binary heap in a plain array: the item before which no other is comes out first. `isBefore` must be a strict total order where what
// comes out must not depend on the order of what went in.

export type Heap<T> = { readonly push: (item: T) => void; readonly first: () => T | undefined; readonly take: () => T | undefined; readonly size: () => number }

export const createHeap = <T>(isBefore: (a: T, b: T) => boolean): Heap<T> => {
  const items: T[] = []
  const up = (item: T): void => {
    let at = items.length - 1
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!isBefore(item, items[parent] as T)) break
      items[at] = items[parent] as T
      at = parent
    }
    items[at] = item
  }
  const down = (item: T): void => {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= items.length) break
      if (child + 1 < items.length && isBefore(items[child + 1] as T, items[child] as T)) child += 1
      if (!isBefore(items[child] as T, item)) break
      items[at] = items[child] as T
      at = child
    }
    items[at] = item
  }
  return {
    push: (item) => {
      items.push(item)
      up(item)
    },
    first: () => items[0],
    take: () => {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0 && last !== undefined) down(last)
      return first
    },
    size: () => items.length,
  }
}
