import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SITE_KIND, type SiteKindName } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { checkPolicy } from '../../core/policy-check.ts'
import { FLEET_PARAMETERS, PARAMETER_NAMES } from '../../core/policy-parameters.ts'
import { policyTables } from '../../core/policy-text.ts'
import { POLICIES } from '../../core/policy-table.ts'
import { root } from '../parts/root.ts'

// What is said of the policy is what it is: docs/policy.md, the table in docs/detectors.md, and the code, with one another.

const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')
const KINDS = Object.keys(SITE_KIND) as SiteKindName[]

describe('docs/policy.md', () => {
  it('has the rows that `npm run docs` writes', () => {
    const lines = new Set(page('policy.md').split('\n'))
    const { parameters, fleet } = policyTables()
    expect([...parameters, ...fleet].filter((row) => !lines.has(row))).toEqual([])
    expect(
      page('policy.md')
        .split('\n')
        .filter((line) => /^\| `\w+` \|/.test(line)),
    ).toHaveLength(PARAMETER_NAMES.length + Object.keys(FLEET_PARAMETERS).length + 1)
  })
  it('shows a document that is whole', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page('policy.md')) ?? []
    expect(checkPolicy(POLICY_DEFAULT, JSON.parse(example))).toMatchObject({ kind: 'whole' })
  })
})

/** A cell of docs/detectors.md that holds a value in plain words. */
const valueOf = (cell: string): unknown => {
  if (/^every day 05:00 to 23:30$/.test(cell)) return Array.from({ length: 7 }, () => [300, 1410])
  if (cell === '{}') return {}
  const escalate = [...cell.matchAll(/(critical|major|minor|info) (\[[\d, ]*\])/g)]
  if (escalate.length > 0) return Object.fromEntries(escalate.map(([, severity, list]) => [severity, JSON.parse(list ?? '')]))
  return JSON.parse(cell)
}
/** `a, b` where the row names two parameters. */
const valuesOf = (cell: string, names: number): readonly unknown[] => (names === 1 ? [valueOf(cell)] : cell.split(', ').map(valueOf))

describe('docs/detectors.md', () => {
  const said = new Map<string, Record<string, unknown>>()
  const [, table = ''] = /\| parameter \| residence[^\n]*\n\| --- [^\n]*\n((?:\|[^\n]*\n)+)/.exec(page('detectors.md')) ?? []
  for (const line of table.trim().split('\n')) {
    const [names = '', ...cells] = line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim())
    const own = names.split(', ')
    KINDS.forEach((kind, at) => {
      const cell = cells[at] === '=' ? (cells[0] as string) : (cells[at] as string)
      valuesOf(cell, own.length).forEach((value, n) => said.set(own[n] as string, { ...said.get(own[n] as string), [kind]: value }))
    })
  }
  it('has every parameter, and no other', () => expect([...said.keys()].toSorted()).toEqual(PARAMETER_NAMES.toSorted()))
  it.each(PARAMETER_NAMES)('%s', (name) => {
    expect(said.get(name)).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, POLICY_DEFAULT.kinds[kind][name]])))
  })
  it('has the figures of the whole fleet', () => {
    const { outageSealsMin, outageShare, utcOffsetMinutes } = POLICY_DEFAULT
    expect(page('detectors.md')).toContain(
      `\`outageSealsMin\` ${outageSealsMin}, \`outageShare\` ${outageShare}, \`utcOffsetMinutes\` ${utcOffsetMinutes}, \`holidays\` []`,
    )
  })
})

it('the table of rules has every parameter that a rule may read', () => {
  const desk = new Set(['severity', 'escalateMs', 'schedule'])
  expect(PARAMETER_NAMES.filter((name) => !(name in POLICIES) && !desk.has(name))).toEqual([])
})
