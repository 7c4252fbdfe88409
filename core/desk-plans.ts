import type { AlarmRecord } from './desk-alarm.ts'
import { createHeap, type Heap } from './heap.ts'

// What the desk must do with an alarm at a time, by (time, what, id), so that a tick costs what is due and never depends on the order in
// which plans were made. Plans are not taken out when they change: who takes one checks it against the alarm.

/** Also their order within one instant. */
export const PLAN = { unshelve: 0, escalate: 1, tellCleared: 2 } as const
export type Plan = { readonly at: number; readonly what: number; readonly alarm: AlarmRecord }
export type Plans = Heap<Plan>

export const createPlans = (): Plans =>
  createHeap((a, b) => {
    if (a.at !== b.at) return a.at < b.at
    return a.what === b.what ? a.alarm.id < b.alarm.id : a.what < b.what
  })

/** The earliest plan that is due, taken out; undefined when none is. */
export const takeDue = (plans: Plans, now: number): Plan | undefined => ((plans.first()?.at ?? Infinity) <= now ? plans.take() : undefined)
