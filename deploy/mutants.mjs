// `npm run mutants -- [--count 160] [--seed 1] [--jobs 1] [--minutes 60] [--fresh]`: plants faults in compiled core, one at a time, each in
// a copy of dist under a temporary folder, and asks the oracle (test/oracle/judge.ts), then the tests of core, whether they notice.
// Resumable: verdicts are kept by what was changed and the text of all of core, so a run goes on where the last one stopped.
// Those that change nothing anybody could see are listed with why in docs/quality-core.md, by their ids, and do not count.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parseAst } from 'vite'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '160' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    fresh: { type: 'boolean', default: false },
  },
})
const ROOT = resolve(import.meta.dirname, '..')
const WORK = join(tmpdir(), 'sealstream-mutants')
/** What decides what is counted, raised and told; not what stores, names or sends it. */
const PATTERNS = [
  /^rules\/.*/,
  /^(occupancy|counting|counters|counter-rows|quiet|baseline|newest|watch-kept|window|conditions|checks|watch-checks|site-checks|timers|tick|heir)\.js$/,
  /^(permits|schedule|weekly|local-time|policy-resolve|policy-table|policy-effects|watch-effects|outage|registry-due|registry-seals|registry-sites)\.js$/,
  /^desk(-signals|-work|-outage|-due|-state|-alarm|-plans)?\.js$/,
]
const JUDGE_CPU_MS = 10_000
/** A mutant may loop for ever. */
const JUDGE_WALL_MS = 120_000
const TESTS_WALL_MS = 300_000
/** The tests of what a file is about: those of everything take minutes. */
const TESTS = [
  [/^desk|^outage/, /^(desk|desk-life|desk-golden|desk-notices|outage|rules)\.test/],
  [/^(window|timers|registry-due)/, /^(window|timers|rules|registry)\.test/],
  [/^policy/, /^(policy|registry-policy).*\.test/],
  [/^(permits|weekly|schedule|local-time|rules\/permit)/, /^(permits|declarations|schedule|rules|registry).*\.test/],
  [/^(registry|heir|watch-effects)/, /^(registry|assignments).*\.test/],
  [/^(counter|counting|occupancy|quiet)/, /^(counter|counts|occupancy|rules).*\.test/],
  [/./, /^(rules|seal-rules|live-views|newest|desk)\.test/],
]

const filesIn = (folder, under = '') =>
  readdirSync(join(folder, under), { withFileTypes: true }).flatMap((entry) => {
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    return entry.isDirectory() ? filesIn(folder, path) : path.endsWith('.js') ? [path] : []
  })

const FLIPS = { '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===', '+': '-', '-': '+', '*': '+', '/': '*', '&': '|', '|': '&', '%': '*' }
const REVERSED = { '<': '>', '>': '<', '<=': '>', '>=': '<' }

