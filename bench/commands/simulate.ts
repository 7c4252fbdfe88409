// sealstream simulate: a fleet with known truth, sent through the real endpoint; by day (simulated time, own clock) or live.

import type { Command } from 'commander'
import { scratchDir, startEngine } from '../engine.ts'
import { api } from '../http.ts'
import { checkAlarms, KINDS_CHECKED, leastOfDay, verdictTable } from '../simulate/check.ts'
import { checkCounts } from '../simulate/count-check.ts'
import { nextMidnight, playDay, raisedAlarms, settle, writeTruth } from '../simulate/day.ts'
import { planDay } from '../simulate/day-plan.ts'
import { LIVE_MS_MAX, playLive } from '../simulate/live.ts'
import { checkEvidence } from '../evidence/check.ts'
import { CommandError, type Target } from '../target.ts'
import { tellVerdict } from './explain.ts'
import { duration, finish, positive, print, say, targetOf, whole, withTarget, type CommandContext, type TargetOptions } from './options.ts'

type SimulateOptions = TargetOptions & {
  readonly seals: number
  readonly duration: number
  readonly seed: number
  readonly day?: boolean
  readonly speed?: number
  readonly check?: boolean
  readonly evidence?: boolean
  readonly truth?: string
  readonly keep?: string
  readonly json?: boolean
}

const DAY_SPEED = 1_440
const SEALS_MAX = 1_000_000

export const registerSimulate = (program: Command, context: CommandContext): void => {
  withTarget(program.command('simulate'))
    .description('a fleet with known truth, sent through the real endpoint')
    .requiredOption('--seals <n>', 'how many seals', whole(20, SEALS_MAX))
    .option('--duration <time>', 'how long, live (10m, 2h)', duration, 600_000)
    .option('--seed <n>', 'the same seed gives the same fleet and the same day', whole(0, 0xffff_ffff), 1)
    .option('--day', 'a simulated day, whose clock this command drives; without --url on an engine of its own')
    .option('--speed <x>', `simulated time ÷ real time (by day: ${DAY_SPEED}, a day a minute; live: 1)`, positive)
    .option('--check', 'with --day: compare the alarms raised with the truth; status 1 where they differ')
    .option('--evidence', 'with --check: recompute every alarm through its evidence too')
    .option('--truth <file>', 'write incidents and near misses there, as NDJSON')
    .option('--keep <dir>', 'with an engine of its own: its data folder, kept')
    .option('--json', 'the result as one line of JSON on standard output')
    .action((options: SimulateOptions) => finish(context, () => runSimulate(options, context)))
}

const runSimulate = async (options: SimulateOptions, context: CommandContext): Promise<number> => {
  if (options.check === true && options.day !== true) throw new CommandError('--check needs --day: only a simulated day has a truth for every kind')
  return options.day === true ? runDay(options, context) : runLive(options, context)
}

const runDay = async (options: SimulateOptions, context: CommandContext): Promise<number> => {
  const { seals, seed } = options
  const given = options.url ?? context.environment['SEALSTREAM_URL'] ?? options.data
  if (given !== undefined) return dayOn(targetOf(options, context), options)
  const dataDir = options.keep ?? scratchDir('simulate')
  say(`starting an engine on ${dataDir} (--tick-source simulator)`)
  const engine = await startEngine({ dataDir, keep: options.keep !== undefined, flags: ['--tick-source', 'simulator', '--log-level', 'warn'], onLog: say })
  try {
    say(`${seals} seals, seed ${seed}`)
    return await Promise.race([dayOn(engine.target, options), engine.ended.then((why) => Promise.reject(new CommandError(why)))])
  } finally {
    await engine.stop()
  }
}

