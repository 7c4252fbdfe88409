import type { RegistryOp, RegistryResult, SiteSpec } from './ops.ts'
import { TIME_MS_MAX } from './registry-check.ts'
import type { RegistryEffects } from './registry-effects.ts'
import type { Registry } from './registry.ts'
import type { RegistryChangeRow } from './rows.ts'

// What an entry of the registry means for each site it touched, as a row that a replay can read without the log (docs/evidence.md).
// A site's row says all of it as it stands from then on, never a difference: so the newest row before a time is the site as of then,
// and a row that is lost to retention takes nothing of the later ones with it. Ticks make no rows: what they do by themselves
// (observations and assignments that end) follows from the dates in the rows before.

/** A site as a replay puts it. `ends`: when a site without an observation ends, or null. */
export type SiteChange = SiteSpec & { readonly ends: number | null }
/** A permit's op as it was, without who asked (`by` is the name), and the number that the registry gave or was told. */
export type PermitChange = { readonly permitNo: number; readonly by: string; readonly op: Readonly<Record<string, unknown>> }

type Asked = { readonly op: RegistryOp; readonly result: RegistryResult; readonly effects: RegistryEffects }
type At = { readonly time: number; readonly position: number }

export const registryChanges = (registry: Registry, asked: Asked, at: At): RegistryChangeRow[] => [
  ...touchedSites(asked.effects).flatMap((site) => siteChange(registry, site, at)),
  ...permitChange(registry, asked, at),
]

/** In the order in which they were changed. */
const touchedSites = ({ sites, seals }: RegistryEffects): readonly string[] => [
  ...new Set([...sites.map(({ site }) => site), ...seals.map(({ site }) => site)]),
]

const siteChange = (registry: Registry, site: string, at: At): readonly RegistryChangeRow[] => {
  const siteNo = registry.siteNo(site)
  const spec = registry.spec(siteNo)
  return spec === undefined ? [] : [rowOf(registry, siteNo, { what: 'site', body: spec }, at)]
}

const permitChange = (registry: Registry, { op, result }: Asked, at: At): readonly RegistryChangeRow[] => {
  if (!op.op.endsWith('-permit') || result.kind === 'refused') return []
  const permitNo = result.kind === 'permit' ? result.permitNo : 'permitNo' in op ? op.permitNo : 0
  const siteNo = registry.tables().permits.columns.site[permitNo] ?? 0
  if (permitNo === 0 || siteNo === 0) return []
  const { by, ...said } = op
  return [rowOf(registry, siteNo, { what: op.op, body: { permitNo, by: by?.name ?? '', op: said } }, at)]
}

const rowOf = (registry: Registry, siteNo: number, { what, body }: { readonly what: string; readonly body: object }, at: At): RegistryChangeRow => {
  const { siteKey, expires } = registry.tables().sites.columns
  const own = expires[siteNo] as number
  // A site without an observation keeps its rows for as long as it is there: it may have been registered years before an alarm.
  return { ...at, siteKey: siteKey[siteNo] as number, siteNo, what, body: JSON.stringify(body), expires: own === 0 ? TIME_MS_MAX : own }
}
