import { SITE_KIND, type SiteKindName } from './kinds.ts'
import type { FleetPolicy, KindPolicy, Policy } from './policy.ts'
import { createTable, type Columns, type Table, withCapacity } from './table.ts'

// The policy as rules read it: one row for each distinct set of figures in force, a site's row in `SITES.policy`. Names are those of
// core/policy.ts. Null is Infinity, so that `value >= limit` never holds; where Infinity would make a comparison hold (a
// forecast's days), the rule asks for it. Row 0, of no site, has the figures of a gate: the fewest rules. Only the registry writes.

export const POLICIES = {
  heartbeatMs: 'f64',
  heartbeatsMissedMax: 'f64',
  permitGraceMs: 'f64',
  doorHeldOpenMs: 'f64',
  settleMs: 'f64',
  doorSlackMs: 'f64',
  beamBlockedMs: 'f64',
  doorWithoutPassageMin: 'f64',
  flapWindowMs: 'f64',
  flapEventsMin: 'f64',
  openingsPerHourMax: 'f64',
  gapGraceMs: 'f64',
  gapEventsMin: 'f64',
  batteryLowMv: 'f64',
  batteryOkMv: 'f64',
  batteryEndMv: 'f64',
  batteryForecastDays: 'f64',
  feverMilliC: 'f64',
  feverAboveMilliC: 'f64',
  thermalNominalMilliC: 'f64',
  thermalDriftMilliC: 'f64',
  thermalReadingsMin: 'f64',
  headcountGraceMs: 'f64',
  headcountSigmas: 'f64',
  headcountConfidenceMin: 'f64',
  capacityWarnShare: 'f64',
  capacityClearShare: 'f64',
  offScheduleHoldMs: 'f64',
  closingGraceMs: 'f64',
  quietMinute: 'f64',
  quietMs: 'f64',
  quietInside: 'f64',
  holdDownMs: 'f64',
  utcOffsetMinutes: 'f64',
  permitNeeded: 'u8',
  passageDoorShut: 'u8',
  headcountOver: 'u8',
  headcountUnder: 'u8',
  /** 0 = no schedule: always open. */
  scheduled: 'u8',
  /** Minutes of the local day, Monday first, at row * 7 + day; a closed day has opens = closes = 0. */
  opens: ['u16', 7],
  closes: ['u16', 7],
} as const

/** Local days since 1970 on which all is closed, ascending; row 0 is their number. */
export const HOLIDAYS = { day: 'u32' } as const

export type PolicyTables = { readonly policies: Table<typeof POLICIES>; readonly holidays: Table<typeof HOLIDAYS> }

/** Tables of the defaults alone: a kind's row is its SITE_KIND number. */
export const defaultPolicyTables = (policy: Policy): PolicyTables => {
  const policies = createTable(POLICIES, 16)
  writePolicyRow(policies.columns, 0, policy.kinds.gate, policy)
  for (const kind of Object.keys(SITE_KIND) as SiteKindName[]) writePolicyRow(policies.columns, SITE_KIND[kind], policy.kinds[kind], policy)
  return { policies, holidays: holidaysTable(policy.holidays) }
}

type Row = Record<string, { [index: number]: number }>
const NUMBERS = (Object.keys(POLICIES) as (keyof typeof POLICIES)[]).filter((name) => POLICIES[name] === 'f64' && name !== 'utcOffsetMinutes')
const FLAGS = ['permitNeeded', 'passageDoorShut', 'headcountOver', 'headcountUnder'] as const

export const writePolicyRow = (columns: Columns<typeof POLICIES>, row: number, figures: KindPolicy, { utcOffsetMinutes }: FleetPolicy): void => {
  const cells = columns as unknown as Row
  for (const name of NUMBERS) (cells[name] as Row[string])[row] = (figures[name as keyof KindPolicy] as number | null) ?? Infinity
  for (const name of FLAGS) columns[name][row] = Number(figures[name])
  columns.utcOffsetMinutes[row] = utcOffsetMinutes
  columns.scheduled[row] = Number(figures.schedule !== null)
  for (let day = 0; day < 7; day += 1) {
    const [opens, closes] = figures.schedule?.[day] ?? [0, 0]
    columns.opens[row * 7 + day] = opens
    columns.closes[row * 7 + day] = closes
  }
}

const DAY_MS = 86_400_000
export const holidaysTable = (dates: readonly string[], before: Table<typeof HOLIDAYS> = createTable(HOLIDAYS, 16)): Table<typeof HOLIDAYS> => {
  const days = [...new Set(dates.map((date) => Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS)))].toSorted((a, b) => a - b)
  const table = withCapacity(before, days.length + 1)
  table.columns.day.fill(0)
  table.columns.day[0] = days.length
  table.columns.day.set(days, 1)
  return table
}
