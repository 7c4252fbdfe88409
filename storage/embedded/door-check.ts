import { fromChdb } from './errors.ts'
import { isAllowedFunction, TABLE_FUNCTIONS } from './allowed-functions.ts'
import { formatOf, type Statement } from './statement.ts'
import type { QueryAnswer } from './sessions.ts'

// What a person may say. SELECT is judged by the tree that ClickHouse's own parser makes of it (`EXPLAIN AST`): every node,
// function, table function and table must be on a list, so that what is unknown here is refused. SHOW, DESCRIBE and EXISTS
// are let through in a few plain forms only, because the tree does not show all of them (SHOW TABLES hides its WHERE).

export type Checked = { readonly text: string; readonly format: string | undefined } | { readonly problem: string }

const NAME = '(?:`[\\w]+`|"[\\w]+"|\\w+)'
const TABLE = `(?:(?:seals|\`seals\`|"seals"|information_schema|INFORMATION_SCHEMA)\\s*\\.\\s*)?${NAME}`
const FORMAT = '(?:\\s+FORMAT\\s+\\w+)?'
const PLAIN_FORMS = [
  `SHOW\\s+DATABASES`,
  `SHOW\\s+(?:FULL\\s+)?TABLES(?:\\s+(?:FROM|IN)\\s+(?:seals|information_schema))?(?:\\s+(?:NOT\\s+)?I?LIKE\\s+'[^'\\\\]*')?(?:\\s+LIMIT\\s+\\d+)?`,
  `SHOW\\s+(?:FULL\\s+)?(?:COLUMNS|FIELDS)\\s+(?:FROM|IN)\\s+${NAME}(?:\\s+(?:FROM|IN)\\s+seals)?`,
  `SHOW\\s+CREATE\\s+(?:TABLE\\s+|VIEW\\s+)?${TABLE}`,
  `(?:DESCRIBE|DESC)\\s+(?:TABLE\\s+)?${TABLE}`,
  `EXISTS\\s+(?:TABLE\\s+|VIEW\\s+)?${TABLE}`,
].map((form) => new RegExp(`^${form}${FORMAT}$`, 'i'))

/** Nodes of the tree that a plain query is made of. Not here, so refused: `Set` (SETTINGS), `ColumnsApplyTransformer` (its function does not show), and whatever a later version adds. */
const NODES = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'ExpressionList',
  'Identifier',
  'TableIdentifier',
  'Literal',
  'Function',
  'Asterisk',
  'QualifiedAsterisk',
  'Subquery',
  'WithElement',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'TableExpression',
  'TableJoin',
  'ArrayJoin',
  'OrderByElement',
  'InterpolateElement',
  'StorageOrderByElement',
  'WindowListElement',
  'WindowDefinition',
  'ColumnsRegexpMatcher',
  'QualifiedColumnsRegexpMatcher',
  'ColumnsListMatcher',
  'ColumnsTransformerList',
  'ColumnsExceptTransformer',
  'ColumnsReplaceTransformer',
  'ColumnsReplaceTransformer::Replacement',
  'SampleRatio',
  'DataType',
  'Collation',
])
/** Databases whose tables may be named. `information_schema` shows names and types only. */
const DATABASES = new Set(['seals', 'information_schema'])
/** Of `system`, only what shows neither paths nor anybody's queries nor settings. */
const SYSTEM_TABLES = new Set(['one', 'numbers', 'numbers_mt', 'data_type_families', 'formats', 'time_zones'])

export const checkStatement = async (statement: Statement, explain: (text: string) => Promise<QueryAnswer>): Promise<Checked> => {
  const { text, verb, skeleton } = statement
  if (verb === 'SHOW' || verb === 'DESCRIBE' || verb === 'DESC' || verb === 'EXISTS') {
    if (PLAIN_FORMS.some((form) => form.test(text))) return { text, format: formatOf(text) }
    return { problem: `this form of ${verb} is not open to people; SHOW TABLES, SHOW COLUMNS FROM t, SHOW CREATE TABLE t, DESCRIBE t and EXISTS t are` }
  }
  if (verb !== 'SELECT' && verb !== 'WITH' && verb !== 'FROM') return { problem: `only SELECT, SHOW, DESCRIBE and EXISTS are open to people, not ${verb}` }
  // Before the tree is asked for: in `SELECT … FORMAT x INTO OUTFILE`, the file belongs to the EXPLAIN, which would write it.
  if (/\b(?:INTO|OUTFILE|INFILE)\b/i.test(skeleton)) return { problem: 'INTO OUTFILE is not open to people' }
  let tree: string
  try {
    tree = Buffer.from((await explain(text)).bytes).toString('utf8')
  } catch (error) {
    throw fromChdb(error)
  }
  return checkTree(text, tree.split('\n'))
}

const LINE = /^( *)([A-Za-z]+(?:::[A-Za-z]+)?)(?: (.*?))?(?: \(children \d+\))?$/

/** Judges every line. A name with a line break in it makes lines that are no nodes, and is refused with them. */
const checkTree = (text: string, lines: readonly string[]): Checked => {
  let format: string | undefined
  const path: string[] = []
  if ((lines[0] ?? '') === '') return { problem: 'this statement has no tree to judge' }
  for (const [index, line] of lines.entries()) {
    if (line === '' && index === lines.length - 1) break
    const match = LINE.exec(line)
    if (match === null) return { problem: `a name that cannot be read safely is in this statement: ${line.slice(0, 100)}` }
    const depth = (match[1] as string).length
    const node = match[2] as string
    const what = match[3] ?? ''
    path.length = depth
    path[depth] = node
    const problem = depth === 0 ? checkRoot(index, node) : checkNode(node, what, path[depth - 1] ?? '')
    if (problem !== undefined) return { problem }
    // Beside the query itself the root has, as children, the name of a format, and the path of INTO OUTFILE.
    if (depth === 1 && node === 'Identifier') format = what
    if (depth === 1 && node !== 'ExpressionList' && node !== 'Identifier')
      return { problem: 'only FORMAT may follow a SELECT: INTO OUTFILE, SETTINGS and the like are not open to people' }
  }
  return { text, format }
}

const checkRoot = (index: number, node: string): string | undefined =>
  index === 0 && node === 'SelectWithUnionQuery' ? undefined : `only SELECT, SHOW, DESCRIBE and EXISTS are open to people, not ${node}`

const checkNode = (node: string, what: string, parent: string): string | undefined => {
  if (!NODES.has(node)) return node === 'Set' ? 'SETTINGS cannot be changed here: the database is read-only for people' : `${node} is not open to people`
  const name = what.replace(/ \(alias .*$/, '')
  if (node === 'Function') {
    if (parent === 'TableExpression') return TABLE_FUNCTIONS.has(name.toLowerCase()) ? undefined : `the table function ${name} is not open to people`
    return isAllowedFunction(name) ? undefined : `the function ${name} is not open to people`
  }
  if (node === 'TableIdentifier') return checkTable(name)
  // `x IN system.processes` names a table as a plain identifier.
  if (node === 'Identifier' && /^system\s*\./i.test(name)) return checkTable(name)
  return undefined
}

const checkTable = (name: string): string | undefined => {
  const dot = name.indexOf('.')
  if (dot < 0) return undefined
  const database = name.slice(0, dot).toLowerCase()
  if (DATABASES.has(database)) return undefined
  if (database === 'system' && SYSTEM_TABLES.has(name.slice(dot + 1).toLowerCase())) return undefined
  return `the table ${name} is not open to people; those of the database seals are`
}
