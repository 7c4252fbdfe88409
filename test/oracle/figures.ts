import { DAY, HOUR, MINUTE, type AlarmKind, type Severity, type SiteKind } from './words.ts'

// The policy as docs/detectors.md and docs/policy.md describe it: the table of parameters, written out again, and which figures are in
// force for a site: the defaults of its kind, then each rule of the document that covers it, in the document's order.

export type OpenHours = readonly [opens: number, closes: number]
export type Figures = {
  readonly heartbeatMs: number
  readonly heartbeatsMissedMax: number
  readonly permitNeeded: boolean
  readonly permitGraceMs: number
  readonly doorHeldOpenMs: number | null
  readonly settleMs: number
  readonly doorSlackMs: number
  readonly beamBlockedMs: number | null
  readonly passageDoorShut: boolean
  readonly doorWithoutPassageMin: number | null
  readonly flapWindowMs: number
  readonly flapEventsMin: number | null
  readonly openingsPerHourMax: number | null
  readonly gapGraceMs: number
  readonly gapEventsMin: number | null
  readonly batteryLowMv: number
  readonly batteryOkMv: number
  readonly batteryEndMv: number
  readonly batteryForecastDays: number | null
  readonly feverMilliC: number
  readonly feverAboveMilliC: number | null
  readonly thermalNominalMilliC: number
  readonly thermalDriftMilliC: number | null
  readonly thermalReadingsMin: number
  readonly headcountOver: boolean
  readonly headcountUnder: boolean
  readonly headcountGraceMs: number
  readonly headcountSigmas: number
  readonly headcountConfidenceMin: number
  readonly capacityWarnShare: number
  readonly capacityClearShare: number
  readonly schedule: readonly (OpenHours | null)[] | null
  readonly offScheduleHoldMs: number
  readonly closingGraceMs: number
  readonly quietMinute: number | null
  readonly quietMs: number
  readonly quietInside: number
  readonly holdDownMs: number
  readonly severity: Readonly<Partial<Record<AlarmKind, Severity | 'off'>>>
  readonly escalateMs: Readonly<Record<Severity, readonly number[]>>
}
export type Fleet = { readonly outageSealsMin: number; readonly outageShare: number; readonly utcOffsetMinutes: number; readonly holidays: readonly string[] }

const always: Omit<
  Figures,
  | 'permitNeeded'
  | 'doorHeldOpenMs'
  | 'passageDoorShut'
  | 'doorWithoutPassageMin'
  | 'flapEventsMin'
  | 'openingsPerHourMax'
  | 'feverAboveMilliC'
  | 'thermalDriftMilliC'
  | 'headcountOver'
  | 'headcountUnder'
  | 'headcountSigmas'
  | 'headcountConfidenceMin'
  | 'schedule'
  | 'quietMinute'
> = {
  heartbeatMs: 60_000,
  heartbeatsMissedMax: 3,
  permitGraceMs: 10 * MINUTE,
  settleMs: 12 * MINUTE,
  doorSlackMs: 3000,
  beamBlockedMs: 2 * MINUTE,
  flapWindowMs: 5 * MINUTE,
  gapGraceMs: 30 * MINUTE,
  gapEventsMin: 12,
  batteryLowMv: 3000,
  batteryOkMv: 3100,
  batteryEndMv: 2800,
  batteryForecastDays: 30,
  feverMilliC: 37_300,
  thermalNominalMilliC: 36_400,
  thermalReadingsMin: 30,
  headcountGraceMs: 10 * MINUTE,
  capacityWarnShare: 0.9,
  capacityClearShare: 0.85,
  offScheduleHoldMs: 10 * MINUTE,
  closingGraceMs: 15 * MINUTE,
  quietMs: HOUR,
  quietInside: 0,
  holdDownMs: MINUTE,
  severity: {},
  escalateMs: { critical: [2 * MINUTE, 10 * MINUTE], major: [10 * MINUTE, HOUR], minor: [DAY], info: [] },
}
const weekdays: readonly OpenHours[] = [0, 1, 2, 3, 4, 5, 6].map(() => [5 * 60, 23 * 60 + 30])

