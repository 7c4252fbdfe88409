import type { TestEvent } from './entries.ts'

// What a site's raw count must be, from docs/detectors.md ("Raw") alone: everything heard is looked through again, nothing is kept.

const TWO32 = 2 ** 32
const STEP_MAX = 1_000_000
const step = (from: number, to: number): number => (((to - from) % TWO32) + TWO32) % TWO32
const signed = ({ kind, value }: TestEvent): number => (kind === 'PASSAGE_IN' ? value : kind === 'PASSAGE_OUT' ? -value : 0)
const net = (events: readonly TestEvent[]): number => events.reduce((sum, event) => sum + signed(event), 0)

/** People in minus people out over the doors, by the events in the order in which they arrived. */
export const netOf = (arrived: readonly TestEvent[]): number => {
  const fresh = arrived.filter(
    (event, n) => arrived.findIndex((other) => other.watch === event.watch && other.boot === event.boot && other.seq === event.seq) === n,
  )
  const watches = [...new Set(fresh.map(({ watch }) => watch))]
  return watches.reduce((sum, watch) => sum + netOfWatch(fresh.filter((event) => event.watch === watch)), 0)
}

const netOfWatch = (events: readonly TestEvent[]): number => {
  const boots = [...new Set(events.map(({ boot }) => boot))]
  const lowest = Math.min(...boots)
  return boots.reduce(
    (sum, boot) =>
      sum +
      netOfBoot(
        events.filter((event) => event.boot === boot),
        boot > lowest,
      ),
    0,
  )
}

const netOfBoot = (events: readonly TestEvent[], later: boolean): number => {
  const counters: TestEvent[] = []
  for (const event of events.filter(({ kind }) => kind === 'COUNTER')) {
    const before = counters.filter(({ seq }) => seq < event.seq).toSorted((a, b) => b.seq - a.seq)[0]
    const after = counters.filter(({ seq }) => seq > event.seq).toSorted((a, b) => a.seq - b.seq)[0]
    const near = [before === undefined ? [] : steps(before, event), after === undefined ? [] : steps(event, after)].flat()
    if (near.every((people) => people <= STEP_MAX)) counters.push(event)
  }
  const passages = events.filter(({ kind }) => kind.startsWith('PASSAGE'))
  const bySeq = counters.toSorted((a, b) => a.seq - b.seq)
  const [lowest, highest] = [bySeq[0], bySeq.at(-1)]
  if (lowest === undefined || highest === undefined) return net(passages)
  const [firstIn, firstOut] = totalsOf(lowest)
  const isWhole = later && firstIn <= STEP_MAX && firstOut <= STEP_MAX
  const until = isWhole ? firstIn - firstOut : net(passages.filter(({ seq }) => seq < lowest.seq))
  const [between = 0, out = 0] = steps(lowest, highest)
  return until + between - out + net(passages.filter(({ seq }) => seq > highest.seq))
}

const totalsOf = ({ totals }: TestEvent): readonly [number, number] => totals ?? [0, 0]
const steps = (from: TestEvent, to: TestEvent): number[] => totalsOf(from).map((total, n) => step(total, totalsOf(to)[n] as number))
