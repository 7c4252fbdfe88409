import { EVENT, type EventKindName } from '../../core/kinds.ts'
import type { SiteSpec } from '../../core/ops.ts'
import type { Random } from '../random.ts'
import { encodePlain, sealOf, type PlainEvent } from '../chaos/events.ts'
import { decodeReceipt } from '../sender.ts'
import { adminOf } from './engine.ts'
import { ownerOf } from './time.ts'
import type { World } from './world.ts'

// The people and seals of a simulated run: they keep what has no receipt and send it again, now and then send again what has one, put the
// register right, look after alarms. What they were promised is kept for the checks.

export type Clients = {
  /** `seal boot seq`, for each event that a receipt called durable. */
  readonly receipted: Set<string>
  readonly idle: () => boolean
  readonly counts: { sent: number; resent: number; events: number }
}
type Batch = { readonly events: readonly PlainEvent[]; readonly bytes: Uint8Array; open: boolean; at: number }

const KINDS = Object.keys(EVENT).filter((kind) => kind !== 'COUNTER') as EventKindName[]
const PATIENCE_MS = 900
const AREAS = ['city/a/1', 'city/a/2', 'city/b/1']

export const startClients = (world: World): Clients => {
  const { time } = world
  const random = world.random.fork(10)
  const self = ownerOf('clients')
  const sites = siteSpecs(world, random)
  const seals = sites.flatMap((site) => site.seals.map(({ id }) => id))
  const counters = new Map(seals.map((seal) => [seal, { boot: 1, seq: 0 }]))
  const receipted = new Set<string>()
  const counts = { sent: 0, resent: 0, events: 0 }
  const batches: Batch[] = []
  let registered = false

  const send = (batch: Batch): void => {
    batch.at = time.now()
    counts.sent += 1
    const { engine } = world
    if (engine === undefined) return
    time.after(engine.process, 0.2 + random.wait(1), () => {
      const admin = adminOf(engine.machine)
      const answer = admin === undefined ? null : engine.accept(batch.bytes, admin)
      answer?.then(
        ({ receipt }) => time.after(self, 0.2 + random.wait(1), () => taken(batch, receipt)),
        () => undefined,
      )
    })
  }
  const taken = (batch: Batch, receipt: Uint8Array): void => {
    const { accepted, rejected, rejections } = decodeReceipt(receipt)
    if (accepted + rejected !== batch.events.length) world.complain(`a receipt for ${accepted} + ${rejected} of ${batch.events.length} events`)
    const refused = new Set(rejections.map(({ index }) => index))
    batch.events.forEach(({ seal, boot = 1, seq }, i) => {
      if (!refused.has(i)) receipted.add(`${BigInt(`0x${seal}`)} ${boot} ${seq}`)
    })
    if (batch.open) world.trace(`client: receipt for ${accepted}, ${rejected} rejected`)
    batch.open = false
  }
  const makeBatch = (): void => {
    const events = Array.from({ length: random.int(1, 7) }, (): PlainEvent => {
      const seal = random.chance(0.03) ? sealOf(999) : random.pick(seals)
      const counter = counters.get(seal) ?? { boot: 1, seq: 0 }
      if (random.chance(0.01)) {
        counter.boot += 1
        counter.seq = 0
      }
      counter.seq += random.chance(0.03) ? 3 : 1
      const kind = random.pick(KINDS)
      const value =
        kind === 'HEARTBEAT'
          ? random.pick([2900, 3500])
          : kind === 'TEMPERATURE'
            ? random.pick([36_500, 38_200])
            : random.chance(0.02)
              ? 5000
              : random.int(0, 3)
      return { seal, time: world.wall() - (random.chance(0.1) ? random.int(0, 4000) : 0), boot: counter.boot, seq: counter.seq, kind, value }
    })
    counts.events += events.length
    const batch: Batch = { events, bytes: encodePlain(events), open: true, at: 0 }
    batches.push(batch)
    send(batch)
  }
  const beat = (): void => {
    if (!registered) register()
    else {
      if (!world.calm) makeBatch()
      for (const batch of batches) {
        if (!batch.open || time.now() - batch.at < PATIENCE_MS) continue
        counts.resent += 1
        send(batch)
      }
      const before = batches.at(-4)
      if (before !== undefined && random.chance(0.05)) send(before)
      if (random.chance(0.12) && !world.calm) staffWork(world, random, sites)
    }
    time.after(self, 30 + random.wait(80), beat)
  }
  const register = (): void => {
    const { engine } = world
    if (engine === undefined) return
    time.after(engine.process, 1, () => {
      const admin = adminOf(engine.machine)
      if (admin === undefined) return
      engine.change.registry({ op: 'put-sites', by: admin, sites }, admin, { action: 'put-sites', target: 's-1', detail: '' }).then(
        () => time.after(self, 1, () => void (registered = true)),
        (error: unknown) => world.trace(`client: not registered: ${(error as Error).message}`),
      )
    })
  }
  beat()
  return { receipted, idle: () => registered && batches.every(({ open }) => !open), counts }
}

const siteSpecs = (world: World, random: Random): SiteSpec[] => {
  const start = world.wall()
  return Array.from({ length: random.int(4, 9) }, (_, n): SiteSpec => {
    const kind = random.pick(['residence', 'residence', 'building', 'gate'] as const)
    const until = start + (random.chance(0.3) ? random.int(3000, 9000) : 10_000_000)
    return {
      site: `s-${n + 1}`,
      area: AREAS[n % 3] as string,
      kind,
      headcount: kind === 'gate' ? 0 : random.int(1, 3),
      capacity: kind === 'building' ? 3 : null,
      inside: null,
      observation: kind === 'residence' ? { from: start - 1000, until } : null,
      seals: Array.from({ length: random.int(1, 3) }, (_seal, k) => ({ id: sealOf(n * 2 + k + 1), from: null, until: null })),
    }
  })
}

/** One thing that a member of staff does; what the engine refuses or does not answer is let be. */
const staffWork = (world: World, random: Random, sites: readonly SiteSpec[]): void => {
  const { engine } = world
  if (engine === undefined) return
  const choice = random.unit()
  const site = random.pick(sites)
  world.time.after(engine.process, 1, () => {
    const by = adminOf(engine.machine)
    if (by === undefined) return
    const noted = { action: 'work', target: site.site, detail: 'looked' }
    const open = [...engine.machine.openAlarms()]
    const now = world.wall()
    const done: Promise<unknown> =
      choice < 0.6 && open.length > 0
        ? engine.change.alarm({ op: choice < 0.5 ? 'acknowledge' : 'clear', id: random.pick(open).id, by, note: 'seen' }, noted)
        : choice < 0.8
          ? engine.change.registry({ op: 'put-permit', by, permit: { site: site.site, from: now, until: now + 3000, openings: 2, reason: 'visit' } }, by, noted)
          : engine.change.registry({ op: 'put-sites', by, sites: [{ ...site, headcount: random.int(1, 4) }] }, by, noted)
    done.catch(() => undefined)
  })
}
