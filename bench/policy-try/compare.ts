// Which alarms of two lists are the same. Pure. An alarm of one list has its twin in the other where kind and key are equal and the two
// were raised within `withinMs`; the nearest are paired first, each once.

import { areaCovers } from '../../core/ids.ts'
import { ALARM } from '../../core/kinds.ts'
import type { ReplayStep } from '../../core/thread/stored-replay.ts'
import type { Outage, Raise } from './read.ts'

export type KindRow = {
  readonly kind: string
  /** Raised then, as stored. */
  readonly raised: number
  /** … of which the replay with the policy as it was raises too, within a tick. */
  readonly alike: number
  readonly present: number
  readonly tried: number
  readonly onlyPresent: number
  readonly onlyTried: number
}
export type Difference = { readonly only: 'present' | 'tried'; readonly alarm: Raise }

const keyOf = ({ kind, site, area, seal }: Raise): string => `${kind} ${site === '' ? area : site} ${seal}`

/** Alarms of `left` without a twin in `right`. */
export const without = (left: readonly Raise[], right: readonly Raise[], withinMs: number): readonly Raise[] => {
  const byKey = new Map<string, Raise[]>()
  for (const raise of right) {
    const own = byKey.get(keyOf(raise))
    if (own === undefined) byKey.set(keyOf(raise), [raise])
    else own.push(raise)
  }
  const pairs = left.flatMap((raise, index) =>
    (byKey.get(keyOf(raise)) ?? []).map((twin) => ({ index, twin, apart: Math.abs(twin.raisedAt - raise.raisedAt) })).filter(({ apart }) => apart <= withinMs),
  )
  const taken = new Set<Raise>()
  const paired = new Set<number>()
  for (const { index, twin } of pairs.toSorted((a, b) => a.apart - b.apart)) {
    if (taken.has(twin) || paired.has(index)) continue
    taken.add(twin)
    paired.add(index)
  }
  return left.filter((_, index) => !paired.has(index))
}

export type Lists = { readonly raised: readonly Raise[]; readonly present: readonly Raise[]; readonly tried: readonly Raise[] }
export type Compared = { readonly kinds: readonly KindRow[]; readonly differences: readonly Difference[] }

export const compareLists = (lists: Lists, { tickMs, pairMs }: { readonly tickMs: number; readonly pairMs: number }): Compared => {
  const onlyPresent = without(lists.present, lists.tried, pairMs)
  const onlyTried = without(lists.tried, lists.present, pairMs)
  const notAlike = without(lists.raised, lists.present, tickMs)
  const of = (list: readonly Raise[], kind: string): number => list.filter((raise) => raise.kind === kind).length
  const order = Object.keys(ALARM)
  const seen = new Set([...lists.raised, ...lists.present, ...lists.tried].map(({ kind }) => kind))
  return {
    kinds: order
      .filter((kind) => seen.has(kind))
      .map((kind) => ({
        kind,
        raised: of(lists.raised, kind),
        alike: of(lists.raised, kind) - of(notAlike, kind),
        present: of(lists.present, kind),
        tried: of(lists.tried, kind),
        onlyPresent: of(onlyPresent, kind),
        onlyTried: of(onlyTried, kind),
      })),
    differences: [
      ...onlyPresent.map((alarm): Difference => ({ only: 'present', alarm })),
      ...onlyTried.map((alarm): Difference => ({ only: 'tried', alarm })),
    ].toSorted((a, b) => a.alarm.raisedAt - b.alarm.raisedAt || (keyOf(a.alarm) < keyOf(b.alarm) ? -1 : 1)),
  }
}

/** The raises of a replay. A seal that goes offline while its area is out is raised when the outage is over, if it is offline still. */
export const raisesOf = (steps: readonly ReplayStep[], outages: readonly Outage[], until: number): readonly Raise[] => {
  const ends = endsOf(steps)
  return steps.flatMap((step) => {
    if (step.step !== 'raised') return []
    const { kind, site, area, seal, severity, time, received, value } = step
    const raise = { kind, site, area, seal, severity, since: time, raisedAt: received, value }
    const outage = kind === 'offline' ? outages.find((one) => areaCovers(one.area, area) && received >= one.from && received < one.until) : undefined
    if (outage === undefined) return [raise]
    const end = ends.get(step.id) ?? Infinity
    return end > outage.until && outage.until <= until ? [{ ...raise, raisedAt: outage.until }] : []
  })
}
const endsOf = (steps: readonly ReplayStep[]): ReadonlyMap<string, number> =>
  new Map(steps.filter(({ kind, step }) => kind === 'offline' && step === 'condition-gone').map(({ id, received }) => [id, received]))
