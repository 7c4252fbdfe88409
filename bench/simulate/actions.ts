// What happens, by column: a fleet of 20,000 has some five million actions a day, which as objects would be a gigabyte.

export type Actions = {
  count: number
  time: Float64Array
  seal: Uint32Array
  kind: Uint8Array
  value: Int32Array
  delivery: Int32Array
  /** Device time minus true time, for this event alone. */
  shift: Float64Array
}
export type Action = {
  readonly time: number
  readonly seal: number
  readonly kind: number
  readonly value: number
  readonly delivery: number
  readonly shift: number
}

const CAPACITY_FIRST = 4_096
const columnsOf = (capacity: number): Omit<Actions, 'count'> => ({
  time: new Float64Array(capacity),
  seal: new Uint32Array(capacity),
  kind: new Uint8Array(capacity),
  value: new Int32Array(capacity),
  delivery: new Int32Array(capacity),
  shift: new Float64Array(capacity),
})
export const createActions = (capacity = CAPACITY_FIRST): Actions => ({ count: 0, ...columnsOf(capacity) })

const grow = (actions: Actions): void => {
  const wider = columnsOf(actions.time.length * 2)
  wider.time.set(actions.time)
  wider.seal.set(actions.seal)
  wider.kind.set(actions.kind)
  wider.value.set(actions.value)
  wider.delivery.set(actions.delivery)
  wider.shift.set(actions.shift)
  Object.assign(actions, wider)
}

export const pushAction = (actions: Actions, { time, seal, kind, value, delivery, shift }: Action): void => {
  if (actions.count === actions.time.length) grow(actions)
  const i = actions.count++
  actions.time[i] = time
  actions.seal[i] = seal
  actions.kind[i] = kind
  actions.value[i] = value
  actions.delivery[i] = delivery
  actions.shift[i] = shift
}

/** Times of one day are below 2^27 ms; with 25 bits for the place in the list the sum is exact in a double. */
const PLACES = 2 ** 25

/** By time, kept in order where equal; columns of exactly their number. */
export const sortedActions = (actions: Actions): Actions => {
  const { count } = actions
  if (count >= PLACES) throw new RangeError(`${count} actions in one day`)
  const order = new Float64Array(count)
  for (let i = 0; i < count; i++) order[i] = (actions.time[i] as number) * PLACES + i
  order.sort()
  const sorted = createActions(count)
  for (let to = 0; to < count; to++) {
    const i = (order[to] as number) % PLACES
    sorted.time[to] = actions.time[i] as number
    sorted.seal[to] = actions.seal[i] as number
    sorted.kind[to] = actions.kind[i] as number
    sorted.value[to] = actions.value[i] as number
    sorted.delivery[to] = actions.delivery[i] as number
    sorted.shift[to] = actions.shift[i] as number
  }
  sorted.count = count
  return sorted
}

/** A copy that may grow. */
export const copiedActions = (actions: Actions): Actions => {
  const copy = createActions(Math.max(1, actions.count))
  copy.count = actions.count
  copy.time.set(actions.time.subarray(0, actions.count))
  copy.seal.set(actions.seal.subarray(0, actions.count))
  copy.kind.set(actions.kind.subarray(0, actions.count))
  copy.value.set(actions.value.subarray(0, actions.count))
  copy.delivery.set(actions.delivery.subarray(0, actions.count))
  copy.shift.set(actions.shift.subarray(0, actions.count))
  return copy
}
