import type { AlarmKindName, EventKindName, Severity, SiteKindName } from './kinds.ts'

// What an alarm rests on, as it is gathered from ClickHouse and handed to whoever shows it (docs/evidence.md). Times are Unix ms.

export type EvidenceAlarm = {
  readonly id: string
  readonly kind: AlarmKindName
  /** As raised. */
  readonly severity: Severity
  readonly site: string
  readonly area: string
  readonly seal: string
  readonly since: number
  readonly raisedAt: number
  readonly value: number
  /** When its last step says that it is closed. */
  readonly closedAt: number | null
}
export type EvidenceStep = {
  readonly step: string
  readonly severity: string
  readonly time: number
  readonly received: number
  readonly by: string
  readonly note: string
  readonly repeats: number
  readonly value: number
}
/** One of the events that the rule looked at. */
export type EvidenceEvent = {
  readonly seal: string
  readonly kind: EventKindName
  readonly time: number
  readonly received: number
  readonly deviceTime: number
  readonly value: number
  readonly boot: number
  readonly seq: number
  /** The permit that it took, or that covered it; 0 = none. */
  readonly permit: number
}
export type EvidenceCount = { readonly time: number; readonly received: number; readonly raw: number; readonly corrected: number; readonly confidence: number }
export type EvidencePermit = {
  readonly permit: number
  readonly from: number
  readonly until: number
  readonly openings: number | null
  /** Openings taken before the alarm was raised. */
  readonly used: number
  readonly source: string
  readonly reason: string
  readonly by: string
}
/** The site as it was registered when the alarm was raised. */
export type EvidenceSite = {
  readonly kind: SiteKindName
  readonly headcount: number
  readonly capacity: number | null
  readonly observation: { readonly from: number; readonly until: number } | null
  readonly seals: readonly { readonly id: string; readonly from: number | null; readonly until: number | null }[]
}
/** One parameter of the policy in force when the alarm was raised. */
export type EvidenceParameter = { readonly name: string; readonly value: unknown; readonly unit: string; readonly meaning: string }

export type Difference = { readonly what: 'raised' | 'since' | 'raisedAt' | 'value' | 'severity'; readonly stored: string; readonly recomputed: string }
export type Recomputation =
  | {
      readonly done: true
      readonly matches: boolean
      readonly differences: readonly Difference[]
      /** Also the id, which comes of the very millisecond and event: the recomputation is the same to the last bit. */
      readonly identical: boolean
      readonly from: number
      /** Null where the whole history is there; else why it begins in the middle, and what that may change. */
      readonly begins: string | null
      readonly events: number
      readonly ticks: number
      readonly ms: number
      readonly notes: readonly string[]
    }
  | { readonly done: false; readonly why: string }

export type Evidence = {
  readonly alarm: EvidenceAlarm
  readonly says: string
  readonly rule: string
  readonly policy: { readonly version: number; readonly since: number | null; readonly parameters: readonly EvidenceParameter[] }
  readonly steps: readonly EvidenceStep[]
  readonly events: {
    readonly from: number
    readonly until: number
    readonly kinds: readonly EventKindName[]
    readonly items: readonly EvidenceEvent[]
    readonly leftOut: number
  }
  readonly permits: readonly EvidencePermit[]
  readonly site: EvidenceSite | null
  readonly occupancy: readonly EvidenceCount[]
  readonly recomputation: Recomputation
}
