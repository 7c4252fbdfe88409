// Replays a window of what is stored under the policy as it was and under another one, group of sites by group, on threads of its own.
// Sites do not depend on each other, but for outages of an area: those are taken as they were raised then.

import { Piscina } from 'piscina'
import { ALARM_RULES } from '../../core/alarm-rules.ts'
import type { AlarmKindName } from '../../core/kinds.ts'
import { POLICY_DEFAULT, type Policy } from '../../core/policy.ts'
import type { PolicyDocument } from '../../core/policy-document.ts'
import { STORED_EVENT_BYTES, storedEvents } from '../../core/stored-events.ts'
import type { StoredOp, StoredPolicy } from '../../core/stored-op.ts'
import type { StreamTask } from '../../core/thread/replay-stream-worker.ts'
import type { ReplayResult } from '../../core/thread/stored-replay.ts'
import { type TickGap, tickMsOf } from '../../core/thread/tick-grid.ts'
import type { Target } from '../target.ts'
import { compareLists, type Compared, raisesOf } from './compare.ts'
import {
  eventRows,
  gapsOf,
  groupsOf,
  insideOf,
  newestReceived,
  opsOf,
  outagesOf,
  piecesOf,
  policiesOf,
  raisedThen,
  tickTimes,
  type Group,
  type Outage,
  type Raise,
  type Window,
} from './read.ts'
import { type Stream, streamTo } from './stream.ts'

export type TryOptions = { readonly lastMs: number; readonly warmMs: number; readonly threads: number; readonly say: (line: string) => void }
export type Tried = Compared & {
  readonly window: Window
  readonly groups: number
  readonly events: number
  readonly tickMs: number
  readonly seconds: number
  /** What could not be replayed as it was, in words. */
  readonly notes: readonly string[]
}

/** Events of a group of sites: few groups, for each goes through all ticks of the window, and what their machines hold of so many is small. */
const GROUP_EVENTS_MAX = 20_000_000
/** Events read at a time: 57 bytes each from the door (which gives 64 MiB), and as much again as entries on each thread. */
const PIECE_EVENTS_MAX = 500_000
/** Fewer different times, whole seconds apart, may be a host's clock's by chance. */
const TIMES_MIN = 20
/** Times received of so many events tell whether a clock was simulated. */
const TIMES_LOOKED_AT = 10_000
const TICK_MS = 1000
const TICK_MS_MAX = 60_000
/** Twins of two policies: a grace that is changed moves a raise, by less than this mostly. */
export const PAIR_MS = 3_600_000
/** The door gives this many rows: a minute with more of one group is left out, and said. */
const EVENTS_A_READ_MAX = 1_000_000

const TICK_KINDS = (Object.keys(ALARM_RULES) as AlarmKindName[]).filter((kind) => ALARM_RULES[kind].raisedAt === 'tick')
const NO_OUTAGES: Policy = { ...POLICY_DEFAULT, outageSealsMin: Number.MAX_SAFE_INTEGER }
const withoutOutages = ({ outageSealsMin: _, ...document }: PolicyDocument): PolicyDocument => document

type Run = {
  readonly target: Target
  readonly window: Window
  readonly ticks: readonly number[]
  readonly gaps: readonly TickGap[]
  readonly outages: readonly Outage[]
  readonly present: readonly StoredPolicy[]
  readonly tried: readonly StoredPolicy[]
  readonly replay: (input: StreamTask['input']) => Stream
}
type Outcome = {
  readonly present: readonly Raise[]
  readonly tried: readonly Raise[]
  readonly events: number
  readonly tickMs: number
  readonly notes: readonly string[]
}

