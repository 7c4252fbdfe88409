import type { Migration } from './migration.ts'

// The tables of the contract. What they share:
// - `block` is the extent of the log that a row came from; a minmax index on it makes the proof (count rows of block N) cheap.
// - PARTITION BY the month received, so that a block is one part; TTL by `expires`, which the machine computed for each row.
// - rollups collapse to one row a key when parts merge; sums add, `block` keeps the largest, so that the newest block of a table can
//   always be counted: nothing is sent after it until it is verified (storage/sink.ts). Read them with sum() and GROUP BY.
// - `site` and `area` are not stored: an immutable site_key is, and ALIAS columns look the names up.

/** Deduplication remembers this many inserts a table; one is in flight at a time, so any number above a few does. */
const ONCE = 'non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1'
/** Old parts go after a minute, not eight: what is erased shall be gone. TTL is looked after hourly. */
const CLEAN = 'old_parts_lifetime = 60, merge_with_ttl_timeout = 3600'
const SETTINGS = `SETTINGS ${ONCE}, ${CLEAN}, index_granularity = 8192`

const NAMES = `site String ALIAS dictGetOrDefault('seals.site_names', 'site', toUInt64(site_key), ''),
  area String ALIAS dictGetOrDefault('seals.site_names', 'area', toUInt64(site_key), '')`
const SEAL_ID = `seal_id String ALIAS leftPad(lower(hex(seal)), 16, '0')`
const EVENT_KIND = `Enum8('UNSPECIFIED' = 0, 'PASSAGE_IN' = 1, 'PASSAGE_OUT' = 2, 'DOOR_OPENED' = 3, 'DOOR_CLOSED' = 4, 'TAMPERED' = 5, 'TAMPER_RESTORED' = 6, 'BEAM_BLOCKED' = 7, 'BEAM_CLEARED' = 8, 'HEARTBEAT' = 9, 'ROLL_CALL' = 10, 'TEMPERATURE' = 11, 'COUNTER' = 12)`
const SITE_KIND = `Enum8('unspecified' = 0, 'residence' = 1, 'building' = 2, 'gate' = 3)`
const CAUSE = `Enum8('unspecified' = 0, 'passage' = 1, 'counter' = 2, 'roll-call' = 3, 'quiet' = 4)`
const REASON = `Enum8('UNSPECIFIED' = 0, 'UNKNOWN_SEAL' = 1, 'FORBIDDEN_SEAL' = 2, 'BAD_KIND' = 3, 'BAD_VALUE' = 4, 'NOT_OBSERVED' = 5, 'NOT_ASSIGNED' = 6, 'SEQUENCE_TOO_OLD' = 7)`

const traffic = (name: string): string => `CREATE TABLE IF NOT EXISTS seals.${name} (
  site_key UInt32, ${NAMES},
  time DateTime('UTC') CODEC(Delta, ZSTD(1)),
  people_in SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)), people_out SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)), openings SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  received SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1)), expires SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1)), block SimpleAggregateFunction(max, UInt64) CODEC(Delta, ZSTD(1)),
  month UInt32 DEFAULT toYYYYMM(received) CODEC(ZSTD(1)),
  INDEX by_block block TYPE minmax GRANULARITY 1, INDEX by_time time TYPE minmax GRANULARITY 1
) ENGINE = AggregatingMergeTree PARTITION BY month ORDER BY (site_key, time) TTL expires ${SETTINGS}`

const EVENTS = `CREATE TABLE IF NOT EXISTS seals.events (
  seal UInt64 CODEC(Delta, ZSTD(1)), ${SEAL_ID}, site_key UInt32 CODEC(Delta, ZSTD(1)), ${NAMES},
  time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  device_time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  kind ${EVENT_KIND} CODEC(ZSTD(1)), value Int32 CODEC(T64, ZSTD(1)), boot UInt32 CODEC(Delta, ZSTD(1)), seq UInt32 CODEC(DoubleDelta, ZSTD(1)), turn UInt32 COMMENT 'order of arrival among the events of its seal received in the same millisecond' CODEC(ZSTD(1)),
  total_in UInt32 CODEC(Delta, ZSTD(1)), total_out UInt32 CODEC(Delta, ZSTD(1)),
  permit UInt32 COMMENT 'the permit that it took an opening of, or that covers the passage; 0 = none' CODEC(ZSTD(1)),
  expires DateTime('UTC') CODEC(Delta, ZSTD(1)), block UInt64 CODEC(Delta, ZSTD(1)),
  INDEX by_block block TYPE minmax GRANULARITY 1, INDEX by_time time TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMM(received) ORDER BY (site_key, seal, boot, seq) TTL expires ${SETTINGS}`

const OCCUPANCY = `CREATE TABLE IF NOT EXISTS seals.occupancy (
  site_key UInt32 CODEC(Delta, ZSTD(1)), ${NAMES}, time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  raw Int32 CODEC(T64, ZSTD(1)), corrected Int32 CODEC(T64, ZSTD(1)), confidence Float32 CODEC(ZSTD(1)), cause ${CAUSE} CODEC(ZSTD(1)), expires DateTime('UTC') CODEC(Delta, ZSTD(1)), block UInt64 CODEC(Delta, ZSTD(1)),
  INDEX by_block block TYPE minmax GRANULARITY 1, INDEX by_time time TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMM(received) ORDER BY (site_key, time) TTL expires ${SETTINGS}`

