import type { PolicyPaper } from './figures.ts'
import type { Entry } from './oracle.ts'
import { choices, paperOf } from './paper.ts'
import type { Plan } from './plan.ts'
import { type Done, type Happening, playScenes, SEALS, type Sensed, SITES, startOf, type Stage } from './scenes.ts'
import { MINUTE, SECOND, type SentEvent } from './words.ts'

// From a plan to a history: what was sensed gets its boot, number and totals in the seal's own order, is lost, sent twice, late or
// newest-first on its way, and comes in batches between ticks that lie near what is due.

export type History = { readonly paper: PolicyPaper; readonly entries: readonly Entry[] }
type Sent = { readonly at: number; readonly event: SentEvent }

const isSensed = (happening: Happening): happening is Sensed => 'seal' in happening

export const historyOf = (plan: Plan): History => {
  const start = startOf(plan.minute)
  const stage: Stage = { start, minute: plan.minute, phase: plan.phase, sites: SITES(start) }
  const first: Entry = { kind: 'sites', at: start, sites: stage.sites }
  const happenings = playScenes(plan.scenes, stage)
  const paper = paperOf(plan.figures, plan.minute)
  const sent = deliver(plan, number(plan, happenings.filter(isSensed)))
  const done = happenings.filter((happening): happening is Done => !isSensed(happening))
  const entries: Entry[] = [...batches(sent, plan), ...done]
  const last = Math.max(start, ...entries.map(({ at }) => at))
  const ticks = ticksOf(plan, { start, last, times: [...sent.flatMap(({ at, event }) => [at, Math.min(event.clock, at)]), ...done.map(({ at }) => at)] })
  // Of one instant: people's doings first, then events, then the tick.
  const rank = ({ kind }: Entry): number => (kind === 'tick' ? 2 : kind === 'events' ? 1 : 0)
  const all = [...entries, ...ticks].filter(({ at }) => at > start).toSorted((a, b) => a.at - b.at || rank(a) - rank(b))
  return { paper, entries: [first, ...all] }
}

type Numbered = Sensed & { readonly event: SentEvent }
/** Each seal counts what it senses: boots, numbers, and how many went in and out since its power-up. */
const number = ({ delivery }: Plan, sensed: readonly Sensed[]): Numbered[] => {
  const numbered: Numbered[] = []
  SEALS.forEach((id, seal) => {
    const far = (delivery + seal) % 4 === 0 ? 2 ** 32 - 2 : 0
    const count = { boot: 1 + (seal % 3), seq: 10 * seal, totals: [far, (delivery + seal) % 3 === 0 ? 2 ** 32 - 1 : 5] as [number, number] }
    for (const one of sensed.filter((other) => other.seal === seal).toSorted((a, b) => a.time - b.time)) {
      if (one.reboot === true) Object.assign(count, { boot: count.boot + 1, seq: delivery % 2, totals: [0, 0] })
      count.seq += 1 + (one.skip ?? 0)
      if (one.toMultiple !== undefined) count.seq = Math.ceil(count.seq / one.toMultiple) * one.toMultiple
      const people = Math.max(1, one.value)
      if (one.kind === 'PASSAGE_IN') count.totals[0] = (count.totals[0] + people) % 2 ** 32
      if (one.kind === 'PASSAGE_OUT') count.totals[1] = (count.totals[1] + people) % 2 ** 32
      numbered.push({
        ...one,
        event: {
          seal: id,
          clock: one.wrongClock ?? one.time,
          boot: count.boot,
          seq: count.seq,
          kind: one.kind,
          value: one.kind === 'COUNTER' ? 0 : one.value,
          ...totalsOf(one, count.totals),
        },
      })
    }
  })
  return numbered
}
/** Of a counter; a corrupt one (value −1) says nonsense. */
const totalsOf = ({ kind, value }: Sensed, [peopleIn, peopleOut]: readonly [number, number]): Pick<SentEvent, 'totals'> =>
  kind === 'COUNTER' ? { totals: [value < 0 ? (peopleIn + 2_000_000_000) % 2 ** 32 : peopleIn, peopleOut] } : {}

const deliver = (plan: Plan, numbered: readonly Numbered[]): Sent[] => {
  const choose = choices(plan.delivery)
  const tardy = plan.delivery % 5
  return numbered.flatMap((one): Sent[] => {
    if (one.lost === true || choose(40) === 0) return []
    const slow = tardy === 0 ? 0 : tardy === 1 ? choose(15_000) : choose(6) === 0 ? choose(8000) : choose(2) * choose(300)
    const at = one.time + ([0, 0, 20, 1000][choose(4)] as number) + (one.late ?? 0) + slow
    const again = choose(15) === 0 ? [{ at: at + 30 + choose(4000), event: one.event }] : []
    return [{ at, event: one.event }, ...again]
  })
}

/** What arrives within the same half second is one entry, sometimes newest first. */
const batches = (sent: readonly Sent[], { delivery }: Plan): Entry[] => {
  const width = [1, 1, 250, 1000][delivery % 4] as number
  const groups = new Map<number, Sent[]>()
  for (const one of sent.toSorted((a, b) => a.at - b.at)) {
    const at = Math.ceil(one.at / width) * width
    groups.set(at, [...(groups.get(at) ?? []), one])
  }
  return [...groups].map(([at, group]) => ({ kind: 'events', at, events: (delivery % 3 === 0 ? group.toReversed() : group).map(({ event }) => event) }))
}

/** What may fall due so long after something happened. */
const AFTER = [0, 1, 5, 10, 15, 20, 30, 35, 40, 60, 61, 62, 120, 180, 240].map((s) => s * SECOND)
const TICKS_MAX = 90
const ticksOf = (
  { phase, ticks }: Plan,
  { start, last, times }: { readonly start: number; readonly last: number; readonly times: readonly number[] },
): Entry[] => {
  const choose = choices(ticks)
  const aligned = (time: number): number => Math.ceil((time - phase) / SECOND) * SECOND + phase
  const end = last + ([30 * SECOND, 4 * MINUTE, 20 * MINUTE, 150 * MINUTE][ticks % 4] as number)
  const found = new Set<number>()
  for (const time of times)
    for (const after of AFTER) {
      const at = aligned(time + after)
      if (at <= start || at > end) continue
      if (choose(after === 0 ? 2 : 8) === 0) found.add(at)
      if (choose(24) === 0) found.add(at - SECOND)
    }
  // Every second of a while, as the engine ticks; and now and then at odd times, as after a pause.
  const from = aligned(times.length === 0 ? start : (times[choose(times.length)] as number))
  for (let n = 0; n < 12; n += 1) found.add(from + n * SECOND)
  const step = Math.max(20 * SECOND, Math.floor((end - start) / 60 / SECOND) * SECOND)
  for (let at = aligned(start) + 7000; at < end; at += step + choose(120) * SECOND + (ticks % 5 === 0 ? choose(1000) : 0)) found.add(at)
  const all = [...found].filter((at) => at > start && at <= end).toSorted((a, b) => a - b)
  const kept = all.length <= TICKS_MAX ? all : all.filter(() => choose(all.length) < TICKS_MAX)
  return [...kept, end].map((at) => ({ kind: 'tick', at }))
}
