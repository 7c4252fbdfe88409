import { ALARM, SITE_KIND, type Severity, type SiteKindName } from './kinds.ts'
import { isArea, isSiteId } from './ids.ts'
import type { KindPolicy, WeekSchedule } from './policy.ts'
import { FLEET_PARAMETERS, type NumberSpec, PARAMETERS } from './policy-parameters.ts'

// The policy as people write it: a document of rules, each of which sets parameters for what it is for. Reading one checks all that
// can be checked of its shape; every problem says what is wrong and where (`rules[3].set.doorHeldOpenMs: …`). What the rules
// give together is core/policy-resolve.ts.

export type RuleFor = { readonly kind?: SiteKindName; readonly area?: string; readonly site?: string }
export type RuleSet = { readonly [K in keyof KindPolicy]?: K extends 'escalateMs' ? Partial<KindPolicy[K]> : KindPolicy[K] }
export type PolicyRule = { readonly note?: string; readonly for: RuleFor; readonly set: RuleSet }
export type PolicyDocument = {
  readonly utcOffsetMinutes?: number
  readonly holidays?: readonly string[]
  readonly outageSealsMin?: number
  readonly outageShare?: number
  readonly rules: readonly PolicyRule[]
}
/** Version 1: nothing but the built-in defaults. */
export const POLICY_EMPTY: PolicyDocument = { rules: [] }

/** A request's body holds 1 MiB; rules of one site each take some 200 bytes. */
export const RULES_MAX = 4000
/** Forty years of the twenty-odd days that a country closes. */
export const HOLIDAYS_MAX = 1000
const NOTE_LENGTH_MAX = 200
/** Steps up of one severity: there are four severities and, beyond, whom an organisation calls. */
export const ESCALATIONS_MAX = 4
const ESCALATE_MS_MAX = 31 * 86_400_000
/** A document with everything wrong is told of its first problems. */
export const PROBLEMS_MAX = 50

export type PolicyProblem = { readonly where: string; readonly detail: string }
type Problems = { readonly found: PolicyProblem[] }
type Bag = Readonly<Record<string, unknown>>
const SEVERITIES: readonly Severity[] = ['critical', 'major', 'minor', 'info']

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value)
const told = (value: unknown): string => (value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 60))
const add = ({ found }: Problems, where: string, detail: string): void => {
  if (found.length < PROBLEMS_MAX) found.push({ where, detail })
}
const unknownKeys = (problems: Problems, where: string, value: Bag, known: readonly string[]): void => {
  for (const key of Object.keys(value))
    if (!known.includes(key)) add(problems, where === '' ? key : `${where}.${key}`, `is not known here; known are ${known.join(', ')}`)
}

/** The document, where nothing is wrong with its shape; else what is. */
export const readPolicy = (value: unknown): { readonly document: PolicyDocument } | { readonly problems: readonly PolicyProblem[] } => {
  const problems: Problems = { found: [] }
  if (!isBag(value)) return { problems: [{ where: 'policy', detail: `wants an object with "rules", not ${told(value)}` }] }
  unknownKeys(problems, '', value, ['utcOffsetMinutes', 'holidays', 'outageSealsMin', 'outageShare', 'rules'])
  for (const [name, spec] of Object.entries(FLEET_PARAMETERS)) if (value[name] !== undefined) checkNumber(problems, name, value[name], spec)
  if (value['holidays'] !== undefined) checkHolidays(problems, value['holidays'])
  const { rules = [] } = value
  checkRules(problems, rules)
  return problems.found.length > 0 ? { problems: problems.found } : { document: { ...value, rules } as unknown as PolicyDocument }
}