const AREA_1H = `CREATE TABLE IF NOT EXISTS seals.area_1h (
  area_key UInt32, area String ALIAS dictGetOrDefault('seals.area_names', 'area', toUInt64(area_key), ''), kind ${SITE_KIND}, time DateTime('UTC') CODEC(Delta, ZSTD(1)),
  people_in SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)), people_out SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)), openings SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  received SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1)), block SimpleAggregateFunction(max, UInt64) CODEC(Delta, ZSTD(1)),
  month UInt32 DEFAULT toYYYYMM(received) CODEC(ZSTD(1)),
  INDEX by_block block TYPE minmax GRANULARITY 1, INDEX by_time time TYPE minmax GRANULARITY 1
) ENGINE = AggregatingMergeTree PARTITION BY month ORDER BY (area_key, kind, time) TTL received + INTERVAL 90 DAY ${SETTINGS}`

const REJECTED = `CREATE TABLE IF NOT EXISTS seals.rejected_events (
  seal UInt64 CODEC(ZSTD(1)), ${SEAL_ID}, site_key UInt32 CODEC(ZSTD(1)), ${NAMES}, time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  kind Int32 CODEC(ZSTD(1)), value Int32 CODEC(ZSTD(1)), boot UInt32 CODEC(ZSTD(1)), seq UInt32 CODEC(ZSTD(1)), reason ${REASON} CODEC(ZSTD(1)), sender UInt32 CODEC(ZSTD(1)),
  expires DateTime('UTC') CODEC(Delta, ZSTD(1)), block UInt64 CODEC(Delta, ZSTD(1)), INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMM(received) ORDER BY (received, seal) TTL expires ${SETTINGS}`

const ALARMS = `CREATE TABLE IF NOT EXISTS seals.alarms (
  id String, step_no UInt32 COMMENT 'order within a block', kind String, severity String, site String, site_key UInt32, area String, seal UInt64 COMMENT '0: about a site or an area', ${SEAL_ID}, step String,
  time DateTime64(3, 'UTC'), received DateTime64(3, 'UTC'), by String, note String, repeats UInt32, value Int64, expires DateTime('UTC'), block UInt64,
  INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMM(received) ORDER BY (id, block, step_no) TTL expires ${SETTINGS}`

const ACCESS = `CREATE TABLE IF NOT EXISTS seals.access (
  time DateTime64(3, 'UTC'), who String, role String, action String, target String, detail String, block UInt64, INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMM(time) ORDER BY (time, who) TTL toDateTime(time) + INTERVAL 90 DAY ${SETTINGS}`

const SITES = `CREATE TABLE IF NOT EXISTS seals.sites (
  site_key UInt32, site String, area String, area_key UInt32, kind String, headcount UInt32, capacity Nullable(UInt32), observed_from DateTime64(3, 'UTC'), observed_until DateTime64(3, 'UTC'),
  changed DateTime64(3, 'UTC'), expires DateTime('UTC'), row_no UInt32, block UInt64, version UInt64 DEFAULT bitShiftLeft(block, 20) + row_no, INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version) ORDER BY site_key TTL expires ${SETTINGS}`

const SEALS = `CREATE TABLE IF NOT EXISTS seals.seals (
  seal UInt64, ${SEAL_ID}, site_key UInt32, site String, area String ALIAS dictGetOrDefault('seals.site_names', 'area', toUInt64(site_key), ''), from DateTime64(3, 'UTC'), until DateTime64(3, 'UTC'),
  changed DateTime64(3, 'UTC'), expires DateTime('UTC'), row_no UInt32, block UInt64, version UInt64 DEFAULT bitShiftLeft(block, 20) + row_no, INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version) ORDER BY (seal, site_key, from) TTL expires ${SETTINGS}`

// One row per change that an entry made to one site, whole (core/registry-changes.ts), so that a replay needs no log (docs/evidence.md).
const REGISTRY_CHANGES = `CREATE TABLE IF NOT EXISTS seals.registry_changes (
  time DateTime64(3, 'UTC'), position UInt64, site_key UInt32, ${NAMES}, site_no UInt32, what String CODEC(ZSTD(1)), body String CODEC(ZSTD(1)), expires DateTime('UTC'), row_no UInt32, block UInt64,
  INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMM(time) ORDER BY (site_key, position, row_no) TTL expires ${SETTINGS}`

