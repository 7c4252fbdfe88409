import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { campaign, type Failure, failureText, newTally, tallyText, type Tally } from './campaign.ts'

// `npm run soak -- --minutes N --seed S [--jobs J]`: the campaign of oracle.test.ts for as long as asked, in as many processes as there are
// cores, each from seeds of its own. Ends with status 1 at the first history on which engine and oracle differ, shrunk and printed.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    worker: { type: 'boolean', default: false },
  },
})
const MINUTE_MS = 60_000
/** Between two reports of a process; also how soon it sees that its time is over. */
const HISTORIES_A_REPORT = 500
/** Seeds of one process before those of the next: more histories than any soak has. */
const SEEDS_EACH = 100_000_000

type Report = { readonly tally: Tally; readonly failure: Failure | null }
const maps = ['began', 'ended', 'stepNames'] as const

const soak = async (minutes: number, seed: number): Promise<void> => {
  const end = performance.now() + minutes * MINUTE_MS
  for (let at = seed; performance.now() < end; at += HISTORIES_A_REPORT) {
    const tally = newTally()
    const failure = await campaign({ seed: at, histories: HISTORIES_A_REPORT, over: () => performance.now() >= end }, tally)
    await new Promise<void>((sent) => {
      process.send?.({ tally: { ...tally, ...Object.fromEntries(maps.map((name) => [name, [...tally[name]]])) }, failure }, () => sent())
    })
    if (failure !== null) return
  }
}

const add = (sum: Tally, more: Tally): void => {
  for (const name of ['histories', 'entries', 'events', 'alarms', 'steps', 'rows', 'differing'] as const) sum[name] += more[name]
  for (const name of maps) {
    const counts = sum[name] as Map<string, number>
    for (const [key, times] of more[name]) counts.set(key, (counts.get(key) ?? 0) + times)
  }
}

const watch = async (jobs: number): Promise<boolean> => {
  const sum = newTally()
  const started = performance.now()
  const failures: Failure[] = []
  const children: ChildProcess[] = Array.from({ length: jobs }, (_, job) =>
    fork(fileURLToPath(import.meta.url), ['--worker', '--minutes', values.minutes, '--seed', String(Number(values.seed) + job * SEEDS_EACH)]),
  )
  const ended = children.map((child) => {
    child.on('message', (report: Report) => {
      add(sum, report.tally)
      const seconds = (performance.now() - started) / 1000
      process.stdout.write(`${sum.histories} histories in ${seconds.toFixed(0)} s, ${sum.alarms} alarms, ${sum.differing} differ\n`)
      if (report.failure === null) return
      failures.push(report.failure)
      for (const other of children) other.kill()
    })
    return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 0)))
  })
  const codes = await Promise.all(ended)
  process.stdout.write(`${tallyText(sum)}\n`)
  for (const failure of failures) process.stdout.write(`${failureText(failure)}\n`)
  return failures.length === 0 && codes.every((code) => code === 0) && sum.histories > 0
}

if (values.worker) await soak(Number(values.minutes), Number(values.seed))
else if (!(await watch(Number(values.jobs)))) process.exitCode = 1
