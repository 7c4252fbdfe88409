import { ENTRY, entryHeader, eventColumns, type EventColumns } from './entry.ts'
import { findSeal, watchAt } from './directory.ts'
import { EVENT, REASON } from './kinds.ts'
import { nextRow, putI64 } from './chunk-writer.ts'
import { bootNoted, counterRead, passageCounted, rollCalled } from './counting.ts'
import { MINUTE_MS, rollupRow, type RollupPlace } from './rollup.ts'
import { batteryRead } from './rules/battery.ts'
import { beamSpoke } from './rules/beam.ts'
import { clockRight, clockWrong } from './rules/clock.ts'
import { gapFilled } from './rules/door-shut.ts'
import { doorClosed, doorOpened } from './rules/door.ts'
import { temperatureRead } from './rules/fever.ts'
import { gapBegins } from './rules/gap.ts'
import { heirOf } from './heir.ts'
import { passageKept } from './watch-kept.ts'
import { heard } from './rules/offline.ts'
import { passageUnpermitted, permitOf } from './rules/permit.ts'
import { FIXED } from './policy.ts'
import { tampered, tamperRestored } from './rules/tamper.ts'
import { expiresOf, isInForce, shardIndexOf, type ShardRun } from './shard-run.ts'
import { CONDITION, holdsBit, WATCH_FLAG } from './state.ts'
import { tickShard } from './tick.ts'
import { MOVED, OWNER, warm, WARM_EVENTS } from './warm.ts'
import { judge, VERDICT } from './window.ts'

// Applies a round's entries to some of the shards, in log order: events (watch → site → shard; others' are skipped) and ticks.
// An entry with an event whose repeat window lives in another shard than its site (a late one, of an earlier assignment) must be
// applied by one task alone, over all shards; a task stops before it and says so. So the result is that of applying entry by
// entry, event by event, however the work is split.

/** Entries of a round, each starting on a multiple of 8 of one buffer. */
export type RoundEntries = { readonly buffer: SharedArrayBuffer; readonly offsets: readonly number[]; readonly lengths: readonly number[] }

export type Share = {
  /** 1 for each shard that is this task's. */
  readonly mine: Uint8Array
  /** This task applies all shards, so entries that cross shards too. */
  readonly alone: boolean
  /** This task writes the rows of rejected events. */
  readonly rejects: boolean
}

/** Applies entries [from, to) until one that crosses shards; returns the index of the first not applied. */
export const applyEntries = (run: ShardRun, entries: RoundEntries, range: { readonly from: number; readonly to: number }, share: Share): number => {
  for (let index = range.from; index < range.to; index += 1) {
    const bytes = new Uint8Array(entries.buffer, entries.offsets[index], entries.lengths[index])
    const { kind, received } = entryHeader(bytes)
    if (kind === ENTRY.tick) {
      run.entry = index
      run.received = received
      run.tick += 1
      for (let shard = 0; shard < share.mine.length; shard += 1) if (share.mine[shard] === 1) tickShard(run, shard)
    } else if (kind === ENTRY.events) {
      const columns = eventColumns(bytes)
      run.received = received
      const owners = ownersOf(run, columns, share.alone)
      if (owners === null) return index
      run.entry = index
      applyEvents(run, columns, owners, share.mine)
      if (share.rejects) writeRejected(run, columns)
    }
  }
  return range.to
}

let ownersScratch = new Uint16Array(4096)

/** The shard of each event; null where one crosses shards and the task is not alone. */
const ownersOf = (run: ShardRun, { watch, count }: EventColumns, alone: boolean): Uint16Array | null => {
  if (ownersScratch.length < count) ownersScratch = new Uint16Array(count * 2)
  const owners = ownersScratch
  const { site, seal } = run.directory.watches.columns
  const { head } = run.directory.seals.columns
  const { shardOfRun } = run
  for (let i = 0; i < count; i += 1) {
    const no = watch[i] as number
    const owner = shardOfRun[(site[no] as number) >>> 8] as number
    // The newest watch's shard owns the seal's window, so most events need no more than this one look.
    const moved = head[seal[no] as number] !== no
    if (moved && !alone && crosses(run, no, owner)) return null
    owners[i] = moved ? owner | MOVED : owner
  }
  return owners
}

/** An event of a watch that is not its seal's newest touches the seal's window and what the seal watches now: are they all `owner`'s? */
const crosses = (run: ShardRun, watch: number, owner: number): boolean => {
  const seal = run.directory.watches.columns.seal[watch] as number
  const now = watchAt(run.directory, seal, run.received)
  return run.directory.seals.columns.shard[seal] !== owner || (now !== 0 && shardIndexOf(run, run.directory.watches.columns.site[now] as number) !== owner)
}

/** A back-fill of an earlier assignment shows that the seal is alive, so what it watches now has been heard too. */
const heardNow = (run: ShardRun, watch: number): void => {
  const now = watchAt(run.directory, run.directory.watches.columns.seal[watch] as number, run.received)
  if (now !== 0 && now !== watch) heard(run, now)
}