const dayOn = async (target: Target, options: SimulateOptions): Promise<number> => {
  const { seals, seed, speed = DAY_SPEED } = options
  const plan = planDay({ seals }, seed)
  const startMs = nextMidnight(Date.now())
  if (options.truth !== undefined) writeTruth(options.truth, plan.truth, startMs)
  const { net, ...played } = await playDay(target, { plan, seed, startMs, speed, say })
  say(
    `the day took ${played.seconds.toFixed(1)} s (${Math.round(86_400 / played.seconds)} × real time): ${played.distinct} events, ${played.repeats} sent twice, ${played.late} late, ${played.lost} lost, ${played.backfilled} filled in newest first, ${played.rejected} rejected, ${played.retries} requests sent again`,
  )
  const expected = played.distinct - played.distinctRejected
  const stored = await settle(target, expected, startMs)
  const complete = stored === expected
  say(`rows in seals.events: ${stored} of ${expected} expected${complete ? '' : ' — THEY DIFFER'}`)
  const result = { ...played, expected, stored }
  if (options.check !== true) {
    if (options.json === true) print(JSON.stringify(result))
    return complete ? 0 : 1
  }
  const verdict = checkAlarms(plan.truth, await raisedAlarms(target, startMs), { kinds: KINDS_CHECKED, leastOf: leastOfDay(seals) })
  const counts = await checkCounts(target, plan, net)
  const evidence = options.evidence === true ? await checkEvidence(target, { from: startMs - 1000, until: startMs + 2 * 86_400_000, say }) : undefined
  const ledger = await ledgerComplaint(target)
  const passed = verdict.ok && counts.differ === 0 && complete && ledger === '' && evidence?.ok !== false
  say(`raw counts at the day's end: ${counts.sites - counts.differ} of ${counts.sites} sites as sensed (${counts.passages} passages)`)
  if (options.json === true) print(JSON.stringify({ ...result, ok: passed, kinds: verdict.kinds, counts, evidence }))
  else print(verdictTable(verdict))
  if (evidence !== undefined && options.json !== true) tellVerdict(evidence)
  for (const complaint of [...verdict.complaints, ...counts.complaints]) say(complaint)
  if (ledger !== '') say(ledger)
  say(passed ? 'CHECK PASSED' : 'CHECK FAILED')
  return passed ? 0 : 1
}

/** The ledger's two equations; empty where they hold. */
export const ledgerComplaint = async (target: Target): Promise<string> => {
  const { status, value } = await api(target, 'sre', { path: '/v1/status' })
  const ledger = (value as { ledger?: Record<string, number> } | undefined)?.ledger
  if (status !== 200 || ledger === undefined) return `the ledger could not be read: /v1/status answered ${status}`
  const { offered = 0, accepted = 0, rejected = 0, repeated = 0, tooOld = 0, stored = 0, waiting = 0 } = ledger
  if (offered !== accepted + rejected) return `the ledger is open: offered ${offered} ≠ accepted ${accepted} + rejected ${rejected}`
  if (accepted !== stored + repeated + tooOld + waiting)
    return `the ledger is open: accepted ${accepted} ≠ stored ${stored} + repeated ${repeated} + too old ${tooOld} + waiting ${waiting}`
  return ''
}

const runLive = async (options: SimulateOptions, context: CommandContext): Promise<number> => {
  const target = targetOf(options, context)
  const { seals, seed, speed = 1 } = options
  const durationMs = Math.min(options.duration, LIVE_MS_MAX)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  let told = 0
  const played = await playLive(target, {
    plan: planDay({ seals }, seed),
    seed,
    durationMs,
    speed,
    now: Date.now,
    signal: stop.signal,
    onStep: (step) => {
      if (performance.now() - told < 1_000) return
      told = performance.now()
      say(`${step.sent} events sent, ${step.accepted} accepted, ${step.rejected} rejected, ${step.retries} requests sent again`)
    },
  })
  const { truth, startMs, ...result } = played
  if (options.truth !== undefined) writeTruth(options.truth, truth, startMs)
  if (options.json === true) print(JSON.stringify(result))
  else say(`done: ${result.distinct} events, ${result.repeats} sent twice, ${result.rejected} rejected`)
  return 0
}
