import type { ShardTables } from './state.ts'
import { createTable, withCapacity } from './table.ts'
import { nextRow, type RowWriter } from './chunk-writer.ts'

// Traffic: people in and out and openings of doors, by site key and minute of event time, gathered over one extent and handed
// out as rows when it ends. Sums only, so neither order nor batching nor threads show in them. A row is found by the site's
// last one first (most events fall into the minute of the one before), then by a hash of (site key, minute).
// Hours are summed from minutes as the extent ends; areas span shards, so a shard gives parts that the machine adds up.

export const MINUTE_MS = 60_000

const slotOf = (siteKey: number, minute: number): number => {
  let h = Math.imul(siteKey ^ Math.imul(minute, 0x9e3779b1), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** What names a rollup row: the site key for ever, its area and kind, and when it expires (Unix s; 0 = with the retention from its receipt). */
export type RollupPlace = { siteKey: number; site: number; areaKey: number; kind: number; expires: number }

/** The row of (place, minute): `last` where that is it, else found or added. */
export const rollupRow = (shard: ShardTables, last: number, place: RollupPlace, minute: number): number => {
  const { siteKey: keys, minute: minutes } = shard.rollups.columns
  if (last !== 0 && last <= (keys[0] as number) && keys[last] === place.siteKey && minutes[last] === minute) return last
  const slots = shard.rollupSlots.columns.row
  const mask = shard.rollupSlots.capacity - 1
  for (let slot = slotOf(place.siteKey, minute) & mask; ; slot = (slot + 1) & mask) {
    const row = slots[slot] as number
    if (row === 0) return addRow(shard, slot, place, minute)
    if (keys[row] === place.siteKey && minutes[row] === minute) return row
  }
}

const addRow = (shard: ShardTables, slot: number, place: RollupPlace, minute: number): number => {
  const row = (shard.rollups.columns.siteKey[0] as number) + 1
  shard.rollups = withCapacity(shard.rollups, row + 1)
  const rollups = shard.rollups.columns
  rollups.siteKey[0] = row
  rollups.siteKey[row] = place.siteKey
  rollups.minute[row] = minute
  rollups.site[row] = place.site
  rollups.areaKey[row] = place.areaKey
  rollups.kind[row] = place.kind
  rollups.expires[row] = place.expires
  rollups.peopleIn[row] = 0
  rollups.peopleOut[row] = 0
  rollups.openings[row] = 0
  shard.rollupSlots.columns.row[slot] = row
  if (row * 2 > shard.rollupSlots.capacity) rehash(shard)
  return row
}

const rehash = (shard: ShardTables): void => {
  const { siteKey, minute } = shard.rollups.columns
  const grown = createTable(shard.rollupSlots.schema, shard.rollupSlots.capacity * 2)
  const slots = grown.columns.row
  const mask = grown.capacity - 1
  for (let row = 1; row <= (siteKey[0] as number); row += 1) {
    let slot = slotOf(siteKey[row] as number, minute[row] as number) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = row
  }
  shard.rollupSlots = grown
}

/** Sums by area, kind and hour, as [areaKey, kind, hour, in, out, openings] of each. */
export type AreaPart = readonly number[]
export const AREA_PART_STRIDE = 6
type Sums = { siteKey: number; areaKey: number; kind: number; hour: number; peopleIn: number; peopleOut: number; openings: number; expires: number }

export type RollupSink = {
  readonly minutes: RowWriter<'traffic_1m'>
  readonly hours: RowWriter<'traffic_1h'>
  readonly areas: number[]
  /** Wall time of the extent entry, Unix s, and the expiry of rows without one of their own. */
  readonly received: number
  readonly expires: number
}

/** Hands out a shard's traffic of the extent that ends, and begins anew. */
export const emitRollups = (shard: ShardTables, sink: RollupSink): void => {
  const rollups = shard.rollups.columns
  const count = rollups.siteKey[0] as number
  if (count === 0) return
  const hours = new Map<number, Sums>()
  const areas = new Map<number, Sums>()
  for (let row = 1; row <= count; row += 1) {
    const sums = {
      siteKey: rollups.siteKey[row] as number,
      areaKey: rollups.areaKey[row] as number,
      kind: rollups.kind[row] as number,
      hour: Math.floor((rollups.minute[row] as number) / 60),
      peopleIn: rollups.peopleIn[row] as number,
      peopleOut: rollups.peopleOut[row] as number,
      openings: rollups.openings[row] as number,
      expires: (rollups.expires[row] as number) || sink.expires,
    }
    writeSums(sink.minutes, sums, (rollups.minute[row] as number) * 60, sink.received)
    // Hours since 1970 stay below 2^21 for two centuries, kinds below 4, so the keys are exact in a double.
    add(hours, sums.siteKey * 2_097_152 + sums.hour, sums)
    add(areas, (sums.areaKey * 4 + sums.kind) * 2_097_152 + sums.hour, sums)
  }
  for (const sums of hours.values()) writeSums(sink.hours, sums, sums.hour * 3600, sink.received)
  for (const { areaKey, kind, hour, peopleIn, peopleOut, openings } of areas.values()) sink.areas.push(areaKey, kind, hour, peopleIn, peopleOut, openings)
  forgetRollups(shard)
}

/** Begins anew without handing anything out: the rows of this extent are stored already. */
export const forgetRollups = (shard: ShardTables): void => {
  if (shard.rollups.columns.siteKey[0] === 0) return
  shard.rollups.columns.siteKey[0] = 0
  shard.rollupSlots.columns.row.fill(0)
}

const add = (into: Map<number, Sums>, key: number, sums: Sums): void => {
  const have = into.get(key)
  if (have === undefined) {
    into.set(key, { ...sums })
    return
  }
  have.peopleIn += sums.peopleIn
  have.peopleOut += sums.peopleOut
  have.openings += sums.openings
  have.expires = Math.max(have.expires, sums.expires)
}

const writeSums = (writer: RowWriter<'traffic_1m'> | RowWriter<'traffic_1h'>, sums: Sums, time: number, received: number): void => {
  const row = nextRow(writer as RowWriter<'traffic_1m'>)
  const columns = writer.columns
  columns.site_key[row] = sums.siteKey
  columns.time[row] = time
  columns.people_in[row] = sums.peopleIn
  columns.people_out[row] = sums.peopleOut
  columns.openings[row] = sums.openings
  columns.received[row] = received
  columns.expires[row] = sums.expires
}

/** Adds up the shards' parts into rows of `area_1h`, ordered by area, kind and hour. */
export const writeAreas = (writer: RowWriter<'area_1h'>, parts: readonly AreaPart[], received: number): void => {
  const sums = new Map<string, number[]>()
  for (const part of parts) {
    for (let at = 0; at < part.length; at += AREA_PART_STRIDE) {
      const [area, kind, hour, peopleIn, peopleOut, openings] = part.slice(at, at + AREA_PART_STRIDE) as [number, number, number, number, number, number]
      const key = `${area}/${kind}/${hour}`
      const have = sums.get(key)
      if (have === undefined) sums.set(key, [area, kind, hour, peopleIn, peopleOut, openings])
      else for (const [offset, value] of [peopleIn, peopleOut, openings].entries()) have[3 + offset] = (have[3 + offset] as number) + value
    }
  }
  const ordered = [...sums.values()].toSorted(
    (a, b) => (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number) || (a[2] as number) - (b[2] as number),
  )
  for (const [area, kind, hour, peopleIn, peopleOut, openings] of ordered as [number, number, number, number, number, number][]) {
    const row = nextRow(writer)
    const { columns } = writer
    columns.area_key[row] = area
    columns.kind[row] = kind
    columns.time[row] = hour * 3600
    columns.people_in[row] = peopleIn
    columns.people_out[row] = peopleOut
    columns.openings[row] = openings
    columns.received[row] = received
  }
}
