import { setTimeout as sleep } from 'node:timers/promises'
import type { EventKindName } from '../../core/kinds.ts'
import { call } from '../http.ts'
import { decodeReceipt } from '../sender.ts'
import type { Target } from '../target.ts'
import { encodePlain, sealOf, type PlainEvent } from './events.ts'

// Clients that keep what they send until they have its receipt, as seals do: each owns some seals, numbers their events from 1
// without a gap, sends again what got no answer, and now and then sends again what did.

export type Load = {
  /** By seal: the highest seq with a receipt. All below have one too. */
  readonly receipted: ReadonlyMap<string, number>
  /** By seal and kind: people or times, of what has a receipt. */
  readonly sums: ReadonlyMap<string, number>
  readonly counts: { receipts: number; resent: number; refused: number }
  /** Lets each client finish the batch it holds, and wait. Resolves when all do: what is receipted is then all that there is. */
  readonly pause: () => Promise<void>
  readonly resume: () => void
  /** Lets each client finish the batch it holds, and ends. */
  readonly finish: () => Promise<void>
}
export type LoadOptions = {
  readonly target: () => Target | undefined
  readonly clients: number
  readonly seals: readonly string[]
  readonly batch: number
  readonly random: () => number
}

const KINDS: readonly EventKindName[] = ['PASSAGE_IN', 'PASSAGE_OUT', 'PASSAGE_IN', 'PASSAGE_OUT', 'DOOR_OPENED', 'DOOR_CLOSED', 'HEARTBEAT']
/** A client pauses after an error, and between batches, so that one machine can hold engine and clients. */
const PAUSE_MS = 20

export const sealsFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, n) => sealOf(first + n))

export const startLoad = (options: LoadOptions): Load => {
  const { target, clients, seals, batch, random } = options
  const receipted = new Map(seals.map((seal) => [seal, 0]))
  const sums = new Map<string, number>()
  const counts = { receipts: 0, resent: 0, refused: 0 }
  let finishing = false
  let paused: { readonly released: Promise<void>; readonly release: () => void } | undefined
  let waiting = 0
  const makeBatch = (own: readonly string[]): PlainEvent[] => {
    const next = new Map<string, number>()
    return Array.from({ length: batch }, () => {
      const seal = own[Math.floor(random() * own.length)] as string
      const seq = (next.get(seal) ?? receipted.get(seal) ?? 0) + 1
      next.set(seal, seq)
      const kind = seq === 3 ? 'TAMPERED' : (KINDS[Math.floor(random() * KINDS.length)] as EventKindName)
      return { seal, time: Date.now(), seq, kind, value: kind === 'HEARTBEAT' ? 3500 : 1 }
    })
  }
  const attempt = async (bytes: Uint8Array): Promise<'receipted' | 'again'> => {
    const at = target()
    if (at === undefined) return 'again'
    const headers = { authorization: `Bearer ${at.token('sender')}`, 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' }
    const reply = await call({ method: 'POST', url: `${at.url}/v1/events`, headers, body: bytes, timeoutMs: 10_000 }).catch(() => undefined)
    if (reply === undefined || reply.status === 503 || reply.status === 429 || reply.status === 507) return 'again'
    if (reply.status !== 200) throw new Error(`/v1/events: ${reply.status} ${reply.body.toString()}`)
    const { accepted, rejected } = decodeReceipt(reply.body)
    counts.refused += rejected
    if (accepted !== batch) throw new Error(`a receipt for ${accepted} of ${batch} events (${rejected} rejected)`)
    return 'receipted'
  }
  const client = async (own: readonly string[]): Promise<void> => {
    let last: Uint8Array | undefined
    while (!finishing) {
      if (paused !== undefined) {
        waiting += 1
        await paused.released
        waiting -= 1
        continue
      }
      const events = makeBatch(own)
      const bytes = encodePlain(events)
      while ((await attempt(bytes)) === 'again') {
        counts.resent += 1
        await sleep(PAUSE_MS)
      }
      counts.receipts += 1
      for (const { seal, seq, kind, value = 0 } of events) {
        receipted.set(seal, Math.max(seq, receipted.get(seal) ?? 0))
        sums.set(`${seal} ${kind}`, (sums.get(`${seal} ${kind}`) ?? 0) + value)
      }
      if (last !== undefined && random() < 0.1) {
        counts.resent += 1
        await attempt(last)
      }
      last = bytes
      await sleep(random() * PAUSE_MS)
    }
  }
  const running = Array.from({ length: clients }, (_, n) => client(seals.filter((_seal, index) => index % clients === n)))
  const all = Promise.all(running)
  all.catch(() => undefined)
  return {
    receipted,
    sums,
    counts,
    pause: async () => {
      let release = (): void => undefined
      const released = new Promise<void>((resolve) => (release = resolve))
      paused = { released, release }
      // A client that throws has found something: it is told at once.
      while (waiting < clients) await Promise.race([sleep(PAUSE_MS), all])
    },
    resume: () => {
      paused?.release()
      paused = undefined
    },
    finish: async () => {
      finishing = true
      paused?.release()
      await all
    },
  }
}
