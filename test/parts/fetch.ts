// `npm run parts`: puts the outside programs that tests use into the git-ignored `.parts/`, from Debian's packages, as any user and
// without installing anything. A part that the machine has is left alone. Ends with one line a part and status 1 if one is missing.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { part, type PartName, partsFolder, whyNot } from './part.ts'

type Source = { readonly packages: readonly string[]; readonly executable: string }
// Packages besides the program's own are libraries that a bare Debian lacks.
const sources: Readonly<Record<PartName, Source>> = {
  chromium: { packages: ['chromium', 'chromium-common'], executable: 'usr/lib/chromium/chromium' },
  prometheus: { packages: ['prometheus'], executable: 'usr/bin/prometheus' },
  promtool: { packages: ['prometheus'], executable: 'usr/bin/promtool' },
  strace: { packages: ['strace', 'libunwind8'], executable: 'usr/bin/strace' },
}

const run = (command: string, args: readonly string[], cwd: string): string | undefined => {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000 })
  return status === 0 ? undefined : `${command} ${args[0]}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
}

/** Package lists of our own, for a user who may not write the machine's, or a machine that has none yet. */
const ownLists = (): readonly string[] => {
  const state = join(partsFolder, 'apt')
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, folder), { recursive: true })
  return ['-o', `Dir::State::lists=${join(state, 'lists')}`, '-o', `Dir::Cache=${join(state, 'cache')}`]
}

const download = (packages: readonly string[], into: string): string | undefined => {
  if (run('apt-get', ['download', ...packages], into) === undefined) return undefined
  const own = ownLists()
  return run('apt-get', ['update', ...own], into) ?? run('apt-get', ['download', ...own, ...packages], into)
}

/** Why the part could not be fetched, or undefined when it now runs. */
const fetchPart = (name: PartName): string | undefined => {
  const { packages, executable } = sources[name]
  const home = join(partsFolder, 'debian', packages[0] ?? name)
  const program = join(home, executable)
  if (!existsSync(program)) {
    mkdirSync(home, { recursive: true })
    const problem = download(packages, home)
    if (problem !== undefined) return problem
    for (const file of readdirSync(home).filter((one) => one.endsWith('.deb'))) {
      const broken = run('dpkg', ['-x', file, '.'], home)
      if (broken !== undefined) return broken
      rmSync(join(home, file))
    }
  }
  const libraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => join(home, 'usr/lib', machine)).join(':')
  const wrapper = join(partsFolder, 'bin', name)
  mkdirSync(join(partsFolder, 'bin'), { recursive: true })
  writeFileSync(wrapper, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${program}' "$@"\n`, { mode: 0o755 })
  return whyNot(wrapper)
}

let missing = 0
for (const name of Object.keys(sources) as PartName[]) {
  const have = part(name)
  const problem = 'path' in have ? undefined : fetchPart(name)
  if (problem !== undefined) missing++
  console.log('path' in have ? `${name}: ${have.path}` : (problem ?? `${name}: fetched`))
}
process.exitCode = missing === 0 ? 0 : 1
