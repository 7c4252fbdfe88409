import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/random.ts'
import { planDay } from '../../bench/simulate/day-plan.ts'
import { createPlayer } from '../../bench/simulate/player.ts'
import { KINDS_CHECKED, leastOfDay } from '../../bench/simulate/check.ts'
import { DAY, type Plan } from '../../bench/simulate/plan.ts'
import { GRID_MS } from '../../bench/simulate/slots.ts'
import { ALARM } from '../../core/kinds.ts'
import { encodeColumns } from '../../bench/wire.ts'

const START = Date.UTC(2026, 10, 24, 16)

const play = (plan: Plan, seed: number, hours: number): { hash: string; delivered: number; distinct: number; repeats: number; keys: number } => {
  const player = createPlayer(plan, { startMs: START, stepMs: GRID_MS, random: seeded(seed) })
  const hash = createHash('sha256')
  const keys = new Set<string>()
  let delivered = 0
  const take = (): number => {
    const { events, untilMs } = player.step()
    delivered += events.count
    if (events.count > 0) hash.update(encodeColumns(events))
    for (let i = 0; i < events.count; i++) keys.add(`${events.low[i]}.${events.boot[i]}.${events.seq[i]}`)
    return untilMs
  }
  while (take() < hours * 3_600_000);
  player.end()
  while (player.waiting() > 0) take()
  const { distinct, repeats } = player.counts()
  return { hash: hash.digest('hex'), delivered, distinct, repeats, keys: keys.size }
}

const FULL = planDay({ seals: 2_000 }, 7)

describe('the planned day', () => {
  it('of 2,000 seals has 30 incidents and 100 near misses of every kind', () => {
    const plan = FULL
    expect(plan.seals.length).toBe(2_000)
    for (const kind of KINDS_CHECKED) {
      const of = plan.truth.filter((truth) => truth.kind === kind)
      const { incidents, nearMisses } = leastOfDay(2_000)(kind)
      expect(of.filter(({ nearMiss }) => !nearMiss).length, `${kind}: incidents`).toBeGreaterThanOrEqual(incidents)
      expect(of.filter(({ nearMiss }) => nearMiss).length, `${kind}: near misses`).toBeGreaterThanOrEqual(nearMisses)
    }
    expect(new Set(plan.truth.map(({ kind }) => kind))).toEqual(new Set(KINDS_CHECKED))
  })

  it('never has two incidents at one key of which the second would be the first one repeated', () => {
    const { truth } = FULL
    const last = new Map<string, number>()
    for (const { kind, site, seal, area, raiseFrom, raiseUntil } of truth.filter(({ nearMiss }) => !nearMiss).sort((a, b) => a.raiseFrom - b.raiseFrom)) {
      const key = `${kind} ${site} ${seal} ${area}`
      // One that only a person closes stays open all day; others are over by then.
      if (ALARM[kind].closing === 'person' && ALARM[kind].scope !== 'event') expect(last.has(key), key).toBe(false)
      else expect(last.get(key) ?? 0, key).toBeLessThan(raiseFrom)
      last.set(key, raiseUntil)
    }
  })

  it('ends every incident within the day', () => {
    const { truth } = FULL
    expect(Math.max(...truth.filter(({ nearMiss }) => !nearMiss).map(({ raiseUntil }) => raiseUntil))).toBeLessThan(DAY)
  })

  it('counts sites when asked for sites', () => {
    expect(planDay({ sites: 2_000 }, 1).sites.length).toBe(2_000)
  })

  it('is the same for the same seed and another for another', () => {
    const [a, b, c] = [planDay({ seals: 60 }, 7), planDay({ seals: 60 }, 7), planDay({ seals: 60 }, 8)]
    expect(b).toEqual(a)
    expect(c.actions.time).not.toEqual(a.actions.time)
  })
})

describe('the player', () => {
  it('sends the same bytes for the same seed', () => {
    const plan = planDay({ seals: 60 }, 7)
    expect(play(plan, 7, 24)).toEqual(play(plan, 7, 24))
  })

  it('hands over every event, and repeats only as counted', () => {
    const played = play(planDay({ seals: 100 }, 3), 3, 24)
    expect(played.keys).toBe(played.distinct)
    expect(played.delivered).toBe(played.distinct + played.repeats)
    expect(played.repeats).toBeGreaterThan(0)
    // A heartbeat a minute of every seal, less what powered-off devices do not sense.
    expect(played.distinct).toBeGreaterThan(100 * 1_440 * 0.98)
  })
})