const applyEvents = (run: ShardRun, columns: EventColumns, owners: Uint16Array, mine: Uint8Array): void => {
  const { count, time, watch, boot, seq, value, kind, deviceIndex, counterIndex } = columns
  const { seal: sealOf, site: siteOf, kind: kindOf } = run.directory.watches.columns
  const { current, windows, received } = run
  const { policy: policyOf } = run.sites
  const oldest = received - FIXED.alarmAgeMsMax
  const owned = { owners, mine }
  let device = 0
  let counter = 0
  for (let i = 0; i < count; i += 1) {
    if (i % WARM_EVENTS === 0) warm(run, columns, owned, i)
    const owner = owners[i] as number
    if (mine[owner & OWNER] === 0) continue
    const no = watch[i] as number
    const seal = sealOf[no] as number
    const verdict = judge(windows, seal, boot[i] as number, seq[i] as number)
    if (verdict !== VERDICT.fresh) {
      setAside(run, columns, i, verdict)
      continue
    }
    const heir = owner >= MOVED ? heirOf(run.directory, no) : no
    // Behind the highest number: one that was missing.
    if (windows.top[seal] !== seq[i] || windows.boot[seal] !== boot[i]) gapFilled(run, seal)
    current.watch = heir
    current.admitted = no
    current.site = siteOf[no] as number
    current.kind = kindOf[no] as number
    current.policy = policyOf[current.site] as number
    current.time = time[i] as number
    current.boot = boot[i] as number
    current.seq = seq[i] as number
    current.value = value[i] as number
    current.quiet = current.time < oldest || !isInForce(run, heir)
    current.permit = permitOf(run, kind[i] as number)
    while (device < deviceIndex.length && (deviceIndex[device] as number) < i) device += 1
    while (counter < counterIndex.length && (counterIndex[counter] as number) < i) counter += 1
    const deviceAt = deviceIndex[device] === i ? device : -1
    run.fresh += 1
    writeEvent(run, columns, i, deviceAt)
    heard(run, heir)
    if (owner >= MOVED) heardNow(run, heir)
    if (((run.watches.flags[heir] as number) & WATCH_FLAG.gapBegun) === 0) gapBegins(run, heir)
    clockRead(run, deviceAt < 0 ? null : (columns.deviceTime[deviceAt] as number))
    if (((run.watches.flags[heir] as number) & WATCH_FLAG.bootKnown) === 0 || current.boot !== windows.boot[seal]) bootNoted(run)
    if (counterIndex[counter] === i) totals(run, columns, counter)
    else applyKind(run, kind[i] as number)
  }
}

/** The seal's own time, where ingest did not believe it; null where it did. */
const clockRead = (run: ShardRun, deviceTime: number | null): void => {
  if (deviceTime !== null) clockWrong(run, deviceTime)
  else if (((run.watches.flags[run.current.watch] as number) & holdsBit(CONDITION.clockWrong)) !== 0) clockRight(run)
}

const applyKind = (run: ShardRun, kind: number): void => {
  switch (kind) {
    case EVENT.HEARTBEAT:
      return batteryRead(run)
    case EVENT.PASSAGE_IN:
      return passage(run, run.current.value)
    case EVENT.PASSAGE_OUT:
      return passage(run, -run.current.value)
    case EVENT.DOOR_OPENED:
      countTraffic(run, 0, 1)
      return doorOpened(run)
    case EVENT.DOOR_CLOSED:
      return doorClosed(run)
    case EVENT.TAMPERED:
      return tampered(run)
    case EVENT.TAMPER_RESTORED:
      return tamperRestored(run)
    case EVENT.TEMPERATURE:
      return temperatureRead(run)
    case EVENT.ROLL_CALL:
      return rollCalled(run)
    case EVENT.BEAM_BLOCKED:
      return beamSpoke(run, true)
    case EVENT.BEAM_CLEARED:
      return beamSpoke(run, false)
    // A counter comes with its totals.
    default:
      return
  }
}

const passage = (run: ShardRun, people: number): void => {
  passageCounted(run, people)
  countTraffic(run, people, 0)
  passageUnpermitted(run, Math.abs(people))
  passageKept(run, people)
}

const place: RollupPlace = { siteKey: 0, site: 0, areaKey: 0, kind: 0, expires: 0 }

const countTraffic = (run: ShardRun, people: number, openings: number): void => {
  if (!run.keepsRows) return
  const { admitted: watch, site, time, kind } = run.current
  const shard = run.shards[shardIndexOf(run, site)]
  if (shard === undefined) return
  const { siteKey, areaKey } = run.directory.watches.columns
  place.siteKey = siteKey[watch] as number
  place.site = site
  place.areaKey = areaKey[watch] as number
  place.kind = kind
  place.expires = (run.sites.expires[site] as number) > 0 ? expiresOf(run, site) : 0
  const row = rollupRow(shard, run.siteState.rollupRow[site] as number, place, Math.floor(time / MINUTE_MS))
  run.siteState.rollupRow[site] = row
  const rollups = shard.rollups.columns
  if (people > 0) rollups.peopleIn[row] = (rollups.peopleIn[row] as number) + people
  else rollups.peopleOut[row] = (rollups.peopleOut[row] as number) - people
  rollups.openings[row] = (rollups.openings[row] as number) + openings
}

