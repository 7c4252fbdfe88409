import { position, type Position } from '../../core/ids.ts'
import type { Machine, Round } from '../../core/thread/machine.ts'
import type { Snapshots } from './snapshots.ts'

// Keeps what a start needs and nothing more: a snapshot now and then, the log trimmed below what is both snapshotted and proved
// to be in ClickHouse, and, when a residence's data has expired, a fresh snapshot alone on a fresh segment.
// Holds always: a snapshot is taken where an extent ends and kept only once every block up to there is verified, so that what is
// replayed from it gives whole blocks under the numbers they had.

export type KeeperDeps = {
  readonly machine: Machine
  readonly log: {
    readonly trim: (to: Position) => void
    readonly roll: () => Promise<void>
    readonly note: (key: string, value: unknown) => Promise<void>
    readonly noted: (key: string) => unknown
  }
  readonly snapshots: Snapshots
  /** The sink, as far as it matters here: what is proved to be in ClickHouse, and when all that expired is out of it. */
  readonly sink: { readonly whenVerified: (block: Position) => Promise<void>; readonly whenErased: () => Promise<void> }
  /** Ends the open extent; resolves when the entry is durable. */
  readonly endExtent: () => Promise<unknown>
  readonly everyMs: number
  /** Data expired in the entries that this start replayed: a run before was killed before it had forgotten it. */
  readonly expiredBefore: boolean
  readonly emit: (happening: KeeperHappening) => void
}
export type KeeperHappening =
  | { readonly kind: 'snapshot-written'; readonly position: number; readonly bytes: number; readonly seconds: number }
  | { readonly kind: 'snapshot-failed'; readonly error: Error }
  | { readonly kind: 'log-erased'; readonly position: number }
export type Keeper = {
  /** Takes one now, if anything happened since the last. */
  readonly snapshot: () => Promise<void>
  /**
   * A copy of the state where the next extent ends, for somebody else to keep. `atEnd` is called with its block in the very round in
   * which it ends, before anything of the next is handed on. No snapshot is taken and nothing trimmed until `use` has resolved.
   */
  readonly copyFor: (atEnd: (block: Position) => void, use: (copy: StateCopy) => Promise<void>) => Promise<void>
  readonly stop: () => Promise<void>
}

export type StateCopy = { readonly position: Position; readonly block: Position; readonly parts: ReadonlyMap<string, Uint8Array> }

/** Noted while a snapshot may already be past an expiry that log and older snapshots still hold: the next start forgets it then. */
const OWED_KEY = 'keeper:owed'
/** Snapshots kept: the newest, and the one before in case the newest turns out damaged. The log reaches back to the older. */
const SNAPSHOTS_KEPT = 2

export const startKeeper = (deps: KeeperDeps): Keeper => {
  const { machine, log, snapshots, sink, emit } = deps
  let last = snapshots.kept().at(-1) ?? 0
  let owedNoted = log.noted(OWED_KEY) === true
  // Expiries seen, and those forgotten.
  let expiries = owedNoted || deps.expiredBefore ? 1 : 0
  let forgotten = 0
  let chain: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = chain.then(work)
    chain = done.catch((error: unknown) => emit({ kind: 'snapshot-failed', error: error as Error }))
    return done
  }
  const noteOwed = async (owed: boolean): Promise<void> => {
    await log.note(OWED_KEY, owed)
    owedNoted = owed
  }
  const take = async (): Promise<Position> => {
    const began = performance.now()
    const { round, copy } = atNextExtent(machine)
    await deps.endExtent()
    const { position: at, parts } = await copy
    await sink.whenVerified((await round).block)
    if (expiries > forgotten && !owedNoted) await noteOwed(true)
    await snapshots.write(at, parts)
    last = at
    let bytes = 0
    for (const part of parts.values()) bytes += part.byteLength
    emit({ kind: 'snapshot-written', position: at, bytes, seconds: (performance.now() - began) / 1000 })
    return at
  }
  const snapshot = async (): Promise<void> => {
    if (machine.applied() <= last + 1) return
    await take()
    const oldest = snapshots.kept().slice(-SNAPSHOTS_KEPT)[0]
    if (oldest !== undefined) log.trim(position(oldest + 1))
  }
  const forget = async (): Promise<void> => {
    const upTo = expiries
    const { round } = atNextExtent(machine)
    await deps.endExtent()
    await sink.whenVerified((await round).block)
    await sink.whenErased()
    await log.roll()
    const at = await take()
    await snapshots.dropBelow(at)
    log.trim(position(at + 1))
    forgotten = upTo
    if (owedNoted && forgotten === expiries) await noteOwed(false)
    emit({ kind: 'log-erased', position: at })
  }
  let waiting = false
  const forgetSoon = (): void => {
    if (waiting) return
    waiting = true
    void inTurn(() => {
      waiting = false
      return forget()
    }).catch(() => undefined)
  }
  machine.onRound((round) => {
    if (round.expiredKeys.length === 0) return
    expiries += 1
    forgetSoon()
  })
  if (expiries > 0) forgetSoon()
  // One at a time: while ClickHouse is away a snapshot waits, with a copy of the state, and others behind it would be of no use.
  let periodic = false
  const timer = setInterval(() => {
    if (periodic) return
    periodic = true
    // What could not be forgotten when it expired (a full disk) is tried again.
    void inTurn(() => (expiries > forgotten ? forget() : snapshot()))
      .catch(() => undefined)
      .finally(() => {
        periodic = false
      })
  }, deps.everyMs)
  return {
    snapshot: () => inTurn(snapshot),
    copyFor: (atEnd, use) =>
      inTurn(async () => {
        const { round, copy } = atNextExtent(machine, (ended) => atEnd(ended.block))
        await deps.endExtent()
        const { position: at, parts } = await copy
        await use({ position: at, block: (await round).block, parts })
      }),
    stop: () => {
      clearInterval(timer)
      return chain
    },
  }
}

/** A copy of the state exactly where the next extent ends: asked for inside the round's own turn, before another is applied. */
const atNextExtent = (
  machine: Machine,
  atEnd: (round: Round) => void = () => undefined,
): { readonly round: Promise<Round>; readonly copy: ReturnType<Machine['snapshot']> } => {
  let arrived: (round: Round) => void = () => undefined
  const round = new Promise<Round>((resolve) => (arrived = resolve))
  const copy = new Promise<Awaited<ReturnType<Machine['snapshot']>>>((resolve, reject) => {
    const leave = machine.onRound((ended) => {
      if (!ended.ends) return
      leave()
      arrived(ended)
      atEnd(ended)
      machine.snapshot().then(resolve, reject)
    })
  })
  return { round, copy }
}
