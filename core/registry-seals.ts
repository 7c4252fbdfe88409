import { maySee } from './access.ts'
import { findSeal } from './directory.ts'
import { addSeal, addWatch, endWatch } from './directory-write.ts'
import { sealHigh, sealLow, type SealId } from './ids.ts'
import type { Principal, SealAssignment, SiteSpec } from './ops.ts'
import { type RegistryEffects, sealRow } from './registry-effects.ts'
import { DUE, pushDue } from './registry-due.ts'
import type { RegistryState } from './registry-state.ts'
import { shardOfSite } from './shard.ts'
import { withCapacity } from './table.ts'

// Assignments: which seal watches which site, from when until when. At any event time a seal watches at most one site.
//   listed, `from` null     already here: stays as it is. New: from now, and where it is elsewhere now, it moves (that assignment ends
//                           now). Its very first assignment reaches back, so that buffered events count: at a residence to the
//                           observation's beginning, elsewhere by `otherRetentionMs` (90 days, as far as clocks are believed).
//   listed, `from` given    the assignment has that beginning; one elsewhere that runs on ends there, if it lies in the future.
//                           A beginning in the past that another assignment covers is a problem: history is not reassigned.
//   `until` null            no end (a new one), or the end it has.
//   not listed any more     ends now.

export type SealPlan =
  | { readonly kind: 'keep'; readonly watch: number }
  | { readonly kind: 'change'; readonly watch: number; readonly from: number; readonly until: number }
  | { readonly kind: 'add'; readonly id: SealId; readonly from: number; readonly until: number; readonly close: readonly number[] }
export type SealPlans = { readonly plans: readonly SealPlan[]; readonly problems: readonly { readonly at: number; readonly detail: string }[] }
/** `claimed`: which site of the same request listed the seal first. */
export type PlanContext = { readonly state: RegistryState; readonly by: Principal; readonly claimed: Map<string, string> }

/** What the wanted list asks for; changes nothing. `siteNo` 0 = a site not yet made. */
export const planSeals = (context: PlanContext, spec: SiteSpec, siteNo: number): SealPlans => {
  const plans: SealPlan[] = []
  const problems: { at: number; detail: string }[] = []
  spec.seals.forEach((seal, at) => {
    const claim = context.claimed.get(seal.id)
    const plan =
      claim !== undefined && claim !== spec.site && seal.from === null
        ? 'is listed for two sites in this request; say from when'
        : planSeal(context, spec, { seal, siteNo })
    if (typeof plan === 'string') problems.push({ at, detail: plan })
    else plans.push(plan)
  })
  return { plans, problems }
}

const planSeal = (context: PlanContext, spec: SiteSpec, { seal, siteNo }: { seal: SealAssignment; siteNo: number }): SealPlan | string => {
  const { state } = context
  const id = seal.id as SealId
  const sealNo = findSeal(state.directory, sealLow(id), sealHigh(id))
  if (sealNo === 0) return wanted(seal, firstFrom(state, spec), (from, until) => ({ kind: 'add', id, from, until, close: [] }))
  const watches = state.directory.watches.columns
  const current = siteNo === 0 ? 0 : openWatchAt(state, sealNo, siteNo)
  if (current === 0) {
    return wanted(seal, state.now, (from, until) => {
      const close = overlapping(state, sealNo, { from, until, except: 0 })
      const refusal = refusalToClose(context, close, { from, moves: seal.from === null || from > state.now })
      return refusal ?? { kind: 'add', id, from, until, close }
    })
  }
  const from = seal.from === null || beganAt(state, current, seal.from) ? (watches.from[current] as number) : seal.from
  const until = seal.until ?? (watches.until[current] as number)
  if (from === watches.from[current] && until === watches.until[current]) return { kind: 'keep', watch: current }
  if (from >= until) return 'until is not after from'
  if (overlapping(state, sealNo, { from, until, except: current }).length > 0) return ELSEWHERE
  return { kind: 'change', watch: current, from, until }
}

const ELSEWHERE = 'watches another site at that time; end it there first, or give no from to move it now'

const wanted = (seal: SealAssignment, fallback: number, make: (from: number, until: number) => SealPlan | string): SealPlan | string => {
  const from = seal.from ?? fallback
  const until = seal.until ?? Infinity
  return from >= until ? 'until is not after the time it would begin' : make(from, until)
}

const firstFrom = (state: RegistryState, spec: SiteSpec): number => spec.observation?.from ?? Math.max(0, state.now - state.policy.otherRetentionMs)

const refusalToClose = ({ state, by }: PlanContext, close: readonly number[], { from, moves }: { from: number; moves: boolean }): string | undefined => {
  const { from: froms, site } = state.directory.watches.columns
  const { areaKey } = state.sites.columns
  if (close.some((watch) => !maySee(by, state.areas[areaKey[site[watch] as number] as number] as string))) return 'FORBIDDEN: watches a site outside your areas'
  return close.every((watch) => moves && (froms[watch] as number) <= from) ? undefined : ELSEWHERE
}

/** The seal's watches, other than one, that cover a part of [from, until). */
const overlapping = (state: RegistryState, sealNo: number, span: { from: number; until: number; except: number }): number[] => {
  const { from, until, previous } = state.directory.watches.columns
  const found: number[] = []
  for (let watch = state.directory.seals.columns.head[sealNo] as number; watch !== 0; watch = previous[watch] as number) {
    const [begin, end] = [from[watch] as number, until[watch] as number]
    if (watch !== span.except && begin < end && begin < span.until && end > span.from) found.push(watch)
  }
  return found
}

