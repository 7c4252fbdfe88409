import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVENT, type EventKindName } from '../../core/kinds.ts'
import type { Position } from '../../core/ids.ts'
import type { PermitSource, PermitSpec, SiteSpec } from '../../core/ops.ts'
import { type Policy, POLICY_DEFAULT } from '../../core/policy.ts'
import type { Round } from '../../core/thread/machine.ts'
import { WEEKDAYS } from '../../core/weekly.ts'
import { ADMIN, eventsEntry, putPermit, putSites, registry, tick, type TestEvent } from './entries.ts'
import { type Row, rowsOf } from './played.ts'
import { createPool, startTestMachine, T0 } from './thread/history.ts'

// The scenarios of test/golden/rules (its README is the format), run through a real machine, one entry an event and a tick a second.

const FOLDER = new URL('../../../test/golden/rules/', import.meta.url)
const ms = (text: string): number => {
  const [hours, minutes, seconds] = text.split(':').map(Number) as [number, number, number]
  return Math.round((hours * 3600 + minutes * 60 + seconds) * 1000)
}
const clock = (time: number): string => {
  const text = (n: number, width = 2): string => String(Math.floor(n)).padStart(width, '0')
  return `${text(time / 3_600_000)}:${text((time / 60_000) % 60)}:${text((time / 1000) % 60)}.${text(time % 1000, 3)}`
}
type Timed = { readonly at: number; readonly order: number; readonly bytes: Uint8Array }
type Unnumbered = Omit<TestEvent, 'boot' | 'seq'>
/** What a seal did: an event that arrives at `at`, `lost` ones that never do, or a start with a new boot. */
type Sent = { readonly at: number; readonly event: Unnumbered; readonly lost?: number; readonly restarted?: true }
type Scenario = {
  readonly entries: readonly Uint8Array[]
  readonly expected: readonly string[]
  readonly counts: readonly string[] | null
  readonly policy: Policy
}

const parse = (text: string): Scenario => {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
  const split = lines.indexOf('expect')
  if (split < 0) throw new Error('a scenario without "expect"')
  const counts = lines.includes('counts') ? lines.indexOf('counts') : undefined
  const told = (some: readonly string[]): string[] => some.map((line) => line.replace(/^\S+/, (time) => clock(ms(time))))
  const field = (name: string): string[] | undefined => lines.find((line) => line.startsWith(`${name} `) || line === name)?.split(/\s+/)
  const [, kind, , headcount, ...more] = field('site') as [string, SiteSpec['kind'], string, string, ...string[]]
  const numberOf = (word: string): number | null => (more.includes(word) ? Number(more[more.indexOf(word) + 1]) : null)
  const doors = Number(field('doors')?.[1] ?? 1)
  const until = ms((field('until') as [string, string])[1])
  const site: SiteSpec = {
    site: 'here',
    area: 'city',
    kind,
    headcount: Number(headcount),
    capacity: numberOf('capacity'),
    inside: numberOf('inside'),
    observation: kind === 'residence' ? { from: T0, until: T0 + 100 * 3_600_000 } : null,
    seals: Array.from({ length: doors }, (_, n) => ({ id: (n + 1).toString(16).padStart(16, '0'), from: null, until: null })),
  }
  const timed: Timed[] = []
  const sent: Sent[] = []
  const add = (at: number, event: Unnumbered): void => void sent.push({ at, event })
  for (const line of lines.slice(0, split)) {
    const [time = '', ...words] = line.split(/\s+/)
    if (!/^\d\d:/.test(time)) continue
    const change = parseChange(T0 + ms(time), words, kind)
    if (words[0] === 'LOST' || words[0] === 'RESTARTED') sent.push(parseSilent(line))
    else if (change === undefined) for (const { at, event } of parseEvents(line)) add(at, event)
    else timed.push({ at: ms(time), order: 1, bytes: change })
  }
  const [, first = 3600, , last = first] = (field('heartbeats') ?? []).map(Number)
  if (field('heartbeats') !== undefined)
    for (let at = 5000; at < until; at += 60_000)
      for (let door = 1; door <= doors; door += 1) {
        const value = Math.round(first + ((last - first) * at) / until)
        add(at, { watch: door, time: T0 + at, kind: 'HEARTBEAT', value })
      }
  for (const { at, event } of numbered(sent)) timed.push({ at, order: 1, bytes: eventsEntry(T0 + at, [event]) })
  for (let at = 1000; at <= until; at += 1000) timed.push({ at, order: 2, bytes: tick(T0 + at) })
  timed.sort((a, b) => a.at - b.at || a.order - b.order)
  const permits = lines
    .slice(0, split)
    .filter((line) => line.startsWith('permit '))
    .map((line) => putPermit(T0, parsePermit(line.split(/\s+/).slice(1), 'staff')))
  return {
    entries: [putSites(T0, [site]), ...permits, ...timed.map(({ bytes }) => bytes)],
    expected: told(lines.slice(split + 1, counts)),
    counts: counts === undefined ? null : told(lines.slice(counts + 1)),
    policy: parsePolicy(lines.slice(0, split), kind),
  }
}

