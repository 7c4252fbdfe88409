import { isArea, isSealId, isSiteId } from './ids.ts'
import { SITE_KIND } from './kinds.ts'
import { DAY_MINUTES } from './local-time.ts'
import { type ItemProblem, PERMIT_SOURCES, type PermitSpec, type SealAssignment, type SiteSpec } from './ops.ts'
import { FIXED } from './policy.ts'
import { type PermitWeekly, WEEKDAYS } from './weekly.ts'

// Whether what a client says can be true at all: shapes and ranges, without the registry's state. Field by field, so that a bulk
// import can be corrected from its answer. Ops may come from an old log or another client of the log: nothing is taken on trust.

/** Times are kept as Unix seconds in u32 columns of ClickHouse, with the retention added; 2100-01-01 leaves six years for that. */
export const TIME_MS_MAX = 4_102_444_800_000
/** Far above any building; keeps every count within i32 with room for a million repeats. */
export const PEOPLE_MAX = 1_000_000
/** Doors of the largest mall known (Dongguan) are about 60; a list past this is a mistake in the file. */
export const SEALS_PER_SITE_MAX = 256
export const REASON_LENGTH_MAX = 200

type Report = (field: string, detail: string) => void

export const isTime = (ms: unknown): ms is number => typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0 && ms <= TIME_MS_MAX
const isCount = (n: unknown, min: number): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= min && n <= PEOPLE_MAX

/** What is wrong with one site's description, whatever is registered. Empty = it may be applied. */
export const siteProblems = (index: number, spec: SiteSpec): ItemProblem[] => {
  const problems: ItemProblem[] = []
  const report: Report = (field, detail) => void problems.push({ index, field, detail })
  if (!isObject(spec)) return [{ index, field: '', detail: 'wants an object' }]
  if (typeof spec.site !== 'string' || !isSiteId(spec.site)) report('site', 'wants 1 to 64 characters of A-Z a-z 0-9 . _ : -')
  if (typeof spec.area !== 'string' || !isArea(spec.area)) report('area', 'wants 1 to 8 segments of letters, digits and . _ : - between slashes')
  if (!Object.hasOwn(SITE_KIND, spec.kind)) report('kind', `wants one of ${Object.keys(SITE_KIND).join(', ')}`)
  if (!isCount(spec.headcount, -1)) report('headcount', `wants a whole number from 0 to ${PEOPLE_MAX}, or -1 for none`)
  if (spec.capacity !== null && !isCount(spec.capacity, 0)) report('capacity', `wants a whole number from 0 to ${PEOPLE_MAX}, or null`)
  if (spec.inside !== null && !isCount(spec.inside, 0)) report('inside', `wants a whole number from 0 to ${PEOPLE_MAX}, or null`)
  observationProblems(spec, report)
  sealListProblems(spec.seals, report)
  return problems
}

const observationProblems = ({ kind, observation }: SiteSpec, report: Report): void => {
  if (observation === null) {
    if (kind === 'residence') report('observation', 'is required for a residence')
    return
  }
  if (!isObject(observation)) return report('observation', 'wants null, or an object with from and until')
  if (kind !== 'residence') return report('observation', 'is for residences only')
  if (!isTime(observation.from)) return report('observation.from', 'is not a time between 1970 and 2100')
  if (!isTime(observation.until)) return report('observation.until', 'is not a time between 1970 and 2100')
  if (observation.from >= observation.until) report('observation.until', 'is not after observation.from')
}

