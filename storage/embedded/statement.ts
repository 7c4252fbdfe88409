// One SQL statement as text: comments removed, parameters put in, cut off from any second statement.
// What always holds: the text that `readStatement` returns holds no `;` at all (one inside a literal is written `\x3B`), no
// comment and no heredoc, so ClickHouse cannot see a second statement in it whatever its own lexer thinks of the quotes.

export type Statement = {
  /** The statement without comments, parameters substituted, no `;` anywhere. */
  readonly text: string
  /** The same with every literal and quoted name empty: where keywords can be looked for. */
  readonly skeleton: string
  /** The first word, upper case: SELECT, INSERT, … */
  readonly verb: string
}
export type StatementProblem = { readonly problem: string }
export const isProblem = (result: Statement | StatementProblem): result is StatementProblem => 'problem' in result

type Token = { readonly kind: 'space' | 'quoted' | 'code' | 'parameter'; readonly text: string; readonly end: number }

/** Reads one statement. `parameters` are bound where `{name:Type}` stands, as `CAST('…', 'Type')`, or as a quoted name for Identifier. */
export const readStatement = (sql: string, parameters: ReadonlyMap<string, string> = new Map()): Statement | StatementProblem => {
  if (sql.includes('\0')) return { problem: 'a NUL character is not allowed in a statement' }
  const trimmed = sql.trimEnd().replace(/(\s*;)+$/, '')
  let text = ''
  let skeleton = ''
  for (let at = 0; at < trimmed.length;) {
    const token = tokenAt(trimmed, at)
    if (typeof token === 'string') return { problem: token }
    at = token.end
    if (token.kind !== 'parameter') {
      text += token.text
      skeleton += token.kind === 'quoted' ? token.text.charAt(0).repeat(2) : token.text
      continue
    }
    const bound = bindParameter(token.text, parameters)
    if (typeof bound !== 'string') return bound
    text += bound
    skeleton += "''"
  }
  text = text.trim()
  const verb = /^[(\s]*([A-Za-z]+)/.exec(text)?.[1]?.toUpperCase() ?? ''
  if (verb === '') return { problem: 'an empty statement' }
  return { text, verb, skeleton: skeleton.trim() }
}

const tokenAt = (sql: string, at: number): Token | string => {
  const c = sql.charAt(at)
  const two = sql.slice(at, at + 2)
  if (two === '--' || c === '#') return lineComment(sql, at)
  if (two === '/*') {
    const end = sql.indexOf('*/', at + 2)
    return end < 0 ? 'a comment is not closed' : { kind: 'space', text: ' ', end: end + 2 }
  }
  if (c === "'" || c === '"' || c === '`') return quoted(sql, at, c)
  if (c === ';') return 'one statement at a time: a ; stands between two'
  if (c === '$') return 'a $ outside quotes (heredocs are not read here)'
  if (c === '{') {
    const end = sql.indexOf('}', at)
    const inside = end < 0 ? '' : sql.slice(at + 1, end)
    if (/^\s*\w+\s*:\s*[^{}'"`;]+$/.test(inside)) return { kind: 'parameter', text: inside, end: end + 1 }
    return { kind: 'code', text: c, end: at + 1 }
  }
  if (c > '\u007f' && !/\s/.test(c)) return `the character ${c} outside quotes`
  return { kind: 'code', text: c, end: at + 1 }
}

const lineComment = (sql: string, at: number): Token => {
  const end = sql.indexOf('\n', at)
  return { kind: 'space', text: ' ', end: end < 0 ? sql.length : end }
}

/** A literal or quoted name; closing quotes may be doubled or escaped. `;` inside becomes `\x3B`. */
const quoted = (sql: string, start: number, quote: string): Token | string => {
  let text = quote
  for (let at = start + 1; at < sql.length; at += 1) {
    const c = sql.charAt(at)
    if (c === '\\') {
      const next = sql.charAt(at + 1)
      text += next === ';' ? '\\\\\\x3B' : c + next
      at += 1
    } else if (c === quote) {
      if (sql.charAt(at + 1) !== quote) return { kind: 'quoted', text: text + quote, end: at + 1 }
      text += quote + quote
      at += 1
    } else text += c === ';' ? '\\x3B' : c
  }
  return 'a quote is not closed'
}

const escapeLiteral = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll(';', '\\x3B').replaceAll('\0', '\\0')

/** A string as a ClickHouse literal. */
export const literal = (value: string): string => `'${escapeLiteral(value)}'`

const bindParameter = (declaration: string, parameters: ReadonlyMap<string, string>): string | StatementProblem => {
  const colon = declaration.indexOf(':')
  const name = declaration.slice(0, colon).trim()
  const type = declaration.slice(colon + 1).trim()
  const value = parameters.get(name)
  if (value === undefined) return { problem: `the parameter ${name} has no value (param_${name})` }
  if (type === 'Identifier') {
    if (!/^[A-Za-z0-9_.]{1,200}$/.test(value)) return { problem: `the parameter ${name} is not a plain name` }
    return value
      .split('.')
      .map((part) => `\`${part}\``)
      .join('.')
  }
  // Values come in the form of TabSeparated: \N is null, backslash escapes otherwise.
  if (value === String.raw`\N`) return `CAST(NULL, ${literal(type)})`
  const plain = value.replace(/\\([tnrb0\\'])/g, (_, c: string) => ({ t: '\t', n: '\n', r: '\r', b: '\b', 0: '\0' })[c] ?? c)
  return `CAST(${literal(plain)}, ${literal(type)})`
}

/** The format named by a trailing `FORMAT x`, or undefined. The text must come from {@link readStatement}. */
export const formatOf = (text: string): string | undefined => /\bFORMAT\s+([A-Za-z]\w*)\s*(?:SETTINGS\b[^']*)?$/i.exec(text)?.[1]
/** The same text without its trailing FORMAT. */
export const withoutFormat = (text: string): string => text.replace(/\s*\bFORMAT\s+[A-Za-z]\w*\s*$/i, '')
