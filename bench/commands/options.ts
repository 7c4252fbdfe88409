// What the commands share: how options are declared and read, durations, and how a command ends.

import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { CommandError, resolveTarget, type Target } from '../target.ts'

/** Given by main.ts, which alone reads the environment. */
export type CommandContext = { readonly environment: Readonly<Record<string, string | undefined>>; readonly exit: (status: number) => void }
export type TargetOptions = { readonly url?: string; readonly token?: string; readonly data?: string; readonly clickhouseUrl?: string }

/** The options by which a command finds a running engine. */
export const withTarget = (command: Command): Command =>
  command
    .option('--url <url>', 'the engine, http://host:port (SEALSTREAM_URL)')
    .option('--token <token>', 'the token to act with (SEALSTREAM_TOKEN)')
    .option('--data <dir>', "or the engine's data folder, which tells both (SEALSTREAM_DATA)")
    .option('--clickhouse-url <url>', "ClickHouse's HTTP interface, where the data folder does not tell it")

export const targetOf = (options: TargetOptions, { environment }: CommandContext): Target => resolveTarget(options, environment)

export const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`a whole number from ${min} to ${max} is wanted.`)
    return value
  }
export const positive = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('a number above 0 is wanted.')
  return value
}
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** `90s`, `10m`, `2h`, `500ms`; a bare number is seconds. */
export const duration = (text: string): number => {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim()) ?? []
  if (amount === undefined) throw new InvalidArgumentError('a duration is wanted, such as 90s, 10m or 2h.')
  return Number(amount) * (UNIT_MS[unit] as number)
}

/** Runs a command's body; what a person can mend is one line on standard error and status 1, anything else is a bug and is thrown. */
export const finish = async ({ exit }: CommandContext, body: () => Promise<number>): Promise<void> => {
  try {
    exit(await body())
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    say(error.message)
    exit(1)
  }
}

/** For people: standard error, so that standard output stays a program's to read. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)
export const print = (line: string): void => void process.stdout.write(`${line}\n`)
