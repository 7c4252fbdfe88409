import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkAlarms, KINDS_CHECKED, leastOfDay, type Verdict } from '../../bench/simulate/check.ts'
import { planDay } from '../../bench/simulate/day-plan.ts'
import { createPool } from '../core/thread/history.ts'
import { type DayPlayed, playDayInMachine } from './day-machine.ts'

// A small fleet's day with every kind of alarm and all faults of links, through admission and the machine. `simulate --day --check`
// plays the same with 20,000 seals, through HTTP, the log and ClickHouse.

const SEALS = 240
const SEED = 20_261_124
const plan = planDay({ seals: SEALS }, SEED)
const pool = createPool(1)
let played: DayPlayed
let verdict: Verdict

beforeAll(async () => {
  played = await playDayInMachine(plan, SEED, pool.run)
  verdict = checkAlarms(plan.truth, played.raised, { kinds: KINDS_CHECKED, leastOf: leastOfDay(SEALS) })
}, 300_000)
afterAll(() => pool.close())

describe(`a day of ${SEALS} seals, seed ${SEED}`, () => {
  it('finds every incident once, and raises nothing else', () => {
    expect(verdict.complaints).toEqual([])
    expect(verdict.ok).toBe(true)
  })

  it('has an incident and near misses of every kind', () => {
    for (const kind of KINDS_CHECKED) {
      const row = verdict.kinds.find((other) => other.kind === kind)
      expect(row?.incidents, `${kind}: incidents`).toBeGreaterThan(0)
      expect(row?.nearMisses, `${kind}: near misses`).toBeGreaterThan(0)
    }
  })

  it('counts at each site whom its devices sensed, though one event in a hundred is lost', () => {
    let passed = 0
    plan.sites.forEach(({ id, kind, headcount, observedUntil }, site) => {
      if (observedUntil !== undefined) return
      const net = played.net[site] as number
      if (net !== 0) passed++
      expect(played.raw.get(id), id).toBe((kind === 'residence' ? headcount : 0) + net)
    })
    expect(passed).toBeGreaterThan(SEALS / 20)
  })
})
