import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Desk } from '../../core/desk.ts'
import { ALARM, type AlarmKindName, type Severity } from '../../core/kinds.ts'
import type { AlarmWork, WebhookRecord } from '../../core/ops.ts'
import type { AlarmStep } from '../../core/rows.ts'
import { root } from '../parts/root.ts'
import { AT, newDesk, operator, type Said, signals, webhook } from './desk-world.ts'

// Scenarios of test/golden/desk: what becomes of an alarm, in words that people who do not program can read and add to.

const folder = join(root, 'test', 'golden', 'desk')
const clock = (text: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number)
  return AT + ((hours * 60 + minutes) * 60 + seconds) * 1000
}
const clockText = (at: number): string => new Date(at).toISOString().slice(11, 19)

type Scenario = { world: Parameters<typeof newDesk>[0]; acts: Map<number, string[]>; until: number; expected: string[] }
const readScenario = (text: string): Scenario => {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const at = lines.indexOf('expect')
  const scenario: Scenario = { world: {}, acts: new Map(), until: AT, expected: lines.slice(at + 1) }
  const webhooks: WebhookRecord[] = []
  for (const line of lines.slice(0, at)) {
    const [first = '', ...rest] = line.split(' ')
    if (first === 'policy') scenario.world = { ...scenario.world, policy: JSON.parse(rest.join(' ')) }
    else if (first === 'until') scenario.until = clock(rest[0] ?? '')
    else if (first === 'webhook') {
      const [name = '', area = '', severities = ''] = rest
      webhooks.push(webhook({ webhookNo: webhooks.length + 1, name, area: area === 'all' ? '' : area, severities: severities.split(',') as Severity[] }))
    } else scenario.acts.set(clock(first), [...(scenario.acts.get(clock(first)) ?? []), rest.join(' ')])
  }
  scenario.world = { ...scenario.world, webhooks }
  return scenario
}

const STATES: Readonly<Record<string, Said['state']>> = { began: 'began', ended: 'ended', happened: 'momentary', again: 'again', level: 'level' }
const WORK: Readonly<Record<string, AlarmWork['op']>> = { acknowledges: 'acknowledge', assigns: 'assign', shelves: 'shelve', clears: 'clear' }

const perform = (desk: Desk, act: string, now: number): readonly AlarmStep[] => {
  const [sentence = '', note = ''] = act.split(': ')
  const words = sentence.split(' ')
  const [first = '', second = '', third = ''] = words
  if (Object.hasOwn(ALARM, first)) {
    const numbers = Object.fromEntries(
      ['seal', 'site', 'value', 'level'].flatMap((name) => (words.includes(name, 2) ? [[name, Number(words[words.indexOf(name, 2) + 1])]] : [])),
    )
    const state = STATES[second]
    if (state === undefined) throw new Error(`what is "${second}"?`)
    return desk.applySignals(signals({ kind: first as AlarmKindName, state, time: now, ...numbers }), now)
  }
  if (second === 'took') {
    const mine = [...desk.outbox().values()].filter((delivery) => delivery.webhook === first)
    return desk.work({ op: 'delivered', deliveries: [{ id: mine[Number(third) - 1]?.id ?? 'none', attempts: 1 }] }, now).steps
  }
  const op = WORK[second]
  if (op === undefined) throw new Error(`what is "${act}"?`)
  const id = [...desk.openAlarms()].find(({ kind }) => kind === third)?.id ?? 'none'
  const until = op === 'shelve' ? clock(words.at(-1) ?? '') : 0
  const { result, steps } = desk.work({ op, id, by: { ...operator, name: first }, note, to: words.at(-1) ?? '', until }, now)
  if (result.kind === 'refused') throw new Error(`${act}: ${result.detail}`)
  return steps
}

const stepText = ({ received, kind, seal, site, step, severity, by, note }: AlarmStep): string =>
  `${clockText(received)} ${kind} ${seal === '' ? site : `seal-${Number.parseInt(seal, 16)}`} ${step} ${severity}${by === '' ? '' : ` by ${by}`}${note === '' ? '' : ` (${note})`}`

const play = ({ world, acts, until }: Scenario): string[] => {
  const desk = newDesk(world)
  const lines: string[] = []
  const tell = (steps: readonly AlarmStep[]): void => {
    lines.push(...steps.map(stepText))
    for (const { at, webhook: name, step, severity } of desk.takeFresh()) lines.push(`${clockText(at)} notice to ${name}: ${step} ${severity}`)
  }
  for (let now = AT; now <= until; now += 1000) {
    for (const act of acts.get(now) ?? []) tell(perform(desk, act, now))
    tell(desk.tick(now))
  }
  return lines
}

describe('what becomes of an alarm', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'))
  test.each(files)('%s', (file) => {
    const scenario = readScenario(readFileSync(join(folder, file), 'utf8'))
    expect(scenario.expected.length).toBeGreaterThan(0)
    expect(play(scenario)).toEqual(scenario.expected)
  })
  test('there are scenarios', () => expect(files.length).toBeGreaterThan(7))
})
