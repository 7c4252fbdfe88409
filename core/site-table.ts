// What the registry decides about sites and permits, as shard tasks read it: shared tables, written by the machine's thread
// between rounds only, so a task never sees a change half made. The state that shards write lives in tables of their own,
// indexed by the same numbers. siteNo and permitNo are dense and start at 1; row 0 is unused and 0 means "none".
// Rows of an erased site are zero again, but its number is never reused.

export const SITES = {
  /** When rows about it expire: Unix ms for a residence (its observation's end + retention); 0 = received + `otherRetentionMs`. */
  expires: 'f64',
  /** Observation at a residence, [from, until); others: -Infinity, Infinity (a site that was ended: until = then). */
  observedFrom: 'f64',
  observedUntil: 'f64',
  /** People registered; -1 = not compared. */
  headcount: 'i32',
  /** People allowed inside; -1 = no limit. */
  capacity: 'i32',
  /** People inside when counting began. */
  inside: 'i32',
  /** The current name (site, area, kind); rows of events carry the watch's own. */
  siteKey: 'u32',
  areaKey: 'u32',
  /** Its newest permit (permitNo); older ones follow through `next`. */
  permitHead: 'u32',
  /** SITE_KIND; 0 = no such site (never made, or erased). */
  kind: 'u8',
  /** Row of POLICIES (core/policy-table.ts): the figures in force for it. */
  policy: 'u16',
  /** 1 = the observation has ended: no alarms, no live view. Back to 0 where it is extended in time. */
  ended: 'u8',
} as const

/** Openings of a permit without a limit. */
export const OPENINGS_UNLIMITED = 0xffff_ffff
/** Occurrences of a permit by the week whose openings are counted: of the newest local day taken of, and the seven before. */
export const PERMIT_DAYS = 8

export const PERMITS = {
  /** In force for event times in [from, until). A revoked permit's `until` is moved back to the time of its revocation. */
  from: 'f64',
  until: 'f64',
  /** siteNo; 0 = none (erased). */
  site: 'u32',
  /** How many openings it allows: OPENINGS_UNLIMITED = any number. */
  openings: 'u32',
  /** The week in which it covers (core/weekly.ts), or 0 = all the time. Its `openings` are of each occurrence. */
  weekly: 'u32',
  /** How many were taken in all; by the week: the newest local day taken of, and how many on that day and the seven before, by day modulo 8.
   *  Written by the shard of its site, never by the registry. */
  used: 'u32',
  dayTop: 'u32',
  dayUsed: ['u16', PERMIT_DAYS],
  /** The site's next older permit, or 0. */
  next: 'u32',
} as const

/** Lists that the registry writes: a site's watches, newest first, and its keys; of a watch, the site's next older one. 0 = end. */
export const SITE_LINKS = { watchHead: 'u32', keyHead: 'u32' } as const
export const WATCH_LINKS = { next: 'u32' } as const
