import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodePlain, sealOf, type PlainEvent } from '../../bench/chaos/events.ts'
import { seeded } from '../../bench/random.ts'
import { scratchDir, startEngine, type OwnEngine } from '../../bench/engine.ts'
import { api, apiOk, call, clickhouseRows } from '../../bench/http.ts'
import { decodeReceipt, type Receipt } from '../../bench/sender.ts'
import type { Target } from '../../bench/target.ts'

// One engine's data folder and the real processes that run on it, one after another: started, killed, stopped, started again.

export type Rig = {
  readonly dir: string
  readonly target: () => Target
  readonly pid: () => number
  readonly start: (flags?: readonly string[]) => Promise<void>
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves with how it ended and after how many ms. */
  readonly stop: () => Promise<{ readonly said: string; readonly ms: number }>
  /** Log lines of all runs so far. */
  readonly lines: string[]
  readonly dispose: () => Promise<void>
}

export const createRig = (name: string): Rig => {
  const dir = scratchDir(name)
  const lines: string[] = []
  let engine: OwnEngine | undefined
  const running = (): OwnEngine => {
    if (engine === undefined) throw new Error('no engine runs')
    return engine
  }
  const gone = async (): Promise<string> => {
    const said = await running().ended
    engine = undefined
    return said
  }
  return {
    dir,
    lines,
    target: () => running().target,
    pid: () => running().pid,
    start: async (flags = []) => {
      engine = await startEngine({ dataDir: dir, keep: true, flags, onLog: (line) => void lines.push(line) })
    },
    kill: async () => {
      process.kill(running().pid, 'SIGKILL')
      await gone()
    },
    stop: async () => {
      const began = performance.now()
      process.kill(running().pid, 'SIGTERM')
      return { said: await gone(), ms: performance.now() - began }
    },
    dispose: async () => {
      if (engine !== undefined) process.kill(engine.pid, 'SIGKILL')
      await engine?.ended
      await sleep(300)
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

export type TestEvent = PlainEvent
export const encode = encodePlain
/** One request; throws where the answer is no receipt. */
export const send = async (target: Target, events: readonly TestEvent[]): Promise<Receipt> => {
  const headers = { authorization: `Bearer ${target.token('sender')}`, 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' }
  const reply = await call({ method: 'POST', url: `${target.url}/v1/events`, headers, body: encode(events) })
  if (reply.status !== 200) throw new Error(`/v1/events: ${reply.status} ${reply.body.toString()}`)
  return decodeReceipt(reply.body)
}

export const sealId = sealOf
const iso = (ms: number): string => new Date(ms).toISOString()
export type Home = {
  readonly site: string
  readonly seals: readonly string[]
  readonly from: number
  readonly until: number
  readonly headcount?: number
  readonly kind?: string
  readonly area?: string
}
export const register = async (target: Target, homes: readonly Home[]): Promise<void> => {
  const body = homes
    .map(({ site, seals, from, until, headcount = 2, kind = 'residence', area = 'fuzhou/gulou/antai/jinzhaili/7' }) =>
      JSON.stringify({
        site,
        area,
        kind,
        headcount,
        capacity: null,
        inside: null,
        observation: kind === 'residence' ? { from: iso(from), until: iso(until) } : null,
        seals,
      }),
    )
    .join('\n')
  const report = (await apiOk(target, 'admin', { path: '/v1/sites/import', text: { type: 'application/x-ndjson', body } })) as { created: number }
  if (report.created !== homes.length) throw new Error(`import: ${JSON.stringify(report)}`)
}
/** Moves the engine's clock (tick source `simulator`) second by second, or in one step. */
export const tick = async (target: Target, now: number): Promise<void> => void (await apiOk(target, 'admin', { path: '/v1/ticks', json: { now } }))

export type Alarm = {
  readonly id: string
  readonly kind: string
  readonly site: string
  readonly seal: string
  readonly active: boolean
  readonly raisedAt: unknown
  readonly since: unknown
  readonly repeats: number
}
export const openAlarms = async (target: Target): Promise<readonly Alarm[]> => {
  const { items } = (await apiOk(target, 'admin', { path: '/v1/alarms?state=open&limit=500' })) as { items: Alarm[] }
  return items
}
export const rows = <T>(target: Target, sql: string): Promise<readonly T[]> => clickhouseRows<T>(target, sql)
export const get = (target: Target, path: string): ReturnType<typeof api> => api(target, 'admin', { path })
/** Tries until it holds; throws with what was last seen. */
export const eventually = async <T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean, ms = 15_000): Promise<T> => {
  const until = performance.now() + ms
  for (;;) {
    const seen = await look().catch((error: unknown) => error as T)
    if (!(seen instanceof Error) && holds(seen)) return seen
    if (performance.now() > until) throw new Error(`${what}: not within ${ms} ms; last seen ${seen instanceof Error ? seen.message : JSON.stringify(seen)}`)
    await sleep(100)
  }
}

export const random = (seed: number): (() => number) => seeded(seed).unit
