// Reads what `strace -f -y` wrote of an engine that answers one request at a time, and says whether each receipt was written to its
// socket only after the log's flush had completed: fdatasync of a segment returned 0, then its meta page written (LMDB opens that
// descriptor with O_DSYNC, so the write is its flush) — both since the receipt before.

export type FlushCheck = { readonly receipts: number; /** One line for each receipt that came too early. */ readonly faults: readonly string[] }

const CALL = /^(\d+) +(\w+)\((\d+)<((?:[^>]|(?<=-)>)*)>(.*)$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/
const SEGMENT = /\/log\/\d{16}\.lmdb$/
/** A WebSocket frame of a server: binary (0x82), unmasked. Or a 200 that carries a protobuf body. */
const RECEIPT = /^, (?:\[\{iov_base=|\{msg_name=.*iov_base=)?"(?:\\202|HTTP\/1\.1 200 OK\\r\\ncontent-type: application\/x-p)/

export const checkFlushes = (trace: string): FlushCheck => {
  const begun = new Map<string, { readonly name: string; readonly path: string }>()
  const faults: string[] = []
  let receipts = 0
  let synced = false
  let flushed = false
  const done = (name: string, path: string, rest: string): void => {
    const result = Number(/= (-?\d+)[^=]*$/.exec(rest)?.[1] ?? -1)
    if (!SEGMENT.test(path) || result < 0) return
    if (name === 'fdatasync' || name === 'fsync' || name === 'msync') synced = true
    else if (synced) flushed = true
  }
  for (const line of trace.split('\n')) {
    const resumed = RESUMED.exec(line)
    if (resumed !== null) {
      const call = begun.get(resumed[1] as string)
      if (call !== undefined) done(call.name, call.path, resumed[3] as string)
      begun.delete(resumed[1] as string)
      continue
    }
    const [, thread = '', name = '', , path = '', rest = ''] = CALL.exec(line) ?? []
    if (name === '') continue
    if (RECEIPT.test(rest) && /^(?:TCP|socket)/.test(path)) {
      receipts += 1
      if (!flushed) faults.push(`receipt ${receipts} before its flush: ${line}`)
      synced = false
      flushed = false
    } else if (rest.includes('<unfinished ...>')) begun.set(thread, { name, path })
    else done(name, path, rest)
  }
  return { receipts, faults }
}
