// Outside programs that some tests run: real ones, found on the machine or put into the git-ignored `.parts/` by `npm run parts`.
// Finding never downloads. A test that needs one skips with the reason when it is not to be had; `.ci/run` fails on any skip.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { root } from './root.ts'

export type PartName = 'chromium' | 'prometheus' | 'promtool' | 'strace'
export type Part = { readonly path: string } | { readonly missing: string }

export const partsFolder = join(root, '.parts')

/** The path of an executable that ran once with `--version`, or why there is none. */
export const part = (name: PartName): Part => {
  const known = found.get(name)
  if (known !== undefined) return known
  const looked = look(name)
  found.set(name, looked)
  return looked
}
const found = new Map<PartName, Part>()

const look = (name: PartName): Part => {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))
  const reasons: string[] = []
  for (const path of [...onPath, join(partsFolder, 'bin', name)].filter((one) => existsSync(one))) {
    const problem = whyNot(path)
    if (problem === undefined) return { path }
    reasons.push(problem)
  }
  if (name === 'chromium') {
    const packed = chromiumOfNpm()
    if ('path' in packed) return packed
    reasons.push(packed.missing)
  }
  return { missing: reasons.length > 0 ? reasons.join('; ') : 'not on PATH and not in .parts (npm run parts)' }
}

/** Why an executable does not run, or undefined when it does. */
export const whyNot = (path: string, env: NodeJS.ProcessEnv = process.env): string | undefined => {
  const { status, stderr, error } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 30_000, env })
  if (status === 0) return undefined
  return `${path} --version: ${error?.message ?? stderr.trim().split('\n')[0] ?? `status ${status}`}`
}

/** The browser that npm package @sparticuz/chromium carries compressed, unpacked once; x64 Linux only, with the libraries it needs. */
const chromiumOfNpm = (): Part => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: `@sparticuz/chromium has no ${process.platform}-${process.arch} build` }
  const require = createRequire(import.meta.url)
  const folder = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))))
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }
  const home = join(partsFolder, `chromium-${version}`)
  if (!existsSync(home)) unpackOnce(home)
  const plain = join(home, 'chromium')
  if (whyNot(plain) === undefined) return { path: plain }
  // A machine without NSS: the package's own copy of the libraries, for this program only.
  const wrapped = join(home, 'with-libraries')
  if (!existsSync(wrapped)) writeFileSync(wrapped, `#!/bin/sh\nLD_LIBRARY_PATH='${join(home, 'al2023', 'lib')}' exec '${plain}' "$@"\n`, { mode: 0o755 })
  const problem = whyNot(wrapped)
  return problem === undefined ? { path: wrapped } : { missing: problem }
}

/** Unpacks beside and renames, so that two test processes that come first together both find a whole one. */
const unpackOnce = (home: string): void => {
  mkdirSync(partsFolder, { recursive: true })
  const beside = mkdtempSync(join(partsFolder, 'unpack-'))
  // The package unpacks into TMPDIR, and its libraries only where it believes to be on Amazon's Linux.
  const env = { ...process.env, TMPDIR: beside, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' }
  const script = "const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath()"
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env, stdio: 'pipe', timeout: 120_000 })
  if (existsSync(home)) rmSync(beside, { recursive: true })
  else
    try {
      renameSync(beside, home)
    } catch (error) {
      if (!existsSync(home)) throw error
      rmSync(beside, { recursive: true })
    }
}
