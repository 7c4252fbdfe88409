import { alarmBody, type TroubleOf } from '../core/alarm-body.ts'
import type { AlarmView, PermitView } from '../core/ops.ts'
import { DAY_MS } from '../core/local-time.ts'
import type { Link, SiteState } from '../core/thread/machine.ts'
import { weeklyBody } from '../core/weekly.ts'

// The bodies that people and programs read, made from the machine's views: the same words in REST, in the stream and on the
// page. Times are ISO-8601 UTC; dense numbers never leave.

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : iso(ms))

/** One site in lists and in the stream: people inside against people registered. */
export type OccupancyBody = {
  readonly site: string
  readonly area: string
  readonly kind: string
  readonly registered: number
  readonly inside: number
  readonly raw: number
  readonly difference: number
  readonly since: string | null
  readonly capacity: number | null
  readonly confidence: number
  readonly door: string
  readonly online: boolean
  readonly link: Link
}
export const occupancyBody = (site: SiteState): OccupancyBody => ({
  site: site.site,
  area: site.area,
  kind: site.kind,
  registered: site.headcount,
  inside: site.corrected,
  raw: site.raw,
  difference: site.corrected - site.headcount,
  since: isoOrNull(site.differsSince),
  capacity: site.capacity,
  confidence: site.confidence,
  door: site.door,
  online: site.online,
  link: site.link,
})

type SealBody = {
  readonly seal: string
  readonly door: string
  readonly online: boolean
  readonly link: Link
  readonly lastHeard: string | null
  readonly batteryMv: number | null
}
export const sealBody = (seal: SiteState['seals'][number]): SealBody => ({
  seal: seal.seal,
  door: seal.door,
  online: seal.online,
  link: seal.link,
  lastHeard: seal.lastHeard > 0 ? isoOrNull(seal.lastHeard) : null,
  batteryMv: seal.batteryMv > 0 ? seal.batteryMv : null,
})

/** The body of GET /v1/sites/{site}, as the contract has it. */
export const siteBody = (site: SiteState, alarms: readonly AlarmView[], troubleOf: TroubleOf): Readonly<Record<string, unknown>> => ({
  site: site.site,
  area: site.area,
  kind: site.kind,
  headcount: site.headcount,
  capacity: site.capacity,
  observation: site.observation === null ? null : { from: isoOrNull(site.observation.from), until: isoOrNull(site.observation.until) },
  occupancy: { raw: site.raw, corrected: site.corrected, confidence: site.confidence },
  comparison: { registered: site.headcount, inside: site.corrected, difference: site.corrected - site.headcount, since: isoOrNull(site.differsSince) },
  door: site.door,
  online: site.online,
  link: site.link,
  seals: site.seals.map(sealBody),
  alarms: alarms.map((alarm) => alarmBody(alarm, troubleOf)),
})

export const permitBody = (permit: PermitView): Readonly<Record<string, unknown>> => ({
  id: String(permit.permitNo),
  site: permit.site,
  area: permit.area,
  from: iso(permit.from),
  until: iso(permit.until),
  openings: permit.openings,
  used: permit.used,
  weekly: permit.weekly === null ? null : weeklyBody(permit.weekly),
  lastDay: permit.lastDay === null ? null : { day: iso(permit.lastDay.day * DAY_MS).slice(0, 10), used: permit.lastDay.used },
  source: permit.source,
  reason: permit.reason,
  by: permit.by,
  made: iso(permit.made),
})
