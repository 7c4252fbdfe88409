import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { EventKindName } from '../../core/kinds.ts'
import type { Position } from '../../core/ids.ts'
import type { SiteSpec } from '../../core/ops.ts'
import { POLICY_DEFAULT, type Policy } from '../../core/policy.ts'
import { eventsEntry, putPermit, putSites, tick } from './entries.ts'
import { createOracle, type OracleEvent, type OraclePermit, type OracleSeal, type OracleSite } from './rules-oracle.ts'
import { startTestMachine, T0 } from './thread/history.ts'

// The machine and a slow, obvious oracle hear the same history of a few doors, in order and some seconds late, with a tick a second, and
// must begin and end the same alarms at the same times. The policy's figures are scaled to minutes of play; the rules know no figure.

const SECOND = 1000
const figures = { heartbeatMs: 15 * SECOND, headcountGraceMs: 40 * SECOND }
const { residence, building, gate } = POLICY_DEFAULT.kinds
const POLICY: Policy = {
  ...POLICY_DEFAULT,
  kinds: {
    residence: { ...residence, ...figures, doorHeldOpenMs: 20 * SECOND },
    building: { ...building, ...figures, doorHeldOpenMs: 35 * SECOND },
    gate: { ...gate, ...figures },
  },
}
const SITES: readonly OracleSite[] = [
  { name: 'home', kind: 'residence', headcount: 2, inside: 2 },
  { name: 'tower', kind: 'building', headcount: 3, inside: 0 },
  { name: 'gate', kind: 'gate', headcount: 0, inside: 0 },
]
const SEALS: readonly OracleSeal[] = ['home', 'home', 'tower', 'tower', 'gate'].map((site, n) => ({ name: (n + 1).toString(16).padStart(16, '0'), site }))
const specOf = ({ name, kind, headcount, inside }: OracleSite): SiteSpec => ({
  site: name,
  area: 'city',
  kind,
  headcount,
  capacity: null,
  inside,
  observation: kind === 'residence' ? { from: T0 - SECOND, until: T0 + 3_600_000 } : null,
  seals: SEALS.filter(({ site }) => site === name).map((seal) => ({ id: seal.name, from: null, until: null })),
})

const kind = fc.constantFrom<readonly [EventKindName, number]>(
  ['PASSAGE_IN', 1],
  ['PASSAGE_OUT', 1],
  ['PASSAGE_OUT', 2],
  ['PASSAGE_IN', 2],
  ['DOOR_OPENED', 0],
  ['DOOR_OPENED', 0],
  ['DOOR_CLOSED', 0],
  ['TAMPERED', 1],
  ['TAMPER_RESTORED', 0],
  ['HEARTBEAT', 3500],
  ['HEARTBEAT', 3050],
  ['HEARTBEAT', 2900],
  ['HEARTBEAT', 0],
  ['ROLL_CALL', 2],
  ['ROLL_CALL', 5],
  ['TEMPERATURE', 37_299],
  ['TEMPERATURE', 37_300],
  ['BEAM_BLOCKED', 0],
)
const step = fc.record({
  gap: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 900 }) },
    { weight: 4, arbitrary: fc.integer({ min: 1000, max: 9000 }) },
    fc.constantFrom(20_000, 21_000, 45_000, 46_000),
  ),
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4000 })),
  seal: fc.integer({ min: 0, max: SEALS.length - 1 }),
  kind,
  again: fc.integer({ min: 0, max: 19 }),
  clock: fc.integer({ min: 0, max: 14 }),
  reboot: fc.integer({ min: 0, max: 30 }),
})
const permit = fc.record({
  site: fc.constantFrom('home', 'tower'),
  made: fc.integer({ min: 0, max: 120_000 }),
  from: fc.integer({ min: 0, max: 150_000 }),
  length: fc.integer({ min: 1000, max: 60_000 }),
  openings: fc.integer({ min: 1, max: 3 }),
})

