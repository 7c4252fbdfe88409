// What the machine hands to storage: rows by column, of the tables in the contract. A chunk's columns are typed arrays in
// ClickHouse's own little-endian layout, so that a Native block is built by putting headers before them, without a copy.
// `block` is not among them: storage adds it, as every row of one extent has the same.

export type CellKind = 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f32'
type RowSchema = Readonly<Record<string, CellKind>>

/** DateTime64(3) columns are `i64` Unix ms; `expires` and DateTime are `u32` Unix s; `kind`, `reason` are Enum8 as `u8`. */
export const ROWS = {
  events: {
    seal: 'u64',
    site_key: 'u32',
    time: 'i64',
    received: 'i64',
    device_time: 'i64',
    kind: 'u8',
    value: 'i32',
    boot: 'u32',
    seq: 'u32',
    /** The order of arrival among the events of its watch with the same time received; 0 is the first. Gaps mean nothing. */
    turn: 'u32',
    total_in: 'u32',
    total_out: 'u32',
    permit: 'u32',
    expires: 'u32',
  },
  occupancy: { site_key: 'u32', time: 'i64', received: 'i64', raw: 'i32', corrected: 'i32', confidence: 'f32', cause: 'u8', expires: 'u32' },
  traffic_1m: { site_key: 'u32', time: 'u32', people_in: 'u32', people_out: 'u32', openings: 'u32', received: 'u32', expires: 'u32' },
  traffic_1h: { site_key: 'u32', time: 'u32', people_in: 'u32', people_out: 'u32', openings: 'u32', received: 'u32', expires: 'u32' },
  area_1h: { area_key: 'u32', kind: 'u8', time: 'u32', people_in: 'u32', people_out: 'u32', openings: 'u32', received: 'u32' },
  rejected_events: {
    seal: 'u64',
    time: 'i64',
    received: 'i64',
    kind: 'i32',
    value: 'i32',
    boot: 'u32',
    seq: 'u32',
    reason: 'u8',
    sender: 'u32',
    site_key: 'u32',
    expires: 'u32',
  },
} as const satisfies Readonly<Record<string, RowSchema>>
export type RowTable = keyof typeof ROWS

/** `columns[i]` belongs to the i-th column of `ROWS[table]`, as bytes; each has `rows` cells. */
export type Chunk = { readonly table: RowTable; readonly rows: number; readonly columns: readonly Uint8Array[] }

/** One step in an alarm's life, a row of `alarms`. Times are Unix ms. */
export type AlarmStepName =
  | 'raised'
  | 'repeated'
  | 'condition-gone'
  | 'condition-back'
  | 'acknowledged'
  | 'assigned'
  | 'shelved'
  | 'unshelved'
  /** It waited too long, or its level rose; the note says which. */
  | 'escalated'
  /** Its level fell. */
  | 'eased'
  /** A webhook took a notice of it. */
  | 'delivered'
  | 'cleared'
  | 'closed'
export type AlarmStep = {
  readonly id: string
  readonly kind: string
  readonly severity: string
  readonly site: string
  readonly siteKey: number
  readonly area: string
  /** 16 hex digits, or empty for an alarm about a site or an area. */
  readonly seal: string
  readonly step: AlarmStepName
  /** When the step happened (event time for conditions, wall time for people). */
  readonly time: number
  /** Wall time of the log entry. */
  readonly received: number
  readonly by: string
  readonly note: string
  /** How often the condition has been reported so far beyond the first. */
  readonly repeats: number
  /** What was measured (people, millivolts, thousandths of a degree, ms the clock is wrong), or 0. */
  readonly value: number
  readonly expires: number
}
/** One look or change by a person, a row of `access`. */
export type AccessRow = {
  readonly time: number
  readonly who: string
  readonly role: string
  readonly action: string
  readonly target: string
  readonly detail: string
}
export type SiteRow = {
  readonly siteKey: number
  readonly site: string
  readonly area: string
  readonly areaKey: number
  readonly kind: string
  readonly headcount: number
  readonly capacity: number | null
  readonly observedFrom: number
  readonly observedUntil: number
  readonly changed: number
  readonly expires: number
}
export type SealRow = {
  readonly seal: string
  readonly siteKey: number
  readonly site: string
  readonly from: number
  readonly until: number
  readonly changed: number
  readonly expires: number
}
/** A permit as it stands. Times are Unix ms. */
export type PermitRow = {
  readonly permit: number
  readonly siteKey: number
  readonly site: string
  readonly from: number
  readonly until: number
  /** `mon,wed 08:00-18:00`, local time; empty = all the time. */
  readonly weekly: string
  readonly openings: number | null
  readonly source: string
  readonly reason: string
  readonly by: string
  readonly made: number
  readonly revoked: number | null
  readonly expires: number
}
/** What one entry of the registry changed about one site: enough to replay it (core/registry-changes.ts has the bodies). */
export type RegistryChangeRow = {
  readonly time: number
  /** The entry. */
  readonly position: number
  readonly siteKey: number
  readonly siteNo: number
  /** `site`, or the op of a permit. */
  readonly what: string
  /** JSON. */
  readonly body: string
  readonly expires: number
}
/** One version of the policy, whole. `expires` 0: in force. */
export type PolicyRow = { readonly version: number; readonly time: number; readonly by: string; readonly document: string; readonly expires: number }
/** Low-rate rows, as objects; storage encodes them too. */
export type PlainRows = {
  readonly alarms: readonly AlarmStep[]
  readonly access: readonly AccessRow[]
  readonly sites: readonly SiteRow[]
  readonly seals: readonly SealRow[]
  readonly permits: readonly PermitRow[]
  readonly policies: readonly PolicyRow[]
  readonly registry_changes: readonly RegistryChangeRow[]
}
