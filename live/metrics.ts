import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { REASON } from '../core/kinds.ts'
import { REASON_UNLISTED } from '../core/ledger.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { EngineStatus } from './deps.ts'
import type { LiveHappening } from './happenings.ts'
import type { Clock } from './hub.ts'
import type { OutsideHappening, SinkSeen } from './outside.ts'
import { countOpenAlarms } from './stats.ts'

// Everything that Prometheus reads. Counters come from happenings, in exhaustive switches; ledger, fleet, log and sink are read
// from their owners at the scrape. No label has a value per seal, site or sender, and a scrape costs the same at any size of
// fleet. docs/metrics.md lists each; a test compares both ways.

export type MetricsDeps = { readonly machine: Machine; readonly status: () => EngineStatus; readonly liveClients: () => number; readonly clock: Clock }
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
  return {
    observe,
    expose: () => registry.metrics(),
    contentType: registry.contentType,
    names: () => registry.getMetricsAsArray().map((metric) => metric.name),
  }
}

type Make = {
  readonly counter: <const L extends string = never>(name: string, help: string, labelNames?: readonly L[]) => Counter<L>
  readonly histogram: (name: string, help: string) => Histogram
}
const observer = (registry: Registry): Metrics['observe'] => {
  const make: Make = {
    counter: (name, help, labelNames = []) => new Counter({ name: `sealstream_${name}`, help, labelNames: [...labelNames], registers: [registry] }),
    histogram: (name, help) => new Histogram({ name: `sealstream_${name}`, help, buckets: SECONDS, registers: [registry] }),
  }
  const ofLive = liveObserver(make)
  const ofOutside = outsideObserver(make)
  return (happening) => (ofLive(happening) ? undefined : ofOutside(happening as OutsideHappening))
}

/** Each observer's switch is exhaustive over its union; this one says whether the happening was its own. */
const liveObserver = ({ counter, histogram }: Make): ((happening: LiveHappening | OutsideHappening) => boolean) => {
  const eventToAlarm = histogram('event_to_alarm_seconds', 'From the receipt of the entry to the alarm on the live streams')
  const joined = counter('live_joined_total', 'Readers of the live stream that joined', ['resumed'])
  const left = counter('live_left_total', 'Readers of the live stream that left', ['reason'])
  const refused = counter('live_refused_total', 'Live streams refused', ['reason'])
  const conflated = counter('live_occupancy_conflated_total', 'Occupancy values a slow reader did not see because a newer one replaced them')
  const queriesFailed = counter('queries_failed_total', 'Questions of the read API that ClickHouse did not answer', ['route'])
  const notices = counter('webhook_deliveries_total', 'Tries of notices of alarms to webhooks, by what became of them', ['result'])
  const noticeSeconds = histogram('webhook_delivery_seconds', 'Time of one try of a notice')
  const down = counter('webhook_down_total', 'Times that a webhook’s receiver was found to be down')
  const observers: { readonly [K in LiveHappening['kind']]: (happening: Extract<LiveHappening, { kind: K }>) => void } = {
    'alarm-raised': ({ seconds }) => eventToAlarm.observe(seconds),
    'client-joined': ({ resumed }) => joined.inc({ resumed: String(resumed) }),
    'client-left': ({ reason }) => left.inc({ reason }),
    'client-refused': ({ reason }) => refused.inc({ reason }),
    'occupancy-conflated': ({ sites }) => conflated.inc(sites),
    'query-failed': ({ route }) => queriesFailed.inc({ route }),
    'notice-sent': ({ result, seconds }) => {
      notices.inc({ result })
      noticeSeconds.observe(seconds)
    },
    'webhook-down': () => down.inc(),
    'webhook-recovered': () => undefined,
  }
  return (happening) => {
    const own = (observers as Readonly<Record<string, ((happening: never) => void) | undefined>>)[happening.kind]
    own?.(happening as never)
    return own !== undefined
  }
}

