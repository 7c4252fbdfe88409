// Writes docs/settings.md from core/settings.ts (compiled): `npm run docs`. test/tidy.test.ts says when it is due.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
