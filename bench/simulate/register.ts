// Makes a plan's sites, seals and permits known to the engine, through the API, as an operator's system would; and, as the day goes on,
// what residents declare.

import { sealId } from '../../core/ids.ts'
import { apiOk } from '../http.ts'
import { CommandError, type Target } from '../target.ts'
import { DAY, MINUTE, type Permit, type Plan } from './plan.ts'

export type RegisterOptions = {
  readonly startMs: number
  /** Permits that end before this (ms since the start) are left out. */
  readonly fromMs?: number
  /** People inside buildings when the play begins; undefined = nobody yet. */
  readonly inside?: ReadonlyMap<number, number>
}

/** Lines of one import request: a fraction of a second of work for the engine. */
const IMPORT_LINES = 500
/** Permit requests at once. */
const PERMITS_AT_ONCE = 32

/** An observation that ended before the play begins would be refused; it ends soon after instead. */
const ENDED_MS = 2 * MINUTE
/** Seals have been there for as long as they have kept heartbeats. */
const SINCE_MS = 14 * DAY

export const siteLines = (plan: Plan, { startMs, fromMs = 0, inside }: RegisterOptions): string[] => {
  const iso = (ms: number): string => new Date(startMs + ms).toISOString()
  return plan.sites.map((site, index) =>
    JSON.stringify({
      site: site.id,
      area: site.area,
      kind: site.kind,
      headcount: site.headcount,
      capacity: site.capacity,
      inside: inside?.get(index) ?? null,
      ...(site.kind === 'residence' ? { observation: { from: iso(-SINCE_MS), until: iso(Math.max(site.observedUntil ?? 13 * DAY, fromMs + ENDED_MS)) } } : {}),
      seals: site.seals.map((seal) => {
        const { low, high } = plan.seals[seal] as { low: number; high: number }
        return { id: sealId(low, high), from: iso(-SINCE_MS), until: null }
      }),
    }),
  )
}

const permitBody = (plan: Plan, { site, from, until, openings, reason, weekly }: Permit, startMs: number): object => ({
  site: plan.sites[site]?.id,
  from: new Date(startMs + from).toISOString(),
  until: new Date(startMs + until).toISOString(),
  openings,
  reason,
  ...(weekly === undefined ? {} : { weekly: { days: WEEKDAYS, from: minuteOfDay(weekly.from), until: minuteOfDay(weekly.until) } }),
})
/** A daily hour, by the week. */
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const minuteOfDay = (ms: number): string => {
  const minute = Math.round(ms / MINUTE)
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

export const registerPlan = async (target: Target, plan: Plan, options: RegisterOptions): Promise<{ readonly sites: number; readonly permits: number }> => {
  const lines = siteLines(plan, options)
  for (let at = 0; at < lines.length; at += IMPORT_LINES) await importLines(target, lines.slice(at, at + IMPORT_LINES))
  const permits = plan.permits.filter(({ until, declaredAt }) => declaredAt === undefined && until > (options.fromMs ?? 0))
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < permits.length) await apiOk(target, 'admin', { path: '/v1/permits', json: permitBody(plan, permits[next++] as Permit, options.startMs) })
  }
  await Promise.all(Array.from({ length: PERMITS_AT_ONCE }, worker))
  return { sites: lines.length, permits: permits.length }
}

/** Residents' declarations, each posted (by an integrator's token) when its time has come: call before the tick of `untilMs`. */
export const declarePermits = (target: Target, plan: Plan, startMs: number): ((untilMs: number) => Promise<void>) => {
  const declared = plan.permits.filter(({ declaredAt }) => declaredAt !== undefined).sort((a, b) => (a.declaredAt as number) - (b.declaredAt as number))
  let next = 0
  return async (untilMs) => {
    while (next < declared.length && ((declared[next] as Permit).declaredAt as number) <= untilMs) {
      const body = permitBody(plan, declared[next++] as Permit, startMs)
      await apiOk(target, 'sender', { path: '/v1/permits', json: { ...body, source: 'declaration' } })
    }
  }
}

type ImportAnswer = { readonly created?: number; readonly changed?: number; readonly unchanged?: number; readonly problems?: readonly unknown[] }
const importLines = async (target: Target, lines: readonly string[]): Promise<void> => {
  const answer = (await apiOk(target, 'admin', {
    path: '/v1/sites/import',
    text: { type: 'application/x-ndjson', body: `${lines.join('\n')}\n` },
  })) as ImportAnswer
  const problems = answer.problems ?? []
  if (problems.length > 0) throw new CommandError(`/v1/sites/import: ${problems.length} lines were refused; the first: ${JSON.stringify(problems[0])}`)
}