const outsideObserver = (make: Make): ((happening: OutsideHappening) => void) => {
  const { counter, histogram } = make
  const refused = counter('requests_refused_total', 'Requests refused whole, by the code of the problem', ['reason'])
  const failed = counter('requests_failed_total', 'Requests at which the engine itself failed', ['route'])
  const decode = histogram('decode_task_seconds', 'Time of one decode task')
  const requests = counter('requests_decoded_total', 'Requests and messages decoded')
  const bytes = counter('received_bytes_total', 'Bytes of decoded requests')
  const capped = counter('rejected_rows_capped_total', 'Rejected events counted but not kept whole, beyond the sender’s cap')
  const unlogged = counter('requests_unlogged_total', 'Requests that the log did not take: nothing of them was kept, and their senders were told', ['reason'])
  const opened = counter('event_sockets_opened_total', 'WebSockets of senders opened')
  const closed = counter('event_sockets_closed_total', 'WebSockets of senders closed', ['code'])
  const signedIn = counter('sessions_begun_total', 'People who signed in at the page')
  const flush = histogram('log_flush_seconds', 'Time of one flushed group commit of the log')
  const flushed = counter('log_flushed_bytes_total', 'Bytes flushed to the log')
  const statements = counter('people_door_refused_total', 'Statements that the people’s door refused', ['reason'])
  const sink = sinkObserver(make)
  return (happening) => {
    switch (happening.kind) {
      case 'request-refused':
        return refused.inc({ reason: happening.code })
      case 'request-failed':
        return failed.inc({ route: happening.route })
      case 'task-decoded': {
        decode.observe(happening.seconds)
        requests.inc(happening.requests)
        bytes.inc(happening.bytes)
        return capped.inc(happening.unlisted)
      }
      case 'log-refused':
        return unlogged.inc({ reason: happening.full ? 'full' : 'failed' }, happening.requests)
      case 'socket-opened':
        return opened.inc()
      case 'socket-closed':
        return closed.inc({ code: String(happening.code) })
      case 'signed-in':
        return signedIn.inc()
      case 'log-flushed': {
        flush.observe(happening.seconds)
        return flushed.inc(happening.bytes)
      }
      case 'statement-refused':
        return statements.inc({ reason: happening.reason })
      default:
        return sink(happening)
    }
  }
}

const sinkObserver = ({ counter, histogram }: Make): ((happening: SinkSeen) => void) => {
  const insert = histogram('sink_block_seconds', 'Time of one block into ClickHouse, until verified')
  const blocks = counter('sink_blocks_total', 'Blocks verified in ClickHouse', ['table'])
  const rows = counter('sink_rows_total', 'Rows verified in ClickHouse by this process', ['table'])
  const sent = counter('sink_bytes_total', 'Bytes of blocks verified in ClickHouse')
  const retries = counter('sink_retries_total', 'Inserts or counts that did not end well and were tried again', ['table'])
  const refused = counter('sink_refused_total', 'Times that ClickHouse refused a block’s content: that table waits', ['table'])
  const resolved = counter('sink_resolved_total', 'Ambiguous ends of inserts that a count resolved', ['there'])
  const spilled = counter('sink_spilled_bytes_total', 'Bytes of rows that waited for ClickHouse on disk')
  const spillFailures = counter('sink_spill_failures_total', 'Times that the disk did not take rows that wait: they stay in memory')
  const nameFailures = counter('sink_name_failures_total', 'Reloads of the names of sites that failed: new names show within a minute')
  const erased = counter('erased_site_keys_total', 'Site keys whose rows were deleted because their data expired')
  const eraseRetries = counter('erase_retries_total', 'Deletions of expired data that were tried again')
  return (happening) => {
    switch (happening.kind) {
      case 'block-verified': {
        insert.observe(happening.ms / 1000)
        blocks.inc({ table: happening.table })
        rows.inc({ table: happening.table }, happening.rows)
        return sent.inc(happening.bytes)
      }
      case 'retry':
        return retries.inc({ table: happening.table })
      case 'refused':
        return refused.inc({ table: happening.table })
      case 'resolved':
        return resolved.inc({ there: String(happening.there) })
      case 'spilled':
        return spilled.inc(happening.bytes)
      case 'spill-failed':
        return spillFailures.inc()
      case 'names-failed':
        return nameFailures.inc()
      case 'erased':
        return erased.inc(happening.siteKeys)
      case 'erase-retry':
        return eraseRetries.inc()
      default:
        return unreachable(happening)
    }
  }
}
const unreachable = (happening: never): never => {
  throw new Error(`a happening without a metric: ${JSON.stringify(happening)}`)
}

