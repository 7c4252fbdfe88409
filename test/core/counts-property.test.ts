import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventColumns, eventsEntryBytes, writeEventsHeader } from '../../core/entry.ts'
import { EVENT, REASON, SITE_KIND, type EventKindName } from '../../core/kinds.ts'
import { SITE_STATE, WATCH_FLAG, WATCH_STATE } from '../../core/state.ts'
import { attachTable, type TableSchema } from '../../core/table.ts'
import { eventsEntry, extent, putSites, tick, type TestEvent } from './entries.ts'
import { startPlayed, type Row } from './played.ts'
import { siteSpec, T0 } from './thread/history.ts'

// Counts and rows on any history: the order of arrival does not show in state, rollups are a recount of the block's events, what was set
// aside is whole, and the ledger's equation holds.

const MINUTE = 60_000
const SITES = 5
const sites = putSites(
  T0,
  Array.from({ length: SITES }, (_, n) => siteSpec(n + 1, { observation: (n + 1) % 5 < 3 ? { from: T0 - 1000, until: T0 + 600 * MINUTE } : null })),
)
const kind = fc.constantFrom<readonly [EventKindName, number]>(
  ['PASSAGE_IN', 1],
  ['PASSAGE_OUT', 2],
  ['PASSAGE_OUT', 1],
  ['DOOR_OPENED', 0],
  ['DOOR_CLOSED', 0],
  ['TAMPERED', 1],
  ['TAMPERED', 2],
  ['TAMPER_RESTORED', 0],
  ['HEARTBEAT', 3500],
  ['HEARTBEAT', 3050],
  ['HEARTBEAT', 2900],
)
const eventsOf = (
  drafts: readonly { readonly watch: number; readonly kind: readonly [EventKindName, number]; readonly time: number; readonly boot: number }[],
): TestEvent[] => drafts.map(({ watch, kind: [name, value], time, boot }, n) => ({ watch, time: T0 + time, boot, seq: n + 1, kind: name, value }))
const draft = (timeMax: number): fc.Arbitrary<Parameters<typeof eventsOf>[0][number]> =>
  fc.record({ watch: fc.integer({ min: 1, max: SITES }), kind, time: fc.integer({ min: 0, max: timeMax }), boot: fc.constantFrom(1, 2) })
const cutInto = (events: readonly TestEvent[], sizes: readonly number[]): TestEvent[][] => {
  const parts: TestEvent[][] = []
  for (let at = 0, n = 0; at < events.length; n += 1) parts.push(events.slice(at, (at += sizes[n % sizes.length] as number)))
  return parts
}

const tableRows = (schema: TableSchema, bytes: Uint8Array, rows: number): Record<string, number[]>[] => {
  const buffer = new SharedArrayBuffer(bytes.byteLength)
  new Uint8Array(buffer).set(bytes)
  const { columns, capacity } = attachTable(schema, 64, buffer)
  return Array.from({ length: rows }, (_, n) =>
    Object.fromEntries(
      Object.entries(columns as Record<string, Uint32Array>).map(([name, column]) => {
        const width = column.length / capacity
        return [name, Array.from(column.subarray((n + 1) * width, (n + 2) * width))]
      }),
    ),
  )
}
const WATCH_ORDERLESS = [
  'doorTime',
  'doorBoot',
  'doorSeq',
  'tamperTime',
  'tamperBoot',
  'tamperSeq',
  'tamperReason',
  'batteryTime',
  'batteryMv',
  'lowAt',
  'okAt',
  'lastHeard',
] as const
const SITE_ORDERLESS = ['people', 'anchorTimes'] as const
const DOOR = WATCH_FLAG.doorKnown | WATCH_FLAG.doorOpen | WATCH_FLAG.online

