import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { afterAll, expect, test } from 'vitest'
import { decodeReceipt } from '../../bench/sender.ts'
import { partTest } from '../parts/part-test.ts'
import { checkFlushes } from './flush-trace.ts'
import { createRig, encode, register, sealId, send, tick, type Rig } from './rig.ts'

// The log's flush ends before a receipt is written to the socket: seen from outside, in the system calls of the real engine.

const RECEIPTS = 40
const T0 = Date.UTC(2026, 10, 24, 9)
/** Nothing else flushes meanwhile: no ticks, no extents, no snapshots, so each flush seen belongs to the receipt that follows. */
const FLAGS = ['--tick-source', 'simulator', '--extent-ms', '60000', '--snapshot-ms', '86400000', '--log-level', 'warn']
let rig: Rig | undefined
afterAll(async () => {
  await rig?.dispose()
}, 30_000)

partTest('strace')(
  `each of ${2 * RECEIPTS} receipts, by HTTP and by WebSocket, is written after its flush has completed`,
  async (strace) => {
    rig = createRig('flush')
    await rig.start(FLAGS)
    const target = rig.target()
    await tick(target, T0)
    await register(target, [{ site: 'tower', seals: [sealId(0x91)], from: 0, until: 0, kind: 'building' }])
    const event = (seq: number) => ({ seal: sealId(0x91), time: T0, seq, kind: 'PASSAGE_IN' as const, value: 1 })
    expect(await send(target, [event(1)])).toMatchObject({ accepted: 1 })
    const socket = new WebSocket(`${target.url.replace('http', 'ws')}/v1/events`, { headers: { authorization: `Bearer ${target.token('sender')}` } })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))

    const file = join(rig.dir, 'trace')
    const tracer = await attach(strace, rig.pid(), file)
    for (let n = 0; n < RECEIPTS; n += 1) expect(await send(target, [event(2 + n)])).toMatchObject({ accepted: 1 })
    for (let n = 0; n < RECEIPTS; n += 1) {
      const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve))
      socket.send(encode([event(2 + RECEIPTS + n)]))
      expect(decodeReceipt(await answer)).toMatchObject({ accepted: 1 })
    }
    socket.close()
    await detach(tracer)
    const { receipts, faults } = checkFlushes(readFileSync(file, 'utf8'))
    expect(faults).toEqual([])
    expect(receipts).toBe(2 * RECEIPTS)
  },
  90_000,
)

const attach = async (strace: string, pid: number, file: string): Promise<ChildProcess> => {
  // -y prints the path behind each descriptor.
  const tracer = spawn(
    strace,
    ['-f', '-y', '-s', '48', '-o', file, '-e', 'trace=fdatasync,fsync,msync,pwrite64,pwritev,write,writev,sendto,sendmsg', '-p', String(pid)],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  await new Promise<void>((resolve, reject) => {
    tracer.stderr?.on('data', (text: Buffer) => text.toString().includes('attached') && resolve())
    tracer.once('exit', () => reject(new Error('strace could not attach')))
  })
  await sleep(500)
  return tracer
}
const detach = (tracer: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    tracer.once('exit', () => resolve())
    tracer.kill('SIGINT')
  })

const LINES = {
  receipt: '10 write(25<TCP:[127.0.0.1:1->127.0.0.1:2]>, "HTTP/1.1 200 OK\\r\\ncontent-type: application/x-protobuf", 300) = 300',
  flush: '11 fdatasync(20</d/log/0000000000000001.lmdb>) = 0',
  meta: '11 pwrite64(21</d/log/0000000000000001.lmdb>, "..", 120, 0) = 120',
}
const faultsOf = (...lines: string[]): number => checkFlushes(lines.join('\n')).faults.length

test('the check finds a receipt that was not flushed, or too early', () => {
  const { receipt, flush, meta } = LINES
  expect(faultsOf(flush, meta, receipt)).toBe(0)
  expect(faultsOf(receipt, flush, meta)).toBe(1)
  expect(faultsOf(flush, meta, receipt, receipt)).toBe(1)
  expect(faultsOf(flush, receipt, meta)).toBe(1)
  // Begun is not done.
  expect(faultsOf('11 fdatasync(20</d/log/0000000000000001.lmdb> <unfinished ...>', meta, receipt, '11 <... fdatasync resumed>) = 0')).toBe(1)
  expect(faultsOf('11 fdatasync(20</d/log/0000000000000001.lmdb> <unfinished ...>', '11 <... fdatasync resumed>) = 0', meta, receipt)).toBe(0)
  expect(faultsOf('11 fdatasync(20</d/log/0000000000000001.lmdb>) = -1 EIO (Input/output error)', meta, receipt)).toBe(1)
})
