// Reads the CalIt2 people counts (UCI dataset 156, doi 10.24432/C5NG78): `flow,MM/DD/YY,HH:MM:SS,count`, flow 7 = out, 9 = in, one
// row per half hour and flow. Times carry no zone; they are taken as UTC, so that the file's own hours show in every query.

import { CommandError } from '../target.ts'

export type CountRow = { readonly line: number; readonly out: boolean; readonly time: number; readonly count: number }

const FLOW_OUT = '7'
const FLOW_IN = '9'

export const readCalIt2 = (text: string): readonly CountRow[] => {
  const rows: CountRow[] = []
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() !== '') rows.push(readRow(line, index + 1))
  })
  return rows
}

const readRow = (text: string, line: number): CountRow => {
  const bad = (what: string): CommandError => new CommandError(`line ${line}: ${what}: ${text.slice(0, 80)}`)
  const [flow, date = '', clock = '', count = ''] = text.split(',').map((field) => field.trim())
  if (flow !== FLOW_OUT && flow !== FLOW_IN) throw bad('the flow is neither 7 (out) nor 9 (in)')
  const [, month, day, year] = /^(\d\d)\/(\d\d)\/(\d\d)$/.exec(date) ?? []
  const [, hour, minute, second] = /^(\d\d):(\d\d):(\d\d)$/.exec(clock) ?? []
  const time = Date.UTC(2000 + Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  if (Number.isNaN(time)) throw bad('the date is not MM/DD/YY,HH:MM:SS')
  if (!/^\d+$/.test(count)) throw bad('the count is not a whole number')
  return { line, out: flow === FLOW_OUT, time, count: Number(count) }
}
