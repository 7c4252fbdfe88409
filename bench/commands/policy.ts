import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { checkPolicy } from '../../core/policy-check.ts'
import { apiOk } from '../http.ts'
import { CommandError } from '../target.ts'
import { registerPolicyTry } from './policy-try.ts'
import { type CommandContext, finish, print, say, targetOf, type TargetOptions, whole, withTarget } from './options.ts'

// `policy`: what the engine's rules go by. `check` needs no engine; the others ask, or change, a running one.

type Get = TargetOptions & { readonly json?: boolean }
type InForce = { readonly version: number; readonly time: string | null; readonly by: string; readonly document: object }
type Effective = {
  readonly site: string
  readonly area: string
  readonly kind: string
  readonly version: number
  readonly parameters: object
  readonly fleet: object
}
type Put = { readonly version: number; readonly changed: boolean; readonly sites: number }

export const registerPolicy = (program: Command, context: CommandContext): Command => {
  const policy = program.command('policy').description('the figures that alarms go by: show, check, change them')
  registerGet(policy, context)
  registerPut(policy, context)
  registerEffective(policy, context)
  registerCheck(policy, context)
  registerPolicyTry(policy, context, readDocument)
  return policy
}

const registerGet = (policy: Command, context: CommandContext): void => {
  withTarget(policy.command('get'))
    .description('the document in force, as a file that `put` takes')
    .option('--json', 'with its version, by whom and when, in one line')
    .action((options: Get) =>
      finish(context, async () => {
        const answer = (await apiOk(targetOf(options, context), 'admin', { path: '/v1/policy' })) as InForce
        if (options.json === true) print(JSON.stringify(answer))
        else {
          say(`version ${answer.version}, by ${answer.by}${answer.time === null ? '' : `, ${answer.time}`}`)
          print(JSON.stringify(answer.document, null, 2))
        }
        return 0
      }),
    )
  withTarget(policy.command('versions'))
    .description('who changed the policy when, newest first')
    .option('--json', 'one line of JSON')
    .action((options: Get) =>
      finish(context, async () => {
        const { items } = (await apiOk(targetOf(options, context), 'admin', { path: '/v1/policy/versions' })) as { items: readonly InForce[] }
        if (options.json === true) print(JSON.stringify(items))
        else for (const { version, time, by } of items) print(`${version}\t${time ?? 'built in'}\t${by}`)
        return 0
      }),
    )
}

const registerPut = (policy: Command, context: CommandContext): void => {
  withTarget(policy.command('put'))
    .description('put a policy in force, for the whole fleet, from now on')
    .argument('<file>', 'the document (docs/policy.md); - reads standard input')
    .option('--if-version <n>', 'only where this version is in force: the one that the file was made from', whole(1, 999_999_999))
    .option('--json', 'one line of JSON')
    .action((file: string, options: Get & { readonly ifVersion?: number }) =>
      finish(context, async () => {
        const json = readDocument(file)
        const headers = options.ifVersion === undefined ? {} : { 'if-match': `"${options.ifVersion}"` }
        const { version, changed, sites } = (await apiOk(targetOf(options, context), 'admin', { method: 'PUT', path: '/v1/policy', json, headers })) as Put
        if (options.json === true) print(JSON.stringify({ version, changed, sites }))
        else print(changed ? `version ${version} is in force; it changed something for ${sites} sites` : `version ${version} says the same and stays in force`)
        return 0
      }),
    )
}

const registerEffective = (policy: Command, context: CommandContext): void => {
  withTarget(policy.command('effective'))
    .description('the figures in force for one site')
    .argument('<site>', 'its id')
    .option('--json', 'one line of JSON')
    .action((site: string, options: Get) =>
      finish(context, async () => {
        const path = `/v1/policy/effective?site=${encodeURIComponent(site)}`
        const answer = (await apiOk(targetOf(options, context), 'admin', { path })) as Effective
        if (options.json === true) print(JSON.stringify(answer))
        else {
          print(`# ${answer.site}: a ${answer.kind} in ${answer.area}, policy version ${answer.version}`)
          for (const [name, value] of Object.entries({ ...answer.parameters, ...answer.fleet })) print(`${name}\t${JSON.stringify(value)}`)
        }
        return 0
      }),
    )
}

const registerCheck = (policy: Command, context: CommandContext): void => {
  policy
    .command('check')
    .description('say what is wrong with a policy, without an engine; status 1 where anything is')
    .argument('<file>', 'the document (docs/policy.md); - reads standard input')
    .option('--json', 'one line of JSON')
    .action((file: string, options: { readonly json?: boolean }) =>
      finish(context, () => {
        const checked = checkPolicy(POLICY_DEFAULT, readDocument(file))
        const problems = checked.kind === 'wrong' ? checked.problems : []
        if (options.json === true) print(JSON.stringify({ problems }))
        else if (checked.kind === 'whole') print(`nothing is wrong with it: ${checked.document.rules.length} rules`)
        else for (const { where, detail } of problems) print(`${where}: ${detail}`)
        return Promise.resolve(problems.length === 0 ? 0 : 1)
      }),
    )
}

const STDIN = 0
/** Throws a CommandError where the file is no JSON. */
export const readDocument = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file === '-' ? STDIN : file, 'utf8')) as unknown
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`)
  }
}