describe('any history', () => {
  it('ends in the same state in any order of arrival', async () => {
    const rolls = fc.array(
      fc.record({ watch: fc.integer({ min: 1, max: SITES }), value: fc.integer({ min: 0, max: 4 }), rank: fc.integer({ min: 0, max: 8 }) }),
      { maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(draft(40), { minLength: 2, maxLength: 50 }), rolls, fc.infiniteStream(fc.nat()), async (drafts, calls, stream) => {
        const events = eventsOf(drafts)
        // A roll-call with at most eight newer passages of its site: what the machine promises to place exactly.
        for (const { watch, value, rank } of calls) {
          const times = events
            .filter((event) => event.watch === watch && event.kind.startsWith('PASSAGE'))
            .map(({ time }) => time)
            .toSorted((a, b) => b - a)
          const newerThan = times[rank] ?? T0 - 1
          if (times.filter((time) => time > newerThan).length <= 8)
            events.push({ watch, time: newerThan, boot: 1, seq: 500 + events.length, kind: 'ROLL_CALL', value })
        }
        const shuffled = events
          .map((event) => [stream.next().value as number, event] as const)
          .toSorted((a, b) => a[0] - b[0])
          .map(([, event]) => event)
        const states = await Promise.all(
          [events, shuffled, events.toReversed()].map(async (order, n) => {
            const { machine, play } = await startPlayed()
            await play([sites, ...cutInto(order, [1 + n * 3]).map((part) => eventsEntry(T0 + 1000, part))])
            const { parts } = await machine.snapshot()
            await machine.stop()
            const watches = tableRows(WATCH_STATE, parts.get('state-watches') as Uint8Array, SITES).map((row) => [
              ((row['flags'] as number[])[0] as number) & DOOR,
              WATCH_ORDERLESS.map((name) => row[name]),
            ])
            const counts = tableRows(SITE_STATE, parts.get('state-sites') as Uint8Array, SITES).map((row) => SITE_ORDERLESS.map((name) => row[name]))
            return {
              watches,
              counts,
              seen: Array.from({ length: SITES }, (_, site) => machine.siteState(`s-${site + 1}`)).map((site) => [
                site?.raw,
                site?.corrected,
                site?.confidence,
                site?.door,
              ]),
            }
          }),
        )
        expect(states[1]).toEqual(states[0])
        expect(states[2]).toEqual(states[0])
      }),
      { numRuns: 150, seed: 1769 },
    )
  }, 60_000)

  it('has rollups that are a recount of each block, however it is split, and occupancy that is inside plus net', async () => {
    const part = fc.record({
      drafts: fc.array(draft(200 * MINUTE), { maxLength: 60 }),
      sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    })
    let blocks = 0
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async (parts) => {
        const { machine, rows, play } = await startPlayed()
        let seq = 0
        const entries = parts.flatMap(({ drafts, sizes }, n) => {
          const received = T0 + (210 + n) * MINUTE
          // One boot, so that no number is too old.
          const events = eventsOf(drafts).map((event): TestEvent => ({ ...event, boot: 1, seq: (seq += 1) }))
          return [...cutInto(events, sizes).map((some) => eventsEntry(received, some)), tick(received + 1), extent(received + 2)]
        })
        await play([sites, ...entries])
        for (const block of new Set(rows('events').map((row) => row.block))) {
          blocks += 1
          const events = rows('events').filter((row) => row.block === block)
          expect(sums(rows('traffic_1m'), block, 'site_key')).toEqual(recount(events, MINUTE, (row) => `${row['site_key']}`))
          expect(sums(rows('traffic_1h'), block, 'site_key')).toEqual(recount(events, 60 * MINUTE, (row) => `${row['site_key']}`))
          expect(total(rows('area_1h').filter((row) => row.block === block))).toEqual(total(rows('traffic_1h').filter((row) => row.block === block)))
          const areaOf = new Map(
            Array.from({ length: SITES }, (_, n) => [n + 1, `${machine.areas().indexOf(siteSpec(n + 1).area)} ${SITE_KIND[siteSpec(n + 1).kind]}`]),
          )
          expect(sums(rows('area_1h'), block, 'area_key', 'kind')).toEqual(
            recount(events, 60 * MINUTE, (row) => areaOf.get(row['site_key'] as number) as string),
          )
        }
        for (let site = 1; site <= SITES; site += 1) {
          const mine = rows('events').filter((row) => row['site_key'] === site)
          const last = rows('occupancy').findLast((row) => row['site_key'] === site)
          const net = mine.reduce(
            (sum, row) =>
              sum + (row['kind'] === EVENT.PASSAGE_IN ? (row['value'] as number) : row['kind'] === EVENT.PASSAGE_OUT ? -(row['value'] as number) : 0),
            0,
          )
          if (last !== undefined) expect(last['raw']).toBe((site % 5 < 3 ? siteSpec(site).headcount : 0) + net)
        }
        await machine.stop()
      }),
      { numRuns: 80, seed: 7 },
    )
    expect(blocks).toBeGreaterThan(80)
  }, 60_000)

  it('keeps rejected and too old events whole, and the ledger equal', async () => {
    const rejected = fc.record({
      seal: fc.constantFrom(1, 99),
      time: fc.integer({ min: 0, max: 9_000_000_000_000 }),
      boot: fc.nat({ max: 4_294_967_295 }),
      seq: fc.nat({ max: 4_294_967_295 }),
      value: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
      kind: fc.integer({ min: -5, max: 200 }),
      reason: fc.constantFrom(REASON.UNKNOWN_SEAL, REASON.BAD_KIND, REASON.NOT_OBSERVED),
      sender: fc.integer({ min: 1, max: 9 }),
    })
    const entry = fc.record({
      seqs: fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 2000, max: 2030 })), { maxLength: 12 }),
      rejected: fc.array(rejected, { maxLength: 5 }),
      unlisted: fc.integer({ min: 0, max: 50 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), async (drafts) => {
        const { machine, rows, play } = await startPlayed()
        await play([sites, ...drafts.map((some, n) => withRejected(T0 + n, some))])
        const ledger = machine.ledger()
        await machine.stop()
        const listed = drafts.flatMap((some) => some.rejected)
        const whole = rows('rejected_events').filter((row) => row['reason'] !== REASON.SEQUENCE_TOO_OLD)
        expect(
          whole.map(({ seal, time, boot, seq, value, kind: name, reason, sender }) => ({ seal, time, boot, seq, value, kind: name, reason, sender })),
        ).toEqual(listed)
        const old = rows('rejected_events').filter((row) => row['reason'] === REASON.SEQUENCE_TOO_OLD)
        const offered = new Set(drafts.flatMap(({ seqs }, n) => seqs.map((seq) => `${T0 + n} ${T0 + seq} ${seq} 1`)))
        for (const row of old) expect(offered).toContain(`${row['received']} ${row['time']} ${row['seq']} ${row['site_key']}`)
        const accepted = drafts.reduce((sum, { seqs }) => sum + seqs.length, 0)
        const refused = listed.length + drafts.reduce((sum, { unlisted }) => sum + unlisted, 0)
        expect(ledger).toMatchObject({ offered: accepted + refused, accepted, rejected: refused, tooOld: old.length, applied: rows('events').length })
        expect(ledger.applied + ledger.repeated + ledger.tooOld).toBe(accepted)
      }),
      { numRuns: 150, seed: 8 },
    )
  }, 60_000)
})

