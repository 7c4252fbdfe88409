import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SEEDS_KEPT } from './dst-seeds.ts'

// A short campaign of the simulation (docs/simulation.md), in a process of its own, whose timers and clocks it replaces. SEALSTREAM_TEST_SEED
// moves it to other seeds.

type Told = {
  readonly seeds: number
  readonly failed: readonly { readonly seed: number; readonly complaints: readonly string[] }[]
  readonly faults: Readonly<Record<string, number>>
  readonly receipted: number
  readonly steps: number
  readonly hash: string
}
const FROM = Number(process.env['SEALSTREAM_TEST_SEED'] ?? 1)
const main = join(import.meta.dirname, '../../bench/dst/main.js')
const run = (from: number, seeds: number, ...more: string[]): Told => {
  const { stdout } = spawnSync(process.execPath, [main, '--from', String(from), '--seeds', String(seeds), '--json', ...more], { encoding: 'utf8' })
  return JSON.parse(stdout) as Told
}

test('seeded faults at every seam lose, double and hide nothing, and a seed is one run', { timeout: 120_000 }, () => {
  const first = run(FROM, 12)
  expect(first.failed).toEqual([])
  expect(first.receipted).toBeGreaterThan(1000)
  expect(first.steps).toBeGreaterThan(1000)
  expect(Object.keys(first.faults).length).toBeGreaterThan(5)
  expect(run(FROM, 12).hash).toBe(first.hash)
})

test('power loss discards what was not flushed, and nothing that was promised', { timeout: 120_000 }, () => {
  const told = run(FROM, 12, '--power-loss')
  expect(told.failed).toEqual([])
  expect(Object.entries(told.faults).filter(([kind]) => /power/.test(kind)).length).toBeGreaterThan(1)
})

test.each(SEEDS_KEPT)('seed $seed, power loss $powerLoss: $found', { timeout: 60_000 }, ({ seed, powerLoss }) => {
  expect(run(seed, 1, ...(powerLoss ? ['--power-loss'] : [])).failed).toEqual([])
})
