import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Principal, SiteSpec } from '../core/ops.ts'
import type { Change } from './change.ts'
import { Problem } from './problem.ts'
import { parseCsvHeader, parseCsvRow, parseSite, type FieldProblem, type Parsed } from './site-line.ts'

// POST /v1/sites/import: sites, one a line, as NDJSON or CSV. Read as a stream; a bad line is reported by its number and the rest
// goes on. Each thousand sites are one entry of the log, so a long import holds nothing else up.

const SITES_PER_ENTRY_MAX = 1000
/** A site with 256 dated seals is about 24 kB. */
const LINE_BYTES_MAX = 64 * 1024
/** A million sites of 250 bytes. */
const IMPORT_BYTES_MAX = 256 * 1024 * 1024
/** Problems told one by one; further ones are only counted, for nobody corrects more from one answer. */
const PROBLEMS_LISTED_MAX = 1000

type Line = { readonly no: number; readonly text: string | undefined }
type LineProblem = FieldProblem & { readonly line: number }
type Report = { created: number; changed: number; unchanged: number; refused: number; readonly problems: LineProblem[] }

export const registerImportRoute = (app: FastifyInstance, deps: { readonly change: Change }): void => {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(['application/x-ndjson', 'text/csv'], (_request, payload, done) => done(null, payload))
    const schema = {
      tags: ['sites'],
      summary: 'Import sites: NDJSON, or CSV with a header row',
      security: [{ token: [] }],
      consumes: ['application/x-ndjson', 'text/csv'],
      description: 'Answers with counts and, for each line refused, its number, field and reason. Importing the same lines again changes nothing.',
    }
    scope.post('/v1/sites/import', { schema }, async (request) => {
      if (request.body === undefined || request.body === null)
        throw new Problem('unsupported', 'send application/x-ndjson or text/csv', { where: 'header content-type' })
      const csv = /^text\/csv/i.test(request.headers['content-type'] ?? '')
      const by = request.principal as Principal
      return importSites(request.body as Readable, csv, { by, change: deps.change })
    })
  })
}

type Importing = { readonly by: Principal; readonly change: Change }

const importSites = async (body: Readable, csv: boolean, { by, change }: Importing): Promise<Report> => {
  const report: Report = { created: 0, changed: 0, unchanged: 0, refused: 0, problems: [] }
  const tell = (line: number, { field, detail }: FieldProblem): void => {
    if (report.problems.length < PROBLEMS_LISTED_MAX) report.problems.push({ line, field, detail })
  }
  const refuse = (line: number, problem: FieldProblem): void => {
    report.refused++
    tell(line, problem)
  }
  let header: readonly string[] | undefined
  let batch: { readonly line: number; readonly spec: SiteSpec }[] = []
  const write = async (): Promise<void> => {
    const sent = batch
    batch = []
    if (sent.length === 0) return
    const result = await change.registry({ op: 'put-sites', by, sites: sent.map(({ spec }) => spec) }, by, null)
    if (result.kind !== 'sites') throw new Error(`put-sites was answered by ${result.kind}`)
    report.created += result.created
    report.changed += result.changed
    report.unchanged += result.unchanged
    for (const { index, field, detail } of result.problems) tell(sent[index]?.line ?? 0, { field, detail })
    // A line may have several problems and is refused once.
    report.refused += new Set(result.problems.map(({ index }) => index)).size
  }
  for await (const { no, text } of linesOf(body)) {
    if (text === undefined) {
      refuse(no, { field: '', detail: `is longer than ${LINE_BYTES_MAX} bytes` })
      continue
    }
    if (text.trim() === '') continue
    if (csv && header === undefined) {
      const parsed = parseCsvHeader(text)
      if ('problem' in parsed) throw new Problem('unprocessable', `${parsed.problem.field} ${parsed.problem.detail}`.trim(), { where: `line ${no}` })
      header = parsed.ok
      continue
    }
    const parsed = header === undefined ? parseJsonLine(text) : parseCsvRow(header, text)
    if ('problem' in parsed) refuse(no, parsed.problem)
    else batch.push({ line: no, spec: parsed.ok })
    if (batch.length === SITES_PER_ENTRY_MAX) await write()
  }
  await write()
  report.problems.sort((a, b) => a.line - b.line)
  await change.note(by, { action: 'import-sites', target: '', detail: `${report.created} created, ${report.changed} changed, ${report.refused} refused` })
  return report
}

const parseJsonLine = (text: string): Parsed<SiteSpec> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { problem: { field: '', detail: `is not JSON: ${(error as Error).message}` } }
  }
  return parseSite(value)
}

/** Lines of a body by number from 1; text is undefined where a line is too long. */
async function* linesOf(body: Readable): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0)
  let skipping = false
  let no = 0
  let total = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > IMPORT_BYTES_MAX)
      throw new Problem('too-large', `an import has at most ${IMPORT_BYTES_MAX} bytes; what came before was taken`, { where: `line ${no}` })
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      no++
      const line = rest.length === 0 ? chunk.subarray(from, at) : Buffer.concat([rest, chunk.subarray(from, at)])
      yield { no, text: skipping || line.length > LINE_BYTES_MAX ? undefined : line.toString('utf8') }
      rest = Buffer.alloc(0)
      skipping = false
      from = at + 1
    }
    if (from < chunk.length) rest = rest.length === 0 ? chunk.subarray(from) : Buffer.concat([rest, chunk.subarray(from)])
    if (rest.length > LINE_BYTES_MAX) {
      skipping = true
      rest = Buffer.alloc(0)
    }
  }
  if (skipping || rest.length > 0) yield { no: no + 1, text: skipping ? undefined : rest.toString('utf8') }
}
