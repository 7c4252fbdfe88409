import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { resolveSettings, SETTINGS, SettingError, type SettingName, type Settings } from '../../core/settings.ts'
import { CommandError, removeEngineFile, writeEngineFile } from '../target.ts'

// `serve`: the engine itself. Settings come from flags, environment and a JSON file; SIGINT and SIGTERM stop it cleanly.

/** As main.ts gives it. */
export type StartEngine = (
  settings: Settings,
) => Promise<{ readonly url: string; readonly clickhouse: string; readonly stop: (why: string) => Promise<void>; readonly failed: Promise<never> }>

/** Long enough for a clean stop under load (10 s), after which the process ends anyway: the log has everything. */
const STOP_MS_MAX = 15_000
const EXIT_FAILED = 70

export const registerServe = (program: Command, startEngine: StartEngine, environment: NodeJS.ProcessEnv): void => {
  const command = program
    .command('serve')
    .description('run the engine')
    .option('--config <file>', 'settings as a JSON object; flags and environment go before it')
  for (const [name, { help, fallback }] of Object.entries(SETTINGS))
    command.option(`--${name} <value>`, `${help}${fallback === '' ? '' : ` (default: ${fallback})`}`)
  command.action(async (options: Record<string, string | undefined>) => {
    const settings = settingsOf(options, environment)
    const engine = await startEngine(settings).catch((error: unknown) => {
      // The parts that did start hold the loop; a start that failed has nothing to finish.
      process.stderr.write(`sealstream: the engine did not start: ${(error as Error).message}\n`)
      return process.exit(EXIT_FAILED)
    })
    writeEngineFile(settings.data, { url: engine.url, clickhouseUrl: engine.clickhouse, pid: process.pid })
    process.exitCode = await untilStopped(engine, settings.data)
    process.exit()
  })
}

const settingsOf = (options: Record<string, string | undefined>, environment: NodeJS.ProcessEnv): Settings => {
  const flags = Object.fromEntries(
    (Object.keys(SETTINGS) as SettingName[]).map((name) => [name, options[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]]),
  )
  try {
    return resolveSettings({
      flags,
      environment: { ...environment, SEALSTREAM_CLICKHOUSE_URL: environment['SEALSTREAM_CLICKHOUSE_URL'] ?? environment['CLICKHOUSE_URL'] },
      file: fileOf(options['config']),
    })
  } catch (error) {
    if (error instanceof SettingError) throw new CommandError(error.message)
    throw error
  }
}

const fileOf = (path: string | undefined): Record<string, unknown> => {
  if (path === undefined) return {}
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Record<string, unknown>
  } catch (error) {
    throw new CommandError(`--config ${path}: ${(error as Error).message}`)
  }
  throw new CommandError(`--config ${path}: not a JSON object`)
}

/** The exit status: 0 after a clean stop, 70 when the engine itself failed and must be started again. */
const untilStopped = async (engine: Awaited<ReturnType<StartEngine>>, dataDir: string): Promise<number> => {
  const signal = new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
  })
  const why = await Promise.race([signal, engine.failed.catch(() => null)])
  if (why === null) return EXIT_FAILED
  const late = setTimeout(() => process.exit(EXIT_FAILED), STOP_MS_MAX)
  await engine.stop(why)
  clearTimeout(late)
  removeEngineFile(dataDir)
  return 0
}
