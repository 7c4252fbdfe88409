import type { AlarmRecord } from './desk-alarm.ts'

// What the desk must do with an alarm at a time: a binary heap by (time, what, id), so that a tick costs what is due and never depends
// on the order in which plans were made. Plans are not taken out when they change: who takes one checks it against the alarm.

/** Also their order within one instant. */
export const DUE_ALARM = { unshelve: 0, escalate: 1, tellCleared: 2 } as const
export type DueAlarm = { readonly at: number; readonly what: number; readonly alarm: AlarmRecord }
export type DueHeap = DueAlarm[]

const isBefore = (a: DueAlarm, b: DueAlarm): boolean => {
  if (a.at !== b.at) return a.at < b.at
  return a.what === b.what ? a.alarm.id < b.alarm.id : a.what < b.what
}

export const planAlarm = (heap: DueHeap, item: DueAlarm): void => {
  let at = heap.length
  heap.push(item)
  while (at > 0) {
    const parent = (at - 1) >>> 1
    const above = heap[parent] as DueAlarm
    if (!isBefore(item, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = item
}

/** The earliest plan that is due, taken out; undefined when none is. */
export const takeDueAlarm = (heap: DueHeap, now: number): DueAlarm | undefined => {
  const first = heap[0]
  if (first === undefined || first.at > now) return undefined
  const last = heap.pop() as DueAlarm
  if (heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as DueAlarm, heap[child] as DueAlarm)) child += 1
    const below = heap[child] as DueAlarm
    if (!isBefore(below, last)) break
    heap[at] = below
    at = child
  }
  heap[at] = last
  return first
}