type Happening = { readonly at: number; readonly order: number; readonly event?: OracleEvent; readonly permit?: OraclePermit }
const play = (
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  permits: readonly (typeof permit extends fc.Arbitrary<infer P> ? P : never)[],
): Happening[] => {
  const happenings: Happening[] = permits.map(({ site, made, from, length, openings }) => ({
    at: T0 + made,
    order: 0,
    permit: { site, made: T0 + made, from: T0 + from, until: T0 + from + length, openings },
  }))
  const counts = SEALS.map(() => ({ boot: 1, seq: 0 }))
  let now = T0 + 500
  for (const {
    gap,
    late,
    seal,
    kind: [name, value],
    again,
    clock,
    reboot,
  } of steps) {
    now += gap
    const count = counts[seal] as { boot: number; seq: number }
    // Once a seal: two boots are told exactly, and what is late by a third is too old for the machine, while the oracle forgets nothing.
    if (reboot === 0 && count.boot === 1) Object.assign(count, { boot: count.boot + 1, seq: 0 })
    count.seq += 1
    const wrongClock = clock === 0
    const received = now + late
    const event = {
      seal: (SEALS[seal] as OracleSeal).name,
      received,
      time: wrongClock ? received : now,
      boot: count.boot,
      seq: count.seq,
      kind: name,
      value,
      wrongClock,
    }
    happenings.push({ at: received, order: 1, event })
    if (again === 0) happenings.push({ at: received + 700, order: 1, event: { ...event, received: received + 700 } })
  }
  for (let at = T0 + SECOND; at < now + 90 * SECOND; at += SECOND) happenings.push({ at, order: 2 })
  return happenings.toSorted((a, b) => a.at - b.at || a.order - b.order)
}

const bytesOf = ({ at, event, permit: made }: Happening): Uint8Array => {
  if (made !== undefined) return putPermit(at, { site: made.site, from: made.from, until: made.until, openings: made.openings, reason: 'visit' })
  if (event === undefined) return tick(at)
  const watch = SEALS.findIndex(({ name }) => name === event.seal) + 1
  return eventsEntry(at, [
    { watch, time: event.time, boot: event.boot, seq: event.seq, kind: event.kind, value: event.value, ...(event.wrongClock ? { device: 0 } : {}) },
  ])
}

const machineSays = async (happenings: readonly Happening[]): Promise<string[]> => {
  const machine = await startTestMachine(() => Promise.reject(new Error('small rounds need no worker')), { policy: POLICY })
  const said: string[] = []
  machine.onRound((round) => {
    for (const { received, kind: alarm, seal, site, step: name, id } of round.alarmSteps) {
      const about = alarm === 'fever' ? id : seal === '' ? site : seal
      if (name === 'raised' || name === 'condition-back') said.push(`${received} +${alarm} ${about}`)
      if (name === 'condition-gone') said.push(`${received} -${alarm} ${about}`)
    }
  })
  const entries = [putSites(T0, SITES.map(specOf)), ...happenings.map(bytesOf)]
  entries.forEach((bytes, index) => machine.offer((index + 1) as Position, bytes))
  await Promise.race([machine.whenApplied(entries.length as Position), machine.failed])
  await machine.stop()
  return said
}
// Of a fever only how many, where and when: its key has no name outside.
const comparable = (said: readonly string[]): string[] => said.map((line) => line.replace(/(fever) .*/, '$1')).toSorted()

it('begins and ends the alarms that a slow oracle does, on any history', async () => {
  const begun = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 90 }), fc.array(permit, { maxLength: 3 }), async (steps, permits) => {
      const happenings = play(steps, permits)
      const oracle = createOracle(POLICY, T0, { sites: SITES, seals: SEALS })
      for (const { at, event, permit: made } of happenings) {
        if (made !== undefined) oracle.permit(made)
        else if (event === undefined) oracle.tick(at)
        else oracle.hear(event)
      }
      for (const line of oracle.said.filter((text) => text.includes('+'))) {
        const name = (line.split(' ')[1] as string).slice(1)
        begun.set(name, (begun.get(name) ?? 0) + 1)
      }
      expect(comparable(await machineSays(happenings))).toEqual(comparable(oracle.said))
    }),
    { numRuns: Number(process.env['RUNS'] ?? 150), seed: Number(process.env['SEED'] ?? 24_301) },
  )
  // Not empty: every kind that has a rule was raised, often.
  expect([...begun.keys()].toSorted()).toEqual([
    'clock-wrong',
    'door-held-open',
    'door-opened',
    'fever',
    'headcount-over',
    'headcount-under',
    'low-battery',
    'offline',
    'passage-unpermitted',
    'tamper',
  ])
  for (const [name, count] of begun) expect(count, name).toBeGreaterThan(20)
}, 60_000)