const writeEvent = (run: ShardRun, from: EventColumns, i: number, deviceAt: number): void => {
  const turn = turnOf(run, run.current.admitted)
  if (!run.keepsRows) return
  const row = nextRow(run.events)
  const { columns } = run.events
  const { low, high } = run.directory.seals.columns
  const { seal: sealOf, siteKey } = run.directory.watches.columns
  const { admitted: watch, site, time, permit } = run.current
  const seal = sealOf[watch] as number
  columns.seal[row * 2] = low[seal] as number
  columns.seal[row * 2 + 1] = high[seal] as number
  columns.site_key[row] = siteKey[watch] as number
  putI64(columns.time, row, time)
  putI64(columns.received, row, run.received)
  putI64(columns.device_time, row, deviceAt >= 0 ? (from.deviceTime[deviceAt] as number) : time)
  columns.kind[row] = from.kind[i] as number
  columns.value[row] = from.value[i] as number
  columns.boot[row] = from.boot[i] as number
  columns.seq[row] = from.seq[i] as number
  columns.turn[row] = turn
  columns.permit[row] = permit
  columns.expires[row] = expiresOf(run, site)
}

/** Called before the event is heard. The first of a millisecond, as nearly all are, touches nothing that `heard` does not. */
const turnOf = ({ watches, received }: ShardRun, watch: number): number => {
  if (watches.lastHeard[watch] !== received) return 0
  const turn = (watches.turn[watch] as number) + 1
  watches.turn[watch] = turn
  return turn
}

/** Of the event that was written last. */
const totals = (run: ShardRun, from: EventColumns, counter: number): void => {
  const [totalIn, totalOut] = [from.counterIn[counter] as number, from.counterOut[counter] as number]
  if (run.keepsRows) {
    const row = run.events.rows - 1
    run.events.columns.total_in[row] = totalIn
    run.events.columns.total_out[row] = totalOut
  }
  counterRead(run, totalIn, totalOut)
}

/** A repeat is only counted; what is too old to be told from one is kept whole. */
const setAside = (run: ShardRun, from: EventColumns, i: number, verdict: number): void => {
  if (verdict === VERDICT.repeat) {
    run.repeated += 1
    return
  }
  run.tooOld += 1
  const watch = from.watch[i] as number
  const { seal: sealOf, siteKey, site } = run.directory.watches.columns
  const { low, high } = run.directory.seals.columns
  const seal = sealOf[watch] as number
  const row = nextRow(run.rejected)
  const { columns } = run.rejected
  columns.seal[row * 2] = low[seal] as number
  columns.seal[row * 2 + 1] = high[seal] as number
  putI64(columns.time, row, from.time[i] as number)
  putI64(columns.received, row, run.received)
  columns.kind[row] = from.kind[i] as number
  columns.value[row] = from.value[i] as number
  columns.boot[row] = from.boot[i] as number
  columns.seq[row] = from.seq[i] as number
  columns.reason[row] = REASON.SEQUENCE_TOO_OLD
  columns.sender[row] = 0
  columns.site_key[row] = siteKey[watch] as number
  columns.expires[row] = expiresOf(run, site[watch] as number)
}

/** What ingest rejected and kept whole. A seal that watches a site at that time gives the row its site, and so its expiry. */
const writeRejected = (run: ShardRun, from: EventColumns): void => {
  const { rejectedSeal, rejectedTime, rejectedReason } = from
  for (let i = 0; i < rejectedReason.length; i += 1) {
    const low = rejectedSeal[i * 2] as number
    const high = rejectedSeal[i * 2 + 1] as number
    const reason = rejectedReason[i] as number
    const seal = findSeal(run.directory, low, high)
    const watch = seal === 0 ? 0 : watchAt(run.directory, seal, rejectedTime[i] as number)
    const row = nextRow(run.rejected)
    const { columns } = run.rejected
    columns.seal[row * 2] = low
    columns.seal[row * 2 + 1] = high
    putI64(columns.time, row, rejectedTime[i] as number)
    putI64(columns.received, row, run.received)
    columns.kind[row] = from.rejectedKind[i] as number
    columns.value[row] = from.rejectedValue[i] as number
    columns.boot[row] = from.rejectedBoot[i] as number
    columns.seq[row] = from.rejectedSeq[i] as number
    columns.reason[row] = reason
    columns.sender[row] = from.rejectedSender[i] as number
    columns.site_key[row] = watch === 0 ? 0 : (run.directory.watches.columns.siteKey[watch] as number)
    columns.expires[row] = expiresOf(run, watch === 0 ? 0 : (run.directory.watches.columns.site[watch] as number))
  }
}
