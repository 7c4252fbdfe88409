// Asks the engine for the evidence of every alarm raised in a span of time and counts which are recomputed as they were raised. The
// release campaign runs it after a simulated day (simulate --day --evidence) and on an engine that runs (evidence-check).

import { ALARM, type AlarmKindName } from '../../core/kinds.ts'
import { call, clickhouseRows, createAgent } from '../http.ts'
import { CommandError, type Target } from '../target.ts'

export type EvidenceKind = {
  readonly kind: string
  readonly alarms: number
  readonly matches: number
  /** … with the same id: the recomputation is the same to the last bit. */
  readonly identical: number
  readonly differs: number
  readonly notDone: number
}
export type EvidenceVerdict = {
  readonly ok: boolean
  readonly alarms: number
  readonly kinds: readonly EvidenceKind[]
  readonly complaints: readonly string[]
  readonly seconds: number
}
type Raised = { readonly id: string; readonly kind: string; readonly site: string; readonly seal: string }
type Answer = {
  readonly recomputation?: {
    readonly done: boolean
    readonly why?: string
    readonly matches?: boolean
    readonly identical?: boolean
    readonly differences?: readonly { readonly what: string; readonly stored: string; readonly recomputed: string }[]
    readonly notes?: readonly string[]
  }
}

/** One replays while the next ones read. */
const AT_ONCE = 3
const COMPLAINTS_MAX = 40
/** The people's door gives a million rows; a campaign's day has tens of thousands of alarms. */
const ALARMS_MAX = 500_000
const TIMEOUT_MS = 60_000

export type EvidenceCheck = { readonly from: number; readonly until: number; readonly say: (line: string) => void }

export const checkEvidence = async (target: Target, { from, until, say }: EvidenceCheck): Promise<EvidenceVerdict> => {
  const began = performance.now()
  const raised = await clickhouseRows<Raised>(
    target,
    `SELECT id, kind, site, if(seal = 0, '', seal_id) AS seal FROM seals.alarms WHERE step = 'raised' AND received >= fromUnixTimestamp64Milli(${from}) AND received <= fromUnixTimestamp64Milli(${until}) ORDER BY kind, site, id LIMIT ${ALARMS_MAX}`,
  )
  const kinds = new Map<string, { alarms: number; matches: number; identical: number; differs: number; notDone: number }>()
  const complaints: string[] = []
  const agent = createAgent(AT_ONCE)
  const told = { at: began, done: 0 }
  const look = async (alarm: Raised): Promise<void> => {
    const sum = kinds.get(alarm.kind) ?? { alarms: 0, matches: 0, identical: 0, differs: 0, notDone: 0 }
    kinds.set(alarm.kind, sum)
    sum.alarms += 1
    const { recomputation } = await evidence(target, alarm.id, agent)
    if (recomputation?.matches === true) {
      sum.matches += 1
      if (recomputation.identical === true) sum.identical += 1
    } else {
      if (recomputation?.done === true) sum.differs += 1
      else sum.notDone += 1
      complaints.push(complaintOf(alarm, recomputation))
    }
    told.done += 1
    if (performance.now() - told.at < 2_000) return
    told.at = performance.now()
    say(`evidence of ${told.done} of ${raised.length} alarms`)
  }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < raised.length) await look(raised[next++] as Raised)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  agent.destroy()
  const order = Object.keys(ALARM) as AlarmKindName[]
  const rows = [...kinds]
    .map(([kind, sum]) => ({ kind, ...sum }))
    .toSorted((a, b) => order.indexOf(a.kind as AlarmKindName) - order.indexOf(b.kind as AlarmKindName))
  return {
    ok: raised.length > 0 && complaints.length === 0,
    alarms: raised.length,
    kinds: rows,
    complaints: [...(raised.length === 0 ? ['no alarm was raised in that time: nothing is shown'] : []), ...complaints.slice(0, COMPLAINTS_MAX)],
    seconds: (performance.now() - began) / 1000,
  }
}

/** 429 and 503 say: later. */
const evidence = async (target: Target, id: string, agent: ReturnType<typeof createAgent>): Promise<Answer> => {
  for (;;) {
    const headers = { authorization: `Bearer ${target.token('operator')}`, accept: 'application/json' }
    const reply = await call({ url: `${target.url}/v1/alarms/${id}/evidence`, headers, timeoutMs: TIMEOUT_MS }, agent)
    if (reply.status === 200) return JSON.parse(reply.body.toString('utf8')) as Answer
    if (reply.status !== 429 && reply.status !== 503)
      throw new CommandError(`the evidence of ${id}: ${reply.status} ${reply.body.toString('utf8').slice(0, 400)}`)
    await new Promise((resolve) => setTimeout(resolve, Math.max(200, reply.retryAfterMs)))
  }
}

const complaintOf = ({ id, kind, site, seal }: Raised, recomputation: Answer['recomputation']): string => {
  const what = `${kind} at ${site} ${seal} (${id})`
  if (recomputation?.done !== true) return `${what}: not recomputed: ${recomputation?.why ?? 'no word of it'}`
  const differences = (recomputation.differences ?? []).map((one) => `${one.what} ${one.stored}, recomputed ${one.recomputed}`)
  return `${what}: ${[...differences, ...(recomputation.notes ?? [])].join('; ')}`
}
