import { isArea, isSealId, isSiteId } from './ids.ts'
import { SITE_KIND } from './kinds.ts'
import type { ItemProblem, PermitSpec, SealAssignment, SiteSpec } from './ops.ts'

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
export const permitProblem = (permit: PermitSpec, now: number): string | undefined => {
  if (!isTime(permit.from)) return 'from: is not a time between 1970 and 2100'
  if (!isTime(permit.until)) return 'until: is not a time between 1970 and 2100'
  if (permit.from >= permit.until) return 'until: is not after from'
  if (permit.until <= now) return 'until: the permit would be over already'
  if (permit.openings !== null && !isCount(permit.openings, 1)) return `openings: wants a whole number from 1 to ${PEOPLE_MAX}, or null`
  if (typeof permit.reason !== 'string' || permit.reason.length > REASON_LENGTH_MAX) return `reason: wants text of at most ${REASON_LENGTH_MAX} characters`
  return undefined
}
