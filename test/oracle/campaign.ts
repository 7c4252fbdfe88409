import fc from 'fast-check'
import { plans, type Plan } from './plan.ts'
import { runPlan, type Ran } from './run.ts'
import { ALARM_KINDS, type AlarmKind } from './words.ts'

// Many histories through both, counted: what a test, a soak and the mutants' judge have in common.

export type Tally = {
  histories: number
  entries: number
  events: number
  alarms: number
  steps: number
  rows: number
  differing: number
  readonly began: Map<AlarmKind, number>
  readonly ended: Map<AlarmKind, number>
  readonly stepNames: Map<string, number>
}
export const newTally = (): Tally => ({
  histories: 0,
  entries: 0,
  events: 0,
  alarms: 0,
  steps: 0,
  rows: 0,
  differing: 0,
  began: new Map(ALARM_KINDS.map((kind) => [kind, 0])),
  ended: new Map(ALARM_KINDS.map((kind) => [kind, 0])),
  stepNames: new Map(),
})
const more = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

export const count = (tally: Tally, { history, told, differs }: Ran): void => {
  tally.histories += 1
  tally.entries += history.entries.length
  tally.events += told.counts.accepted
  tally.steps += told.lines.length
  tally.rows += told.rows.length
  if (differs.length > 0) tally.differing += 1
  for (const { key, step } of told.lines) {
    const kind = key.split(' ')[0] as AlarmKind
    if (step === 'raised') tally.alarms += 1
    if (step === 'raised' || step === 'condition-back') more(tally.began, kind)
    if (step === 'condition-gone') more(tally.ended, kind)
    more(tally.stepNames, step)
  }
}

export type Failure = { readonly seed: number; readonly plan: Plan; readonly differs: readonly string[] }
export type CampaignOptions = { readonly seed: number; readonly histories: number; /** Stops when this is true. */ readonly over?: () => boolean }

/** Runs so many histories from a seed on; at the first that differs, shrinks it and stops. */
export const campaign = async ({ seed, histories, over = () => false }: CampaignOptions, tally: Tally): Promise<Failure | null> => {
  for (let done = 0; done < histories && !over(); done += BATCH) {
    const failure = await batch(seed + done, Math.min(BATCH, histories - done), tally)
    if (failure !== null) return failure
  }
  return null
}
const BATCH = 50
class DifferError extends Error {}

const batch = async (seed: number, numRuns: number, tally: Tally): Promise<Failure | null> => {
  let shrinking = false
  const property = fc.asyncProperty(plans, async (plan) => {
    const ran = await runPlan(plan)
    if (!shrinking) count(tally, ran)
    if (ran.differs.length === 0) return
    shrinking = true
    throw new DifferError()
  })
  const details = await fc.check(property, { seed, numRuns })
  if (!details.failed) return null
  if (details.counterexample === null) throw new Error(`seed ${seed}: ${String(details.errorInstance)}`)
  const [plan] = details.counterexample
  if (!(details.errorInstance instanceof DifferError)) throw new Error(`seed ${seed}: ${JSON.stringify(plan)}`, { cause: details.errorInstance })
  return { seed, plan, differs: (await runPlan(plan)).differs }
}

export const failureText = ({ seed, plan, differs }: Failure): string =>
  `seed ${seed}: engine and oracle differ\n  ${differs.join('\n  ')}\nkeep it in test/oracle/seeds.ts:\n  ${JSON.stringify(plan)}`
export const tallyText = (tally: Tally): string =>
  [
    `${tally.histories} histories, ${tally.entries} entries, ${tally.events} events, ${tally.alarms} alarms of ${tally.steps} steps, ${tally.rows} rows of occupancy compared: ${tally.differing} differ`,
    `began (ended): ${ALARM_KINDS.map((kind) => `${kind} ${tally.began.get(kind)} (${tally.ended.get(kind)})`).join(', ')}`,
    `steps: ${[...tally.stepNames].map(([step, times]) => `${step} ${times}`).join(', ')}`,
  ].join('\n')
