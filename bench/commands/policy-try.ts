// sealstream policy try: which alarms would there have been with another policy, against which there were.

import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { checkPolicy, problemsText } from '../../core/policy-check.ts'
import type { Difference } from '../policy-try/compare.ts'
import { PAIR_MS, type Tried, tryPolicy } from '../policy-try/run.ts'
import { textTable } from '../simulate/check.ts'
import { CommandError } from '../target.ts'
import { duration, finish, print, say, targetOf, whole, withTarget, type CommandContext, type TargetOptions } from './options.ts'

type TryFlags = TargetOptions & { readonly last: number; readonly warm: number; readonly list: number; readonly threads: number; readonly json?: boolean }

const HOUR = 3_600_000
const DAY = 24 * HOUR

export const registerPolicyTry = (policy: Command, context: CommandContext, readDocument: (file: string) => unknown): void => {
  withTarget(policy.command('try'))
    .description('replay what is stored: the alarms with this policy, against those with the policy as it was')
    .argument('<file>', 'the document (docs/policy.md); - reads standard input')
    .option('--last <time>', 'how far back alarms are counted (24h, 7d)', duration, 7 * DAY)
    .option('--warm <time>', 'how much before that is replayed uncounted, so that doors and counts are known', duration, DAY)
    .option('--list <n>', 'alarms listed that only one of the two has', whole(0, 100_000), 50)
    .option('--threads <n>', 'replays at a time', whole(1, 256), availableParallelism())
    .option('--json', 'the result as one line of JSON')
    .action((file: string, options: TryFlags) =>
      finish(context, async () => {
        const checked = checkPolicy(POLICY_DEFAULT, readDocument(file))
        if (checked.kind === 'wrong') throw new CommandError(problemsText(checked.problems))
        const { last, warm, list, threads, json } = options
        const tried = await tryPolicy(targetOf(options, context), checked.document, { lastMs: last, warmMs: warm, threads, say })
        if (json === true)
          print(JSON.stringify({ ...tried, differences: tried.differences.slice(0, list), differencesLeftOut: Math.max(0, tried.differences.length - list) }))
        else tell(tried, list)
        return 0
      }),
    )
}

const iso = (ms: number): string => new Date(ms).toISOString()

const tell = (tried: Tried, list: number): void => {
  const { kinds, differences, window, events, groups, seconds, tickMs, notes } = tried
  const rows = kinds.map((row) => [row.kind, row.raised, row.alike, row.present, row.tried, row.onlyPresent, row.onlyTried].map(String))
  print(textTable([['kind', 'raised then', 'replayed alike', 'as it was', 'tried', 'only as it was', 'only tried'], ...rows]))
  for (const one of differences.slice(0, list)) print(line(one))
  if (differences.length > list) print(`… and ${differences.length - list} more`)
  say(`alarms from ${iso(window.from)} to ${iso(window.until)}: ${events} events of ${groups} groups of sites, twice, in ${seconds.toFixed(1)} s`)
  say(`replayed from ${iso(window.warm)} on: what was known before (doors, batteries, openings taken of permits) is not, and people inside are as counted then`)
  say(`ticks are not stored: they are taken to be ${tickMs / 1000} s apart, so a raise may be off by that. Outages of areas are taken as they were raised then`)
  say(`"only": no alarm of the same kind and key was raised within ${PAIR_MS / HOUR} h in the other`)
  for (const note of notes) say(note)
}

const line = ({ only, alarm }: Difference): string =>
  `${only === 'present' ? 'only as it was' : 'only tried    '}  ${iso(alarm.raisedAt)}  ${alarm.kind} (${alarm.severity}) at ${alarm.site} ${alarm.seal}, since ${iso(alarm.since)}, value ${alarm.value}`
