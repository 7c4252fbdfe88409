import { SINK_TABLES } from '../../storage/tables.ts'
import type { Block, Row, Value } from './native.ts'

// The statements that the sink puts to ClickHouse, answered from the simulated tables. A statement that is not known here is an error, so
// that a new one is noticed.

export type StoredPart = { block: Block; safe: boolean; readonly token: string }
type Tables = { readonly parts: Map<string, StoredPart[]>; readonly running: ReadonlySet<string> }
type Test = (row: Row, columns: readonly string[]) => boolean

const BLOCK_COUNT = /^SELECT (count\(\)|uniqExact\((.*)\)) AS n FROM seals\.(\w+) WHERE block = (-?\d+)$/
const COUNT = /^SELECT count\(\) AS n FROM seals\.(\w+) WHERE (.*)$/
const NAMES = /^SELECT DISTINCT (\w+) AS name FROM seals\.(\w+) WHERE site_key IN \(([^)]*)\)(.*)$/
const DELETE = /^ALTER TABLE seals\.(\w+) DELETE WHERE (.*) SETTINGS mutations_sync = 2$/
const IN = /^(\w+) IN \(([^)]*)\)$/
const WORDS = /^target IN \((.*)\) OR hasAny\(extractAll\(detail, '\[A-Za-z0-9\._:-\]\+'\), \[.*\]\)$/

export const answerTo = (tables: Tables, query: string, params: Readonly<Record<string, unknown>>): unknown => {
  if (query.startsWith('SYSTEM RELOAD DICTIONARY') || query.startsWith('KILL MUTATION')) return undefined
  if (query.includes('FROM system.processes')) return [{ n: [...tables.running].filter((token) => token.startsWith(String(params['token']))).length }]
  const blockCount = BLOCK_COUNT.exec(query)
  if (blockCount !== null) return [{ n: countBlock(tables, blockCount[3] as string, Number(blockCount[4]), blockCount[2]) }]
  const count = COUNT.exec(query)
  if (count !== null) return [{ n: matching(tables, count[1] as string, testOf(count[2] as string)).length }]
  const names = NAMES.exec(query)
  if (names !== null) return namesOf(tables, names)
  const removal = DELETE.exec(query)
  if (removal === null) throw new Error(`unknown statement: ${query}`)
  const [, table = '', where = ''] = removal
  const test = testOf(where)
  for (const part of tables.parts.get(table) ?? []) part.block = { ...part.block, rows: part.block.rows.filter((row) => !test(row, part.block.columns)) }
  return undefined
}

const cell = (row: Row, columns: readonly string[], name: string): Value => row[columns.indexOf(name)] as Value
const matching = ({ parts }: Tables, table: string, test: Test): { readonly row: Row; readonly columns: readonly string[] }[] =>
  (parts.get(table) ?? []).flatMap(({ block: { rows, columns } }) => rows.filter((row) => test(row, columns)).map((row) => ({ row, columns })))

const countBlock = (tables: Tables, table: string, block: number, keys: string | undefined): number => {
  const found = matching(tables, table, (row) => Number(row.at(-1)) === block)
  if (keys === undefined) return found.length
  const names = keys.split(', ').map((name) => name.replaceAll('`', ''))
  return new Set(found.map(({ row, columns }) => names.map((name) => String(cell(row, columns, name))).join('\0'))).size
}
const namesOf = (tables: Tables, [, what = '', table = '', keys = '', rest = '']: RegExpExecArray): readonly { readonly name: string }[] => {
  const erased = testOf(`site_key IN (${keys})`)
  const namesWhere = (test: Test): Set<string> => new Set(matching(tables, table, test).map(({ row, columns }) => String(cell(row, columns, what))))
  const elsewhere = rest === '' ? new Set<string>() : namesWhere((row, columns) => !erased(row, columns))
  return [...namesWhere(erased)].filter((name) => !elsewhere.has(name)).map((name) => ({ name }))
}

const listOf = (text: string): Set<string> => new Set(text.split(', ').map((item) => item.replaceAll(/^'|'$/g, '')))
const testOf = (where: string): Test => {
  const words = WORDS.exec(where)
  if (words !== null) {
    const list = listOf(words[1] as string)
    return (row, columns) =>
      list.has(String(cell(row, columns, 'target'))) || (String(cell(row, columns, 'detail')).match(/[A-Za-z0-9._:-]+/g) ?? []).some((word) => list.has(word))
  }
  const isIn = IN.exec(where)
  if (isIn === null) throw new Error(`unknown condition: ${where}`)
  const [, column = '', list = ''] = isIn
  const wanted = listOf(list)
  return (row, columns) => wanted.has(String(cell(row, columns, column)))
}

/** Columns that a merge adds up, of tables that are no replacing ones; of the others the newest row stays. */
const SUMS: ReadonlySet<string> = new Set(['people_in', 'people_out', 'openings'])
const KEYS = new Map<string, readonly string[]>(SINK_TABLES.flatMap(({ name, collapsesBy }) => (collapsesBy === null ? [] : [[name, collapsesBy] as const])))

/** What is left of rows when a table that collapses has merged them all; the rows themselves of one that does not. */
export const merged = (table: string, columns: readonly string[], rows: readonly Row[]): readonly Row[] => {
  const keys = KEYS.get(table)
  if (keys === undefined) return rows
  const isSum = columns.includes('people_in')
  const at = (name: string): number => columns.indexOf(name)
  const versionOf = (row: Row): number => Number(row.at(-1)) * 2 ** 20 + Number(row[at('row_no')] ?? 0)
  const found = new Map<string, Row>()
  for (const row of rows) {
    const key = keys.map((name) => String(row[at(name)])).join('\0')
    const before = found.get(key)
    if (before === undefined) found.set(key, row)
    else if (isSum)
      found.set(
        key,
        row.map((value, i) => foldCell(columns[i] as string, keys, before[i] as Value, value)),
      )
    else if (versionOf(row) >= versionOf(before)) found.set(key, row)
  }
  return [...found.values()]
}
const foldCell = (column: string, keys: readonly string[], a: Value, b: Value): Value => {
  if (keys.includes(column)) return a
  if (SUMS.has(column)) return Number(a) + Number(b)
  return (a as number | bigint) > (b as number | bigint) ? a : b
}

/** A background merge: all safe parts of a table that collapses become one. */
export const mergeTable = (parts: Map<string, StoredPart[]>, table: string): void => {
  const all = parts.get(table) ?? []
  const safe = all.filter((part) => part.safe)
  const columns = safe[0]?.block.columns
  if (columns === undefined || safe.length < 2 || !KEYS.has(table)) return
  const rows = merged(
    table,
    columns,
    safe.flatMap(({ block }) => block.rows),
  )
  parts.set(table, [{ block: { columns, rows }, safe: true, token: 'merged' }, ...all.filter((part) => !part.safe)])
}
