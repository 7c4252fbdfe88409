import type { SealAssignment, SiteSpec } from '../core/ops.ts'

// A site as clients write it (one JSON value, or one CSV row) → SiteSpec. Checks shape and types here; ranges and what fits the
// registry are checked where the entry is applied (core/registry-check.ts), and reported in the same words.

export type FieldProblem = { readonly field: string; readonly detail: string }
export type Parsed<T> = { readonly ok: T } | { readonly problem: FieldProblem }

const ISO = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/
/** An RFC 3339 time with its zone as Unix ms; undefined for anything else, also for a day that no month has. */
export const parseIso = (text: unknown): number | undefined => {
  const match = typeof text === 'string' ? ISO.exec(text) : null
  if (match === null) return undefined
  const day = Date.parse(`${match[1] as string}T00:00:00Z`)
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== match[1]) return undefined
  return Date.parse(text as string)
}

class FieldError extends Error {
  readonly field: string
  constructor(field: string, detail: string) {
    super(detail)
    this.field = field
  }
}
const FIELDS = new Set(['site', 'area', 'kind', 'headcount', 'capacity', 'inside', 'observation', 'seals'])
type Json = Readonly<Record<string, unknown>>

export const parseSite = (value: unknown): Parsed<SiteSpec> => {
  try {
    return { ok: siteOf(value) }
  } catch (error) {
    if (error instanceof FieldError) return { problem: { field: error.field, detail: error.message } }
    throw error
  }
}

const siteOf = (value: unknown): SiteSpec => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FieldError('', 'wants an object')
  const given = value as Json
  for (const name of Object.keys(given)) if (!FIELDS.has(name)) throw new FieldError(name, 'is no field of a site')
  const kind = textOf(given, 'kind')
  if (kind === 'residence' && (given['headcount'] ?? null) === null) throw new FieldError('headcount', 'is required for a residence')
  return {
    site: textOf(given, 'site'),
    area: textOf(given, 'area'),
    kind: kind as SiteSpec['kind'],
    // -1: nobody is registered here, so there is nothing to compare with.
    headcount: countOf(given, 'headcount') ?? -1,
    capacity: countOf(given, 'capacity'),
    inside: countOf(given, 'inside'),
    observation: observationOf(given['observation']),
    seals: sealsOf(given['seals']),
  }
}
const textOf = (given: Json, field: string): string => {
  const value = given[field]
  if (typeof value === 'string') return value
  throw new FieldError(field, value === undefined ? 'is required' : 'wants text')
}
const countOf = (given: Json, field: string): number | null => {
  const value = given[field] ?? null
  if (value === null) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new FieldError(field, 'wants a whole number of 0 or more, or null')
}
const timeOf = (value: unknown, field: string): number => {
  const time = parseIso(value)
  if (time === undefined) throw new FieldError(field, 'wants a time like 2026-11-24T00:00:00Z')
  return time
}
const observationOf = (value: unknown): SiteSpec['observation'] => {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') throw new FieldError('observation', 'wants {"from","until"}')
  const { from, until } = value as Json
  return { from: timeOf(from, 'observation.from'), until: timeOf(until, 'observation.until') }
}
const sealsOf = (value: unknown): SealAssignment[] => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new FieldError('seals', 'wants a list')
  return value.map((seal: unknown, at): SealAssignment => {
    const field = `seals[${at}]`
    if (typeof seal === 'string') return { id: seal.toLowerCase(), from: null, until: null }
    if (typeof seal !== 'object' || seal === null) throw new FieldError(field, 'wants 16 hex digits or {"id","from","until"}')
    const { id, from, until } = seal as Json
    if (typeof id !== 'string') throw new FieldError(`${field}.id`, 'wants 16 hex digits')
    const time = (given: unknown, name: string): number | null => ((given ?? null) === null ? null : timeOf(given, `${field}.${name}`))
    return { id: id.toLowerCase(), from: time(from, 'from'), until: time(until, 'until') }
  })
}

/** Columns a CSV file may have, in any order; the header row names them. Seals are separated by spaces or semicolons. */
const CSV_COLUMNS = ['site', 'area', 'kind', 'headcount', 'capacity', 'inside', 'observation.from', 'observation.until', 'seals'] as const
export const parseCsvHeader = (line: string): Parsed<readonly string[]> => {
  const cells = splitCsv(line.replace(/^\uFEFF/, ''))
  if (cells === undefined) return { problem: { field: '', detail: 'a quote is not closed' } }
  const names = cells.map((cell) => cell.trim())
  const unknown = names.find((name) => !(CSV_COLUMNS as readonly string[]).includes(name))
  if (unknown !== undefined) return { problem: { field: unknown, detail: `is no column; known are ${CSV_COLUMNS.join(', ')}` } }
  if (new Set(names).size !== names.length) return { problem: { field: '', detail: 'a column stands twice' } }
  return { ok: names }
}
export const parseCsvRow = (header: readonly string[], line: string): Parsed<SiteSpec> => {
  const cells = splitCsv(line)
  if (cells === undefined) return { problem: { field: '', detail: 'a quote is not closed' } }
  if (cells.length !== header.length) return { problem: { field: '', detail: `has ${cells.length} cells, the header has ${header.length}` } }
  const cell = new Map(header.map((name, i) => [name, (cells[i] as string).trim()]))
  const text = (name: string): string | undefined => (cell.get(name) === '' ? undefined : cell.get(name))
  const count = (name: string): unknown => (text(name) === undefined ? null : /^\d+$/.test(text(name) as string) ? Number(text(name)) : text(name))
  const [from, until] = [text('observation.from'), text('observation.until')]
  return parseSite({
    site: text('site'),
    area: text('area'),
    kind: text('kind'),
    headcount: count('headcount'),
    capacity: count('capacity'),
    inside: count('inside'),
    observation: from === undefined && until === undefined ? null : { from, until },
    seals: text('seals')?.split(/[\s;]+/) ?? [],
  })
}

/** RFC 4180 within one line; undefined where a quote is not closed. */
const splitCsv = (line: string): string[] | undefined => {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string
    if (quoted && char === '"' && line[i + 1] === '"') cell += line[++i] as string
    else if (char === '"') quoted = !quoted
    else if (char === ',' && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += char
  }
  return quoted ? undefined : [...cells, cell]
}
