// The benchmark guard: ratios of two ways to do the same work, measured in turns inside one process, so that they hold on any machine
// and under any load that lasts. It fails when a way that was chosen because it is faster no longer is. `node dist/bench/guard.js`
import { createHash } from 'node:crypto'
import { decodeBatch } from '../ingest/decode.ts'
import { createDecoded } from '../ingest/decoded.ts'
import { wire } from '../proto/wire.ts'
import { seeded } from './random.ts'
import { createEvents, encodeColumns, encodeRows, pushEvent } from './wire.ts'

type Way = () => number
type Guard = {
  readonly what: string
  readonly chosen: Way
  readonly other: Way
  /** Half or less of what was measured when it was written. */ readonly ratioMin: number
}

const EVENTS = 5_000
/** Odd, so that there is a middle one. Enough for the compiler to be done with both ways in the first third. */
const TURNS = 61

const made = createEvents(EVENTS)
const random = seeded(7)
for (let at = 0; at < EVENTS; at++) {
  pushEvent(made, {
    low: random.int(0, 1_000_000),
    high: 0x00a1,
    time: 1_780_000_000_000 + at * 40 + random.int(0, 30),
    boot: 3,
    seq: 1_000 + at,
    kind: 1 + random.int(0, 10),
    value: random.int(0, 4),
  })
}
const rows = encodeRows(made).slice()
const columns = encodeColumns(made).slice()
const out = createDecoded()

const decoded = (bytes: Uint8Array): number => {
  const result = decodeBatch(bytes, out)
  if (result.kind !== 'decoded') throw new Error(`the guard's own batch does not decode: ${result.kind}`)
  return result.count
}
const asObjects: Way = () => wire.EventBatch.decode(rows).events.length

const guards: readonly Guard[] = [
  { what: 'columns into typed arrays, against rows into objects', chosen: () => decoded(columns), other: asObjects, ratioMin: 3 },
  { what: 'rows into typed arrays, against rows into objects', chosen: () => decoded(rows), other: asObjects, ratioMin: 1.15 },
  { what: 'columns into typed arrays, against rows into typed arrays', chosen: () => decoded(columns), other: () => decoded(rows), ratioMin: 1.1 },
]

/** Median of the ratios of neighbours in time: what else the machine does hits both. */
const ratioOf = ({ chosen, other }: Guard): number => {
  const ratios: number[] = []
  for (let turn = 0; turn < TURNS; turn++) ratios.push(secondsOf(other) / secondsOf(chosen))
  const late = ratios.slice(Math.floor(TURNS / 3)).sort((a, b) => a - b)
  return late[Math.floor(late.length / 2)] as number
}
const secondsOf = (way: Way): number => {
  const began = process.hrtime.bigint()
  if (way() !== EVENTS) throw new Error('the two ways did not do the same work')
  return Number(process.hrtime.bigint() - began) / 1e9
}

let missed = 0
for (const guard of guards) {
  const ratio = ratioOf(guard)
  if (ratio < guard.ratioMin) missed++
  console.log(`${ratio < guard.ratioMin ? 'MISSED' : 'ok'}  ${ratio.toFixed(2)} (at least ${guard.ratioMin})  ${guard.what}`)
}
console.log(`input ${createHash('sha256').update(rows).update(columns).digest('hex').slice(0, 16)}`)
process.exitCode = missed === 0 ? 0 : 1
