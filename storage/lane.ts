import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { countBlock, isInsertRunning, sendBlock, type Payload } from './insert.ts'
import type { SinkHappening } from './sink-events.ts'
import type { TableSpec } from './tables.ts'

// The lane of one table: one block in flight, each sent until it is proved to be there, exactly once.
//
//   noted {sending: N, attempt} ──► send with token ──► count rows of N ──► all there ──► verified
//                                      ▲    │ any other end          │ none, and no insert of it runs
//                                      └────┘ wait, same token       └─► note the next attempt, send again
//
// Invariants:
// - a token is noted durably before its first use, and never used for another block;
// - block N+1 is not sent before N is verified, so N's rows can always be counted, in rollups too (they merge to the largest block);
// - a block is one part, so it is there whole or not at all; a count in between is a bug or foreign hands, and the lane stops at it, loudly;
// - after a restart only the block noted as being sent is in doubt: it is counted before anything is sent.

export type LaneNote = { readonly verified: number; readonly sending: number; readonly attempt: number }
export type LaneOptions = {
  readonly client: ClickHouseClient
  readonly spec: TableSpec
  readonly logId: string
  readonly note: (key: string, value: LaneNote) => Promise<void>
  readonly noted: LaneNote | undefined
  readonly emit: (happening: SinkHappening) => void
  readonly signal: AbortSignal
}
export type Lane = {
  /** Every block up to here that has rows of this table is in ClickHouse. */
  readonly verified: () => number
  /** Sends one block and resolves when it is verified. Rejects only when stopped. */
  readonly store: (block: number, build: () => Payload | Promise<Payload>) => Promise<void>
  /** Why ClickHouse (or the encoder) does not take the block under way, for its content; null while all is well. */
  readonly refusal: () => string | null
}

const WAIT_MS_MIN = 100
const WAIT_MS_MAX = 2_000
/** A refused content does not get better by itself; a person may have repaired the table meanwhile. */
const REFUSED_WAIT_MS = 30_000
/** Codes that speak of the content or the table, not of the moment: unknown identifier, type mismatch, cannot parse, no such column, table or enum value, too many parts by partition key … */
const REFUSED_CODES = new Set([
  '6',
  '10',
  '16',
  '20',
  '26',
  '27',
  '32',
  '33',
  '34',
  '36',
  '38',
  '41',
  '43',
  '44',
  '47',
  '49',
  '50',
  '53',
  '60',
  '62',
  '69',
  '70',
  '81',
  '117',
  '131',
  '252',
  '321',
  '349',
  '691',
])

/** Blocks are numbered from 0: the rows before a log's first extent entry are block 0. */
export const NO_BLOCK = -1

export const noteKey = (table: string): string => `sink:${table}`

export const createLane = (options: LaneOptions): Lane => {
  const { spec, emit } = options
  let verified = options.noted?.verified ?? -1
  let doubtful = options.noted?.sending ?? -1
  let doubtfulAttempt = options.noted?.attempt ?? 1
  let refusal: string | null = null
  const telling: LaneOptions = {
    ...options,
    emit: (happening) => {
      if (happening.kind === 'refused') refusal = happening.reason
      emit(happening)
    },
  }
  const store: Lane['store'] = async (block, build) => {
    if (block <= verified) return
    const started = Date.now()
    const payload = await built(telling, block, build)
    const inDoubt = doubtful === block
    const done = await storeBlock(telling, { block, payload, verified, inDoubt, attempt: inDoubt ? doubtfulAttempt : 1 })
    doubtful = -1
    doubtfulAttempt = 1
    verified = block
    refusal = null
    emit({ kind: 'block-verified', table: spec.name, block, rows: payload.rows, bytes: payload.bytes, ms: Date.now() - started, attempts: done.attempt })
  }
  return { verified: () => verified, store, refusal: () => refusal }
}

/** Encodes. A cell that cannot be right is a bug of ours: the table waits and says so, nothing is dropped. */
const built = async (options: LaneOptions, block: number, build: () => Payload | Promise<Payload>): Promise<Payload> => {
  for (;;) {
    try {
      return await build()
    } catch (error) {
      options.emit({
        kind: 'refused',
        table: options.spec.name,
        block,
        reason: error instanceof Error ? error.message : String(error),
        waitMs: REFUSED_WAIT_MS,
      })
      await sleep(REFUSED_WAIT_MS, undefined, { signal: options.signal, ref: false })
    }
  }
}

type Work = { readonly block: number; readonly payload: Payload; readonly verified: number; readonly inDoubt: boolean; readonly attempt: number }

const storeBlock = async (options: LaneOptions, work: Work): Promise<{ readonly attempt: number }> => {
  const { spec } = options
  const remember = (attempt: number): Promise<void> => options.note(noteKey(spec.name), { verified: work.verified, sending: work.block, attempt })
  let attempt = work.attempt
  let failures = 0
  let doubt = work.inDoubt
  let isNoted = work.inDoubt
  for (;;) {
    options.signal.throwIfAborted()
    try {
      if (!isNoted) await remember(attempt)
      isNoted = true
      const outcome = await tryOnce(options, work, attempt, doubt)
      if (doubt) options.emit({ kind: 'resolved', table: spec.name, block: work.block, there: outcome === 'there', attempt })
      if (outcome === 'there') return { attempt }
      attempt += 1
      isNoted = false
      doubt = false
    } catch (error) {
      if (options.signal.aborted) throw error
      doubt = true
      failures += 1
      await pause(options, work, attempt, failures, error)
    }
  }
}

/** Sends (again, with the same token, where the last end was ambiguous) and counts. */
const tryOnce = async ({ client, spec, logId }: LaneOptions, { block, payload }: Work, attempt: number, doubt: boolean): Promise<'there' | 'absent'> => {
  const token = `${logId}:${spec.name}:${block}:${attempt}`
  if (doubt) {
    // An insert of before may still run; sending beside it could store the block twice. Nor is its token proof: ClickHouse writes the list of
    // tokens without a flush, and after a power loss has the part, but not its token.
    if (await isInsertRunning(client, token)) throw new Error(`an insert of block ${block} still runs`)
    if ((await countBlock(client, spec, block)) === payload.counted) return 'there'
  }
  await sendBlock(client, spec, payload, token)
  const count = await countBlock(client, spec, block)
  if (count === payload.counted) return 'there'
  if (count === 0) {
    if (await isInsertRunning(client, token)) throw new Error(`an insert of block ${block} still runs`)
    // It may have ended between the two questions.
    const again = await countBlock(client, spec, block)
    if (again === 0) return 'absent'
    if (again === payload.counted) return 'there'
  }
  throw new PartialBlockError(`${spec.name} has ${count} rows of block ${block}, not ${payload.counted}: a block is one part, so this should be impossible`)
}

class PartialBlockError extends Error {
  override readonly name = 'PartialBlockError'
}

const pause = async (options: LaneOptions, work: Work, attempt: number, failures: number, error: unknown): Promise<void> => {
  const reason = error instanceof Error ? error.message : String(error)
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (REFUSED_CODES.has(code) || error instanceof PartialBlockError) {
    options.emit({ kind: 'refused', table: options.spec.name, block: work.block, reason, waitMs: REFUSED_WAIT_MS })
    await sleep(REFUSED_WAIT_MS, undefined, { signal: options.signal, ref: false })
    return
  }
  // Full jitter over the upper half, so that lanes that failed together do not come back together.
  const waitMs = Math.round(Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2))
  options.emit({ kind: 'retry', table: options.spec.name, block: work.block, attempt, failures, waitMs, reason })
  await sleep(waitMs, undefined, { signal: options.signal, ref: false })
}
