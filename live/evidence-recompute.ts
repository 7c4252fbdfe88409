import { ALARM_RULES, type Figures, span } from '../core/alarm-rules.ts'
import type { Difference, EvidenceAlarm, Recomputation } from '../core/evidence.ts'
import type { EventScope, EvidenceSource, Outage, StoredKey } from '../core/evidence-source.ts'
import { areaCovers } from '../core/ids.ts'
import type { AlarmKindName } from '../core/kinds.ts'
import { type Policy, POLICY_DEFAULT } from '../core/policy.ts'
import type { PolicyDocument } from '../core/policy-document.ts'
import type { SiteChange } from '../core/registry-changes.ts'
import type { StoredChange, StoredOp, StoredPolicy } from '../core/stored-op.ts'
import { storedEvents } from '../core/stored-events.ts'
import type { ReplayInput, ReplayResult, ReplayStep } from '../core/thread/stored-replay.ts'
import { tickMsOf } from '../core/thread/tick-grid.ts'

// The recomputation: the stored rows of the alarm's site (or area) through a private machine, and what that raised held against what
// was raised. An alarm matches where one of its kind and key was raised within one tick of its time, since the same event time, with
// the same value and severity. What could not be known is said, never guessed.

/** Events of one recomputation. A residence has 20,000 in 14 days, a gate as many in a busy day. */
export const REPLAY_EVENTS_MAX = 200_000
/** The engine ticks once a second; a simulated clock, that stands still between its ticks, shows its own step, up to a minute. */
const TICK_MS = 1000
const TICK_MS_MAX = 60_000
/** That many times received, all whole seconds apart, are not a host's clock's: the chance is one in a thousand for each but the first. */
const TIMES_MIN = 20
/** Ticks that are known from what was raised, the newest of them: days of a city. */
const TICKS_MAX = 20_000
/** A gap is noted when it ends; one that lasts longer than this is a host that was away. */
const GAP_MS_MAX = 7 * 86_400_000
/** An outage is a matter of minutes: supervision of up to a tenth of this is recomputed. */
const OUTAGE_BACK_MS = 30 * 60_000

export type History = {
  readonly alarm: EvidenceAlarm
  readonly keys: readonly StoredKey[]
  readonly changes: readonly StoredChange[]
  readonly scope: EventScope
  readonly policies: readonly StoredPolicy[]
  readonly figures: Figures
}
export type EvidenceDeps = {
  readonly source: EvidenceSource
  readonly replay: (input: ReplayInput) => Promise<ReplayResult>
  readonly now: () => number
  /** This engine's clock is moved by a simulation, and was when the alarm was raised. */
  readonly simulated: boolean
}
type Deps = EvidenceDeps

export const recompute = async (deps: Deps, history: History): Promise<Recomputation> => {
  if (history.changes.length === 0) return { done: false, why: 'what was registered then has expired' }
  const begins = await beginning(deps, history)
  if (typeof begins === 'string') return { done: false, why: begins }
  const gathered = await gather(deps, history, begins)
  try {
    return await compared(deps, gathered, begins)
  } catch (error) {
    // The replay's thread was ended at one of its bounds, or what is stored cannot be replayed: the rest of the evidence stands.
    return { done: false, why: `the replay was given up (${error instanceof Error ? error.message : String(error)})` }
  }
}

const compared = async (deps: Deps, gathered: Gathered, begins: Begin): Promise<Recomputation> => {
  const { alarm } = gathered.history
  const first = await attempt(deps, gathered, 'tick-first')
  // Where a host's clock gave a tick and an event the same millisecond, their order is not known: one of the two must give the alarm.
  const result = first.matches || gathered.isSimulated ? first : ((await other(deps, gathered)) ?? first)
  const { events, ticks, ms, notes } = result
  return {
    done: true,
    matches: result.matches,
    identical: result.matches && result.identical,
    differences: result.differences,
    from: gathered.input.fromMs,
    begins: begins.why,
    events,
    ticks,
    ms: Math.round(ms),
    notes: [...notes, ...(alarm.site === '' ? [AREA_NOTE] : [])],
  }
}