/** `from until [openings] [weekly mon,tue 08:00 18:00]`. */
const parsePermit = (words: readonly string[], source: PermitSource): PermitSpec => {
  const [from, until, third] = words as [string, string, string | undefined]
  const at = words.indexOf('weekly')
  const week = (days: string): number[] => days.split(',').map((day) => WEEKDAYS.indexOf(day as (typeof WEEKDAYS)[number]))
  const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  return {
    site: 'here',
    from: T0 + ms(from),
    until: T0 + ms(until),
    openings: third === undefined || third === 'weekly' ? null : Number(third),
    reason: 'visit',
    source,
    ...(at < 0 ? {} : { weekly: { days: week(words[at + 1] as string), from: minute(words[at + 2] as string), until: minute(words[at + 3] as string) } }),
  }
}

/** What the registry is told in the course of it: `permit`, `declare`, `revoke NUMBER`. */
const parseChange = (received: number, [what, ...words]: readonly string[], kind: SiteSpec['kind']): Uint8Array | undefined => {
  if (what === 'policy') {
    const set = { [words[0] as string]: JSON.parse(words.slice(1).join(' ')) as unknown }
    return registry(received, { op: 'put-policy', by: ADMIN, document: { rules: [{ for: { kind }, set }] }, expected: null })
  }
  if (what === 'permit' || what === 'declare') return putPermit(received, parsePermit(words, what === 'permit' ? 'staff' : 'declaration'))
  return what === 'revoke' ? registry(received, { op: 'revoke-permit', by: ADMIN, permitNo: Number(words[0]) }) : undefined
}

/** The defaults, with `policy NAME JSON`, `open 05:00 08:20`, `holiday 2026-11-24` and `offset MINUTES` on top of them. */
const parsePolicy = (lines: readonly string[], kind: SiteSpec['kind']): Policy => {
  const rest = (word: string): string[][] => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(/\s+/).slice(1))
  const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  const figures = Object.fromEntries(rest('policy').map(([name, ...json]) => [name as string, JSON.parse(json.join(' ')) as unknown]))
  const [hours] = rest('open')
  const schedule = hours === undefined ? {} : { schedule: Array.from({ length: 7 }, () => [minute(hours[0] as string), minute(hours[1] as string)] as const) }
  const own = { ...POLICY_DEFAULT.kinds[kind], ...figures, ...schedule }
  const utcOffsetMinutes = Number(rest('offset')[0]?.[0] ?? POLICY_DEFAULT.utcOffsetMinutes)
  return { ...POLICY_DEFAULT, utcOffsetMinutes, holidays: rest('holiday').flat(), kinds: { ...POLICY_DEFAULT.kinds, [kind]: own } }
}

/** Numbers its events as a seal does: in the order in which they happened, from 1 at each start. */
const numbered = (sent: readonly Sent[]): { readonly at: number; readonly event: TestEvent }[] => {
  const seals = new Map<number, { boot: number; seq: number }>()
  return sent
    .toSorted((a, b) => a.event.time - b.event.time)
    .flatMap(({ at, event, lost, restarted }) => {
      const seal = seals.get(event.watch) ?? { boot: 1, seq: 0 }
      seals.set(event.watch, seal)
      seal.seq = restarted === true ? 0 : seal.seq + (lost ?? 1)
      if (restarted === true) seal.boot += 1
      return lost === undefined && restarted === undefined ? [{ at, event: { ...event, ...seal } }] : []
    })
}