/** A counter whose owner keeps the count (in the log): it survives restarts, and never goes back. */
const readAtScrape = (registry: Registry, { machine, status, liveClients, clock }: MetricsDeps): void => {
  const registers = [registry]
  const total = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name: `sealstream_${name}`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name: `sealstream_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })

  total('events_offered_total', 'Events offered: accepted + rejected', () => machine.ledger().offered)
  total('events_accepted_total', 'Events with a receipt: stored + repeated + too old + waiting', () => machine.ledger().accepted)
  total('events_repeated_total', 'Events recognised as repeats', () => machine.ledger().repeated)
  total('events_too_old_total', 'Events too old to be told from repeats, kept in rejected_events', () => machine.ledger().tooOld)
  total('events_stored_total', 'Events verified in ClickHouse', () => status().sink.eventsStored)
  gauge('events_waiting', 'Events accepted and not yet stored, repeated or too old', () => waiting(machine, status()))
  new Counter({
    name: 'sealstream_events_rejected_total',
    help: 'Events rejected, by reason',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      const { rejectedByReason } = machine.ledger()
      // Beyond the sender's cap only the number is in the log; with it the reasons sum to offered - accepted.
      this.inc({ reason: 'UNLISTED' }, rejectedByReason.get(REASON_UNLISTED) ?? 0)
      for (const [name, no] of Object.entries(REASON)) if (no !== REASON.SEQUENCE_TOO_OLD) this.inc({ reason: name }, rejectedByReason.get(no) ?? 0)
    },
  })
  const open = countOpenAlarms(machine)
  new Gauge({
    name: 'sealstream_alarms_open',
    help: 'Open alarms, by kind and severity',
    labelNames: ['kind', 'severity'],
    registers,
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
  gauge('log_budget_bytes', 'Disk that the log may use', () => status().log.budgetBytes)
  gauge('sink_oldest_unstored_seconds', 'Age of the oldest entry whose rows are not verified in ClickHouse', () => status().sink.oldestUnstoredSeconds)
  gauge('sink_waiting_bytes', 'Rows that wait for ClickHouse in memory', () => status().sink.waitingBytes)
  gauge('sink_spooled_bytes', 'Rows that wait for ClickHouse on disk', () => status().sink.spooledBytes)
  new Gauge({
    name: 'sealstream_sink_table_refused',
    help: '1 while ClickHouse refuses a table’s rows for their content: that table waits',
    labelNames: ['table'],
    registers,
    collect() {
      this.reset()
      for (const { table } of status().sink.refused) this.set({ table }, 1)
    },
  })
  total('rows_stored_total', 'Rows verified in ClickHouse, all tables', () => status().sink.rowsStored)
  gauge('live_clients', 'Readers of the live stream', liveClients)
  gauge('webhooks', 'Webhooks registered', () => machine.webhooks().length)
  gauge('webhook_notices_waiting', 'Notices of alarms that wait for their webhooks', () => machine.outbox().size)
  gauge('webhook_oldest_waiting_seconds', 'Age of the oldest notice that waits', () => oldestNotice(machine, clock()))
  total('webhook_notices_dropped_total', 'Notices given up: too old, too many, or their webhook or site is gone', () => machine.noticesDropped())
  gauge('memory_resident_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
}
const oldestNotice = (machine: Machine, now: number): number => {
  for (const { at } of machine.outbox().values()) return Math.max(0, (now - at) / 1000)
  return 0
}
const waiting = (machine: Machine, status: EngineStatus): number => {
  const { accepted, repeated, tooOld } = machine.ledger()
  return Math.max(0, accepted - repeated - tooOld - status.sink.eventsStored)
}
