// sealstream explain: why an alarm was raised, as text, JSON or a document; and evidence-check: the same for all of a span of time.

import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { checkEvidence, type EvidenceVerdict } from '../evidence/check.ts'
import { evidenceText, type EvidenceAnswer } from '../evidence/text.ts'
import { api, call, problemText } from '../http.ts'
import { textTable } from '../simulate/check.ts'
import { CommandError, type Target } from '../target.ts'
import { duration, finish, print, say, targetOf, withTarget, type CommandContext, type TargetOptions } from './options.ts'

type ExplainOptions = TargetOptions & { readonly json?: boolean; readonly html?: string }
type CheckOptions = TargetOptions & { readonly last: number; readonly json?: boolean }

export const registerExplain = (program: Command, context: CommandContext): void => {
  withTarget(program.command('explain'))
    .description('why an alarm was raised: rule, events, permits, state, and its recomputation from what is stored')
    .argument('<alarm>', "the alarm's id")
    .option('--json', 'as one line of JSON')
    .option('--html <file>', 'as a document that stands alone, into this file')
    .action((id: string, options: ExplainOptions) => finish(context, () => explain(targetOf(options, context), id, options)))
  withTarget(program.command('evidence-check'))
    .description('recomputes every alarm of a span of time through the engine; status 1 where one differs')
    .option('--last <time>', 'how far back, by the host’s clock (24h, 7d)', duration, 86_400_000)
    .option('--json', 'the result as one line of JSON')
    .action((options: CheckOptions) => finish(context, () => check(targetOf(options, context), options)))
}

const explain = async (target: Target, id: string, { json, html }: ExplainOptions): Promise<number> => {
  const path = `/v1/alarms/${encodeURIComponent(id)}/evidence`
  if (html !== undefined) {
    const reply = await call({ url: target.url + path, headers: { authorization: `Bearer ${target.token('operator')}`, accept: 'text/html' } })
    if (reply.status !== 200) throw new CommandError(`${path}: ${problemText({ status: reply.status, value: parsed(reply.body.toString('utf8')) })}`)
    writeFileSync(html, reply.body)
    say(`written to ${html}`)
    return 0
  }
  const { status, value } = await api(target, 'operator', { path })
  if (status !== 200) throw new CommandError(`${path}: ${problemText({ status, value })}`)
  const answer = value as EvidenceAnswer
  print(json === true ? JSON.stringify(answer) : evidenceText(answer))
  return answer.recomputation.done && !answer.recomputation.matches ? 1 : 0
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const check = async (target: Target, { last, json }: CheckOptions): Promise<number> => {
  const now = Date.now()
  const verdict = await checkEvidence(target, { from: now - last, until: now, say })
  if (json === true) print(JSON.stringify(verdict))
  else tellVerdict(verdict)
  return verdict.ok ? 0 : 1
}

/** What was recomputed, by kind, and what differs. */
export const tellVerdict = ({ kinds, complaints, alarms, seconds, ok }: EvidenceVerdict): void => {
  const rows = kinds.map((row) => [row.kind, row.alarms, row.matches, row.identical, row.differs, row.notDone].map(String))
  print(textTable([['kind', 'alarms', 'recomputed alike', 'to the last bit', 'differ', 'not done'], ...rows]))
  for (const complaint of complaints) say(complaint)
  say(`evidence of ${alarms} alarms in ${seconds.toFixed(1)} s: ${ok ? 'EVERY ONE RECOMPUTED ALIKE' : 'NOT ALL RECOMPUTED ALIKE'}`)
}
