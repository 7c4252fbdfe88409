// sealstream replay: recorded half-hour counts of a real door become passages of one seal, through the real endpoint.
// (boot, seq) follow from the row, so a second replay stores nothing: the engine tells its newest 1,024 numbers as repeats, and what
// is older it refuses as SEQUENCE_TOO_OLD, because that far back it can no longer tell.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { EVENT } from '../../core/kinds.ts'
import { isSealId, sealHigh, sealLow } from '../../core/ids.ts'
import { apiOk, api, clickhouseRows } from '../http.ts'
import { readCalIt2, type CountRow } from '../replay/calit2.ts'
import { httpSender } from '../sender.ts'
import { CommandError, type Target } from '../target.ts'
import { createEvents, encodeColumns, pushEvent } from '../wire.ts'
import { finish, print, say, targetOf, withTarget, type CommandContext, type TargetOptions } from './options.ts'

type ReplayOptions = TargetOptions & { readonly seal: string; readonly site: string; readonly json?: boolean }

/** The building's people are unknown; more than ever were counted inside, so that the comparison says nothing. */
const HEADCOUNT = 5_000
const BATCH = 1_000
const SETTLE_MS_MAX = 30_000

export const registerReplay = (program: Command, context: CommandContext): void => {
  withTarget(program.command('replay'))
    .description('recorded data sent through the real endpoint: CalIt2 people counts, flow,MM/DD/YY,HH:MM:SS,count')
    .argument('<file>', 'the recording')
    .option('--seal <id>', 'the seal that the door gets, 16 hex digits', '00000000ca117002')
    .option('--site <id>', 'the site that the door belongs to', 'calit2')
    .option('--json', 'the result as one line of JSON on standard output')
    .action((file: string, options: ReplayOptions) => finish(context, () => runReplay(file, options, targetOf(options, context))))
}

const runReplay = async (file: string, options: ReplayOptions, target: Target): Promise<number> => {
  const { seal, site } = options
  if (!isSealId(seal)) throw new CommandError(`--seal: ${seal} is not 16 lower-case hex digits`)
  const rows = readCalIt2(readText(file))
  const passages = rows.filter(({ count }) => count > 0)
  const first = rows[0]
  if (first === undefined || passages.length === 0) throw new CommandError(`${file}: no counts in it`)
  const from = new Date(Math.min(...rows.map(({ time }) => time))).toISOString()
  await registerDoor(target, { site, seal, from })
  say(`${basename(file)}: ${rows.length} half hours, ${passages.length} with people, from ${from}`)
  const before = await toldApart(target)
  const sent = await sendRows(target, passages, seal)
  await applied(target, before, sent.accepted)
  const after = await toldApart(target)
  return report(target, {
    options,
    rows: passages,
    sent,
    told: { stored: after.stored - before.stored, repeated: after.repeated - before.repeated, tooOld: after.tooOld - before.tooOld },
  })
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`)
  }
}

const registerDoor = async (target: Target, { site, seal, from }: { site: string; seal: string; from: string }): Promise<void> => {
  const line = JSON.stringify({
    site,
    area: 'irvine/uci/calit2',
    kind: 'building',
    headcount: HEADCOUNT,
    capacity: null,
    inside: 0,
    seals: [{ id: seal, from, until: null }],
  })
  const answer = (await apiOk(target, 'admin', { path: '/v1/sites/import', text: { type: 'application/x-ndjson', body: `${line}\n` } })) as {
    problems?: readonly unknown[]
  }
  if ((answer.problems ?? []).length > 0) throw new CommandError(`the door could not be registered: ${JSON.stringify(answer.problems)}`)
}

const sendRows = async (target: Target, rows: readonly CountRow[], seal: string): Promise<{ accepted: number; rejected: number }> => {
  const sender = httpSender({ url: target.url, token: target.token('sender') })
  const total = { accepted: 0, rejected: 0 }
  const events = createEvents(BATCH)
  if (!isSealId(seal)) return total
  for (let at = 0; at < rows.length; at += BATCH) {
    events.count = 0
    for (const { out, time, count, line } of rows.slice(at, at + BATCH)) {
      pushEvent(events, { low: sealLow(seal), high: sealHigh(seal), time, boot: 1, seq: line, kind: out ? EVENT.PASSAGE_OUT : EVENT.PASSAGE_IN, value: count })
    }
    const { accepted, rejected } = await sender.send(encodeColumns(events))
    total.accepted += accepted
    total.rejected += rejected
    say(`${Math.min(at + BATCH, rows.length)} of ${rows.length} sent`)
  }
  return total
}

type Told = { readonly stored: number; readonly repeated: number; readonly tooOld: number }
/** What the engine has made of all accepted events so far. */
const toldApart = async (target: Target): Promise<Told & { waiting: number; accepted: number }> => {
  const { value } = await api(target, 'sre', { path: '/v1/status' })
  const ledger = ((value as { ledger?: Record<string, number> } | undefined)?.ledger ?? {}) as Record<string, number | undefined>
  const of = (name: string): number => ledger[name] ?? 0
  return { stored: of('stored'), repeated: of('repeated'), tooOld: of('tooOld'), waiting: of('waiting'), accepted: of('accepted') }
}
const applied = async (target: Target, before: { accepted: number }, accepted: number): Promise<void> => {
  const until = performance.now() + SETTLE_MS_MAX
  while (performance.now() < until) {
    const now = await toldApart(target)
    if (now.accepted >= before.accepted + accepted && now.waiting === 0) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  say(`not everything stood in ClickHouse within ${SETTLE_MS_MAX / 1000} s; the sums below may still grow`)
}

type Report = {
  readonly options: ReplayOptions
  readonly rows: readonly CountRow[]
  readonly sent: { accepted: number; rejected: number }
  readonly told: Told
}
const report = async (target: Target, { options, rows, sent, told }: Report): Promise<number> => {
  const sum = (out: boolean): number => rows.filter((row) => row.out === out).reduce((total, { count }) => total + count, 0)
  const file = { in: sum(false), out: sum(true) }
  const sql = `SELECT kind, sum(value) AS people FROM seals.events WHERE seal_id = '${options.seal}' GROUP BY kind`
  const read = await clickhouseRows<{ kind: string; people: string }>(target, sql)
  const stored = (kind: string): number => Number(read.find((row) => row.kind === kind)?.people ?? 0)
  const table = { in: stored('PASSAGE_IN'), out: stored('PASSAGE_OUT') }
  const equal = table.in === file.in && table.out === file.out && sent.rejected === 0
  if (options.json === true) print(JSON.stringify({ file, table, ...sent, ...told, equal }))
  else {
    print(`in the file   in ${file.in}   out ${file.out}`)
    print(`in the table  in ${table.in}   out ${table.out}${equal ? '' : '   THEY DIFFER'}`)
    print(
      `accepted ${sent.accepted}: ${told.stored} stored, ${told.repeated} recognised as repeats, ${told.tooOld} too old to be told from repeats (in seals.rejected_events, not in seals.events); rejected ${sent.rejected}`,
    )
    if (told.stored === 0 && sent.accepted > 0) print('nothing was stored twice: this recording had been replayed before')
    print('to check:')
    print(`  sealstream query "SELECT kind, sum(value) FROM seals.events WHERE seal_id = '${options.seal}' GROUP BY kind"`)
  }
  return equal ? 0 : 1
}
