import type { AccessRow, AlarmStep, PermitRow, PolicyRow, PlainRows, RegistryChangeRow, SealRow, SiteRow } from '../core/rows.ts'
import type { Cell } from './native.ts'
import type { PlainTable } from './tables.ts'

// Low-rate rows, from objects to cells in the order of PLAIN_COLUMNS. Numbers are made whole and put into range here where the
// machine's "never" and "always" are infinite; anything else out of range is a bug and stops at the encoder.

/** 2100-01-01, what "never" is in a row: finite, so that SQL compares. */
const NEVER_MS = 4_102_444_800_000

const ms = (time: number): number => (Number.isFinite(time) ? Math.max(0, Math.trunc(time)) : time > 0 ? NEVER_MS : 0)
/** Unix s, rounded up: a row lives at least as long as it should. Never 0: that would expire at once. */
const expiresS = (time: number): number => (time <= 0 || !Number.isFinite(time) ? NEVER_MS / 1000 : Math.min(Math.ceil(time / 1000), 4_294_967_295))
const seal = (hex: string): bigint => (hex === '' ? 0n : BigInt(`0x${hex}`))

const alarmCells = (step: AlarmStep, index: number): readonly Cell[] => [
  step.id,
  index,
  step.kind,
  step.severity,
  step.site,
  step.siteKey,
  step.area,
  seal(step.seal),
  step.step,
  ms(step.time),
  ms(step.received),
  step.by,
  step.note,
  step.repeats,
  Math.round(step.value),
  expiresS(step.expires),
]
const accessCells = (row: AccessRow): readonly Cell[] => [ms(row.time), row.who, row.role, row.action, row.target, row.detail]
const siteCells = (row: SiteRow, index: number): readonly Cell[] => [
  row.siteKey,
  row.site,
  row.area,
  row.areaKey,
  row.kind,
  row.headcount,
  row.capacity,
  ms(row.observedFrom),
  ms(row.observedUntil),
  ms(row.changed),
  expiresS(row.expires),
  index,
]
const sealCells = (row: SealRow, index: number): readonly Cell[] => [
  seal(row.seal),
  row.siteKey,
  row.site,
  ms(row.from),
  ms(row.until),
  ms(row.changed),
  expiresS(row.expires),
  index,
]
const changeCells = (row: RegistryChangeRow, index: number): readonly Cell[] => [
  ms(row.time),
  row.position,
  row.siteKey,
  row.siteNo,
  row.what,
  row.body,
  expiresS(row.expires),
  index,
]
const permitCells = (row: PermitRow, index: number): readonly Cell[] => [
  row.permit,
  row.siteKey,
  row.site,
  ms(row.from),
  ms(row.until),
  row.weekly,
  row.openings,
  row.source,
  row.reason,
  row.by,
  ms(row.made),
  row.revoked === null ? null : ms(row.revoked),
  expiresS(row.expires),
  index,
]

const policyCells = (row: PolicyRow, index: number): readonly Cell[] => [row.version, ms(row.time), row.by, row.document, expiresS(row.expires), index]

/** The rows of one plain table as cells. `index` counts the rows of the block, so that the order of the log can be told. */
export const plainCells = (plain: PlainRows, table: PlainTable, firstIndex: number): readonly (readonly Cell[])[] => {
  switch (table) {
    case 'alarms':
      return plain.alarms.map((row, i) => alarmCells(row, firstIndex + i))
    case 'access':
      return plain.access.map(accessCells)
    case 'sites':
      return plain.sites.map((row, i) => siteCells(row, firstIndex + i))
    case 'seals':
      return plain.seals.map((row, i) => sealCells(row, firstIndex + i))
    case 'permits':
      return plain.permits.map((row, i) => permitCells(row, firstIndex + i))
    case 'policies':
      return plain.policies.map((row, i) => policyCells(row, firstIndex + i))
    case 'registry_changes':
      return plain.registry_changes.map((row, i) => changeCells(row, firstIndex + i))
  }
}
