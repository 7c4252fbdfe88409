// Writes docs/settings.md from core/settings.ts, and the tables of docs/policy.md from core/policy-parameters.ts (compiled): `npm run docs`.
// test/tidy.test.ts and test/core/policy-docs.test.ts say when it is due.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { policyTables } from '../dist/core/policy-text.js'
import { environmentName, SETTINGS } from '../dist/core/settings.js'

const valuesOf = ({ kind, oneOf, min, max }) => {
  if (oneOf !== undefined) return oneOf.map((value) => `\`${value}\``).join(', ')
  return kind === 'integer' ? `${min} to ${max}` : kind === 'list' ? 'comma-separated' : 'text'
}
const rowOf = ([name, spec]) =>
  `| \`--${name}\` | \`${environmentName(name)}\` | ${spec.fallback === '' ? '(empty)' : `\`${spec.fallback}\``} | ${valuesOf(spec)} | ${spec.help} |`

const page = `# Settings of \`serve\`

Each can be given as a flag, as an environment variable, or in the JSON file that \`--config FILE\` names (there the key is the flag’s name
without the dashes). A flag wins over the environment, the environment over the file, the file over the default. All are checked at start; an
error names the setting and where its value came from. \`CLICKHOUSE_URL\` is another name of \`SEALSTREAM_CLICKHOUSE_URL\`, which wins.

| flag | environment | default | values | what |
| --- | --- | --- | --- | --- |
${Object.entries(SETTINGS).map(rowOf).join('\n')}

Written by \`npm run docs\` from \`core/settings.ts\`.
`
writeFileSync(join(import.meta.dirname, '..', 'docs', 'settings.md'), page)

// The rows of a table are replaced; its head, and all else, is written by hand.
const policyPage = join(import.meta.dirname, '..', 'docs', 'policy.md')
const { parameters, fleet } = policyTables()
const withRows = (text, head, rows) => {
  const from = text.indexOf('\n', text.indexOf('| --- |', text.indexOf(head))) + 1
  let to = from
  while (text.startsWith('| `', to) && !text.startsWith('| `holidays`', to)) to = text.indexOf('\n', to) + 1
  return text.slice(0, from) + rows.map((row) => `${row}\n`).join('') + text.slice(to)
}
const written = withRows(readFileSync(policyPage, 'utf8'), '| parameter | residence |', parameters)
writeFileSync(policyPage, withRows(written, '| parameter | default |', fleet))