export const DEFAULT_FIGURES: Readonly<Record<SiteKind, Figures>> = {
  residence: {
    ...always,
    permitNeeded: true,
    doorHeldOpenMs: 2 * MINUTE,
    passageDoorShut: true,
    doorWithoutPassageMin: null,
    flapEventsMin: 20,
    openingsPerHourMax: 12,
    feverAboveMilliC: null,
    thermalDriftMilliC: null,
    headcountOver: true,
    headcountUnder: true,
    headcountSigmas: 0,
    headcountConfidenceMin: 0.5,
    schedule: null,
    quietMinute: null,
  },
  building: {
    ...always,
    permitNeeded: false,
    doorHeldOpenMs: 5 * MINUTE,
    passageDoorShut: true,
    doorWithoutPassageMin: 4,
    flapEventsMin: 40,
    openingsPerHourMax: null,
    feverAboveMilliC: null,
    thermalDriftMilliC: null,
    headcountOver: true,
    headcountUnder: false,
    headcountSigmas: 2,
    headcountConfidenceMin: 0,
    schedule: weekdays,
    quietMinute: 240,
  },
  gate: {
    ...always,
    permitNeeded: false,
    doorHeldOpenMs: null,
    passageDoorShut: false,
    doorWithoutPassageMin: null,
    flapEventsMin: 20,
    openingsPerHourMax: null,
    feverAboveMilliC: 1500,
    thermalDriftMilliC: 700,
    headcountOver: false,
    headcountUnder: false,
    headcountSigmas: 2,
    headcountConfidenceMin: 0,
    schedule: null,
    quietMinute: null,
  },
}
export const DEFAULT_FLEET: Fleet = { outageSealsMin: 20, outageShare: 0.5, utcOffsetMinutes: 480, holidays: [] }

type Setting = Partial<Omit<Figures, 'escalateMs'>> & { readonly escalateMs?: Partial<Figures['escalateMs']> }
export type PolicyRule = { readonly for: { readonly kind?: SiteKind; readonly area?: string; readonly site?: string }; readonly set: Setting }
export type PolicyPaper = Partial<Fleet> & { readonly rules: readonly PolicyRule[] }

export const covers = (prefix: string, area: string): boolean => prefix === '' || area === prefix || area.startsWith(`${prefix}/`)

export const fleetOf = (paper: PolicyPaper): Fleet => {
  const { rules: _, ...fleet } = paper
  return { ...DEFAULT_FLEET, ...fleet }
}
/** The general before the special: no place, areas from coarse to fine, sites; of one place without the kind before with it; then as written. */
const isAfter = ({ for: a }: PolicyRule, { for: b }: PolicyRule): number => {
  const depth = ({ area, site }: PolicyRule['for']): number[] => [site === undefined ? 0 : 1, area === undefined ? 0 : area.split('/').length]
  const [siteA, areaA] = depth(a) as [number, number]
  const [siteB, areaB] = depth(b) as [number, number]
  return siteA - siteB || areaA - areaB || Number(a.kind !== undefined) - Number(b.kind !== undefined)
}
/** Figures in force for a site of a kind in an area. */
export const figuresOf = (paper: PolicyPaper, about: { readonly kind: SiteKind; readonly area: string; readonly site: string }): Figures => {
  const own = DEFAULT_FIGURES[about.kind]
  const figures = { ...own, severity: { ...own.severity }, escalateMs: { ...own.escalateMs } }
  for (const { for: target, set } of paper.rules.toSorted(isAfter)) {
    if (target.kind !== undefined && target.kind !== about.kind) continue
    if (target.area !== undefined && !covers(target.area, about.area)) continue
    if (target.site !== undefined && target.site !== about.site) continue
    const { severity, escalateMs, ...others } = set
    Object.assign(figures, others)
    Object.assign(figures.severity, severity)
    Object.assign(figures.escalateMs, escalateMs)
  }
  return figures
}
