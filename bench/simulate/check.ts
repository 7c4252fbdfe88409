// Compares the alarms that the engine raised with the truth that the simulator wrote. Pure: rows in, verdicts out.
// An alarm is found when it was raised for the incident's key within its window; a second one in there is "twice"; one that no
// incident explains is "false". A kind without an incident proves nothing and fails.

import type { AlarmKindName } from '../../core/kinds.ts'
import type { Truth } from './plan.ts'

/** One raised alarm, as `seals.alarms` tells it; `received` is the engine's clock at the raise, ms since the day's start. */
export type Raised = {
  readonly id: string
  readonly kind: string
  readonly site: string
  readonly seal: string
  readonly area: string
  readonly severity: string
  readonly received: number
}
export type KindVerdict = {
  readonly kind: string
  readonly incidents: number
  readonly nearMisses: number
  readonly found: number
  readonly missed: number
  readonly false: number
  readonly twice: number
  /** From the time due (incident plus limit) to the raise, ms. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number }
}
export type Verdict = { readonly kinds: readonly KindVerdict[]; readonly ok: boolean; readonly complaints: readonly string[] }
export type Least = { readonly incidents: number; readonly nearMisses: number }
export type CheckOptions = { readonly kinds: readonly AlarmKindName[]; readonly leastOf: (kind: string) => Least }

/** What a day is checked for: every kind but those that need weeks of history. */
export const KINDS_CHECKED: readonly AlarmKindName[] = [
  'tamper',
  'door-opened',
  'passage-unpermitted',
  'door-held-open',
  'passage-door-shut',
  'door-without-passage',
  'beam-blocked',
  'flapping',
  'sequence-gap',
  'clock-wrong',
  'low-battery',
  'battery-forecast',
  'offline',
  'thermal-drift',
  'fever',
  'headcount-over',
  'headcount-under',
  'capacity-over',
  'opened-off-schedule',
  'left-open-at-closing',
  'too-many-openings',
  'permit-overrun',
  'area-outage',
]
/** What a full fleet must show of every kind in a day, and how large it is; a smaller one shows a share. Outages need whole buildings. */
const FULL: Least = { incidents: 30, nearMisses: 100 }
const FULL_SEALS = 2_000
const FULL_SEALS_AREA = 20_000
export const leastOfDay =
  (seals: number): CheckOptions['leastOf'] =>
  (kind) => {
    const share = Math.min(1, seals / (kind === 'area-outage' ? FULL_SEALS_AREA : FULL_SEALS))
    return { incidents: Math.floor(FULL.incidents * share), nearMisses: Math.floor(FULL.nearMisses * share) }
  }

/** An alarm about an area has no site: its key is the area. */
const keyOf = ({ kind, site, seal, area }: Pick<Raised, 'kind' | 'site' | 'seal' | 'area'>): string => `${kind}|${site === '' ? area : site}|${seal}`
const COMPLAINTS_MAX = 60

export const checkAlarms = (truth: readonly Truth[], raised: readonly Raised[], { kinds: wanted, leastOf }: CheckOptions): Verdict => {
  const byKey = new Map<string, { truth: Truth; alarms: Raised[] }[]>()
  for (const one of truth) {
    const key = keyOf(one)
    byKey.set(key, [...(byKey.get(key) ?? []), { truth: one, alarms: [] }])
  }
  const complaints: string[] = []
  const unexplained: Raised[] = []
  for (const alarm of raised) {
    const inWindow = (byKey.get(keyOf(alarm)) ?? []).filter(({ truth: one }) => alarm.received >= one.raiseFrom && alarm.received <= one.raiseUntil)
    const match = inWindow.find(({ truth: one }) => !one.nearMiss && (one.severity === '' || one.severity === alarm.severity))
    if (match !== undefined) match.alarms.push(alarm)
    else {
      unexplained.push(alarm)
      complaints.push(
        `false: ${alarm.kind} at ${alarm.site || alarm.area} ${alarm.seal}, ${alarm.severity}, ${clock(alarm.received)}${inWindow[0] === undefined ? '' : ` (${inWindow[0].truth.nearMiss ? 'near miss' : inWindow[0].truth.severity}: ${inWindow[0].truth.note})`}`,
      )
    }
  }
  const all = [...byKey.values()].flat()
  for (const { truth: one, alarms } of all) {
    if (!one.nearMiss && alarms.length !== 1)
      complaints.push(`${alarms.length === 0 ? 'missed' : 'twice'}: ${one.kind} at ${one.site || one.area} ${one.seal}, ${clock(one.at)} (${one.note})`)
  }
  const kinds = [...new Set([...wanted, ...truth.map(({ kind }) => kind as string), ...unexplained.map(({ kind }) => kind)])].sort()
  const verdicts = kinds.map((kind) =>
    verdictOf(
      kind,
      all.filter(({ truth: one }) => one.kind === kind),
      unexplained,
    ),
  )
  const short = verdicts.filter(({ kind, incidents, nearMisses }) => incidents < leastOf(kind).incidents || nearMisses < leastOf(kind).nearMisses)
  for (const { kind, incidents, nearMisses } of short)
    complaints.push(
      `too few: ${kind} has ${incidents} incidents (${leastOf(kind).incidents} wanted) and ${nearMisses} near misses (${leastOf(kind).nearMisses} wanted)`,
    )
  const wrong = verdicts.some((verdict) => verdict.missed + verdict.false + verdict.twice > 0)
  return { kinds: verdicts, ok: !wrong && short.length === 0 && verdicts.length > 0, complaints: complaints.slice(0, COMPLAINTS_MAX) }
}

const verdictOf = (kind: string, all: readonly { truth: Truth; alarms: Raised[] }[], unexplained: readonly Raised[]): KindVerdict => {
  const incidents = all.filter(({ truth }) => !truth.nearMiss)
  const found = incidents.filter(({ alarms }) => alarms.length > 0)
  const delays = found.map(({ truth, alarms }) => (alarms[0] as Raised).received - truth.at - truth.limitMs).sort((a, b) => a - b)
  return {
    kind,
    incidents: incidents.length,
    nearMisses: all.length - incidents.length,
    found: found.length,
    missed: incidents.length - found.length,
    false: unexplained.filter((alarm) => alarm.kind === kind).length,
    twice: incidents.filter(({ alarms }) => alarms.length > 1).length,
    delayMs: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: delays.at(-1) ?? 0 },
  }
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)] ?? 0
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 23)

export const verdictTable = ({ kinds }: Verdict): string => {
  const head = ['kind', 'incidents', 'near misses', 'found', 'missed', 'false', 'twice', 'delay p50', 'p99', 'max']
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const rows = kinds.map((row) =>
    [
      row.kind,
      row.incidents,
      row.nearMisses,
      row.found,
      row.missed,
      row.false,
      row.twice,
      seconds(row.delayMs.p50),
      seconds(row.delayMs.p99),
      seconds(row.delayMs.max),
    ].map(String),
  )
  return textTable([head, ...rows])
}

/** Columns padded to their widest cell: the first to the left, the others to the right. */
export const textTable = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  ')).join('\n')
}
