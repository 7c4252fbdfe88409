import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVENT, type EventKindName } from '../../core/kinds.ts'
import type { Position } from '../../core/ids.ts'
import type { SiteSpec } from '../../core/ops.ts'
import { eventsEntry, putPermit, putSites, tick, type TestEvent } from './entries.ts'
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
type Scenario = { readonly entries: readonly Uint8Array[]; readonly expected: readonly string[] }

const parse = (text: string): Scenario => {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
  const split = lines.indexOf('expect')
  if (split < 0) throw new Error('a scenario without "expect"')
  const field = (name: string): string[] | undefined => lines.find((line) => line.startsWith(`${name} `) || line === name)?.split(/\s+/)
  const [, kind, , headcount] = field('site') as [string, SiteSpec['kind'], string, string]
  const doors = Number(field('doors')?.[1] ?? 1)
  const until = ms((field('until') as [string, string])[1])
  const site: SiteSpec = {
    site: 'here',
    area: 'city',
    kind,
    headcount: Number(headcount),
    capacity: null,
    inside: null,
    observation: kind === 'residence' ? { from: T0, until: T0 + 100 * 3_600_000 } : null,
    seals: Array.from({ length: doors }, (_, n) => ({ id: (n + 1).toString(16).padStart(16, '0'), from: null, until: null })),
  }
  const timed: Timed[] = []
  let seq = 0
  const add = (at: number, event: Omit<TestEvent, 'boot' | 'seq'>): void => {
    seq += 1
    timed.push({ at, order: 1, bytes: eventsEntry(T0 + at, [{ ...event, boot: 1, seq }]) })
  }
  for (const line of lines.slice(0, split)) if (/^\d\d:/.test(line)) add(ms(line.split(/\s+/)[0] as string), parseEvent(line))
  if (field('heartbeats') !== undefined)
    for (let at = 5000; at < until; at += 60_000)
      for (let door = 1; door <= doors; door += 1) add(at, { watch: door, time: T0 + at, kind: 'HEARTBEAT', value: 3600 })
  for (let at = 1000; at <= until; at += 1000) timed.push({ at, order: 2, bytes: tick(T0 + at) })
  timed.sort((a, b) => a.at - b.at || a.order - b.order)
  const permits = lines
    .slice(0, split)
    .filter((line) => line.startsWith('permit '))
    .map((line) => {
      const [, from, to, openings] = line.split(/\s+/) as [string, string, string, string | undefined]
      return putPermit(T0, {
        site: 'here',
        from: T0 + ms(from),
        until: T0 + ms(to),
        openings: openings === undefined ? null : Number(openings),
        reason: 'visit',
      })
    })
  return {
    entries: [putSites(T0, [site]), ...permits, ...timed.map(({ bytes }) => bytes)],
    expected: lines.slice(split + 1).map((line) => line.replace(/^\S+/, (time) => clock(ms(time)))),
  }
}

const parseEvent = (line: string): Omit<TestEvent, 'boot' | 'seq'> => {
  const [received, kind, ...rest] = line.split(/\s+/) as [string, EventKindName, ...string[]]
  if (EVENT[kind] === undefined) throw new Error(`no event kind ${kind}`)
  const after = (word: string): string | undefined => (rest.includes(word) ? rest[rest.indexOf(word) + 1] : undefined)
  const device = after('clock')
  return {
    watch: Number(after('door') ?? 1),
    kind,
    value: /^\d+$/.test(rest[0] ?? '') ? Number(rest[0]) : 0,
    time: T0 + ms(after('at') ?? received),
    ...(device === undefined ? {} : { device: Number(device) }),
  }
}

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
      const { entries, expected } = parse(readFileSync(new URL(name, FOLDER), 'utf8'))
      const machine = await startTestMachine(pool.run)
      const steps: string[] = []
      machine.onRound((round) => {
        for (const step of round.alarmSteps) steps.push(`${clock(step.received - T0)} ${step.kind} ${step.step}`)
      })
      entries.forEach((bytes, index) => machine.offer((index + 1) as Position, bytes))
      await Promise.race([machine.whenApplied(entries.length as Position), machine.failed])
      await machine.stop()
      expect(steps).toEqual(expected)
    },
    60_000,
  )
})
