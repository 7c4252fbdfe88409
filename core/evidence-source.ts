import type { EvidenceCount, EvidenceEvent, EvidenceStep } from './evidence.ts'
import type { AlarmKindName, EventKindName, SiteKindName } from './kinds.ts'
import type { StoredChange, StoredPolicy, StoredWork } from './stored-op.ts'

// What evidence asks of the store, in words of the core: `live` puts questions, `storage` answers them from ClickHouse.

export type StoredStep = EvidenceStep & {
  readonly kind: AlarmKindName
  readonly site: string
  readonly siteKey: number
  readonly area: string
  readonly seal: string
}
export type StoredKey = { readonly siteKey: number; readonly site: string; readonly area: string; readonly kind: SiteKindName }
export type Outage = { readonly area: string; readonly from: number; readonly until: number }

/** Events of these site keys: all of these seals and, of the others, what takes openings of a permit; null: of all seals. */
export type EventScope = { readonly siteKeys: readonly number[]; readonly seals: readonly string[] | null }
export type Span = { readonly from: number; readonly until: number }

export type EvidenceSource = {
  /** In the order of the log; empty where there is no such alarm, or its data has expired. */
  readonly steps: (id: string) => Promise<readonly StoredStep[]>
  readonly keysOfSite: (site: string) => Promise<readonly StoredKey[]>
  /** Keys of sites at or below an area, at most so many. */
  readonly keysOfArea: (area: string, most: number) => Promise<readonly StoredKey[]>
  readonly keysOfSeals: (seals: readonly string[]) => Promise<readonly number[]>
  readonly changes: (siteKeys: readonly number[]) => Promise<readonly StoredChange[]>
  readonly policies: () => Promise<readonly StoredPolicy[]>
  readonly work: (siteKeys: readonly number[], until: number) => Promise<readonly StoredWork[]>
  /** When alarms of these kinds were raised, ascending and each once: the newest of a span. */
  readonly raiseTimes: (kinds: readonly AlarmKindName[], span: Span, most: number) => Promise<readonly number[]>
  /** Where the engine did not tick (core/tick-gap.ts), ascending. */
  readonly gaps: (span: Span) => Promise<readonly Span[]>
  readonly outages: (span: Span) => Promise<readonly Outage[]>
  /** How many events were received until then, and when the first of the newest `most` of them was. */
  readonly extent: (scope: EventScope, until: number, most: number) => Promise<{ readonly count: number; readonly first: number; readonly firstOfMost: number }>
  /** Rows for a replay (core/stored-events.ts), by time received. */
  readonly events: (scope: EventScope, span: Span) => Promise<Uint8Array>
  /** Events of a span of their own time, oldest first: its newest, or its oldest, and how many more there are. */
  readonly shown: (
    scope: EventScope,
    span: Span,
    of: { readonly kinds: readonly EventKindName[]; readonly most: number; readonly end: 'newest' | 'oldest' },
  ) => Promise<{ readonly items: readonly EvidenceEvent[]; readonly leftOut: number }>
  /** The newest counts received until then, oldest first. */
  readonly counts: (siteKeys: readonly number[], until: number, most: number) => Promise<readonly EvidenceCount[]>
  /** Openings taken of these permits by events received until then. */
  readonly openingsUsed: (siteKeys: readonly number[], until: number) => Promise<ReadonlyMap<number, number>>
}
