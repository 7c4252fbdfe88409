import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../parts/root.ts'

// The oracle notices a detector that is a little wrong: in a copy of the compiled engine one line is broken, and the same campaign that
// oracle.test.ts runs must say which alarm differs. `npm run mutants` does it by the hundred (docs/quality-core.md).

const BROKEN: readonly { readonly name: string; readonly file: string; readonly good: string; readonly bad: string; readonly alarm: RegExp }[] = [
  { name: 'a beam is told one tick late', file: 'rules/beam.js', good: 'blocked && due <= received', bad: 'blocked && due < received', alarm: /beam-blocked/ },
  {
    name: 'an opening off schedule holds one tick too long',
    file: 'rules/off-schedule.js',
    good: 'run.received < until',
    bad: 'run.received <= until',
    alarm: /opened-off-schedule/,
  },
  { name: 'who came in as the permit ended has overrun it', file: 'rules/overrun.js', good: 'since < ended && ', bad: '', alarm: /permit-overrun/ },
  { name: 'a roll-call has to be higher to count', file: 'occupancy.js', good: 'time > at', bad: 'time >= at', alarm: /occupancy/ },
  { name: 'repeats of one tick are one too few', file: 'conditions.js', good: 'known ? count : count - 1', bad: 'count - 1', alarm: /./ },
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
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/test/oracle/judge.js', '8000'], { cwd: copy, encoding: 'utf8', timeout: 120_000 })
  return { status, said: stdout + stderr }
}

describe('a detector that is broken on purpose', () => {
  for (const { name, file, good, bad, alarm } of BROKEN)
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
      expect(said).toMatch(alarm)
      expect(status).toBe(1)
    })
})