const sealListProblems = (seals: readonly SealAssignment[], report: Report): void => {
  if (!Array.isArray(seals)) return report('seals', 'wants a list')
  if (seals.length > SEALS_PER_SITE_MAX) return report('seals', `lists ${seals.length} seals; a site has at most ${SEALS_PER_SITE_MAX}`)
  const seen = new Set<string>()
  for (const [at, seal] of (seals as readonly SealAssignment[]).entries()) {
    const detail = sealProblem(seal) ?? (seen.has(seal.id) ? 'is listed twice' : undefined)
    if (detail === undefined) seen.add(seal.id)
    else report(`seals[${at}]`, detail)
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const sealProblem = (seal: SealAssignment): string | undefined => {
  if (!isObject(seal)) return 'wants an id, or an object with id, from and until'
  const { id, from, until } = seal
  if (typeof id !== 'string' || !isSealId(id) || id === '0000000000000000') return 'wants an id of 16 lower-case hex digits, not all 0'
  if (from !== null && !isTime(from)) return 'from is not a time between 1970 and 2100'
  if (until !== null && !isTime(until)) return 'until is not a time between 1970 and 2100'
  if (from !== null && until !== null && from >= until) return 'until is not after from'
  return undefined
}

/** Why a permit cannot be, or undefined. */
export const permitProblem = (permit: PermitSpec, now: number): string | undefined =>
  spanProblem(permit, now) ?? (permit.weekly === undefined ? undefined : weeklyProblem(permit)) ?? sourceProblem(permit, now)

const spanProblem = (permit: PermitSpec, now: number): string | undefined => {
  if (!isTime(permit.from)) return 'from: is not a time between 1970 and 2100'
  if (!isTime(permit.until)) return 'until: is not a time between 1970 and 2100'
  if (permit.from >= permit.until) return 'until: is not after from'
  if (permit.until <= now) return 'until: the permit would be over already'
  if (permit.openings !== null && !isCount(permit.openings, 1)) return `openings: wants a whole number from 1 to ${PEOPLE_MAX}, or null`
  if (typeof permit.reason !== 'string' || permit.reason.length > REASON_LENGTH_MAX) return `reason: wants text of at most ${REASON_LENGTH_MAX} characters`
  return undefined
}

/** Openings are counted in 16 bits for each of a week's days (core/site-table.ts): far more than a door's hinge stands. */
export const WEEKLY_OPENINGS_MAX = 0xffff
const isMinute = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 && n <= DAY_MINUTES

const weeklyProblem = ({ weekly, openings }: PermitSpec): string | undefined => {
  if (!isObject(weekly)) return 'weekly: wants an object with days, from and until'
  const { days, from, until } = weekly as PermitWeekly
  if (!Array.isArray(days) || days.length === 0 || days.some((day, at) => !Number.isSafeInteger(day) || day < 0 || day > 6 || days.indexOf(day) !== at))
    return `weekly.days: wants some of ${WEEKDAYS.join(', ')}, each once`
  if (!isMinute(from)) return 'weekly.from: wants a time of the day'
  if (!isMinute(until)) return 'weekly.until: wants a time of the day'
  if (from >= until) return 'weekly.until: is not after weekly.from; what goes on past midnight is two permits'
  if (openings !== null && openings > WEEKLY_OPENINGS_MAX) return `openings: by the week at most ${WEEKLY_OPENINGS_MAX} a day`
  return undefined
}

// What a resident may declare. It is not asked for and granted by nobody, so it must never be a standing permit: each declaration is for
// one errand that begins now or later, small enough that staff can look at every one.

/** Longer than a walk to the gate and back with the rubbish or a delivery; who is away for longer is a visit, which staff permit. */
export const DECLARED_MS_MAX = 60 * 60_000
/** Out and in again. */
export const DECLARED_OPENINGS_MAX = 2
/** In force or to come, at one site: one for each errand of a day, but no day made of them (three hours of the day at most). */
export const DECLARED_LIVE_MAX = 3
/** A phone's clock may be behind by as much as a seal's may be ahead: then it begins when it is received. Earlier would be backdated. */
export const DECLARED_LATE_MS_MAX = FIXED.clockAheadMsMax

const sourceProblem = (permit: PermitSpec, now: number): string | undefined => {
  const { source = 'staff', from, until, openings, weekly } = permit
  if (!PERMIT_SOURCES.includes(source)) return `source: wants one of ${PERMIT_SOURCES.join(', ')}`
  if (source === 'staff') return undefined
  if (weekly !== undefined) return 'weekly: a declaration is for one time; staff permit what recurs'
  if (from < now - DECLARED_LATE_MS_MAX) return 'from: a declaration is never backdated'
  if (until - Math.max(from, now) > DECLARED_MS_MAX) return `until: a declaration lasts at most ${DECLARED_MS_MAX / 60_000} minutes`
  if (openings === null || openings > DECLARED_OPENINGS_MAX) return `openings: a declaration is for at most ${DECLARED_OPENINGS_MAX}`
  return undefined
}
