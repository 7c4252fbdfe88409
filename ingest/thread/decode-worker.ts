import zlib from 'node:zlib'
import { Writer } from 'protobufjs/minimal.js'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { admit, type Verdicts } from '../admit.ts'
import { decodeBatch } from '../decode.ts'
import { createDecoded, EVENTS_PER_BATCH_MAX } from '../decoded.ts'
import { createEntryBuilder } from '../entry-builder.ts'
import { attachDirectory, BODY_BYTES_MAX, ENCODING_NO, type DecodeDone, type DecodeFailure, type DecodeTask } from './decode-task.ts'

// The piscina task: bodies of requests in; finished log entries and finished receipts out. One bad body fails alone.
// Keeps its arrays from task to task, and nothing else.

/** Events of one entry. A block of ClickHouse holds 1,000,000 rows and ends between entries: an entry must stay well below. */
export const ENTRY_EVENTS_MAX = 200_000
const REASONS = 16

const decoded = createDecoded()
const builder = createEntryBuilder()

// One function a worker thread: piscina calls the module's default export, or the one that `name` names.
export const decodeTask = (task: DecodeTask): unknown => {
  const done = decodeAll(task)
  const transfer = [done.receipts.buffer, ...done.entries.map((entry) => entry.buffer)]
  return move({
    get [transferableSymbol]() {
      return transfer
    },
    get [valueSymbol]() {
      return done
    },
  })
}

/** The task itself, on whatever thread calls it. */
export const decodeAll = (task: DecodeTask): DecodeDone => {
  const count = task.ends.length
  const directory = attachDirectory(task.directory)
  const allowed = task.senders.map((sender) => (sender.allowed === null ? null : new Uint8Array(sender.allowed)))
  const entries: Uint8Array<ArrayBuffer>[] = []
  const failures: DecodeFailure[] = []
  const done = {
    entryOf: new Int32Array(count).fill(-1),
    accepted: new Uint32Array(count),
    rejected: new Uint32Array(count),
    receiptEnds: new Uint32Array(count),
    reasons: new Uint32Array(REASONS),
    listed: new Uint32Array(task.senders.length),
  }
  const receipts = Writer.create()
  const finishEntry = (): void => {
    const entry = builder.finish(task.received)
    if (entry !== undefined) entries.push(entry)
  }
  for (let r = 0; r < count; r++) {
    const failed = decodeOne(task, r)
    if (typeof failed === 'number') {
      const senderNo = task.senderOf[r] as number
      const sender = task.senders[senderNo]
      if (sender === undefined) throw new RangeError(`request ${r} is of no sender`)
      if (builder.size() > 0 && builder.size() + failed > ENTRY_EVENTS_MAX) finishEntry()
      const admission = {
        directory,
        policy: POLICY_DEFAULT,
        received: task.received,
        tokenNo: sender.tokenNo,
        allowed: allowed[senderNo] ?? null,
        listedMax: sender.listedMax - (done.listed[senderNo] as number),
      }
      const verdicts = admit(decoded, failed, admission, builder)
      for (const reason of verdicts.reason) done.reasons[reason] = (done.reasons[reason] as number) + 1
      done.listed[senderNo] = (done.listed[senderNo] as number) + verdicts.listed
      done.accepted[r] = verdicts.accepted
      done.rejected[r] = verdicts.index.length
      if (failed > 0) done.entryOf[r] = entries.length
      writeReceipt(receipts, verdicts)
    } else failures.push(failed)
    // protobufjs deprecates `len` for `length`, which its types do not have yet.
    // oxlint-disable-next-line typescript/no-deprecated
    done.receiptEnds[r] = receipts.len
  }
  finishEntry()
  return { ...done, entries, failures, receipts: new Uint8Array(receipts.finish()) }
}

/** Decodes request `r` into the thread's columns: how many events, or why not. */
const decodeOne = (task: DecodeTask, r: number): number | DecodeFailure => {
  const body = task.bodies.subarray(r === 0 ? 0 : task.ends[r - 1], task.ends[r])
  const plain = decompress(body, task.encodingOf[r] as number)
  if (!(plain instanceof Uint8Array)) return { request: r, ...plain }
  const result = decodeBatch(plain, decoded)
  switch (result.kind) {
    case 'decoded':
      return result.count
    case 'too-many':
      return { request: r, code: 'too-large', detail: `a batch holds at most ${EVENTS_PER_BATCH_MAX} events` }
    case 'malformed':
      return { request: r, code: 'malformed', detail: `not an EventBatch: ${result.detail}`, where: `body byte ${result.offset}` }
  }
}

type Zstd = { readonly zstdDecompressSync?: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array }

const decompress = (
  body: Uint8Array,
  encoding: number,
): Uint8Array | { readonly code: 'malformed' | 'too-large'; readonly detail: string; readonly where?: string } => {
  if (encoding === ENCODING_NO.identity) return body
  const options = { maxOutputLength: BODY_BYTES_MAX }
  try {
    if (encoding === ENCODING_NO.gzip) return zlib.gunzipSync(body, options)
    return (zlib as unknown as Zstd).zstdDecompressSync?.(body, options) ?? { code: 'malformed', detail: 'zstd is not known here' }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return { code: 'too-large', detail: `the body decompresses to more than ${BODY_BYTES_MAX} bytes` }
    return { code: 'malformed', detail: `the body does not decompress: ${message}`, where: 'body' }
  }
}

/** seal.v1.Receipt, without its objects. */
const writeReceipt = (writer: Writer, { accepted, index, reason }: Verdicts): void => {
  if (accepted > 0) writer.uint32(8).uint32(accepted)
  if (index.length > 0) writer.uint32(16).uint32(index.length)
  for (let i = 0; i < index.length; i++) {
    writer.uint32(26).fork()
    if (index[i] !== 0) writer.uint32(8).uint32(index[i] as number)
    writer
      .uint32(16)
      .int32(reason[i] as number)
      .ldelim()
  }
}