/** The seal's watch of this site that is in force or to come: the newest. */
const openWatchAt = (state: RegistryState, sealNo: number, siteNo: number): number => {
  const { from, until, site, previous } = state.directory.watches.columns
  for (let watch = state.directory.seals.columns.head[sealNo] as number; watch !== 0; watch = previous[watch] as number) {
    if (site[watch] === siteNo && (until[watch] as number) > state.now && (from[watch] as number) < (until[watch] as number)) return watch
  }
  return 0
}

/** Whether the assignment that `watch` carries on began at `time`: a site's new key splits it, and a client knows only its first beginning. */
const beganAt = (state: RegistryState, watch: number, time: number): boolean => {
  const { from, until, site, previous } = state.directory.watches.columns
  let begin = from[watch] as number
  for (let older = previous[watch] as number; older !== 0 && begin > time; older = previous[older] as number) {
    if (site[older] === site[watch] && until[older] === begin && (from[older] as number) < begin) begin = from[older] as number
  }
  return begin === time
}

/** The site's watches that are in force or to come, newest first. */
export const openWatches = (state: RegistryState, siteNo: number): number[] => {
  const { from, until } = state.directory.watches.columns
  return siteWatches(state, siteNo).filter((watch) => (until[watch] as number) > state.now && (from[watch] as number) < (until[watch] as number))
}

/** All watches a site ever had, newest first. */
export const siteWatches = (state: RegistryState, siteNo: number): number[] => {
  const found: number[] = []
  const { next } = state.watchLinks.columns
  for (let watch = state.siteLinks.columns.watchHead[siteNo] as number; watch !== 0; watch = next[watch] as number) found.push(watch)
  return found
}

/** Carries out a plan for a site that exists: ends what is not listed, then changes and adds. True where anything changed. */
export const applySeals = (state: RegistryState, siteNo: number, plans: readonly SealPlan[], effects: RegistryEffects): boolean => {
  const kept = new Set(plans.map((plan) => (plan.kind === 'add' ? 0 : plan.watch)))
  const gone = openWatches(state, siteNo).filter((watch) => !kept.has(watch))
  for (const watch of gone) endNow(state, watch, effects)
  let changed = gone.length > 0
  for (const plan of plans) {
    if (plan.kind === 'keep') continue
    changed = true
    if (plan.kind === 'add') addPlanned(state, siteNo, plan, effects)
    else changeWatch(state, plan, effects)
  }
  return changed
}

const addPlanned = (state: RegistryState, siteNo: number, plan: SealPlan & { kind: 'add' }, effects: RegistryEffects): void => {
  const [low, high] = [sealLow(plan.id), sealHigh(plan.id)]
  const seal = findSeal(state.directory, low, high) || addSeal(state, low, high)
  const watch = newWatch(state, siteNo, { seal, from: plan.from, until: plan.until }, effects)
  if (plan.until > state.now) effects.watchesBegun.push(watch)
  for (const earlier of plan.close) endAt(state, earlier, plan.from, effects)
}

const changeWatch = (state: RegistryState, plan: SealPlan & { kind: 'change' }, effects: RegistryEffects): void => {
  state.directory.watches.columns.from[plan.watch] = plan.from
  endAt(state, plan.watch, plan.until, effects)
}

const endNow = (state: RegistryState, watch: number, effects: RegistryEffects): void => endAt(state, watch, state.now, effects)

/** Ends a watch at a time: reported as ended at once where that is not in the future, else planned. */
const endAt = (state: RegistryState, watch: number, until: number, effects: RegistryEffects): void => {
  endWatch(state.directory, watch, until)
  const end = state.directory.watches.columns.until[watch] as number
  if (until <= state.now) effects.watchesEnded.push(watch)
  else if (end < Infinity) pushDue(state.due, end, DUE.watchEnds, watch)
  effects.seals.push(sealRow(state, watch))
}

const newWatch = (
  state: RegistryState,
  site: number,
  { seal, from, until }: { seal: number; from: number; until: number },
  effects: RegistryEffects,
): number => {
  const { observedFrom, observedUntil, siteKey, areaKey, kind } = state.sites.columns
  const watch = addWatch(state, {
    from,
    until,
    seal,
    site,
    observedFrom: observedFrom[site] as number,
    observedUntil: observedUntil[site] as number,
    siteKey: siteKey[site] as number,
    areaKey: areaKey[site] as number,
    kind: kind[site] as number,
    shard: shardOfSite(site, state.shardCount),
  })
  state.watchLinks = withCapacity(state.watchLinks, watch + 1)
  state.watchLinks.columns.next[watch] = state.siteLinks.columns.watchHead[site] as number
  state.siteLinks.columns.watchHead[site] = watch
  if (until < Infinity && until > state.now) pushDue(state.due, until, DUE.watchEnds, watch)
  effects.seals.push(sealRow(state, watch))
  return watch
}

/** Gives those of the watches of before that are still open the site's new key: the old one ends now, its twin goes on from now. */
export const renewWatches = (state: RegistryState, siteNo: number, before: readonly number[], effects: RegistryEffects): void => {
  const { seal, from, until } = state.directory.watches.columns
  const open = new Set(openWatches(state, siteNo))
  for (const watch of before.toReversed()) {
    if (!open.has(watch)) continue
    const begin = Math.max(from[watch] as number, state.now)
    const twin = newWatch(state, siteNo, { seal: seal[watch] as number, from: begin, until: until[watch] as number }, effects)
    endWatch(state.directory, watch, begin)
    effects.seals.push(sealRow(state, watch))
    effects.watchesRenewed.push({ from: watch, to: twin })
  }
}