const AREA_NOTE = 'only this area was replayed: that no larger one was out at that time is not recomputed'

type Begin = { readonly from: number; readonly inside: Readonly<Record<string, number>>; readonly why: string | null }

/** Where the replay begins: with the first event, or as late as the bound, or what has expired, asks for. */
const beginning = async ({ source, now }: Deps, { alarm, scope, keys, changes }: History): Promise<Begin | string> => {
  const until = alarm.raisedAt + TICK_MS_MAX
  const { count, first, firstOfMost } = await source.extent(scope, until, REPLAY_EVENTS_MAX)
  if (alarm.site === '') {
    const from = alarm.raisedAt - OUTAGE_BACK_MS
    if (firstOfMost > from && count > REPLAY_EVENTS_MAX) return `the area had more than ${REPLAY_EVENTS_MAX} events in the ${span(OUTAGE_BACK_MS)} before`
    return { from: Math.max(first, from), inside: {}, why: first < from ? `an outage is recomputed from the ${span(OUTAGE_BACK_MS)} before it` : null }
  }
  if (count === 0 && alarm.kind !== 'offline') return 'the events that led to it have expired'
  const registered = changes.find(({ what, body }) => what === 'site' && (body as SiteChange).site === alarm.site)?.received ?? 0
  const kept = now() - POLICY_DEFAULT.otherRetentionMs
  const isExpired = keys.at(-1)?.kind !== 'residence' && registered < kept && first < kept + POLICY_DEFAULT.otherRetentionMs / 2
  if (count <= REPLAY_EVENTS_MAX && !isExpired) return { from: 0, inside: {}, why: null }
  const from = Math.max(firstOfMost, isExpired ? Math.max(first, kept) : 0)
  if (from >= alarm.since) return `more than ${REPLAY_EVENTS_MAX} events lie between its beginning and its raise`
  const [start] = await source.counts(
    keys.map(({ siteKey }) => siteKey),
    from,
    1,
  )
  const why = count > REPLAY_EVENTS_MAX ? `the newest ${REPLAY_EVENTS_MAX} of ${count} events were replayed` : 'earlier events have expired'
  return {
    from,
    inside: start === undefined ? {} : { [alarm.site]: Math.max(0, start.corrected) },
    why: `${why}: counting begins with the ${start === undefined ? 'people first inside' : `${start.corrected} people counted at ${new Date(start.received).toISOString()}`}, and doors, batteries and openings taken of permits are not known from before`,
  }
}

type Gathered = { readonly history: History; readonly input: ReplayInput; readonly outages: readonly Outage[]; readonly isSimulated: boolean }

const gather = async ({ source, simulated }: Deps, history: History, { from, inside }: Begin): Promise<Gathered> => {
  const { alarm, scope, changes, policies } = history
  const until = alarm.raisedAt + TICK_MS_MAX
  const [events, work, ticks, gaps, outages] = await Promise.all([
    source.events(scope, { from, until }),
    alarm.site === '' ? [] : source.work(scope.siteKeys, until),
    source.raiseTimes(TICK_RAISED, { from, until }, TICKS_MAX),
    source.gaps({ from, until: until + GAP_MS_MAX }),
    alarm.kind === 'offline' ? source.outages({ from: alarm.since, until }) : [],
  ])
  const tickMs = tickMsOf([...receivedOf(events), ...ticks], { otherwise: TICK_MS, max: TICK_MS_MAX, least: simulated ? 2 : TIMES_MIN })
  const lookedAt = { changes: changes.filter(({ received }) => received <= until), policies: policies.filter(({ received }) => received <= until) }
  const place = alarm.site === '' ? reRooted(lookedAt, alarm.area) : { ...lookedAt, policies: lookedAt.policies.map(withoutOutages) }
  const ops: readonly StoredOp[] = [...place.policies, ...place.changes, ...work]
  return {
    history,
    outages,
    isSimulated: tickMs !== TICK_MS,
    input: {
      events,
      ops: ops.toSorted((a, b) => a.received - b.received),
      policy: alarm.site === '' ? POLICY_DEFAULT : NO_OUTAGES,
      // What a tick raised has its time; an event's does not.
      ticks: ALARM_RULES[alarm.kind].raisedAt === 'tick' ? [...new Set([...ticks, alarm.raisedAt])].toSorted((a, b) => a - b) : ticks,
      tickMs,
      gaps,
      ties: 'tick-first',
      fromMs: from,
      ticksFromMs: from,
      untilMs: alarm.raisedAt + 2 * tickMs,
      inside,
      ...(alarm.site === '' ? {} : { watched: alarm.site }),
    },
  }
}