/** All faults that could be planted in a file: where, and what stands there instead. */
const faultsOf = (file, text) => {
  const faults = []
  const add = (node, kind, replacement) => faults.push({ file, start: node.start, end: node.end, kind, replacement })
  const source = (node) => text.slice(node.start, node.end)
  const operator = (node, to, kind) => {
    const from = text.indexOf(node.operator, node.left.end)
    faults.push({ file, start: from, end: from + node.operator.length, kind, replacement: to })
  }
  const visitors = {
    BinaryExpression: (node) => {
      if (FLIPS[node.operator] !== undefined) operator(node, FLIPS[node.operator], 'operator')
      if (REVERSED[node.operator] !== undefined) operator(node, REVERSED[node.operator], 'reversed')
    },
    LogicalExpression: (node) => {
      if (node.operator === '&&' || node.operator === '||') operator(node, node.operator === '&&' ? '||' : '&&', 'logic')
    },
    ConditionalExpression: (node) => add(node, 'choice', `${source(node.test)} ? ${source(node.alternate)} : ${source(node.consequent)}`),
    IfStatement: (node) => add(node.test, 'condition', `!(${source(node.test)})`),
    UnaryExpression: (node) => {
      if (node.operator === '!') add(node, 'negation', source(node.argument))
    },
    Literal: (node) => {
      if (typeof node.value !== 'number') return
      add(node, 'constant', String(node.value + 1))
      if (node.value > 0) add(node, 'constant', String(node.value - 1))
    },
    ExpressionStatement: (node) => {
      if (node.expression.type === 'AssignmentExpression' || node.expression.type === 'CallExpression') add(node, 'dropped', ';')
    },
    ReturnStatement: (node, parent) => {
      if (parent.type === 'IfStatement') add(node, 'dropped', ';')
    },
    CallExpression: (node) => {
      const [a, b] = node.arguments
      if (
        a !== undefined &&
        b !== undefined &&
        a.type !== 'SpreadElement' &&
        b.type !== 'SpreadElement' &&
        source(a) !== source(b) &&
        source(a) !== 'run' &&
        source(a) !== 'state'
      ) {
        const replacement = `${source(b)}${text.slice(a.end, b.start)}${source(a)}`
        faults.push({ file, start: a.start, end: b.end, kind: 'arguments', replacement })
      }
      const name = source(node.callee)
      if (name === 'Math.max' || name === 'Math.min') add(node.callee, 'bound', name === 'Math.max' ? 'Math.min' : 'Math.max')
    },
  }
  const walk = (node, parent) => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const child of node) walk(child, parent)
      return
    }
    if (typeof node.type !== 'string' || node.type === 'ImportDeclaration' || node.type === 'ThrowStatement') return
    visitors[node.type]?.(node, parent)
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') walk(child, node)
  }
  walk(parseAst(text), { type: 'Program' })
  return faults.filter((fault) => compiles(apply(text, fault)))
}
const apply = (text, { start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end)
const compiles = (text) => {
  try {
    parseAst(text)
    return true
  } catch {
    return false
  }
}

/** Mulberry32. */
const random = (seed) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** File after file in turn, so that small rules have as many as long ones; of a file, one kind of fault after another. */
const chosen = (texts, count, seed) => {
  const rand = random(seed)
  const shuffled = (list) =>
    list
      .map((item) => [rand(), item])
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  const queues = shuffled([...texts].map(([file, text]) => shuffled(faultsOf(file, text)))).filter((faults) => faults.length > 0)
  const picked = []
  for (let turn = 0; picked.length < count && queues.some((faults) => faults.length > 0); turn += 1) {
    const faults = queues[turn % queues.length]
    const last = picked.findLast(({ file }) => file === faults[0]?.file)
    const other = faults.findIndex(({ kind }) => kind !== last?.kind)
    if (faults.length > 0) picked.push(...faults.splice(Math.max(0, other), 1))
  }
  return picked.slice(0, count).map((fault) => described(texts.get(fault.file), fault))
}
const described = (text, fault) => {
  const from = text.lastIndexOf('\n', fault.start - 1) + 1
  const to = text.indexOf('\n', fault.end)
  const before = text.slice(from, to === -1 ? undefined : to)
  const after = before.slice(0, fault.start - from) + fault.replacement + before.slice(fault.end - from)
  const same = text.slice(0, from).split(before).length
  const id = createHash('sha256').update(`${fault.file}|${before.trim()}|${after.trim()}|${same}`).digest('hex').slice(0, 8)
  return { ...fault, id, line: text.slice(0, fault.start).split('\n').length, before: before.trim(), after: after.trim() }
}

/** A command's status, or `timeout`; its whole process group ends with it. */
const run = (folder, command, args, wallMs) =>
  new Promise((done) => {
    const child = spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    const timer = setTimeout(() => kill('timeout'), wallMs)
    const kill = (status) => {
      try {
        process.kill(-Number(child.pid), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
      done({ status, output })
    }
    child.on('exit', (code) => {
      clearTimeout(timer)
      done({ status: code ?? 'killed', output })
    })
  })

const prepare = (job) => {
  const folder = join(WORK, `copy-${job}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['dist', 'docs', 'README.md', 'test/golden', 'package.json', 'vitest.config.ts'])
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Who noticed, or null: the oracle is asked about every mutant first, then the tests about what it did not notice. */
const askOracle = async (folder) => {
  const { status, output } = await run(folder, process.execPath, ['dist/test/oracle/judge.js', String(JUDGE_CPU_MS)], JUDGE_WALL_MS)
  if (status === 'timeout') return 'oracle: it does not end'
  return status === 0 ? null : `oracle: ${output.trim().split('\n').at(-1)?.slice(0, 120)}`
}
const askTests = async (folder, { file }) => {
  const about = TESTS.find(([pattern]) => pattern.test(file))[1]
  const files = readdirSync(join(folder, 'dist/test/core'))
    .filter((name) => about.test(name) && name.endsWith('.test.js'))
    .map((name) => `dist/test/core/${name}`)
  const { status, output } = await run(folder, process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--bail=1', ...files], TESTS_WALL_MS)
  return status === 0 ? null : `tests: ${/FAIL.*?(dist\/test[\w./-]+)/.exec(output)?.[1] ?? status}`
}

const texts = new Map(
  filesIn(join(ROOT, 'dist/core'))
    .filter((file) => PATTERNS.some((pattern) => pattern.test(file)))
    .toSorted()
    .map((file) => [file, readFileSync(join(ROOT, 'dist/core', file), 'utf8')]),
)
const coreHash = createHash('sha256')
  .update(
    filesIn(join(ROOT, 'dist/core'))
      .toSorted()
      .map((file) => readFileSync(join(ROOT, 'dist/core', file), 'utf8'))
      .join('\0'),
  )
  .digest('hex')
  .slice(0, 12)
mkdirSync(WORK, { recursive: true })
const kept = join(WORK, `verdicts-${coreHash}.jsonl`)
if (values.fresh) rmSync(kept, { force: true })
const verdicts = new Map(
  (existsSync(kept) ? readFileSync(kept, 'utf8').trim().split('\n') : [])
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .map((one) => [one.id, one]),
)
const page = join(ROOT, 'docs/quality-core.md')
/** Those above the figures; below them stand the survivors. */
const listed = existsSync(page) ? readFileSync(page, 'utf8').split('Equivalent:').at(-1).split('`--count')[0] : ''
const equivalents = new Set((listed.match(/`[0-9a-f]{8}`/g) ?? []).map((id) => id.slice(1, -1)))

const mutants = chosen(texts, Number(values.count), Number(values.seed))
const jobs = Number(values.jobs)
const folders = Array.from({ length: jobs }, (_, job) => prepare(job))
/** A judge who finds fault with what has none judges nothing. */
const mustPass = async (ask) => {
  const found = await ask(folders[0], { file: 'rules/' })
  if (found === null) return
  process.stderr.write(`without any fault planted: ${found}\n`)
  process.exit(2)
}
const end = performance.now() + Number(values.minutes) * 60_000
process.stdout.write(`${mutants.length} mutants of ${texts.size} files, ${mutants.filter(({ id }) => verdicts.has(id)).length} of them judged before\n`)

/** Asks about each of a list, one after another in each copy, until the time is over. */
const askAll = (list, ask) => {
  const queue = [...list]
  return Promise.all(
    folders.map(async (folder) => {
      for (let mutant = queue.shift(); mutant !== undefined && performance.now() < end; mutant = queue.shift()) {
        const file = join(folder, 'dist/core', mutant.file)
        const text = texts.get(mutant.file)
        writeFileSync(file, apply(text, mutant))
        const by = await ask(folder, mutant)
        writeFileSync(file, text)
        const verdict = { id: mutant.id, by, asked: ask.name }
        verdicts.set(mutant.id, verdict)
        appendFileSync(kept, `${JSON.stringify(verdict)}\n`)
        process.stdout.write(
          `${by === null ? `missed by ${ask.name}` : 'caught'} ${mutant.id} ${mutant.file}:${mutant.line} ${mutant.kind}: ${by ?? mutant.after}\n`,
        )
      }
    }),
  )
}
const unjudged = mutants.filter(({ id }) => !verdicts.has(id))
if (unjudged.length > 0) await mustPass(askOracle)
await askAll(unjudged, askOracle)
const missed = mutants.filter(({ id }) => verdicts.get(id)?.by === null && verdicts.get(id)?.asked === 'askOracle' && !equivalents.has(id))
if (missed.length > 0 && performance.now() < end) await mustPass(askTests)
await askAll(missed, askTests)

const judged = mutants.filter(({ id }) => verdicts.has(id))
const survived = judged.filter(({ id }) => verdicts.get(id).by === null)
const open = survived.filter(({ id }) => !equivalents.has(id))
const caught = judged.length - survived.length
const byOracle = judged.filter(({ id }) => verdicts.get(id).by?.startsWith('oracle')).length
const share = (caught / Math.max(1, judged.length - (survived.length - open.length))) * 100
process.stdout.write(
  `\n${judged.length} of ${mutants.length} judged: ${caught} caught (${byOracle} by the oracle, ${caught - byOracle} by the tests of core), `,
)
process.stdout.write(`${survived.length - open.length} equivalent (docs/quality-core.md), ${open.length} survived: ${share.toFixed(1)} % caught\n`)
for (const mutant of survived) {
  process.stdout.write(
    `${equivalents.has(mutant.id) ? 'equivalent' : 'survived'} ${mutant.id} core/${mutant.file.replace(/\.js$/, '.ts')} ${mutant.kind}\n  - ${mutant.before}\n  + ${mutant.after}\n`,
  )
}
rmSync(join(WORK, 'copy-0'), { recursive: true, force: true })
for (const folder of folders) rmSync(folder, { recursive: true, force: true })
process.exitCode = judged.length === mutants.length && share >= 95 ? 0 : 1
