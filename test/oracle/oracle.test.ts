import { describe, expect, it } from 'vitest'
import { campaign, failureText, newTally, tallyText } from './campaign.ts'
import { runPlan } from './run.ts'
import { SEEDS } from './seeds.ts'

// The machine, with ingest's admission before it, and an independent oracle hear the same histories and must say the same: every step of
// every alarm, every row of occupancy, every count of the ledger. `npm run soak` runs the same for as long as it is asked to.

/** By the processor's time: about 30 s on one core, whatever else runs beside it. */
const CPU_MS_MAX = 30_000
const HISTORIES = 2500
/** Every kind must have begun, and ended, so often, or the run showed nothing. */
const EACH_MIN = 10

describe('kept seeds', () => {
  for (const { name, plan } of SEEDS)
    it(name, async () => {
      expect((await runPlan(plan)).differs).toEqual([])
    })
})

it('agrees with the oracle on thousands of histories, in which every kind of alarm began and ended', async () => {
  const tally = newTally()
  const start = process.cpuUsage()
  const over = (): boolean => {
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000 > CPU_MS_MAX
  }
  const failure = await campaign({ seed: Number(process.env['SEED'] ?? 20_261_124), histories: Number(process.env['RUNS'] ?? HISTORIES), over }, tally)
  if (failure !== null) expect.fail(failureText(failure))
  process.stdout.write(`${tallyText(tally)}\n`)
  for (const [kind, times] of tally.began) expect(times, `${kind} began`).toBeGreaterThanOrEqual(EACH_MIN)
  for (const [kind, times] of tally.ended) expect(times, `${kind} ended`).toBeGreaterThanOrEqual(EACH_MIN)
  for (const step of ['repeated', 'condition-back', 'acknowledged', 'assigned', 'shelved', 'unshelved', 'escalated', 'eased', 'cleared', 'closed'])
    expect(tally.stepNames.get(step) ?? 0, step).toBeGreaterThanOrEqual(EACH_MIN)
}, 240_000)