const TICK_RAISED: readonly AlarmKindName[] = (Object.keys(ALARM_RULES) as AlarmKindName[]).filter((kind) => ALARM_RULES[kind].raisedAt === 'tick')

function* receivedOf(bytes: Uint8Array): Generator<number> {
  const events = storedEvents(bytes)
  for (let row = 0; row < events.count; row += 1) yield events.received(row)
}

/** Of one site nothing can be told of its area: outages, which stand for seals that go offline, are taken from what was raised. */
const NO_OUTAGES: Policy = { ...POLICY_DEFAULT, outageSealsMin: Number.MAX_SAFE_INTEGER }
const withoutOutages = (policy: StoredPolicy): StoredPolicy => {
  const { outageSealsMin: _, ...document } = policy.document
  return { ...policy, document }
}

type Place = { readonly changes: readonly StoredChange[]; readonly policies: readonly StoredPolicy[] }
/** The area as a world of its own: it and what lies below it, without what lies above, which would hold the same seals and no others. */
const reRooted = ({ changes, policies }: Place, area: string): Place => {
  const belowArea = below(area)
  return {
    changes: changes.map((change) => {
      if (change.what !== 'site') return change
      const site = change.body as SiteChange
      // A site that has moved away since, or not come yet, is no part of it.
      return { ...change, body: { ...site, area: areaCovers(area, site.area) ? belowArea(site.area) : 'elsewhere' } }
    }),
    policies: policies.map((policy) => ({ ...policy, document: documentBelow(policy.document, area, belowArea) })),
  }
}
/** A path in the world whose root is the area's parent. */
const below =
  (area: string) =>
  (path: string): string =>
    path.slice(area.lastIndexOf('/') + 1)
const documentBelow = (document: PolicyDocument, area: string, belowArea: (path: string) => string): PolicyDocument => ({
  ...document,
  rules: document.rules.flatMap((rule) => {
    const { area: of, ...rest } = rule.for
    if (of === undefined) return [rule]
    if (areaCovers(of, area)) return [{ ...rule, for: rest }]
    return areaCovers(area, of) ? [{ ...rule, for: { ...rest, area: belowArea(of) } }] : []
  }),
})

type Attempt = {
  readonly matches: boolean
  readonly identical: boolean
  readonly differences: readonly Difference[]
  readonly notes: readonly string[]
} & Pick<ReplayResult, 'events' | 'ticks' | 'ms'>

const other = async (deps: Deps, gathered: Gathered): Promise<Attempt | undefined> => {
  const second = await attempt(deps, gathered, 'events-first')
  return second.matches
    ? { ...second, notes: [...second.notes, 'with what was received in the very millisecond of a tick before it: the clock cannot tell which was first'] }
    : undefined
}

const attempt = async ({ replay }: Deps, { history, input, outages }: Gathered, ties: ReplayInput['ties']): Promise<Attempt> => {
  const result = await replay({ ...input, ties })
  const { alarm } = history
  const found = bestOf(result.steps, alarm, input.tickMs)
  const held = found === undefined ? heldBack(result.steps, alarm, outages, input.tickMs) : undefined
  const step = found ?? held?.step
  const differences =
    step === undefined ? [notRaised(result.steps, alarm)] : differencesOf(alarm, held === undefined ? step : raisedLater(step, alarm.raisedAt), input.tickMs)
  const notes = [
    ...(held === undefined ? [] : [`an outage of ${held.outage.area} stood for it until ${new Date(held.outage.until).toISOString()}`]),
    ...(result.unplaced === 0 ? [] : [`${result.unplaced} events found no assignment in the registry's rows`]),
    ...result.refused.map((problem) => `the registry's rows did not apply as they stand: ${problem}`),
  ]
  return { matches: differences.length === 0, identical: step?.id === alarm.id, differences, notes, events: result.events, ticks: result.ticks, ms: result.ms }
}

