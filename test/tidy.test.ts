// House rules that no linter knows. Each has its reason, because a rule without one is deleted.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { environmentName, SETTINGS, type SettingName } from '../core/settings.ts'
import { root } from './parts/root.ts'

const mayImport: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  core: [],
  ingest: ['core', 'proto'],
  storage: ['core'],
  live: ['core'],
  web: ['core', 'live'],
  bench: ['core', 'proto', 'ingest', 'storage', 'live', 'main.ts'],
}
const notOurs = new Set(['node_modules', 'dist', '.git', '.parts', 'data'])

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesBelow(path)
    return entry.isFile() ? [path] : []
  })
const everything = filesBelow(root).map((path) => ({ path: relative(root, path).split(sep).join('/'), size: statSync(path).size }))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const isGenerated = (path: string): boolean => path.startsWith('proto/gen/')
const sources = everything.filter(({ path }) => path.endsWith('.ts') && !isGenerated(path)).map(({ path }) => ({ path, text: read(path) }))
const pages = everything.filter(({ path }) => path.endsWith('.md')).map(({ path }) => ({ path, text: read(path) }))

describe('sources', () => {
  test('the walk found them', () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(pages.map(({ path }) => path)).toContain('README.md')
  })

  // Folders are read in the order of an event's way; an import against it makes a cycle of ideas.
  test('imports follow the way of an event', () => {
    const wrong = sources.flatMap(({ path, text }) => {
      const folder = path.split('/')[0] ?? ''
      const allowed = mayImport[folder]
      if (allowed === undefined) return []
      return [...text.matchAll(/(?:from|import) '(\.[^']+)'/g)]
        .map(([, target = '']) => ({ target, to: normalize(join(dirname(path), target)).split(sep)[0] ?? '' }))
        .filter(({ to }) => to !== folder && !allowed.includes(to))
        .map(({ target }) => `${path} imports ${target}`)
    })
    expect(wrong).toEqual([])
  })

  // Same entries, same outputs: replay, recovery and evidence stand on it.
  test('core is pure: no clock, no randomness, no environment, no I/O', () => {
    const impure = /\bDate\.now|new Date\(\)|Math\.random|performance\.|process\.|setTimeout|setInterval|queueMicrotask|console\.|crypto\.|from 'node:/
    const wrong = sources.filter(({ path, text }) => path.startsWith('core/') && !path.startsWith('core/thread/') && impure.test(text))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  // Names are found by guessing.
  test('file names are kebab-case', () => {
    const wrong = sources.filter(({ path }) => !/^[a-z0-9-]+(\.test|\.config)?\.ts$/.test(path.split('/').at(-1) ?? ''))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  // The test of x.ts is found where x.ts is, below test/.
  test('the test tree mirrors the source tree', () => {
    const folders = everything.filter(({ path }) => path.endsWith('.test.ts')).map(({ path }) => path.split('/').slice(1, -1).join('/'))
    // Tests of the whole engine stand on their own; test/parts tests the parts that tests use.
    const own = new Set(['', 'parts', 'engine', 'docs', 'access', 'api', 'oracle'])
    expect([...new Set(folders)].filter((folder) => !own.has(folder) && !existsSync(join(root, folder)))).toEqual([])
  })
})

describe('tests', () => {
  const tests = sources.filter(({ path }) => path.startsWith('test/') && path !== 'test/tidy.test.ts')

  // A test that is off is a promise that nobody keeps; one with a missing part says so itself (test/parts).
  test('none is switched off or alone', () => {
    expect(tests.filter(({ text }) => /\b(?:it|test|describe)\.(?:skip|skipIf|runIf|only|todo)\b/.test(text)).map(({ path }) => path)).toEqual([])
  })

  // Mocks of a log, a pool or ClickHouse agree with whatever is written.
  test('no part is mocked', () => {
    expect(tests.filter(({ text }) => /\bvi\.(?:mock|fn|spyOn|stubGlobal)\b/.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('repository', () => {
  // What works only here does not work.
  test('no paths of one machine', () => {
    const wrong = [...sources, ...pages, ...['package.json', '.ci/run'].map((path) => ({ path, text: read(path) }))].filter(
      ({ path, text }) => path !== 'test/tidy.test.ts' && /(?:^|[\s'"`(=])\/(?:work|home|root|Users)\//m.test(text),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  // The lock installs from whatever registry a machine is set to, and every version is exact.
  test('the lock has no addresses', () => {
    const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
    const wrong = Object.entries(lock.packages).filter(([, { funding: _, ...rest }]) => 'resolved' in rest || JSON.stringify(rest).includes('://'))
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
    expect(wrong.map(([name]) => name)).toEqual([])
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true')
  })

  // `npm ci` refuses a lock that lacks a platform's package, and a registry that lacks one (a mirror) leaves it out of a new lock.
  test('the lock has the packages of every platform', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>
    }
    const names = Object.keys(packages)
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    expect(wanted.filter((name) => !names.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([])
  })

  type Package = Readonly<Record<'dependencies' | 'devDependencies' | 'scripts', Readonly<Record<string, string>>>>
  const ours = JSON.parse(read('package.json')) as Package

  test('dependencies are exact, and the README says why each is here', () => {
    const readme = read('README.md')
    expect(Object.entries({ ...ours.dependencies, ...ours.devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(Object.keys(ours.dependencies).filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
  })

  test('files stay small: a clone is for reading', () => {
    expect(everything.filter(({ path, size }) => size > 500_000 && path !== 'package-lock.json').map(({ path }) => path)).toEqual([])
  })

  // A command in the docs that does not exist is the first thing a newcomer meets.
  test('commands in the docs exist', () => {
    const wrong = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run ([a-z0-9:-]+)/g)].filter(([, name = '']) => !(name in ours.scripts)).map(([command]) => `${path}: ${command}`),
    )
    expect(wrong).toEqual([])
  })

  test('links in the docs lead somewhere', () => {
    const wrong = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .filter(([, target = '']) => !existsSync(join(root, dirname(path), target)))
        .map(([link]) => `${path}: ${link}`),
    )
    expect(wrong).toEqual([])
  })

  // The docs are what operators read when the flag's help is not at hand.
  test('docs/settings.md says what core/settings.ts says', () => {
    const rows = read('docs/settings.md')
      .split('\n')
      .filter((line) => line.startsWith('| `--'))
    const names = Object.keys(SETTINGS) as SettingName[]
    expect(
      rows.map((row) => /^\| `--([a-z-]+)`/.exec(row)?.[1]),
      'npm run docs',
    ).toEqual(names)
    for (const [at, name] of names.entries()) {
      const cells = (rows[at] ?? '').split(' | ')
      expect(cells[1]).toBe(`\`${environmentName(name)}\``)
      expect(cells[2]).toBe(SETTINGS[name].fallback === '' ? '(empty)' : `\`${SETTINGS[name].fallback}\``)
      expect(cells[4], 'npm run docs').toBe(`${SETTINGS[name].help} |`)
    }
  })
})