export const tryPolicy = async (target: Target, document: PolicyDocument, options: TryOptions): Promise<Tried> => {
  const began = performance.now()
  const until = await newestReceived(target)
  const window = { warm: until - options.lastMs - options.warmMs, from: until - options.lastMs, until }
  const [groups, policies, ticks, gaps, outages, raised] = [
    await groupsOf(target, window, GROUP_EVENTS_MAX),
    await policiesOf(target),
    await tickTimes(target, TICK_KINDS, window),
    await gapsOf(target, window),
    await outagesOf(target, window),
    await raisedThen(target, window),
  ]
  const pool = new Piscina({
    filename: new URL('../../core/thread/replay-stream-worker.js', import.meta.url).href,
    minThreads: 0,
    // Both replays of a group take its pieces together, so each needs a thread at once.
    maxThreads: Math.max(2, options.threads),
    idleTimeout: 10_000,
  })
  const run: Run = {
    target,
    window,
    ticks,
    gaps,
    outages,
    present: policies.map((policy) => ({ ...policy, document: withoutOutages(policy.document) })),
    tried: [{ kind: 'policy', received: 0, version: 0, by: 'policy try', document: withoutOutages(document) }],
    replay: (input) => streamTo(pool, input),
  }
  try {
    const outcomes = await allGroups(run, groups, options)
    // Outages are the same in all three lists, for they are taken as they were.
    const areas = raised.filter(({ kind }) => kind === 'area-outage')
    const lists = { raised, present: [...outcomes.flatMap(({ present }) => present), ...areas], tried: [...outcomes.flatMap(({ tried }) => tried), ...areas] }
    const tickMs = outcomes.find((outcome) => outcome.tickMs !== TICK_MS)?.tickMs ?? TICK_MS
    return {
      ...compareLists(lists, { tickMs, pairMs: PAIR_MS }),
      window,
      groups: groups.length,
      events: outcomes.reduce((sum, outcome) => sum + outcome.events, 0),
      tickMs,
      seconds: (performance.now() - began) / 1000,
      notes: [...new Set(outcomes.flatMap(({ notes }) => notes))],
    }
  } finally {
    await pool.destroy()
  }
}

/** As many groups at a time as there are pairs of threads. */
const allGroups = async (run: Run, groups: readonly Group[], { threads, say }: TryOptions): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  let next = 0
  let told = performance.now()
  const worker = async (): Promise<void> => {
    while (next < groups.length) {
      outcomes.push(await oneGroup(run, groups[next++] as Group))
      if (performance.now() - told < 2_000) continue
      told = performance.now()
      say(`${outcomes.length} of ${groups.length} groups of sites, ${outcomes.reduce((sum, { events }) => sum + events, 0)} events`)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.floor(threads / 2)) }, worker))
  return outcomes
}

const oneGroup = async (run: Run, group: Group): Promise<Outcome> => {
  const { target, window, ticks, gaps, outages } = run
  const all = await piecesOf(target, window, { group, most: PIECE_EVENTS_MAX })
  const pieces = all.filter(({ events }) => events <= EVENTS_A_READ_MAX)
  const leftOut = all.length - pieces.length
  const ops = await opsOf(target, window, group)
  const inside = await insideOf(target, window, group)
  let next = pieces[0] === undefined ? undefined : await eventRows(target, pieces[0], group)
  const tickMs = tickMsOf([...ticks, ...timesOf(next)], { otherwise: TICK_MS, max: TICK_MS_MAX, least: TIMES_MIN })
  const input = (policies: readonly StoredPolicy[]): StreamTask['input'] => ({
    ops: byTime([...policies, ...ops]),
    policy: NO_OUTAGES,
    ticks,
    tickMs,
    gaps,
    ties: 'tick-first',
    ticksFromMs: window.warm,
    fromMs: window.from,
    untilMs: window.until,
    inside,
  })
  const replays = [run.replay(input(run.present)), run.replay(input(run.tried))] as const
  let events = 0
  for (let at = 0; next !== undefined; at += 1) {
    const piece: Buffer = next
    events += piece.byteLength / STORED_EVENT_BYTES
    const following = pieces[at + 1]
    // The next piece is read while both are at this one.
    const reading = following === undefined ? Promise.resolve(undefined) : eventRows(target, following, group)
    await Promise.all(replays.map((replay) => replay.feed(piece)))
    next = await reading
  }
  const [present, tried] = (await Promise.all(replays.map((replay) => replay.finish()))) as [ReplayResult, ReplayResult]
  return {
    present: raisesOf(present.steps, outages, window.until),
    tried: raisesOf(tried.steps, outages, window.until),
    events,
    tickMs,
    notes: [
      ...present.refused,
      ...tried.refused,
      ...(present.unplaced === 0 ? [] : [`${present.unplaced} events found no assignment`]),
      ...(present.stepsLeftOut + tried.stepsLeftOut === 0 ? [] : ['a group of sites had more steps of alarms than are kept: its last ones are left out']),
      ...(leftOut === 0 ? [] : [`${leftOut} minutes of sites ${group.first} to ${group.last} had more events than one read gives: they were left out`]),
    ],
  }
}

const timesOf = (rows: Buffer | undefined): readonly number[] => {
  if (rows === undefined) return []
  const events = storedEvents(rows)
  return Array.from({ length: Math.min(events.count, TIMES_LOOKED_AT) }, (_, row) => events.received(row))
}

/** Stable: a policy comes before what was received with it. */
const byTime = (ops: readonly StoredOp[]): readonly StoredOp[] => ops.toSorted((a, b) => a.received - b.received)
