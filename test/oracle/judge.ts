import fc from 'fast-check'
import { plans } from './plan.ts'
import { runPlan } from './run.ts'
import { SEEDS } from './seeds.ts'

// What `npm run mutants` asks about a changed core: does the oracle notice within so much of the processor's time? Status 1 at the first
// difference or exception, 0 where there is none. Fixed seeds, so that a mutant's verdict stays what it was.

const CPU_MS_MAX = Number(process.argv[2] ?? 10_000)
const HISTORIES_MAX = 1200
const SEED = 1

const isOver = (): boolean => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000 > CPU_MS_MAX
}
const noticed = async (): Promise<string | null> => {
  const histories = [...fc.sample(plans, { seed: SEED, numRuns: HISTORIES_MAX }), ...SEEDS.map(({ plan }) => plan)]
  for (const [index, plan] of histories.entries()) {
    if (isOver()) return null
    const { differs } = await runPlan(plan)
    if (differs.length > 0) return `history ${index}: ${(differs[0] as string).split('\n')[0]}`
  }
  return null
}

const found = await noticed().catch((error: unknown) => `exception: ${String(error)}`)
process.stdout.write(`${found ?? 'nothing noticed'}\n`)
process.exit(found === null ? 0 : 1)
