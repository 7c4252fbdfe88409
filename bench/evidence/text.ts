// Evidence as text for a terminal: the same as the document has, in the order in which a person asks.

import { textTable } from '../simulate/check.ts'

type Row = Readonly<Record<string, unknown>>
/** The body of GET /v1/alarms/:id/evidence, as far as it is printed. */
export type EvidenceAnswer = {
  readonly alarm: Row
  readonly says: string
  readonly rule: string
  readonly policy: { readonly version: number; readonly since: string | null; readonly parameters: readonly Row[] }
  readonly steps: readonly Row[]
  readonly events: {
    readonly from: string
    readonly until: string
    readonly kinds: readonly string[]
    readonly items: readonly Row[]
    readonly leftOut: number
  }
  readonly permits: readonly Row[]
  readonly site: Row | null
  readonly occupancy: readonly Row[]
  readonly recomputation:
    | { readonly done: false; readonly why: string }
    | {
        readonly done: true
        readonly matches: boolean
        readonly identical: boolean
        readonly begins: string | null
        readonly events: number
        readonly ticks: number
        readonly differences: readonly Row[]
        readonly notes: readonly string[]
      }
}

export const evidenceText = (answer: EvidenceAnswer): string => {
  const { alarm } = answer
  const of = (name: string): string => shown(alarm[name])
  return [
    `${of('kind')} ${of('id')} (${of('severity')})${of('site') === '' ? '' : ` at ${of('site')}`} in ${of('area')}${of('seal') === '' ? '' : `, seal ${of('seal')}`}`,
    `${answer.says}.`,
    `since ${of('since')}, raised ${of('raisedAt')}, ${alarm['closedAt'] === null ? 'not closed yet' : `closed ${of('closedAt')}`}`,
    '',
    recomputed(answer),
    '',
    `The rule: ${answer.rule}`,
    `Policy version ${answer.policy.version}${answer.policy.since === null ? ', the built-in defaults' : `, in force since ${answer.policy.since}`}`,
    ...tableOf(answer.policy.parameters, ['name', 'value', 'unit']),
    '',
    `Events: ${answer.events.kinds.join(', ')} from ${answer.events.from} to ${answer.events.until}${answer.events.leftOut === 0 ? '' : `; ${answer.events.leftOut} more are not listed`}`,
    ...tableOf(answer.events.items, ['time', 'kind', 'value', 'seal', 'boot', 'seq', 'received', 'permit']),
    '',
    'Steps',
    ...tableOf(answer.steps, ['received', 'step', 'time', 'severity', 'by', 'note', 'value']),
    ...part('Permits', answer.permits, ['permit', 'from', 'until', 'openings', 'used', 'source', 'reason', 'by']),
    ...(answer.site === null ? [] : ['', `Registered then: ${JSON.stringify(answer.site)}`]),
    ...part('People inside', answer.occupancy, ['received', 'time', 'raw', 'corrected', 'confidence']),
  ].join('\n')
}

const recomputed = ({ recomputation }: EvidenceAnswer): string => {
  if (!recomputation.done) return `Not recomputed: ${recomputation.why}.`
  const { matches, identical, events, ticks, begins, differences, notes } = recomputation
  return [
    `${matches ? `Recomputed from what is stored: the same alarm${identical ? ', to the last bit' : ''}` : 'Recomputed from what is stored: IT DIFFERS'} (${events} events and ${ticks} ticks${begins === null ? ', the whole history' : `; ${begins}`}).`,
    ...differences.map((one) => `  ${shown(one['what'])}: raised ${shown(one['stored'])}, recomputed ${shown(one['recomputed'])}`),
    ...notes.map((note) => `  ${note}`),
  ].join('\n')
}

const part = (name: string, rows: readonly Row[], columns: readonly string[]): readonly string[] =>
  rows.length === 0 ? [] : ['', name, ...tableOf(rows, columns)]
const tableOf = (rows: readonly Row[], columns: readonly string[]): readonly string[] =>
  rows.length === 0 ? ['  none'] : [textTable([columns, ...rows.map((row) => columns.map((name) => shown(row[name])))])]
const shown = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
