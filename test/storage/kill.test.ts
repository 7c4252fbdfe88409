import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { position } from '../../core/ids.ts'
import type { RowTable } from '../../core/rows.ts'
import { startSink, type Sink } from '../../storage/sink.ts'
import type { SinkHappening } from '../../storage/sink-events.ts'
import { partTest } from '../parts/part-test.ts'
import { chunkOf, fileNotes, roundOf, startRig, type Rig } from './rig.ts'

// The embedded ClickHouse is killed in the middle of inserts. Whatever the moment, each block is there once: in events and in each rollup.

let rig: Rig
let sink: Sink
const happenings: SinkHappening[] = []
beforeAll(async () => {
  rig = await startRig()
  sink = startSink({ client: rig.client, logId: 'log', ...fileNotes(join(rig.dir, 'notes.json')), emit: (happening) => void happenings.push(happening) })
}, 60_000)
afterAll(async () => {
  await sink.stop()
  await rig.stop()
}, 60_000)

const S = Date.UTC(2026, 10, 24, 9) / 1000
const ROWS = 2_000
const rowsOf = (table: RowTable, block: number): readonly Record<string, number>[] =>
  Array.from({ length: ROWS }, (_, i) =>
    table === 'events'
      ? { seal: i, site_key: block, time: S * 1000 + i, received: S * 1000, device_time: S * 1000 + i, kind: 1, value: 3, boot: 1, seq: i, expires: S + 9e6 }
      : // The same keys in every block: a rollup's rows merge, and a doubled block shows in the sum.
        { site_key: i, area_key: i, kind: 1, time: S, people_in: 3, people_out: 1, openings: 1, received: S, expires: S + 9e6 },
  )
const TABLES: readonly RowTable[] = ['events', 'traffic_1m', 'traffic_1h', 'area_1h']
/** Asked again while the child is on its way back: a kill may come after the block was already proved to be there. */
const sums = async (): Promise<readonly number[]> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await sumsNow()
    } catch (error) {
      if (tries === 100) throw error
      await sleep(100)
    }
  }
}
const sumsNow = (): Promise<readonly number[]> =>
  Promise.all(
    TABLES.map(async (table) => {
      const column = table === 'events' ? 'value' : 'people_in'
      return (await rig.rows<{ n: number }>(`SELECT toFloat64(sum(${column})) AS n FROM seals.${table}`))[0]?.n ?? -1
    }),
  )
const offer = (block: number): void => sink.offer(roundOf(block, { chunks: TABLES.map((table) => chunkOf(table, rowsOf(table, block))) }))

test('kills at random moments of an insert: every block once in events and in each rollup', async () => {
  const blocks = 10
  for (let block = 1; block <= blocks; block += 1) {
    offer(block)
    await sleep(Math.random() * 60)
    rig.embedded.crash()
    await sink.whenVerified(position(block))
    // No block merges away a fault of another: all are compared after each.
    expect(await sums(), `after block ${block}`).toEqual(TABLES.map(() => block * ROWS * 3))
  }
  expect(rig.exits.filter((signal) => signal === 'SIGKILL')).toHaveLength(blocks)
}, 120_000)

const underStrace = partTest('strace')

for (const table of TABLES) {
  underStrace(
    `a kill at the rename of a part of ${table}: the block is there once, under the next attempt`,
    async (strace) => {
      const before = await sums()
      const block = 100 + TABLES.indexOf(table)
      const trace = join(rig.dir, `trace-${table}`)
      const tracer = await attach(strace, trace)
      const exits = rig.exits.length
      sink.offer(roundOf(block, { chunks: [chunkOf(table, rowsOf(table, block))] }))
      await sink.whenVerified(position(block))
      tracer.kill('SIGKILL')
      expect(rig.exits.length).toBeGreaterThan(exits)
      expect(readFileSync(trace, 'utf8'), 'the kill was at the rename of a freshly inserted part').toMatch(/rename\w*\(.*tmp_insert_/)
      // ClickHouse remembered the token and lost the part: the same token again did nothing, the next attempt did.
      expect(happenings.filter((h) => h.kind === 'resolved' && h.block === block && h.table === table).map((h) => h.kind === 'resolved' && h.there)).toContain(
        false,
      )
      expect(await sums()).toEqual(before.map((sum, i) => (TABLES[i] === table ? sum + ROWS * 3 : sum)))
    },
    60_000,
  )
}

/** Attaches strace to the child so that it dies at its next rename of an inserted part, before that is done. */
const attach = async (strace: string, trace: string): Promise<ChildProcess> => {
  const tracer = spawn(
    strace,
    ['-f', '-o', trace, '-e', 'trace=rename,renameat,renameat2', '-e', 'inject=rename,renameat,renameat2:signal=SIGKILL', '-p', String(rig.embedded.pid())],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  await new Promise<void>((resolve, reject) => {
    tracer.stderr?.on('data', (text: Buffer) => text.toString().includes('attached') && resolve())
    tracer.once('exit', () => reject(new Error('strace could not attach')))
  })
  // It says so at the first thread; the others follow within moments.
  await sleep(300)
  return tracer
}
