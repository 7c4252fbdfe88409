import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { INVARIANTS } from './check.ts'
import { runSeed } from './run.ts'

// `npm run dst -- --seeds N --from S [--power-loss] [--stop] [--json]`: that many seeded runs of the whole engine in this process, on virtual
// time, disk and network. Prints what was run and broken and checked, and the hash of all traces; of a failing seed its trace.

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    'power-loss': { type: 'boolean', default: false },
    /** Ends at the first failing seed. */
    stop: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    lines: { type: 'string', default: '80' },
  },
})
const began = performance.now()
const faults = new Map<string, number>()
const failed: { readonly seed: number; readonly complaints: readonly string[] }[] = []
const hash = createHash('sha256')
const sums = { entries: 0, receipted: 0, steps: 0, connections: 0 }
let seeds = 0
const from = Number(values.from)
for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
  const result = await runSeed({ seed, powerLoss: values['power-loss'] })
  seeds += 1
  hash.update(result.hash)
  for (const [kind, count] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + count)
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name]
  if (result.complaints.length === 0) continue
  failed.push({ seed, complaints: result.complaints })
  if (!values.json)
    console.log(
      `${result.lines.slice(-Number(values.lines)).join('\n')}\nseed ${seed} failed:\n  ${result.complaints.map((text) => text.slice(0, 1500)).join('\n  ')}`,
    )
  if (values.stop) break
}
const seconds = (performance.now() - began) / 1000
const digest = hash.digest('hex').slice(0, 16)
if (values.json) console.log(JSON.stringify({ seeds, failed, faults: Object.fromEntries(faults), ...sums, hash: digest, seconds }))
else {
  for (const [kind, count] of [...faults].toSorted(([a], [b]) => (a < b ? -1 : 1))) console.log(`${String(count).padStart(8)}  ${kind}`)
  console.log(`checked after each run: ${INVARIANTS.join('; ')}`)
  console.log(`${sums.entries} entries, ${sums.receipted} events receipted, ${sums.steps} alarm steps told on ${sums.connections} connections`)
  console.log(`${seeds} seeds in ${seconds.toFixed(1)} s (${Math.round((seeds / seconds) * 60)} a minute), ${failed.length} failed, trace hash ${digest}`)
}
process.exit(failed.length === 0 ? 0 : 1)
