import type { Wire } from '../../live/client.ts'
import type { Reader } from '../../live/hub.ts'
import { adminOf } from './engine.ts'
import { ownerOf, type Owner } from './time.ts'
import type { World } from './world.ts'

// A live subscriber, as docs/live.md tells people to write one: it keeps the last cursor that it was sent, resumes with it, and replaces what
// it has where the answer is a new snapshot. Each connection is kept for the checks.

export type Step = { readonly id: string; readonly step: string; readonly cursor: number }
export type Connection = {
  readonly since: number | null
  resumed: boolean
  hello: number
  readonly steps: Step[]
  snapshot: string[]
  /** The last cursor held on it; NaN before the first. */
  last: number
}
export type LiveReader = { readonly connections: readonly Connection[]; readonly open: () => ReadonlySet<string>; readonly cursor: () => number | null }

type Told = {
  readonly type: string
  readonly cursor?: string
  readonly resumed?: boolean
  readonly step?: string
  readonly alarm?: { readonly id: string; readonly state: string }
  readonly alarms?: readonly { readonly id: string }[]
}
/** Larger than real ones, so that a reader that is a little behind is one that the hub queues for. */
const BYTES_PER_FRAME = 16_000
const positionOf = (cursor: string | undefined): number => Number((cursor ?? '').split(':')[1])

export const startReader = (world: World, name: number): LiveReader => {
  const { time } = world
  const random = world.random.fork(20, name)
  const connections: Connection[] = []
  const cursors: number[] = []
  let open = new Set<string>()
  let line: Owner = ownerOf('line')
  let held: number | null = null
  const self = ownerOf('reader')

  const hear = (connection: Connection, told: Told): void => {
    const { type, cursor, alarm } = told
    if (type === 'hello') {
      connection.resumed = told.resumed === true
      connection.hello = positionOf(cursor)
      if (!connection.resumed) open = new Set()
    } else if (type === 'alarms') {
      for (const { id } of told.alarms ?? []) {
        open.add(id)
        connection.snapshot.push(id)
      }
    } else if (type === 'alarm' && alarm !== undefined) {
      connection.steps.push({ id: alarm.id, step: told.step ?? '', cursor: positionOf(cursor) })
      if (alarm.state === 'closed') open.delete(alarm.id)
      else open.add(alarm.id)
    }
    if (type === 'hello' || cursor === undefined) return
    const at = positionOf(cursor)
    connection.last = Number.isNaN(connection.last) ? at : Math.max(connection.last, at)
    held = at
    cursors.push(at)
  }
  const connect = (): void => {
    const { engine } = world
    if (engine === undefined) return again(100)
    line = ownerOf('line')
    const mine = line
    // Now and then one comes back with what it knew long ago; never with a cursor beyond what it has been told since.
    const since = held !== null && !world.calm && random.chance(0.1) ? random.pick(cursors.filter((cursor) => cursor <= (held as number))) : held
    const connection: Connection = { since, resumed: false, hello: Number.NaN, steps: [], snapshot: [], last: Number.NaN }
    let joined: Reader | undefined
    let unsent = 0
    let free = time.now()
    const cut = (): void => {
      if (!mine.alive) return
      mine.alive = false
      time.after(engine.process, 5 + random.wait(20), () => joined?.left())
      again(10 + random.wait(300))
    }
    const wire: Wire = {
      send: (bytes) => {
        unsent += 1
        free = Math.max(free, time.now()) + 0.1 + random.wait(world.calm ? 0.2 : 3)
        time.after(mine, free - time.now(), () => {
          unsent -= 1
          hear(connection, JSON.parse(Buffer.from(bytes).toString()) as Told)
        })
      },
      buffered: () => unsent * BYTES_PER_FRAME,
      close: () => time.after(mine, Math.max(0, free - time.now()) + 1, cut),
      ping: () => joined?.answered(),
    }
    time.after(engine.process, 1, () => {
      const principal = adminOf(engine.machine)
      if (principal === undefined) return
      connections.push(connection)
      joined = engine.hub.join({ principal, topics: ['alarms', 'stats'], area: '', format: 'json', since: since === null ? undefined : `0:${since}` }, wire)
    })
    const watch = (): void => {
      if (!mine.alive) return
      if (!engine.process.alive || (!world.calm && random.chance(0.08))) cut()
      else time.after(self, 100, watch)
    }
    time.after(self, 100, watch)
  }
  const again = (ms: number): void => void time.after(self, ms, connect)
  again(500)
  return { connections, open: () => open, cursor: () => held }
}
