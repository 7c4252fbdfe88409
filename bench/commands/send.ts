// sealstream send: one event, for trying things; pasted again, it is another event.

import type { Command } from 'commander'
import { EVENT, REASON, type EventKindName } from '../../core/kinds.ts'
import { isSealId, sealHigh, sealLow } from '../../core/ids.ts'
import { httpSender } from '../sender.ts'
import { CommandError } from '../target.ts'
import { createEvents, encodeRows, pushEvent } from '../wire.ts'
import { finish, print, targetOf, whole, withTarget, type CommandContext, type TargetOptions } from './options.ts'

type SendOptions = TargetOptions & {
  readonly seal: string
  readonly kind: string
  readonly value: number
  readonly time?: string
  readonly boot?: number
  readonly seq?: number
  readonly totalIn: number
  readonly totalOut: number
  readonly json?: boolean
}

// Numbers of events sent by hand. Each must be new, and must not push the seal's own numbering out: an engine keeps the two
// highest boots of a seal. So all sends of 49 days share one boot, above any that a device reaches (or that `simulate` uses), and
// count by milliseconds in it. The seal's own boot stays the other one, and its events are still told apart.
const MANUAL_BOOT = 0x4000_0000
const MANUAL_EPOCH_MS = Date.UTC(2025, 0, 1)
const SEQ_END = 4_294_967_296

export const manualNumber = (nowMs: number): { readonly boot: number; readonly seq: number } => {
  const elapsed = nowMs - MANUAL_EPOCH_MS
  return { boot: MANUAL_BOOT + Math.floor(elapsed / SEQ_END), seq: elapsed % SEQ_END }
}

export const registerSend = (program: Command, context: CommandContext): void => {
  withTarget(program.command('send'))
    .description('one event, for trying things')
    .requiredOption('--seal <id>', 'the seal, 16 hex digits')
    .requiredOption('--kind <kind>', Object.keys(EVENT).join(', '))
    .option('--value <n>', 'people, millivolts, thousandths of a degree …: see the kind', whole(-0x8000_0000, 0x7fff_ffff), 0)
    .option('--time <time>', 'the seal\'s clock: ISO 8601, Unix ms, "now" or "none"', 'now')
    .option('--boot <n>', 'power-ups of the seal; default: one shared by all sends by hand', whole(0, 0xffff_ffff))
    .option('--seq <n>', 'number within the boot; default: counts milliseconds', whole(0, 0xffff_ffff))
    .option('--total-in <n>', 'COUNTER only', whole(0, 0xffff_ffff), 0)
    .option('--total-out <n>', 'COUNTER only', whole(0, 0xffff_ffff), 0)
    .option('--json', 'the receipt as one line of JSON on standard output')
    .action((options: SendOptions) => finish(context, () => runSend(options, context)))
}

const timeOf = (text: string): number => {
  if (text === 'now') return Date.now()
  if (text === 'none') return 0
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isSafeInteger(time) || time < 0) throw new CommandError(`--time: ${text} is not a time`)
  return time
}

const runSend = async (options: SendOptions, context: CommandContext): Promise<number> => {
  const seal = options.seal.toLowerCase()
  if (!isSealId(seal)) throw new CommandError(`--seal: ${options.seal} is not 16 hex digits`)
  const name = options.kind.toUpperCase()
  if (!(name in EVENT)) throw new CommandError(`--kind: ${options.kind} is not one of ${Object.keys(EVENT).join(', ')}`)
  const target = targetOf(options, context)
  const manual = manualNumber(Date.now())
  const event = {
    low: sealLow(seal),
    high: sealHigh(seal),
    time: timeOf(options.time ?? 'now'),
    boot: options.boot ?? manual.boot,
    seq: options.seq ?? manual.seq,
    kind: EVENT[name as EventKindName],
    value: options.value,
  }
  const events = createEvents(1)
  pushEvent(events, event)
  events.totalIn[0] = options.totalIn
  events.totalOut[0] = options.totalOut
  const receipt = await httpSender({ url: target.url, token: target.token('sender'), patienceMs: 5_000 }).send(encodeRows(events))
  const reason = receipt.rejections[0]?.reason
  const reasonName = Object.entries(REASON).find(([, no]) => no === reason)?.[0] ?? `reason ${reason}`
  const named = `${name} of ${seal} (boot ${event.boot}, seq ${event.seq})`
  if (options.json === true)
    print(
      JSON.stringify({
        seal,
        kind: name,
        boot: event.boot,
        seq: event.seq,
        accepted: receipt.accepted,
        rejected: receipt.rejected,
        ...(receipt.rejected > 0 ? { reason: reasonName } : {}),
      }),
    )
  else if (receipt.accepted === 1) print(`${named} is durable`)
  else print(`${named} was rejected: ${reasonName}`)
  return receipt.accepted === 1 ? 0 : 1
}
