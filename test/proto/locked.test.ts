// The wire contract is locked: seals in the field speak it for years.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { EVENT, REASON } from '../../core/kinds.ts'
import { PROTO_FILE, wire } from '../../proto/wire.ts'
import { root } from '../parts/root.ts'

const made = mkdtempSync(join(tmpdir(), 'seal-proto-'))
afterAll(() => rmSync(made, { recursive: true }))

const proto = readFileSync(join(root, 'proto/seal/v1/seal.proto'), 'utf8')
/** What is said to machines: without comments and layout, so that a better comment is not a change of contract. */
const meaning = proto
  .replaceAll(/\/\/.*$/gm, '')
  .replaceAll(/\s+/g, ' ')
  .trim()

test('the .proto has not changed by accident', () => {
  const said = createHash('sha256').update(meaning).digest('hex')
  expect(
    said,
    [
      'proto/seal/v1/seal.proto says something else than before. If that is meant:',
      '1. check that no number was reused and none changed its meaning: deployed seals keep sending the old ones;',
      '2. npm run proto, and commit proto/gen;',
      '3. say it in CHANGELOG.md;',
      '4. put the new hash into this test.',
    ].join('\n'),
  ).toBe('dbbbbff160ca0c28bee3af15c05ebdb9447720a7e512f3129fbe169586120f00')
})

test('the committed code is what the generator makes', () => {
  execFileSync(process.execPath, [join(root, 'deploy/proto.mjs'), made], { stdio: 'pipe' })
  for (const name of ['seal.js', 'seal.d.ts']) {
    expect(readFileSync(join(made, name), 'utf8') === readFileSync(join(root, 'proto/gen', name), 'utf8'), `proto/gen/${name} is stale: npm run proto`).toBe(
      true,
    )
  }
})

test('numbers are those of core/kinds.ts', () => {
  expect(numbersOf(wire.EventKind)).toEqual({ EVENT_KIND_UNSPECIFIED: 0, ...EVENT })
  expect(numbersOf(wire.RejectReason)).toEqual({ REJECT_REASON_UNSPECIFIED: 0, ...REASON })
})

test('the .proto that runs beside the code is the one in the sources', () => {
  expect(readFileSync(PROTO_FILE, 'utf8')).toBe(proto)
})

test('every field, message and value of the .proto has a comment, or a name that its message explains', () => {
  const lines = proto.split('\n')
  const bare = lines.filter((line, at) => /^(message|enum) |^ {2}.*= \d+;$/.test(line) && !(lines[at - 1] ?? '').trim().startsWith('//'))
  expect(bare.map((line) => line.trim())).toEqual([
    'repeated Event events = 1;',
    'EventColumns columns = 2;',
    'REJECT_REASON_UNSPECIFIED = 0;',
    'RejectReason reason = 2;',
  ])
})

const numbersOf = (generated: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(generated).filter(([, value]) => typeof value === 'number'))
