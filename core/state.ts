import { attachHandle, createTable, type Table, type TableHandle, type TableSchema } from './table.ts'

// The machine's state: tables of typed arrays in shared memory, one row a seal (repeat window), one a watch (what its door,
// case and battery are), one a site (its counts), and four small tables a shard. Rows are indexed by the directory's numbers,
// so row 0 is never a seal, watch or site; in the shards' lists it holds the list's length. All zero means "nothing known".

/** The repeat window of a seal (core/window.ts): the two highest boots believed, and which of the 1,024 numbers before the top were. */
export const WINDOWS = {
  boot: 'u32',
  top: 'u32',
  prevBoot: 'u32',
  prevTop: 'u32',
  /** How many boots are known: 0, 1 or 2. */
  boots: 'u8',
  /** A boot too far above the known ones to be believed at its first event (core/window.ts): 1 = there is one; its number, and its event's. */
  far: 'u8',
  farBoot: 'u32',
  farSeq: 'u32',
  /** The lowest candidate that was replaced, or 0. */
  farTop: 'u32',
  bits: ['u32', 32],
} as const
/** The bits of the boot before: a table of its own, for its pages stay untouched (and cost nothing) until a seal reboots. */
export const WINDOWS_BEFORE = { bits: ['u32', 32] } as const

export const WATCH_STATE = {
  /** Wall time of the last event that was no repeat; before the first: minus the time from which silence is counted, or 0. */
  lastHeard: 'f64',
  /** How often an event was received in the millisecond of the one before it: the row's `turn` (core/rows.ts). */
  turn: 'u32',
  /** The newest DOOR_OPENED or DOOR_CLOSED by (event time, boot, seq). */
  doorTime: 'f64',
  doorBoot: 'u32',
  doorSeq: 'u32',
  /** The opening and closing that arrived last, as far as they belong together (rules/door.ts); 0 = not known. */
  spanFrom: 'f64',
  spanFromBoot: 'u32',
  spanFromSeq: 'u32',
  spanUntil: 'f64',
  spanUntilBoot: 'u32',
  spanUntilSeq: 'u32',
  /** The newest TAMPERED or TAMPER_RESTORED, likewise. */
  tamperTime: 'f64',
  tamperBoot: 'u32',
  tamperSeq: 'u32',
  /** The newest battery reading; of two at one time the lower. */
  batteryTime: 'f64',
  /** The newest reading below the low limit, and the newest at or above the ok limit, Unix s: low while the first is the newer. */
  lowAt: 'u32',
  okAt: 'u32',
  batteryMv: 'u16',
  tamperReason: 'u8',
  /** WATCH_FLAG */
  flags: 'u32',
  /** The tick interval that `toldMask` is about. */
  toldTick: 'u32',
  /** Bit per CONDITION that has been told in that interval. */
  toldMask: 'u8',
  /** Per CONDITION: occurrences not told yet; they go out as one `again` at the next tick. */
  missed: ['u16', 6],
  /** The lowest boot it was heard of (core/counters.ts), and its first row of COUNTERS, 0 = its seal has sent no COUNTER. */
  firstBoot: 'u32',
  counters: 'u32',
} as const
export const WATCH_FLAG = {
  doorKnown: 1,
  doorOpen: 2,
  heldOpen: 4,
  offline: 8,
  online: 16,
  timerOffline: 32,
  timerHeld: 64,
  dirty: 128,
  /** The instants of sequence-gap count from an event that was heard. */
  gapBegun: 256,
  /** `firstBoot` is known; it stays as it is. */
  bootKnown: 512,
  bootFixed: 1024,
  /** The newest door event is an opening that may raise nothing: too old when it was received. */
  doorQuiet: 2048,
} as const
/** What one watch may report at most once a second. Bits 16 + c of the flags: the condition holds; bits 24 + c: the desk was told so. */
export const CONDITION = { doorOpened: 0, tamper: 1, lowBattery: 2, clockWrong: 3, passageUnpermitted: 4, fever: 5 } as const
export const CONDITIONS = 6
export const holdsBit = (condition: number): number => 1 << (16 + condition)
export const toldBit = (condition: number): number => 1 << (24 + condition)