const PERMITS = `CREATE TABLE IF NOT EXISTS seals.permits (
  permit UInt32, site_key UInt32, site String, area String ALIAS dictGetOrDefault('seals.site_names', 'area', toUInt64(site_key), ''), from DateTime64(3, 'UTC'), until DateTime64(3, 'UTC') COMMENT 'moved back to when it was revoked',
  weekly String COMMENT 'mon,wed 08:00-18:00 of local time; empty: all the time', openings Nullable(UInt32) COMMENT 'by the week: on each day', source String, reason String, by String, made DateTime64(3, 'UTC'), revoked Nullable(DateTime64(3, 'UTC')),
  expires DateTime('UTC'), row_no UInt32, block UInt64, version UInt64 DEFAULT bitShiftLeft(block, 20) + row_no, INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version) ORDER BY permit TTL expires ${SETTINGS}`

// Each version of the policy, whole. Version 1, the built-in defaults, is no change and has no row. One that another followed expires
// once all that it explains has; so does its mention of sites that are gone.
const POLICIES = `CREATE TABLE IF NOT EXISTS seals.policies (
  version UInt32, time DateTime64(3, 'UTC') COMMENT 'in force from then on', by String, document String CODEC(ZSTD(1)), expires DateTime('UTC'), row_no UInt32, block UInt64,
  row_version UInt64 DEFAULT bitShiftLeft(block, 20) + row_no, INDEX by_block block TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(row_version) ORDER BY version TTL expires ${SETTINGS}`

// Each permit as it stands, with what it was used for. Its number is on the events, so this is what happened, not what was counted.
const PERMITS_CURRENT = `CREATE OR REPLACE VIEW seals.permits_current AS SELECT
  permit, site, area, site_key, from, until, weekly, openings, source, reason, by, made, revoked, openings_used, passages
FROM (SELECT *, area FROM seals.permits FINAL) AS permits
LEFT JOIN (SELECT permit, countIf(kind = 'DOOR_OPENED') AS openings_used, countIf(kind != 'DOOR_OPENED') AS passages FROM seals.events WHERE permit != 0 GROUP BY permit) AS uses USING permit`

// The fold of an alarm's steps, in the order of the log. The contract's `state`: closed once both sides are done, until a condition comes back within the hold-down.
const ALARMS_CURRENT = `CREATE OR REPLACE VIEW seals.alarms_current AS SELECT
  id, any(kind) AS kind, argMaxIf(severity, (block, step_no), step != 'delivered') AS severity, any(site) AS site, any(site_key) AS site_key, any(area) AS area, any(seal) AS seal, any(seal_id) AS seal_id,
  if(argMaxIf(step = 'closed', (block, step_no), step IN ('raised', 'condition-back', 'closed')), 'closed', 'open') AS state,
  argMaxIf(step IN ('raised', 'condition-back'), (block, step_no), step IN ('raised', 'condition-back', 'condition-gone', 'cleared', 'closed')) AS active,
  countIf(step = 'acknowledged') > 0 AS acknowledged,
  minIf(received, step = 'raised') AS raised_at, minIf(time, step = 'raised') AS since,
  if(state = 'closed', maxOrNullIf(received, step = 'closed'), NULL) AS cleared_at, minOrNullIf(received, step = 'acknowledged') AS acknowledged_at,
  argMaxIf(by, (block, step_no), step = 'acknowledged') AS acknowledged_by, max(repeats) AS repeats, argMaxIf(value, (block, step_no), step != 'delivered') AS value, max(received) AS changed,
  countIf(step = 'escalated' AND startsWith(note, 'level ')) AS escalation, argMaxIf(splitByString(': ', note)[1], (block, step_no), step = 'assigned') AS assigned_to,
  arraySort(groupArrayIf((toUnixTimestamp64Milli(received), note), step = 'delivered')) AS delivered
FROM (SELECT *, seal_id FROM seals.alarms) GROUP BY id`

export const TABLES: Migration = {
  version: 1,
  statements: ({ sourceCredentials }) => [
    SITES,
    `CREATE DICTIONARY IF NOT EXISTS seals.site_names (site_key UInt64, site String, area String) PRIMARY KEY site_key
      SOURCE(CLICKHOUSE(${sourceCredentials}QUERY 'SELECT toUInt64(site_key) AS site_key, any(site) AS site, any(area) AS area FROM seals.sites GROUP BY site_key' INVALIDATE_QUERY 'SELECT count(), max(version) FROM seals.sites'))
      LAYOUT(HASHED()) LIFETIME(MIN 30 MAX 60)`,
    `CREATE DICTIONARY IF NOT EXISTS seals.area_names (area_key UInt64, area String) PRIMARY KEY area_key
      SOURCE(CLICKHOUSE(${sourceCredentials}QUERY 'SELECT toUInt64(area_key) AS area_key, any(area) AS area FROM seals.sites GROUP BY area_key' INVALIDATE_QUERY 'SELECT count(), max(version) FROM seals.sites'))
      LAYOUT(HASHED()) LIFETIME(MIN 30 MAX 60)`,
    SEALS,
    PERMITS,
    POLICIES,
    EVENTS,
    OCCUPANCY,
    traffic('traffic_1m'),
    traffic('traffic_1h'),
    AREA_1H,
    REJECTED,
    ALARMS,
    ACCESS,
    REGISTRY_CHANGES,
    ALARMS_CURRENT,
    PERMITS_CURRENT,
  ],
}