const isSameKey = (step: ReplayStep, alarm: EvidenceAlarm): boolean =>
  step.kind === alarm.kind &&
  (alarm.site !== '' || step.area === below(alarm.area)(alarm.area)) &&
  step.site === alarm.site &&
  step.seal === alarm.seal &&
  (alarm.kind !== 'fever' || step.time === alarm.since)

/** The raise of the alarm's key nearest to its time, within one tick. */
const bestOf = (steps: readonly ReplayStep[], alarm: EvidenceAlarm, tickMs: number): ReplayStep | undefined => {
  const distance = ({ received }: ReplayStep): number => Math.abs(received - alarm.raisedAt)
  const near = steps.filter((step) => step.step === 'raised' && isSameKey(step, alarm) && distance(step) <= tickMs)
  return near.find(({ id }) => id === alarm.id) ?? near.toSorted((a, b) => distance(a) - distance(b))[0]
}

/** A seal that went offline while its area was out is raised when the outage is over. */
const heldBack = (
  steps: readonly ReplayStep[],
  alarm: EvidenceAlarm,
  outages: readonly Outage[],
  tickMs: number,
): { readonly step: ReplayStep; readonly outage: Outage } | undefined => {
  if (alarm.kind !== 'offline') return undefined
  const outage = outages.find(({ area, until }) => areaCovers(area, alarm.area) && Math.abs(until - alarm.raisedAt) <= tickMs)
  const step = steps.findLast((one) => one.step === 'raised' && isSameKey(one, alarm) && one.time === alarm.since)
  return outage === undefined || step === undefined ? undefined : { step, outage }
}

/** Its value, how long nothing was heard, has grown meanwhile. */
const raisedLater = (step: ReplayStep, at: number): ReplayStep => ({ ...step, received: at, value: step.value + at - step.received })

const iso = (ms: number): string => new Date(ms).toISOString()
const notRaised = (steps: readonly ReplayStep[], alarm: EvidenceAlarm): Difference => {
  const own = steps.filter((step) => isSameKey(step, alarm))
  const near = own.toSorted((a, b) => Math.abs(a.received - alarm.raisedAt) - Math.abs(b.received - alarm.raisedAt))[0]
  return { what: 'raised', stored: iso(alarm.raisedAt), recomputed: near === undefined ? 'not raised' : `${near.step} at ${iso(near.received)}` }
}

const differencesOf = (alarm: EvidenceAlarm, step: ReplayStep, tickMs: number): readonly Difference[] => {
  const slack = ALARM_RULES[alarm.kind].valueFollowsTick === true ? tickMs : 0
  const found: Difference[] = []
  if (step.time !== alarm.since && !(sinceIsTick(alarm) && Math.abs(step.time - alarm.since) <= tickMs))
    found.push({ what: 'since', stored: iso(alarm.since), recomputed: iso(step.time) })
  if (Math.abs(step.received - alarm.raisedAt) > tickMs) found.push({ what: 'raisedAt', stored: iso(alarm.raisedAt), recomputed: iso(step.received) })
  if (Math.abs(Math.round(step.value) - alarm.value) > slack)
    found.push({ what: 'value', stored: String(alarm.value), recomputed: String(Math.round(step.value)) })
  if (step.severity !== alarm.severity) found.push({ what: 'severity', stored: alarm.severity, recomputed: step.severity })
  return found
}
/** Checks that say "time: T" began when the tick said so. */
const sinceIsTick = ({ since, raisedAt, kind }: EvidenceAlarm): boolean => since === raisedAt && ALARM_RULES[kind].raisedAt === 'tick'
