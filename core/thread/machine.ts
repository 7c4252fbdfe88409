import type { Directory } from '../directory.ts'
import type { AccessNote, AlarmView, AlarmWork, Delivery, PermitView, Principal, RegistryOp, RegistryResult, WebhookRecord, WorkResult } from '../ops.ts'
import type { FleetPolicy, KindPolicy } from '../policy.ts'
import type { PolicyInForce, PolicyVersion } from '../registry-policy.ts'
import type { AlarmStep, Chunk, PlainRows } from '../rows.ts'
import type { Position } from '../ids.ts'

// The machine of one partition: takes the log's entries in order, runs the shards over them on worker threads, folds what
// they signal into the alarm desk, and hands on rows, alarm steps and occupancy. Same entries, same outputs, byte for byte.

/** The counts of the ledger, cumulative over the log's life. offered = accepted + rejected; accepted = stored + repeated + tooOld + waiting. */
export type Ledger = {
  readonly offered: number
  readonly accepted: number
  readonly rejected: number
  readonly repeated: number
  readonly tooOld: number
  readonly applied: number
  /** Of `rejected`, by REASON number; sums to it. */ readonly rejectedByReason: ReadonlyMap<number, number>
}

/** What one round of entries gave. Handed over in log order, once per run; after a restart those since the snapshot come again. */
export type Round = {
  readonly from: Position
  readonly to: Position
  /** Wall time of the round's last entry. */
  readonly received: number
  /** The position of the extent entry before these rows: their `block`. */
  readonly block: Position
  /** The round ends with an extent entry: the block is complete. */
  readonly ends: boolean
  readonly chunks: readonly Chunk[]
  readonly plain: PlainRows
  readonly alarmSteps: readonly AlarmStep[]
  /** Alarms as they stand after the steps, one for each id in alarmSteps. */
  readonly alarms: readonly AlarmView[]
  /** Notices for webhooks that were made: they wait in `outbox` until one is reported delivered. */
  readonly deliveries: readonly Delivery[]
  /** Sites whose count changed (siteNo), empty unless `watchOccupancy(true)`. */
  readonly sitesChanged: Uint32Array
  /** Sites that left live views: observation ended, or erased. */
  readonly sitesEnded: readonly number[]
  /** Site keys whose data has expired and must be deleted everywhere. */
  readonly expiredKeys: readonly number[]
  readonly rejectedByReason: ReadonlyMap<number, number>
}

/** Whether a seal is heard: missed ones are `offline`; a new one that had no time to be heard is neither. */
export type Link = 'online' | 'offline' | 'unheard'
export type SiteState = {
  readonly siteNo: number
  readonly siteKey: number
  readonly site: string
  readonly area: string
  readonly kind: string
  readonly headcount: number
  readonly capacity: number | null
  readonly observation: { readonly from: number; readonly until: number } | null
  readonly raw: number
  readonly corrected: number
  readonly confidence: number
  /** Since when (event time) corrected differs from headcount; null when equal. */
  readonly differsSince: number | null
  readonly door: 'open' | 'closed' | 'unknown'
  readonly online: boolean
  /** `unheard`: no seal has been heard yet, and none is missed yet. */
  readonly link: Link
  readonly seals: readonly {
    readonly seal: string
    readonly door: 'open' | 'closed' | 'unknown'
    readonly online: boolean
    readonly link: Link
    readonly lastHeard: number
    readonly batteryMv: number
  }[]
}

export type Machine = {
  /** Offers a durable entry, in log order without gaps. Returns at once; the machine works at its own pace. `bytes` is not kept by the caller. */
  readonly offer: (position: Position, bytes: Uint8Array) => void
  /** Entries offered and not yet applied; ingest pushes back on it. */
  readonly backlog: () => { readonly entries: number; readonly bytes: number }
  readonly applied: () => Position
  /** Resolves once the entry at `position` is applied. */
  readonly whenApplied: (position: Position) => Promise<void>
  readonly resultOf: (position: Position) => RegistryResult | WorkResult | undefined
  /** Before this wall time a tick changes nothing that detectors see or say; -Infinity where the next one has something to tell. */
  readonly tickDue: () => number
  /** Returns what ends the listening. */
  readonly onRound: (listener: (round: Round) => void) => () => void
  /** Whether rounds list the sites that changed; costs a little, so only with subscribers. */
  readonly watchOccupancy: (on: boolean) => void
  readonly directory: () => Directory
  /** Area paths by areaKey (index 0 unused); only ever grows. Ingest tells from it which areas a sender may write to. */
  readonly areas: () => readonly string[]
  readonly ledger: () => Ledger
  readonly siteState: (site: string) => SiteState | undefined
  readonly siteStateByNo: (siteNo: number) => SiteState | undefined
  /** Sites in siteNo order from a number on, live ones only. */
  readonly sites: (fromNo: number, limit: number, areaPrefix: string) => readonly SiteState[]
  readonly openAlarms: () => Iterable<AlarmView>
  readonly alarm: (id: string) => AlarmView | undefined
  /** With their secrets: for the notifier alone. */
  readonly webhooks: () => readonly WebhookRecord[]
  /** Notices that wait for their webhooks, by id, in the order they were made; and how many were given up, over the log's life. */
  readonly outbox: () => ReadonlyMap<string, Delivery>
  readonly noticesDropped: () => number
  /** Permits that are in force or to come, of live sites. */
  readonly permits: () => Iterable<PermitView>
  /** The policy in force; version 1 is the built-in defaults. */
  readonly policy: () => PolicyInForce
  /** Oldest first, the newest in force. */
  readonly policyVersions: () => readonly PolicyVersion[]
  /** The figures in force for a site, and for the whole fleet. */
  readonly policyOf: (siteNo: number) => KindPolicy
  readonly fleetPolicy: () => FleetPolicy
  readonly tokenByHash: (hash: string) => Principal | undefined
  readonly tokens: () => readonly { readonly name: string; readonly role: string; readonly areas: readonly string[] }[]
  readonly tokenName: (tokenNo: number) => string
  readonly fleet: () => { readonly sites: number; readonly sealsKnown: number; readonly sealsOnline: number; readonly stateBytes: number }
  /** A consistent copy of all state as of the last applied entry, to be written by the caller. */
  readonly snapshot: () => Promise<{ readonly position: Position; readonly parts: ReadonlyMap<string, Uint8Array> }>
  /** Why the machine stopped, if it did: a bug or a dead worker; the process must restart from snapshot and log. */
  readonly failed: Promise<never>
  readonly stop: () => Promise<void>
}
export type { RegistryOp, AlarmWork, AccessNote }
