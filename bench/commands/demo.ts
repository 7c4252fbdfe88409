// sealstream demo: the engine with its embedded ClickHouse on free ports, a simulated fleet of 2,000 sites, and what to try, ready
// to paste. Tokens are never printed: the lines read them from the data folder.

import { mkdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { sealId } from '../../core/ids.ts'
import { startEngine, type OwnEngine } from '../engine.ts'
import { api, apiOk, call } from '../http.ts'
import { planDay } from '../simulate/day-plan.ts'
import { LIVE_MS_MAX, playLive } from '../simulate/live.ts'
import type { Plan } from '../simulate/plan.ts'
import { CommandError, type Target } from '../target.ts'
import { duration, finish, print, say, whole, type CommandContext } from './options.ts'

type DemoOptions = { readonly data?: string; readonly sites: number; readonly seed: number; readonly duration: number }

export const registerDemo = (program: Command, context: CommandContext): void => {
  program
    .command('demo')
    .description('the engine, a simulated fleet and three things to try; its data stays in a folder that it names')
    .option('--data <dir>', 'the data folder; default: a new one under ./data')
    .option('--sites <n>', 'how many sites', whole(20, 100_000), 2_000)
    .option('--seed <n>', 'the same seed gives the same fleet', whole(0, 0xffff_ffff), 1)
    .option('--duration <time>', 'stop by itself after this', duration, LIVE_MS_MAX)
    .action((options: DemoOptions) => finish(context, () => runDemo(options)))
}

const runDemo = async (options: DemoOptions): Promise<number> => {
  const dataDir = resolve(options.data ?? join('data', `demo-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`))
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  print(`Sealstream demo: data in ${dataDir} (delete it when you are done)`)
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // A process group of its own: Ctrl-C reaches this process only, which stops the engine in its own time.
  const engine = await startEngine({ dataDir, keep: true, flags: ['--log-level', 'warn'], onLog: say, detached: true })
  try {
    const broken = engine.ended.then((why) => (stop.signal.aborted ? undefined : Promise.reject(new CommandError(why))))
    await Promise.race([play(engine, options, stop), broken])
  } finally {
    print('stopping …')
    await engine.stop()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    print(`stopped. The data is in ${dataDir}; to go on with it: node dist/main.js serve --data ${shell(relative('.', dataDir) || '.')}`)
  }
  return 0
}

const play = async ({ target, dataDir }: OwnEngine, { sites, seed, duration: durationMs }: DemoOptions, stop: AbortController): Promise<void> => {
  const plan = planDay({ sites }, seed)
  print(`registering ${plan.sites.length} sites with ${plan.seals.length} seals …`)
  let introduced = false
  let last = { at: performance.now(), sent: 0 }
  await playLive(target, {
    plan,
    seed,
    durationMs,
    speed: 1,
    now: Date.now,
    signal: stop.signal,
    onStep: async ({ sent }) => {
      if (!introduced) {
        // The lines are printed once they have something to show: the first events are in ClickHouse after a second or two.
        if ((await statusOf(target)).ledger?.stored === 0) return
        introduced = true
        await introduce(target, dataDir, plan)
      }
      const now = { at: performance.now(), sent }
      const rate = ((now.sent - last.sent) * 1000) / Math.max(1, now.at - last.at)
      last = now
      if (!stop.signal.aborted) print(await standing(target, rate))
    },
  })
}

const introduce = async (target: Target, dataDir: string, plan: Plan): Promise<void> => {
  const link = (await apiOk(target, 'admin', { method: 'POST', path: '/v1/signin-links' })) as { url?: string }
  const folder = shell(relative('.', dataDir) || '.')
  const token = (role: string): string => `$(node -p "JSON.parse(require('fs').readFileSync(process.argv[1])).${role}" ${folder}/credentials.json)`
  const quiet = plan.sites.find((site, index) => site.kind === 'residence' && !plan.permits.some((permit) => permit.site === index)) ?? plan.sites[0]
  const { low, high } = plan.seals[quiet?.seals[0] ?? 0] as { low: number; high: number }
  print('')
  print(`The page (this link signs in once, within ten minutes): ${target.url}${link.url ?? '/'}`)
  print('')
  print('Three things to paste into another terminal, in this folder:')
  print(
    `curl -s -u analyst:"${token('analyst')}" ${target.clickhouseUrl}/ --data-binary "SELECT kind, count() AS events FROM seals.events GROUP BY kind ORDER BY events DESC FORMAT PrettyCompact"`,
  )
  print(`curl -s -H "Authorization: Bearer ${token('sre')}" ${target.url}/metrics | grep ^sealstream_`)
  print(`node dist/main.js send --data ${folder} --seal ${sealId(low, high)} --kind DOOR_OPENED`)
  print(`(the last one opens a door at ${quiet?.id}, a home under observation, without a permit: watch the page)`)
  print('')
}

type StatusBody = {
  readonly sink?: { readonly rowsStored?: number; readonly eventsStored?: number; readonly oldestUnstoredSeconds?: number }
  readonly ledger?: { readonly stored?: number; readonly waiting?: number }
}
const statusOf = async (target: Target): Promise<StatusBody> => (await api(target, 'sre', { path: '/v1/status' })).value ?? {}

/** One line: events/s, open alarms, rows stored, lag. */
const standing = async (target: Target, rate: number): Promise<string> => {
  const { sink = {}, ledger = {} } = await statusOf(target)
  const alarms = await openAlarms(target)
  const lag = sink.oldestUnstoredSeconds ?? 0
  return `${new Date().toISOString().slice(11, 19)}  ${Math.round(rate)} events/s  ${alarms} alarms open  ${sink.rowsStored ?? 0} rows stored  lag ${lag.toFixed(1)} s  ${ledger.waiting ?? 0} waiting`
}
/** From the metrics: a query a second would fill the access log with the demo's own looks. */
const openAlarms = async (target: Target): Promise<number> => {
  const { body } = await call({ url: `${target.url}/metrics`, headers: { authorization: `Bearer ${target.token('sre')}` } })
  const counts = body.toString().matchAll(/^sealstream_alarms_open\{[^}]*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

const shell = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
