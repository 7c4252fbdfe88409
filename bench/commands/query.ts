// sealstream query, import and token: the small commands that talk to a running engine.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ROLES, type Role } from '../../core/ops.ts'
import { apiOk, clickhouse } from '../http.ts'
import { CommandError } from '../target.ts'
import { finish, print, say, targetOf, withTarget, type CommandContext, type TargetOptions } from './options.ts'

export const registerQuery = (program: Command, context: CommandContext): void => {
  withTarget(program.command('query'))
    .description("a SELECT through the people's door of ClickHouse, as analyst")
    .argument('<sql>', 'the statement')
    .option('--json', 'one JSON object a row')
    .option('--format <format>', 'any output format of ClickHouse', 'PrettyCompactMonoBlock')
    .action((sql: string, options: TargetOptions & { json?: boolean; format: string }) =>
      finish(context, async () => {
        const format = options.json === true ? 'JSONEachRow' : options.format
        if (!/^\w+$/.test(format)) throw new CommandError(`--format: ${format} is not a format's name`)
        const statement = sql.trim().replace(/;\s*$/, '')
        const text = await clickhouse(targetOf(options, context), / FORMAT \w+$/i.test(statement) ? statement : `${statement} FORMAT ${format}`, 600_000)
        process.stdout.write(text)
        return 0
      }),
    )
}

const IMPORT_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  json: 'application/x-ndjson',
}
type ImportAnswer = {
  readonly created?: number
  readonly changed?: number
  readonly unchanged?: number
  readonly problems?: readonly { readonly line?: number; readonly field?: string; readonly detail?: string }[]
}
const PROBLEMS_SHOWN = 50

export const registerImport = (program: Command, context: CommandContext): void => {
  withTarget(program.command('import'))
    .description('registers sites and seals from NDJSON or CSV')
    .argument('<file>', 'a file whose name ends in .ndjson, .jsonl or .csv, or - for NDJSON on standard input')
    .option('--json', 'the answer as one line of JSON')
    .action((file: string, options: TargetOptions & { json?: boolean }) =>
      finish(context, async () => {
        const type = file === '-' ? 'application/x-ndjson' : IMPORT_TYPES[file.split('.').at(-1)?.toLowerCase() ?? '']
        if (type === undefined) throw new CommandError(`${file}: neither .ndjson nor .csv`)
        const answer = (await apiOk(targetOf(options, context), 'admin', { path: '/v1/sites/import', text: { type, body: readInput(file) } })) as ImportAnswer
        const problems = answer.problems ?? []
        if (options.json === true) print(JSON.stringify(answer))
        else {
          print(`${answer.created ?? 0} created, ${answer.changed ?? 0} changed, ${answer.unchanged ?? 0} unchanged, ${problems.length} refused`)
          for (const { line, field, detail } of problems.slice(0, PROBLEMS_SHOWN))
            say(`line ${line ?? '?'}: ${field ?? ''}${field === undefined ? '' : ': '}${detail ?? ''}`)
        }
        return problems.length === 0 ? 0 : 1
      }),
    )
}

const readInput = (file: string): string => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`)
  }
}

type TokenRow = { readonly name: string; readonly role: string; readonly areas: readonly string[] }

export const registerToken = (program: Command, context: CommandContext): void => {
  const token = program.command('token').description('who may do what: tokens with a role and areas')
  withTarget(token.command('add'))
    .description('makes a token and prints it, once')
    .argument('<name>', 'whose it is')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option('--area <area...>', 'path prefixes that it may see; without one, all')
    .option('--json', 'as one line of JSON')
    .action((name: string, options: TargetOptions & { role: string; area?: readonly string[]; json?: boolean }) =>
      finish(context, async () => {
        if (!ROLES.includes(options.role as Role)) throw new CommandError(`--role: ${options.role} is not one of ${ROLES.join(', ')}`)
        const made = (await apiOk(targetOf(options, context), 'admin', {
          path: '/v1/tokens',
          json: { name, role: options.role, areas: options.area ?? [''] },
        })) as { token?: string }
        if (options.json === true) print(JSON.stringify(made))
        else {
          say(`the token of ${name} (${options.role}); it is shown this once:`)
          print(String(made.token))
        }
        return 0
      }),
    )
  withTarget(token.command('list'))
    .description('names, roles and areas; never a token')
    .option('--json', 'as one line of JSON')
    .action((options: TargetOptions & { json?: boolean }) =>
      finish(context, async () => {
        const { items = [] } = (await apiOk(targetOf(options, context), 'admin', { path: '/v1/tokens' })) as { items?: readonly TokenRow[] }
        if (options.json === true) print(JSON.stringify(items))
        else for (const { name, role, areas } of items) print(`${name}\t${role}\t${areas.map((area) => (area === '' ? 'all areas' : area)).join(', ')}`)
        return 0
      }),
    )
  withTarget(token.command('revoke'))
    .description('from now on the token opens nothing')
    .argument('<name>', 'whose it was')
    .action((name: string, options: TargetOptions) =>
      finish(context, async () => {
        await apiOk(targetOf(options, context), 'admin', { method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(name)}` })
        print(`the token of ${name} is revoked`)
        return 0
      }),
    )
}