const traffic = (row: Row): [number, number, number] => [row['people_in'] as number, row['people_out'] as number, row['openings'] as number]
const total = (rows: readonly Row[]): number[] => rows.reduce((sum, row) => traffic(row).map((n, i) => n + (sum[i] as number)), [0, 0, 0])
const sums = (rows: readonly (Row & { readonly block: number })[], block: number, ...names: string[]): Record<string, number[]> => {
  const mine = rows.filter((row) => row.block === block)
  const keyed = Object.fromEntries(mine.map((row) => [`${names.map((name) => row[name]).join(' ')} ${row['time']}`, traffic(row)]))
  // One row a key.
  expect(Object.keys(keyed).length).toBe(mine.length)
  return keyed
}
const recount = (events: readonly Row[], span: number, keyOf: (row: Row) => string): Record<string, number[]> => {
  const counted: Record<string, number[]> = {}
  for (const row of events) {
    const at = [EVENT.PASSAGE_IN as number, EVENT.PASSAGE_OUT, EVENT.DOOR_OPENED].indexOf(row['kind'] as number)
    if (at < 0) continue
    const sum = (counted[`${keyOf(row)} ${(Math.floor((row['time'] as number) / span) * span) / 1000}`] ??= [0, 0, 0])
    sum[at] = (sum[at] as number) + (at === 2 ? 1 : (row['value'] as number))
  }
  return counted
}

type WithRejected = {
  readonly seqs: readonly number[]
  readonly unlisted: number
  readonly rejected: readonly {
    readonly seal: number
    readonly time: number
    readonly boot: number
    readonly seq: number
    readonly value: number
    readonly kind: number
    readonly reason: number
    readonly sender: number
  }[]
}
const withRejected = (received: number, { seqs, rejected, unlisted }: WithRejected): Uint8Array => {
  const sizes = { count: seqs.length, device: 0, counter: 0, rejected: rejected.length }
  const bytes = new Uint8Array(eventsEntryBytes(sizes))
  writeEventsHeader(bytes, received, sizes, unlisted)
  const columns = eventColumns(bytes)
  seqs.forEach((seq, i) => {
    columns.time[i] = T0 + seq
    columns.watch[i] = 1
    columns.boot[i] = 1
    columns.seq[i] = seq
    columns.value[i] = 3500
    columns.kind[i] = EVENT.HEARTBEAT
  })
  rejected.forEach((event, i) => {
    columns.rejectedSeal[i * 2] = event.seal
    columns.rejectedTime[i] = event.time
    columns.rejectedBoot[i] = event.boot
    columns.rejectedSeq[i] = event.seq
    columns.rejectedValue[i] = event.value
    columns.rejectedKind[i] = event.kind
    columns.rejectedReason[i] = event.reason
    columns.rejectedSender[i] = event.sender
  })
  return bytes
}
