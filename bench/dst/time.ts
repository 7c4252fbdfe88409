import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import type { Random } from '../random.ts'

// Virtual time for a whole process: timers, clocks and chance of production code are those of one seeded schedule while a run is under
// way, and the real ones otherwise. Holds always: one event at a time, and all microtasks that it caused have run before the next; so the
// same seed gives the same run. Events belong to an owner: one that has died (a killed process, a cut connection) runs no more.

export type Owner = { readonly name: string; alive: boolean }
export const ownerOf = (name: string): Owner => ({ name, alive: true })

type Planned = { readonly at: number; readonly order: number; readonly owner: Owner; readonly run: () => void; cancelled: boolean }
export type Time = {
  /** Ms since the run began; never goes back. */
  readonly now: () => number
  readonly after: (owner: Owner, ms: number, run: () => void) => { readonly cancel: () => void }
  /** Resolves for its owner after so long; never when the owner dies before. */
  readonly pause: (owner: Owner, ms: number) => Promise<void>
  /** Runs events until `done`, or until none is left, or until so many ms have passed. */
  readonly run: (done: () => boolean, untilMs: number) => Promise<void>
  readonly events: () => number
  /** What the host's clock says, Unix ms: may be stepped. */
  wall: number
}

const real = { setImmediate, now: Date.now }

let time: (Time & { readonly owner: () => Owner; readonly random: Random }) | undefined

export const createTime = (random: Random, wallAtStart: number): Time => {
  const heap: Planned[] = []
  let now = 0
  let order = 0
  let events = 0
  const world = ownerOf('world')
  let owner = world
  const after: Time['after'] = (whose, ms, run) => {
    order += 1
    const planned: Planned = { at: now + Math.max(0, ms), order, owner: whose, run, cancelled: false }
    push(heap, planned)
    return {
      cancel: () => {
        planned.cancelled = true
      },
    }
  }
  const self = {
    wall: wallAtStart,
    now: () => now,
    owner: () => owner,
    random,
    after,
    events: () => events,
    pause: (whose: Owner, ms: number): Promise<void> => new Promise((resolve) => after(whose, ms, resolve)),
    run: (done: () => boolean, untilMs: number): Promise<void> =>
      new Promise((resolve, reject) => {
        time = self
        const end = (settle: () => void): void => {
          time = undefined
          settle()
        }
        const next = (): Planned | undefined => {
          for (;;) {
            const planned = pop(heap)
            if (planned === undefined || (!planned.cancelled && planned.owner.alive)) return planned
          }
        }
        const step = (): void => {
          const planned = done() ? undefined : next()
          if (planned === undefined || planned.at > untilMs) return end(resolve)
          now = planned.at
          events += 1
          owner = planned.owner
          try {
            planned.run()
          } catch (error) {
            return end(() => reject(error instanceof Error ? error : new Error(String(error))))
          }
          // Comes when every microtask is done.
          real.setImmediate(step)
        }
        real.setImmediate(step)
      }),
  }
  return self
}

const before = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
const push = (heap: Planned[], planned: Planned): void => {
  let i = heap.length
  heap.push(planned)
  while (i > 0) {
    const parent = (i - 1) >> 1
    if (!before(planned, heap[parent] as Planned)) break
    heap[i] = heap[parent] as Planned
    i = parent
  }
  heap[i] = planned
}
const pop = (heap: Planned[]): Planned | undefined => {
  const top = heap[0]
  const last = heap.pop()
  if (top === undefined || last === undefined || heap.length === 0) return top
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Planned, heap[child] as Planned)) child += 1
    if (!before(heap[child] as Planned, last)) break
    heap[i] = heap[child] as Planned
    i = child
  }
  heap[i] = last
  return top
}

type Handle = { cancel: () => void; readonly ref: () => Handle; readonly unref: () => Handle; readonly hasRef: () => boolean }
const handleOf = (cancel: () => void): Handle => {
  const handle: Handle = { cancel, ref: () => handle, unref: () => handle, hasRef: () => true }
  return handle
}
const isHandle = (it: unknown): it is Handle => typeof it === 'object' && it !== null && 'cancel' in it

/** Replaces the process's timers, clocks and chance, once. Outside of runs they are the real ones. */
export const installVirtualTime = (): void => {
  const host = globalThis as unknown as Record<string, (...args: never[]) => unknown>
  const original = { setTimeout, setInterval, clearTimeout, random: Math.random, now: performance.now.bind(performance), sleep: timersPromises.setTimeout }
  const timer = (run: () => void, ms: number, again: boolean): Handle => {
    const at = time as NonNullable<typeof time>
    const whose = at.owner()
    const handle = handleOf(() => planned.cancel())
    const go = (): void => {
      if (again) planned = at.after(whose, ms, go)
      run()
    }
    let planned = at.after(whose, ms, go)
    return handle
  }
  const define = (name: string, virtual: (...args: never[]) => unknown): void => {
    const own = host[name] as (...args: never[]) => unknown
    host[name] = (...args: never[]) => (time === undefined ? own : virtual)(...args)
  }
  define('setTimeout', (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => timer(() => run(...args), Math.max(1, ms), false))
  define('setInterval', (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => timer(() => run(...args), Math.max(1, ms), true))
  define('setImmediate', (run: (...args: unknown[]) => void, ...args: unknown[]) => timer(() => run(...args), 0, false))
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) {
    const own = host[name] as (handle: unknown) => void
    host[name] = (handle: unknown) => (isHandle(handle) ? handle.cancel() : own(handle))
  }
  Date.now = () => (time === undefined ? real.now() : Math.floor(time.wall + time.now()))
  performance.now = () => (time === undefined ? original.now() : time.now())
  Math.random = () => (time === undefined ? original.random() : time.random.unit())
  Object.assign(timersPromises, {
    setTimeout: (ms: number, value: unknown, options: { readonly signal?: AbortSignal } = {}) =>
      time === undefined ? original.sleep(ms, value, options) : sleep(ms, value, options.signal),
  })
  syncBuiltinESMExports()
}

const sleep = (ms: number, value: unknown, signal: AbortSignal | undefined): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const at = time as NonNullable<typeof time>
    const aborted = (): void => {
      planned.cancel()
      reject(new DOMException('The operation was aborted', 'AbortError'))
    }
    const planned = at.after(at.owner(), ms, () => {
      signal?.removeEventListener('abort', aborted)
      resolve(value)
    })
    if (signal?.aborted === true) aborted()
    else signal?.addEventListener('abort', aborted, { once: true })
  })
