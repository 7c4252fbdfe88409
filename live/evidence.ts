import { ALARM_RULES, type Figures } from '../core/alarm-rules.ts'
import type { Evidence, EvidenceAlarm, EvidenceEvent, EvidenceParameter, EvidencePermit, EvidenceSite, EvidenceStep } from '../core/evidence.ts'
import type { EventScope, EvidenceSource, StoredKey, StoredStep } from '../core/evidence-source.ts'
import { ALARM, type EventKindName, type Severity } from '../core/kinds.ts'
import { POLICY_DEFAULT } from '../core/policy.ts'
import { POLICY_EMPTY } from '../core/policy-document.ts'
import { FLEET_PARAMETERS, PARAMETERS, type ParameterSpec } from '../core/policy-parameters.ts'
import { createResolver } from '../core/policy-resolve.ts'
import type { PermitChange, SiteChange } from '../core/registry-changes.ts'
import type { StoredChange, StoredPolicy } from '../core/stored-op.ts'
import { type EvidenceDeps, recompute, type History } from './evidence-recompute.ts'

// One alarm's evidence (docs/evidence.md): its steps, the rule with the figures in force then, the events that it looked at, permits,
// registry and counts as they were, and the recomputation from the stored rows. All of it is read from ClickHouse: the running
// machine is not asked, so an alarm of last month has the same evidence as one of a minute ago.

/** Events that are shown: the newest up to the raise, for the alarm came of them, and the first after it. How many more there were is told. */
const EVENTS_BEFORE_MAX = 400
const EVENTS_AFTER_MAX = 100
const COUNTS_SHOWN = 20
/** Events go on being shown for so long after the raise: what ended it, mostly. */
const AFTER_MS = 10 * 60_000
/** Sites of an area whose outage is recomputed: an area of more would take more events than one replay may. */
const AREA_SITES_MAX = 20_000

/** The alarm as its first steps have it; undefined where there are none: unknown, not stored yet, or expired. */
export const evidenceAlarm = async (
  { source }: EvidenceDeps,
  id: string,
): Promise<{ readonly alarm: EvidenceAlarm; readonly steps: readonly StoredStep[] } | undefined> => {
  const steps = await source.steps(id)
  const raised = steps.find(({ step }) => step === 'raised')
  if (raised === undefined) return undefined
  const last = steps.findLast(({ step }) => step === 'closed' || step === 'raised' || step === 'condition-back')
  const { kind, site, area, seal, value, time, received } = raised
  const alarm = { id, kind, severity: raised.severity as Severity, site, area, seal, since: time, raisedAt: received, value }
  return { alarm: { ...alarm, closedAt: last?.step === 'closed' ? last.received : null }, steps }
}

export const evidenceOf = async (deps: EvidenceDeps, alarm: EvidenceAlarm, steps: readonly EvidenceStep[]): Promise<Evidence> => {
  const { source } = deps
  const [keys, policies] = await Promise.all([keysOf(source, alarm), source.policies()])
  const scope = await scopeOf(source, alarm, keys)
  const then = policies.findLast(({ received }) => received <= alarm.raisedAt)
  const site = scope.changes.findLast(({ what, body, received }) => what === 'site' && received <= alarm.raisedAt && (body as SiteChange).site === alarm.site)
  const figures = figuresOf(alarm, then, site === undefined ? keys.at(-1) : { ...(site.body as SiteChange) })
  const rule = ALARM_RULES[alarm.kind]
  const own = keys.map(({ siteKey }) => siteKey)
  const window = {
    from: Math.min(alarm.since, alarm.raisedAt) - rule.backMs(figures),
    until: Math.max(alarm.raisedAt, ...steps.map(({ received }) => received)) + AFTER_MS,
  }
  const shownScope: EventScope = { siteKeys: own, seals: ALARM[alarm.kind].scope === 'site' || alarm.seal === '' ? null : [alarm.seal] }
  const history: History = { alarm, keys, ...scope, policies, figures }
  const [events, occupancy, used, recomputation] = await Promise.all([
    shownEvents(source, shownScope, { ...window, raisedAt: alarm.raisedAt, kinds: rule.looksAt }),
    alarm.site === '' ? [] : source.counts(own, alarm.raisedAt, COUNTS_SHOWN),
    alarm.site === '' ? new Map<number, number>() : source.openingsUsed(own, alarm.raisedAt),
    recompute(deps, history),
  ])
  return {
    alarm,
    says: rule.saw(alarm.value),
    rule: rule.rule(figures),
    policy: { version: then?.version ?? 1, since: then?.received ?? null, parameters: rule.parameters.map((name) => parameter(name, figures)) },
    steps,
    events: { ...window, kinds: rule.looksAt, ...events },
    permits: permitsOf(scope.changes, alarm, { window, used }),
    site: site === undefined ? null : siteOf(site.body as SiteChange),
    occupancy,
    recomputation,
  }
}