const checkNumber = (problems: Problems, where: string, value: unknown, spec: NumberSpec): void => {
  if (value === null && spec.orNull) return
  const what = `a ${spec.whole ? 'whole number' : 'number'} from ${spec.min} to ${spec.max} (${spec.unit})${spec.orNull ? ' or null' : ''}`
  if (typeof value !== 'number' || !Number.isFinite(value) || value < spec.min || value > spec.max || (spec.whole && !Number.isInteger(value)))
    add(problems, where, `wants ${what}, not ${told(value)}`)
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const isDate = (value: unknown): boolean => {
  if (typeof value !== 'string' || !DATE.test(value)) return false
  const time = Date.parse(`${value}T00:00:00Z`)
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(value) && value >= '1970-01-01'
}
const checkHolidays = (problems: Problems, value: unknown): void => {
  if (!Array.isArray(value) || value.length > HOLIDAYS_MAX)
    return add(problems, 'holidays', `wants a list of at most ${HOLIDAYS_MAX} dates, not ${told(value)}`)
  value.forEach((date: unknown, at) => {
    if (!isDate(date)) add(problems, `holidays[${at}]`, `wants a date like "2026-10-01", not ${told(date)}`)
  })
}

const checkRules = (problems: Problems, value: unknown): void => {
  if (!Array.isArray(value)) return add(problems, 'rules', `wants a list of rules, not ${told(value)}`)
  if (value.length > RULES_MAX) return add(problems, 'rules', `has ${value.length} rules; at most ${RULES_MAX} are allowed`)
  value.forEach((rule: unknown, at) => checkRule(problems, `rules[${at}]`, rule))
}

const checkRule = (problems: Problems, where: string, rule: unknown): void => {
  if (!isBag(rule)) return add(problems, where, `wants an object with "for" and "set", not ${told(rule)}`)
  unknownKeys(problems, where, rule, ['note', 'for', 'set'])
  const { note, for: target, set } = rule
  if (note !== undefined && (typeof note !== 'string' || note.length > NOTE_LENGTH_MAX))
    add(problems, `${where}.note`, `wants text of at most ${NOTE_LENGTH_MAX} characters, not ${told(note)}`)
  if (isBag(target)) checkFor(problems, `${where}.for`, target)
  else add(problems, `${where}.for`, `wants an object with any of kind, area, site ({} is every site), not ${told(target)}`)
  if (!isBag(set)) return add(problems, `${where}.set`, `wants an object of parameters, not ${told(set)}`)
  if (Object.keys(set).length === 0) add(problems, `${where}.set`, 'sets nothing')
  for (const [name, setting] of Object.entries(set)) checkSetting(problems, `${where}.set.${name}`, name, setting)
}

const checkFor = (problems: Problems, where: string, target: Bag): void => {
  unknownKeys(problems, where, target, ['kind', 'area', 'site'])
  const { kind, area, site } = target
  if (kind !== undefined && !(typeof kind === 'string' && Object.hasOwn(SITE_KIND, kind)))
    add(problems, `${where}.kind`, `wants one of ${Object.keys(SITE_KIND).join(', ')}, not ${told(kind)}`)
  if (area !== undefined && !(typeof area === 'string' && isArea(area)))
    add(problems, `${where}.area`, `wants a path of names separated by /, without one at its end, not ${told(area)}`)
  if (site !== undefined && !(typeof site === 'string' && isSiteId(site))) add(problems, `${where}.site`, `wants a site's id, not ${told(site)}`)
}

const checkSetting = (problems: Problems, where: string, name: string, value: unknown): void => {
  const spec = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name as keyof KindPolicy] : undefined
  if (spec === undefined) return add(problems, where, 'is not a parameter (docs/policy.md lists them)')
  switch (spec.form) {
    case 'number':
      return checkNumber(problems, where, value, spec)
    case 'flag':
      if (typeof value !== 'boolean') add(problems, where, `wants true or false, not ${told(value)}`)
      return
    case 'schedule':
      return checkSchedule(problems, where, value)
    case 'severity':
      return checkSeverity(problems, where, value)
    case 'escalate':
      return checkEscalate(problems, where, value)
  }
}

export const DAY_MINUTES = 1440
const isMinute = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= DAY_MINUTES
const checkSchedule = (problems: Problems, where: string, value: unknown): void => {
  if (value === null) return
  if (!Array.isArray(value) || value.length !== 7)
    return add(problems, where, `wants seven days, Monday first, each [opens, closes] or null, or null for always open; not ${told(value)}`)
  if ((value as WeekSchedule).every((day) => day === null)) add(problems, where, 'is closed on every day: nothing would ever be open')
  value.forEach((day: unknown, at) => {
    if (day === null) return
    const [opens, closes] = Array.isArray(day) && day.length === 2 ? (day as readonly unknown[]) : []
    if (!isMinute(opens) || !isMinute(closes) || opens >= closes)
      add(problems, `${where}[${at}]`, `wants [opens, closes], whole minutes of the day with 0 ≤ opens < closes ≤ ${DAY_MINUTES}, or null; not ${told(day)}`)
  })
}

const checkSeverity = (problems: Problems, where: string, value: unknown): void => {
  if (!isBag(value)) return add(problems, where, `wants an object of severities by alarm kind, not ${told(value)}`)
  for (const [kind, severity] of Object.entries(value)) {
    if (!Object.hasOwn(ALARM, kind)) add(problems, `${where}.${kind}`, 'is not an alarm kind')
    else if (severity !== 'off' && !SEVERITIES.includes(severity as Severity))
      add(problems, `${where}.${kind}`, `wants one of ${SEVERITIES.join(', ')}, off; not ${told(severity)}`)
  }
}

const checkEscalate = (problems: Problems, where: string, value: unknown): void => {
  if (!isBag(value)) return add(problems, where, `wants an object of lists by severity, not ${told(value)}`)
  unknownKeys(problems, where, value, SEVERITIES)
  for (const severity of SEVERITIES) {
    const steps = value[severity]
    if (steps === undefined) continue
    const isStep = (ms: unknown, at: number, all: readonly unknown[]): boolean =>
      Number.isInteger(ms) && (ms as number) >= 1000 && (ms as number) <= ESCALATE_MS_MAX && (at === 0 || (ms as number) > (all[at - 1] as number))
    if (!Array.isArray(steps) || steps.length > ESCALATIONS_MAX || !steps.every(isStep))
      add(
        problems,
        `${where}.${severity}`,
        `wants at most ${ESCALATIONS_MAX} times in ms, each later than the one before, from 1000 to ${ESCALATE_MS_MAX}; not ${told(steps)}`,
      )
  }
}