/** One event; with `times 20 every 30` so many, so many seconds apart; a value `3600..3400` goes from the one to the other. */
const parseEvents = (line: string): { readonly at: number; readonly event: Unnumbered }[] => {
  const after = (word: string): number | undefined => (line.includes(` ${word} `) ? Number(line.split(` ${word} `)[1]?.split(' ')[0]) : undefined)
  const times = after('times') ?? 1
  const range = /(\d+)\.\.(\d+)/.exec(line)
  return Array.from({ length: times }, (_, n) => {
    const step = n * (after('every') ?? 0) * 1000
    const value = range === null ? '' : String(Math.round(Number(range[1]) + ((Number(range[2]) - Number(range[1])) * n) / (times - 1)))
    const event = parseEvent(line.replace(/\d+\.\.\d+/, value))
    return { at: ms(line.split(/\s+/)[0] as string) + step, event: { ...event, time: event.time + step } }
  })
}

/** `LOST 20`, `RESTARTED`: nothing arrives. */
const parseSilent = (line: string): Sent => {
  const [time = '', what, ...rest] = line.split(/\s+/)
  const watch = rest.includes('door') ? Number(rest[rest.indexOf('door') + 1]) : 1
  const event: Unnumbered = { watch, time: T0 + ms(time), kind: 'HEARTBEAT', value: 0 }
  return { at: ms(time), event, ...(what === 'LOST' ? { lost: Number(rest[0]) } : { restarted: true }) }
}

const parseEvent = (line: string): Unnumbered => {
  const [received, kind, ...rest] = line.split(/\s+/) as [string, EventKindName, ...string[]]
  if (EVENT[kind] === undefined) throw new Error(`no event kind ${kind}`)
  const after = (word: string): string | undefined => (rest.includes(word) ? rest[rest.indexOf(word) + 1] : undefined)
  const device = after('clock')
  return {
    watch: Number(after('door') ?? 1),
    kind,
    value: kind !== 'COUNTER' && /^\d+$/.test(rest[0] ?? '') ? Number(rest[0]) : 0,
    ...(kind === 'COUNTER' ? { totals: [Number(rest[0]), Number(rest[1])] as const } : {}),
    time: T0 + ms(after('at') ?? received),
    ...(device === undefined ? {} : { device: Number(device) }),
  }
}

const CAUSE_NAMES = ['', 'passage', 'counter', 'roll-call', 'quiet']
const occupancyOf = ({ chunks }: Round): Row[] => chunks.filter(({ table }) => table === 'occupancy').flatMap(rowsOf)

describe('scenarios', () => {
  let pool: ReturnType<typeof createPool>
  beforeAll(() => {
    pool = createPool(1)
  })
  afterAll(() => pool.close())

  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))
  it('are there', () => expect(files.length).toBeGreaterThan(10))
  it.each(files)(
    '%s',
    async (name) => {
      const { entries, expected, counts, policy } = parse(readFileSync(new URL(name, FOLDER), 'utf8'))
      const machine = await startTestMachine(pool.run, { policy })
      const steps: string[] = []
      const counted: string[] = []
      machine.onRound((round) => {
        for (const row of occupancyOf(round))
          counted.push(`${clock((row['received'] as number) - T0)} raw ${row['raw']} corrected ${row['corrected']} ${CAUSE_NAMES[row['cause'] as number]}`)
        for (const { received, kind, step, value } of round.alarmSteps) {
          // Where the scenario says what was measured, that too.
          const measured = / value -?\d+$/.test(expected[steps.length] ?? '') ? ` value ${value}` : ''
          steps.push(`${clock(received - T0)} ${kind} ${step}${measured}`)
        }
      })
      entries.forEach((bytes, index) => machine.offer((index + 1) as Position, bytes))
      await Promise.race([machine.whenApplied(entries.length as Position), machine.failed])
      await machine.stop()
      expect(steps).toEqual(expected)
      if (counts !== null) expect(counted).toEqual(counts)
    },
    60_000,
  )
})