/** Changes kept per site, the newest by event time: a roll-call that arrives behind at most this many is placed exactly. */
export const RECENT = 8
/** net: in minus out over all doors, since the beginning: the raw count is `SITES.inside` plus this. The others: since the anchor; the anchor's people. */
export const COUNT = { net: 0, netAfter: 1, passagesAfter: 2, anchor: 3 } as const
export const COUNTS = 4
export const SITE_STATE = {
  /** By COUNT: what the counts of people are made of (core/occupancy.ts), in one cell of a cache line. */
  people: ['i32', 4],
  /** When the corrected count's anchor was; the earliest passage after it, 0 = none. */
  anchorTimes: ['f64', 2],
  /** Of the newest changes: the index of the newest (bits 0–2), how many are kept (3–6). The kind of anchor (from 7 on). */
  recent: 'u16',
  /** The newest passage in an hour that should be quiet (core/quiet.ts). */
  quietBroken: 'f64',
  /** What anchors taught: errors in people, and passages, both fading. */
  biasError: 'f64',
  biasPassages: 'f64',
  /** Since when the corrected count is on `side` of the head-count (event time, at most a minute behind its receipt). */
  differsSince: 'f64',
  side: 'u8',
  toldSide: 'u8',
  /** 1: told with level 1. */
  toldLow: 'u8',
  /** Of the newest changes: event times, and twice the people by whom raw changed, plus 1 for a passage. */
  recentTime: ['f64', RECENT],
  recentChange: ['i32', RECENT],
  /** The rollup row used last; checked before use. */
  rollupRow: 'u32',
  /** Round in which the count changed last, so that a round lists a site once. */
  changedRound: 'u32',
} as const

/**
 * What the checks keep of a watch (core/checks.ts, rules/*.ts): touched by the events that a check is about, never by a heartbeat
 * alone. `told`: bit per WATCH_CHECK that the desk was told holds; `level`: 4 bits a check would be too many, one bit each is enough.
 */
export const WATCH_CHECKS = {
  /** Wall time of the earliest look that is planned, 0 = none: one timer stands for all. */
  lookAt: 'f64',
  told: 'u16',
  /** Bit per check: told with level 1. */
  toldLevel: 'u16',
  /** 1: in the shard's list of watches to look at. */
  marked: 'u8',
  /** 1: the newest event of its door is an opening off schedule. */
  doorOff: 'u8',
  /** The newest 8 passages and the newest 8 door events by (time, boot, seq): two rings, 8 words for each that is kept (core/newest.ts). */
  newest: ['u32', 128],
  /** passage-door-shut: passages noted behind the closing that is the newest door event, and when the first of them was heard of. */
  shutNoted: 'u16',
  shutSince: 'f64',
  /** The newest BEAM_BLOCKED (beam 2) or BEAM_CLEARED (1). */
  beam: 'u8',
  beamTime: 'f64',
  beamBoot: 'u32',
  beamSeq: 'u32',
  /** flapping: the size of its windows in ms (0 = none yet), the highest window, and the counts of it and of the one before. */
  flap: ['u32', 4],
  /** battery-forecast: the highest block of 14 days that has a sample, and n, Σx, Σy, Σxy, Σx², Σy² of it and of the one before. */
  sampleBlock: 'u16',
  sampleSums: ['f64', 12],
  /** 1: a sample has arrived that no tick has looked at. */
  sampled: 'u8',
  /** sequence-gap: wall time of the last instant (or of the event that began it), of the timer set (0 = none), boot and top of the last two. */
  gapLast: 'f64',
  gapTimer: 'f64',
  gapBoot: ['u32', 2],
  gapTop: ['u32', 2],
  /** How many instants there were, up to 2. */
  gapInstants: 'u8',
  /** A terminal's readings: the highest hour of event time, and sums and counts of it and of the one before. */
  thermalHour: 'u32',
  thermalSum: ['f64', 2],
  thermalCount: ['u32', 2],
} as const
/** The same of a site. */
export const SITE_CHECKS = {
  lookAt: 'f64',
  told: 'u16',
  toldLevel: 'u16',
  marked: 'u8',
  /** 1: one of its doors may be open since an opening off schedule (WATCH_CHECKS.doorOff). */
  offDoors: 'u8',
  /** When the last opening off schedule arrived, while it counts (0: no longer), and its time; how many since it was last told of none. */
  offAt: 'f64',
  offTime: 'f64',
  offCount: 'u32',
  /** When doors left open must be looked for: 0 = at the next tick. */
  leftAt: 'f64',
  /** The highest hour of event time (since 1970) in which a door was opened, how often then, and how often in the hour before it. */
  openHour: 'u32',
  openNow: 'u32',
  openBefore: 'u32',
} as const

