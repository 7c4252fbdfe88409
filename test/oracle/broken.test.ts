import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../parts/root.ts'

// The oracle notices a detector that is a little wrong: in a copy of the compiled engine one line is broken, and the same campaign that
// oracle.test.ts runs must say which alarm differs. `npm run mutants` does it by the hundred (docs/quality-core.md).

type Broken = { readonly name: string; readonly file: string; readonly good: string; readonly bad: string; readonly says: RegExp }
const BROKEN: readonly Broken[] = [
  {
    name: 'a blocked beam is told one tick late',
    file: 'rules/beam.js',
    good: 'blocked && due <= received',
    bad: 'blocked && due < received',
    says: /beam-blocked/,
  },
  {
    name: 'an opening off schedule holds one tick too long',
    file: 'rules/off-schedule.js',
    good: 'run.received < until',
    bad: 'run.received <= until',
    says: /opened-off-schedule/,
  },
  { name: 'repeats kept until a tick are counted one too few', file: 'conditions.js', good: 'known ? count : count - 1', bad: 'count - 1', says: /history/ },
  {
    name: 'a bias is learnt from the wrong side',
    file: 'occupancy.js',
    good: '- net - anchor.people',
    bad: '+ net - anchor.people',
    says: /occupancy|headcount|capacity/,
  },
]

let copy = ''
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'sealstream-broken-'))
  for (const name of ['core', 'ingest', 'test/oracle']) cpSync(join(root, 'dist', name), join(copy, 'dist', name), { recursive: true })
  cpSync(join(root, 'package.json'), join(copy, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const judge = (): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/test/oracle/judge.js', '25000'], { cwd: copy, encoding: 'utf8', timeout: 150_000 })
  return { status, said: stdout + stderr }
}

describe('a detector that is broken on purpose', () => {
  for (const { name, file, good, bad, says } of BROKEN)
    it(`is caught: ${name}`, () => {
      const path = join(copy, 'dist/core', file)
      const text = readFileSync(path, 'utf8')
      expect(text.split(good).length, `${file} has "${good}" once`).toBe(2)
      writeFileSync(
        path,
        text.replace(good, () => bad),
      )
      const { status, said } = judge()
      writeFileSync(path, text)
      expect(said).toMatch(says)
      expect(status).toBe(1)
    }, 180_000)
})
