import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { REASON } from '../core/kinds.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { EngineStatus } from './deps.ts'
import type { LiveHappening } from './happenings.ts'
import type { OutsideHappening } from './outside.ts'
import { countOpenAlarms } from './stats.ts'

// Everything that Prometheus reads. Counters come from happenings, in one exhaustive switch; ledger, fleet, log and sink are read
// from their owners at the scrape. No label has a value per seal, site or sender, and a scrape costs the same at any size of
// fleet. docs/metrics.md lists each; a test compares both ways.

export type MetricsDeps = { readonly machine: Machine; readonly status: () => EngineStatus; readonly liveClients: () => number }
export type Metrics = {
  readonly observe: (happening: LiveHappening | OutsideHappening) => void
  /** The exposition text. */
  readonly expose: () => Promise<string>
  readonly contentType: string
  readonly names: () => readonly string[]
}
/** 1 ms to 10 s, roughly three a decade. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const createMetrics = (deps: MetricsDeps): Metrics => {
  const registry = new Registry()
  readAtScrape(registry, deps)
  const observe = observer(registry)
  return { observe, expose: () => registry.metrics(), contentType: registry.contentType, names: () => registry.getMetricsAsArray().map((metric) => metric.name) }
}

const observer = (registry: Registry): Metrics['observe'] => {
  const counter = <const L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `sealstream_${name}`, help, labelNames: [...labelNames], registers: [registry] })
  const histogram = (name: string, help: string): Histogram => new Histogram({ name: `sealstream_${name}`, help, buckets: SECONDS, registers: [registry] })

  const eventToAlarm = histogram('event_to_alarm_seconds', 'From the receipt of the entry to the alarm on the live streams')
  const flush = histogram('log_flush_seconds', 'Time of one flushed group commit of the log')
  const insert = histogram('sink_insert_seconds', 'Time of one block into ClickHouse')
  const joined = counter('live_joined_total', 'Readers of the live stream that joined', ['resumed'])
  const left = counter('live_left_total', 'Readers of the live stream that left', ['reason'])
  const liveRefused = counter('live_refused_total', 'Live streams refused', ['reason'])
  const conflated = counter('live_occupancy_conflated_total', 'Occupancy values a slow reader did not see because a newer one replaced them')
  const queriesFailed = counter('queries_failed_total', 'Questions of the read API that ClickHouse did not answer', ['route'])
  const requestsRefused = counter('requests_refused_total', 'Requests refused whole', ['reason'])
  const rowsCapped = counter('rejected_rows_capped_total', 'Rejected events counted but not kept whole, beyond the sender cap')
  const retries = counter('sink_retries_total', 'Blocks sent to ClickHouse again', ['reason'])
  const blocks = counter('sink_blocks_total', 'Blocks verified in ClickHouse', ['table'])
  const doorRefused = counter('people_door_refused_total', 'Statements that the people’s door refused', ['reason'])

  return (happening) => {
    switch (happening.kind) {
      case 'alarm-raised': return eventToAlarm.observe(happening.seconds)
      case 'client-joined': return joined.inc({ resumed: String(happening.resumed) })
      case 'client-left': return left.inc({ reason: happening.reason })
      case 'client-refused': return liveRefused.inc({ reason: happening.reason })
      case 'occupancy-conflated': return conflated.inc(happening.sites)
      case 'query-failed': return queriesFailed.inc({ route: happening.route })
      case 'request-refused': return requestsRefused.inc({ reason: happening.reason })
      case 'rejected-capped': return rowsCapped.inc(happening.events)
      case 'log-flushed': return flush.observe(happening.seconds)
      case 'block-stored': {
        insert.observe(happening.seconds)
        return blocks.inc({ table: happening.table })
      }
      case 'block-retried': return retries.inc({ reason: happening.reason })
      case 'statement-refused': return doorRefused.inc({ reason: happening.reason })
      default: return unreachable(happening)
    }
  }
}
const unreachable = (happening: never): never => {
  throw new Error(`a happening without a metric: ${JSON.stringify(happening)}`)
}

/** A counter whose owner keeps the count (in the log): it survives restarts, and never goes back. */
const readAtScrape = (registry: Registry, { machine, status, liveClients }: MetricsDeps): void => {
  const registers = [registry]
  const total = (name: string, help: string, read: () => number): Counter =>
    new Counter({ name: `sealstream_${name}`, help, registers, collect() { this.reset(); this.inc(read()) } })
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({ name: `sealstream_${name}`, help, registers, collect() { this.set(read()) } })

  total('events_offered_total', 'Events offered: accepted + rejected', () => machine.ledger().offered)
  total('events_accepted_total', 'Events with a receipt: stored + repeated + too old + waiting', () => machine.ledger().accepted)
  total('events_repeated_total', 'Events recognised as repeats', () => machine.ledger().repeated)
  total('events_too_old_total', 'Events too old to be told from repeats, kept in rejected_events', () => machine.ledger().tooOld)
  total('events_stored_total', 'Events verified in ClickHouse', () => status().sink.eventsStored)
  gauge('events_waiting', 'Events accepted and not yet stored, repeated or too old', () => waiting(machine, status()))
  new Counter({
    name: 'sealstream_events_rejected_total', help: 'Events rejected, by reason', labelNames: ['reason'], registers,
    collect() {
      this.reset()
      const { rejectedByReason } = machine.ledger()
      for (const [name, no] of Object.entries(REASON)) if (no !== REASON.SEQUENCE_TOO_OLD) this.inc({ reason: name }, rejectedByReason.get(no) ?? 0)
    },
  })
  const open = countOpenAlarms(machine)
  new Gauge({
    name: 'sealstream_alarms_open', help: 'Open alarms, by kind and severity', labelNames: ['kind', 'severity'], registers,
    collect() {
      this.reset()
      open.forEach((kind, severity, count) => this.set({ kind, severity }, count))
    },
  })
  gauge('sites', 'Sites in live views', () => machine.fleet().sites)
  gauge('seals_known', 'Seals registered', () => machine.fleet().sealsKnown)
  gauge('seals_online', 'Seals heard within their supervision time', () => machine.fleet().sealsOnline)
  gauge('state_bytes', 'Memory of the shards’ tables', () => machine.fleet().stateBytes)
  gauge('machine_backlog_entries', 'Entries durable and not yet applied', () => machine.backlog().entries)
  gauge('machine_backlog_bytes', 'Bytes durable and not yet applied', () => machine.backlog().bytes)
  gauge('log_bytes', 'Bytes of the log on disk', () => status().log.bytes)
  gauge('sink_oldest_unstored_seconds', 'Age of the oldest entry whose rows are not verified in ClickHouse', () => status().sink.oldestUnstoredSeconds)
  total('rows_stored_total', 'Rows verified in ClickHouse, all tables', () => status().sink.rowsStored)
  gauge('live_clients', 'Readers of the live stream', liveClients)
  gauge('memory_resident_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
}
const waiting = (machine: Machine, status: EngineStatus): number => {
  const { accepted, repeated, tooOld } = machine.ledger()
  return Math.max(0, accepted - repeated - tooOld - status.sink.eventsStored)
}