/** Passages remembered one by one of each boot of a watch that sends counters. */
export const COUNTER_RING = 32
/** A boot of a watch that has sent a COUNTER (core/counters.ts, core/counter-rows.ts); row 0: how many rows were taken, and those given back. */
export const COUNTERS = {
  watch: 'u32',
  boot: 'u32',
  /** The watch's next row, or 0. */
  next: 'u32',
  /** 1: there is a counter; the lowest and the highest by seq. */
  counted: 'u8',
  lowSeq: 'u32',
  lowIn: 'u32',
  lowOut: 'u32',
  highSeq: 'u32',
  highIn: 'u32',
  highOut: 'u32',
  /** People in minus out of the passages below the lowest counter (of all, while there is none), and their lowest and highest number. */
  before: 'i32',
  beforeLow: 'u32',
  beforeTop: 'u32',
  /** Of those above the highest. */
  after: 'i32',
  afterLow: 'u32',
  /** What the site's net has of this row. */
  contributed: 'i32',
  recentCount: 'u8',
  recentHead: 'u8',
  recentSeq: ['u32', COUNTER_RING],
  recentPeople: ['i32', COUNTER_RING],
} as const

/** A shard's heap of timers (core/timers.ts); row 0's `row` is the size. */
export const TIMERS = { deadline: 'f64', row: 'u32', type: 'u8' } as const
/** Watches with something to tell at the next tick; row 0 is the count. */
export const DIRTY = { watch: 'u32' } as const
/** Watches, and sites, whose checks are to be looked at at the next tick; row 0 is the count of each. */
export const MARKED = { watch: 'u32' } as const
export const MARKED_SITES = { site: 'u32' } as const
/** A shard's traffic of this extent, by site key and minute; row 0's `siteKey` is the count. */
export const ROLLUPS = {
  siteKey: 'u32',
  minute: 'u32',
  site: 'u32',
  areaKey: 'u32',
  peopleIn: 'u32',
  peopleOut: 'u32',
  openings: 'u32',
  expires: 'u32',
  kind: 'u8',
} as const
/** Open addressing over ROLLUPS, load at most one half. */
export const ROLLUP_SLOTS = { row: 'u32' } as const

/** All state by seal, watch or site; whatever is added here travels to threads, grows, is erased and is in snapshots by itself. */
export const STATE_SCHEMAS = {
  windows: WINDOWS,
  windowsBefore: WINDOWS_BEFORE,
  watches: WATCH_STATE,
  watchChecks: WATCH_CHECKS,
  sites: SITE_STATE,
  siteChecks: SITE_CHECKS,
} as const
/** Each shard's own tables, likewise. */
export const SHARD_SCHEMAS = {
  timers: TIMERS,
  dirty: DIRTY,
  marked: MARKED,
  markedSites: MARKED_SITES,
  rollups: ROLLUPS,
  rollupSlots: ROLLUP_SLOTS,
  counters: COUNTERS,
} as const

export type State = { -readonly [K in keyof typeof STATE_SCHEMAS]: Table<(typeof STATE_SCHEMAS)[K]> }
/** Replaced in place when one is full: whoever holds the object sees the doubled copy. */
export type ShardTables = { -readonly [K in keyof typeof SHARD_SCHEMAS]: Table<(typeof SHARD_SCHEMAS)[K]> }
export type ShardTableName = keyof typeof SHARD_SCHEMAS

const ROWS_INITIAL = 64
const mapSchemas = <R>(schemas: Readonly<Record<string, TableSchema>>, of: (schema: TableSchema, name: string) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, of(schema, name)]))

// (The casts say that mapping over a record of schemas keeps its keys, which Object.entries does not.)
export const createState = (): State => mapSchemas(STATE_SCHEMAS, (schema) => createTable(schema, ROWS_INITIAL)) as unknown as State
export const createShardTables = (): ShardTables =>
  mapSchemas(SHARD_SCHEMAS, (schema, name) => createTable(schema, name === 'rollupSlots' ? ROWS_INITIAL * 2 : ROWS_INITIAL)) as unknown as ShardTables
/** Views over tables of a State, or of a shard, that somebody else made. */
export const attachState = (handles: Readonly<Record<keyof State, TableHandle>>): State =>
  mapSchemas(STATE_SCHEMAS, (schema, name) => attachHandle(schema, handles[name as keyof State])) as unknown as State
export const attachShard = (handles: Readonly<Record<ShardTableName, TableHandle>>): ShardTables =>
  mapSchemas(SHARD_SCHEMAS, (schema, name) => attachHandle(schema, handles[name as ShardTableName])) as unknown as ShardTables
