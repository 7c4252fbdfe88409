import type { Machine } from '../core/thread/machine.ts'
import type { Clock, Figures } from './hub.ts'
import type { Stats } from './protocol.ts'

// The figures of the whole engine, taken once a second. Open alarms are counted as rounds change them, never by a scan.

export type StatsSource = { readonly take: () => Stats; readonly last: () => Stats }
type StatsDeps = { readonly machine: Machine; readonly clock: Clock; readonly figures: () => Figures; readonly clients: () => number }

export const createStats = ({ machine, clock, figures, clients }: StatsDeps): StatsSource => {
  const open = countOpenAlarms(machine)
  let offered = machine.ledger().offered
  let at = performance.now()
  const measure = (eventsPerSecond: number): Stats => {
    const fleet = machine.fleet()
    return {
      at: new Date(clock()).toISOString(),
      eventsPerSecond,
      ...figures(),
      clients: clients(),
      fleet: { sites: fleet.sites, sealsKnown: fleet.sealsKnown, sealsOnline: fleet.sealsOnline, alarmsOpen: open.bySeverity() },
    }
  }
  let last: Stats | undefined
  return {
    take: () => {
      // Real seconds, not the engine's: a simulation may drive the engine's clock at any speed.
      const now = performance.now()
      const total = machine.ledger().offered
      const seconds = Math.max(0.001, (now - at) / 1000)
      const rate = Math.max(0, Math.round((total - offered) / seconds))
      offered = total
      at = now
      last = measure(rate)
      return last
    },
    last: () => (last ??= measure(0)),
  }
}

export type OpenAlarms = {
  readonly bySeverity: () => Readonly<Record<string, number>>
  /** Calls back with each kind and severity that has been open since the start, and how many are. */
  readonly forEach: (visit: (kind: string, severity: string, count: number) => void) => void
}

/** Open alarms by kind and severity, kept by listening to rounds. Hearing a round twice changes nothing. */
export const countOpenAlarms = (machine: Machine): OpenAlarms => {
  const open = new Map<string, string>()
  const counts = new Map<string, number>()
  const add = (key: string, by: number): void => void counts.set(key, (counts.get(key) ?? 0) + by)
  const set = (id: string, key: string | undefined): void => {
    const before = open.get(id)
    if (before === key) return
    if (before !== undefined) add(before, -1)
    if (key === undefined) open.delete(id)
    else {
      open.set(id, key)
      add(key, 1)
    }
  }
  for (const alarm of machine.openAlarms()) set(alarm.id, `${alarm.kind} ${alarm.severity}`)
  machine.onRound((round) => {
    for (const alarm of round.alarms) set(alarm.id, alarm.state === 'open' ? `${alarm.kind} ${alarm.severity}` : undefined)
  })
  const forEach: OpenAlarms['forEach'] = (visit) => {
    for (const [key, count] of counts) {
      const [kind = '', severity = ''] = key.split(' ')
      visit(kind, severity, count)
    }
  }
  return {
    forEach,
    bySeverity: () => {
      const sums: Record<string, number> = { critical: 0, major: 0, minor: 0, info: 0 }
      forEach((_, severity, count) => {
        sums[severity] = (sums[severity] ?? 0) + count
      })
      return sums
    },
  }
}
