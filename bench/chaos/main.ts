#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Command } from 'commander'
import { positive, print, say, whole } from '../commands/options.ts'
import { textTable } from '../simulate/check.ts'
import { runCampaign, type CampaignResult } from './campaign.ts'
import { watchOnCall } from './on-call.ts'
import type { Setting } from './world.ts'

// `npm run chaos -- --minutes 20 --seed 7`: the fault campaign on real processes. Loopback only, bounded in time; ends what it started.

export const findStrace = (): string | null => findProgram('strace')
const findProgram = (name: string): string | null =>
  [...(process.env['PATH'] ?? '').split(delimiter), join(process.cwd(), '.parts', 'bin')]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path)) ?? null

export const campaignTable = ({ tallies }: CampaignResult): string =>
  textTable([
    ['target', 'fault', 'setting', 'rounds'],
    ...[...tallies]
      .sort((a, b) => `${a.target} ${a.name} ${a.setting}`.localeCompare(`${b.target} ${b.name} ${b.setting}`))
      .map(({ target, name, setting, rounds }) => [target, name, setting, String(rounds)]),
  ])

const SETTINGS: readonly Setting[] = ['embedded', 'proxied', 'small-disk']
const ROUNDS_PER_EPISODE = 10

const main = async (): Promise<void> => {
  const program = new Command('chaos')
    .description('kills, pauses, starves and corrupts real processes under load; checks everything after each round')
    .option('--minutes <n>', 'how long', positive, 5)
    .option('--seed <n>', 'repeats a schedule', whole(0, 4_294_967_295), Date.now() % 1_000_000)
    .option('--rounds <n>', 'at most so many rounds', whole(1, 1_000_000))
    .option('--faults <text...>', 'only faults whose name contains one of these')
    .option('--settings <name...>', SETTINGS.join(', '))
    .option('--on-call', 'instead: a real Prometheus, the alerts, and what makes them fire and clear (about six minutes)')
    .option('--json', 'the result as one line of JSON on standard output')
  program.parse()
  const { minutes, seed, rounds, faults, settings, json, onCall } = program.opts<{
    minutes: number
    seed: number
    rounds?: number
    faults?: string[]
    settings?: Setting[]
    json?: boolean
    onCall?: boolean
  }>()
  if (onCall === true) return onCallMain()
  say(`seed ${seed}`)
  const result = await runCampaign({
    seed,
    minutes,
    roundsPerEpisode: ROUNDS_PER_EPISODE,
    settings: settings ?? SETTINGS,
    strace: findStrace(),
    say,
    ...(rounds === undefined ? {} : { roundsMax: rounds }),
    ...(faults === undefined ? {} : { faults }),
  })
  if (json === true) print(JSON.stringify(result))
  else {
    print(campaignTable(result))
    const starts = result.startSeconds.toSorted((a, b) => a - b)
    print(
      `${result.rounds} rounds, ${result.receipts} receipts (${result.resent} batches sent again), ${result.events} events, lost 0, doubled 0 unless told below; ${result.alarms} alarms; subscriber rejoined ${result.rejoined.resumed} times from its cursor, ${result.rejoined.anew} anew`,
    )
    print(`${starts.length} starts: median ${(starts[Math.floor(starts.length / 2)] ?? 0).toFixed(2)} s, longest ${(starts.at(-1) ?? 0).toFixed(2)} s to ready`)
    for (const reason of result.left) print(`not had here: ${reason}`)
    for (const complaint of result.complaints) print(`WRONG: ${complaint}`)
    print(result.complaints.length === 0 ? 'CHAOS PASSED' : 'CHAOS FAILED')
  }
  process.exitCode = result.complaints.length === 0 ? 0 : 1
}
const onCallMain = async (): Promise<void> => {
  const prometheus = findProgram('prometheus')
  if (prometheus === null) throw new Error('no prometheus on PATH or in .parts (npm run parts)')
  const { fired, cleared, panels, complaints } = await watchOnCall(prometheus, join(import.meta.dirname, '..', '..', '..'), say)
  print(`fired ${fired.join(', ')}; cleared ${cleared.join(', ')}; ${panels} panels of the dashboard`)
  for (const complaint of complaints) print(`WRONG: ${complaint}`)
  print(complaints.length === 0 ? 'ON CALL PASSED' : 'ON CALL FAILED')
  process.exitCode = complaints.length === 0 ? 0 : 1
}
if (process.argv[1] === import.meta.filename) await main()
