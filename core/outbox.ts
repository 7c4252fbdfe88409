import type { Delivery } from './ops.ts'

// Notices that wait for their webhooks: by id, and in the order they were made. The order is a list of its own, with what has left it skipped:
// a Map keeps its deleted entries at the front for a while, and finding its oldest would cost all of them each time.

export type Outbox = {
  readonly byId: ReadonlyMap<string, Delivery>
  readonly add: (delivery: Delivery) => void
  readonly remove: (id: string) => Delivery | undefined
  readonly oldest: () => Delivery | undefined
}

/** Entries left behind in the list before it is copied: rare enough to cost nothing, few enough to weigh nothing. */
const BEHIND_MAX = 4096

export const createOutbox = (waiting: readonly Delivery[] = []): Outbox => {
  const byId = new Map(waiting.map((delivery) => [delivery.id, delivery]))
  let order = [...waiting]
  let head = 0
  return {
    byId,
    add: (delivery) => {
      byId.set(delivery.id, delivery)
      order.push(delivery)
    },
    remove: (id) => {
      const delivery = byId.get(id)
      byId.delete(id)
      return delivery
    },
    oldest: () => {
      while (head < order.length && !byId.has((order[head] as Delivery).id)) head += 1
      if (head > BEHIND_MAX && head * 2 > order.length) {
        order = order.slice(head)
        head = 0
      }
      return order[head]
    },
  }
}
