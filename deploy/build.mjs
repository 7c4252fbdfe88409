// Builds dist/: the proto's generated code and text are copied, core is checked to be pure (its own tsconfig), everything is
// compiled by tsc, the page by Vite. What dist holds of sources that are gone is deleted first, so that no stale test runs.
// `--if-stale` does nothing when dist is newer than every source. Plain JavaScript, because it runs before anything is compiled.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
const folders = ['core', 'ingest', 'storage', 'live', 'bench', 'proto', 'test', 'web']
const copied = ['proto/gen/seal.js', 'proto/gen/seal.d.ts', 'proto/seal/v1/seal.proto']

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : []

const isStale = () => {
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  const sources = [
    ...folders.flatMap((folder) => filesBelow(join(root, folder))),
    ...['main.ts', 'tsconfig.json', 'package-lock.json'].map((name) => join(root, name)),
  ]
  return sources.some((path) => existsSync(path) && statSync(path).mtimeMs > built)
}

const prune = () => {
  for (const path of filesBelow(dist)) {
    const name = relative(dist, path)
    if (name.startsWith('web/') || !/\.js(\.map)?$/.test(name) || copied.includes(name)) continue
    const source = join(root, name.replace(/\.js(\.map)?$/, '.ts'))
    if (!existsSync(source)) rmSync(path)
  }
}

const copy = () => {
  for (const name of copied) {
    mkdirSync(dirname(join(dist, name)), { recursive: true })
    copyFileSync(join(root, name), join(dist, name))
  }
}

const bin = (...parts) => join(root, 'node_modules', ...parts)
const run = (what, script, ...args) => {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) console.error(`build: ${what} failed`)
  return status === 0
}

const build = () => {
  prune()
  copy()
  const tsc = bin('typescript', 'bin', 'tsc')
  const done = [run('core is pure', tsc, '-p', 'core'), run('compile', tsc, '-p', '.')]
  if (existsSync(join(root, 'web', 'tsconfig.json'))) done.push(run('types of the page', tsc, '-p', 'web', '--noEmit'))
  if (existsSync(join(root, 'web', 'index.html')))
    done.push(run('page', bin('vite', 'bin', 'vite.js'), 'build', 'web', '--outDir', join(dist, 'web'), '--emptyOutDir', '--logLevel', 'warn'))
  if (done.includes(false)) return 1
  writeFileSync(stamp, '')
  return 0
}

process.exitCode = process.argv.includes('--if-stale') && !isStale() ? 0 : build()