type Look = { readonly from: number; readonly until: number; readonly raisedAt: number; readonly kinds: readonly EventKindName[] }
const shownEvents = async (
  source: EvidenceSource,
  scope: EventScope,
  { from, until, raisedAt, kinds }: Look,
): Promise<{ readonly items: readonly EvidenceEvent[]; readonly leftOut: number }> => {
  const [before, after] = await Promise.all([
    source.shown(scope, { from, until: raisedAt }, { kinds, most: EVENTS_BEFORE_MAX, end: 'newest' }),
    source.shown(scope, { from: raisedAt + 1, until }, { kinds, most: EVENTS_AFTER_MAX, end: 'oldest' }),
  ])
  return { items: [...before.items, ...after.items], leftOut: before.leftOut + after.leftOut }
}

const keysOf = (source: EvidenceSource, alarm: EvidenceAlarm): Promise<readonly StoredKey[]> =>
  alarm.site === '' ? source.keysOfArea(alarm.area, AREA_SITES_MAX) : source.keysOfSite(alarm.site)

/** The registry's history of the alarm's site and, where a seal of it has watched others, of those. */
const scopeOf = async (
  source: EvidenceSource,
  alarm: EvidenceAlarm,
  keys: readonly StoredKey[],
): Promise<{ readonly changes: readonly StoredChange[]; readonly scope: EventScope }> => {
  const own = keys.map(({ siteKey }) => siteKey)
  const changes = await source.changes(own)
  if (alarm.site === '') return { changes, scope: { siteKeys: own, seals: null } }
  const seals = [...new Set(changes.flatMap(({ what, body }) => (what === 'site' ? (body as SiteChange).seals.map(({ id }) => id) : [])))]
  if (seals.length === 0) return { changes, scope: { siteKeys: own, seals: null } }
  const all = [...new Set([...own, ...(await source.keysOfSeals(seals))])].toSorted((a, b) => a - b)
  const isOfSeal = alarm.seal !== ''
  return {
    changes: all.length === own.length ? changes : await source.changes(all),
    scope: { siteKeys: all, seals: isOfSeal ? [alarm.seal] : all.length === own.length ? null : seals },
  }
}

const figuresOf = (alarm: EvidenceAlarm, policy: StoredPolicy | undefined, place: Pick<StoredKey, 'kind' | 'area' | 'site'> | undefined): Figures => {
  const resolver = createResolver(POLICY_DEFAULT, policy?.document ?? POLICY_EMPTY)
  const figures = alarm.site === '' || place === undefined ? resolver.nowhere : resolver.figures(place.kind, place.area, place.site)
  return { ...figures, ...resolver.fleet }
}

const SPECS: Readonly<Record<string, ParameterSpec>> = { ...FLEET_PARAMETERS, ...PARAMETERS }
const parameter = (name: keyof Figures, figures: Figures): EvidenceParameter => ({
  name,
  value: figures[name],
  unit: SPECS[name]?.unit ?? '',
  meaning: SPECS[name]?.meaning ?? '',
})

const siteOf = ({ kind, headcount, capacity, observation, seals }: SiteChange): EvidenceSite => ({ kind, headcount, capacity, observation, seals })

type Shown = { readonly window: { readonly from: number; readonly until: number }; readonly used: ReadonlyMap<number, number> }
/** Permits of the site whose time meets the window, as they were when the alarm was raised. */
const permitsOf = (changes: readonly StoredChange[], alarm: EvidenceAlarm, { window, used }: Shown): EvidencePermit[] => {
  const permits = new Map<number, EvidencePermit>()
  for (const { what, body, received } of changes) {
    if (what === 'site' || received > alarm.raisedAt) continue
    const { permitNo, by, op } = body as PermitChange
    const known = permits.get(permitNo)
    if (op['permit'] === undefined) {
      if (known !== undefined) permits.set(permitNo, { ...known, until: Math.min(known.until, Math.max(known.from, received)) })
      continue
    }
    const said = op['permit'] as { readonly site: string; readonly from: number; readonly until: number; readonly openings: number | null } & Readonly<
      Record<string, unknown>
    >
    if (said.site !== alarm.site) continue
    const { from, until, openings } = said
    permits.set(permitNo, {
      permit: permitNo,
      from,
      until,
      openings,
      used: used.get(permitNo) ?? 0,
      source: textOf(said['source'], 'staff'),
      reason: textOf(said['reason'], ''),
      by,
    })
  }
  return [...permits.values()].filter(({ from, until }) => until >= window.from && from <= window.until)
}
const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
