import type { AlarmBody } from '../core/alarm-body.ts'
import type { OccupancyBody } from './view.ts'

// The messages of the live stream. docs/live.md describes them for the people who write readers; the page (web/) reads them by
// these types.

export type Topic = 'alarms' | 'occupancy' | 'stats'
export const TOPICS: readonly Topic[] = ['alarms', 'occupancy', 'stats']
export type Format = 'json' | 'msgpack'

/** Figures of the whole engine; `fleet` only for readers who may see all areas. */
export type Stats = {
  readonly at: string
  readonly eventsPerSecond: number
  readonly rowsStored: number
  readonly lagSeconds: number
  readonly clients: number
  readonly fleet: null | {
    readonly sites: number
    readonly sealsKnown: number
    readonly sealsOnline: number
    readonly alarmsOpen: Readonly<Record<string, number>>
  }
}
export type LiveMessage =
  | {
      readonly type: 'hello'
      readonly cursor: string
      readonly resumed: boolean
      readonly topics: readonly Topic[]
      readonly areas: readonly string[]
      readonly at: string
    }
  | { readonly type: 'alarms'; readonly alarms: readonly AlarmBody[] }
  | { readonly type: 'snapshot-end'; readonly cursor: string }
  | { readonly type: 'alarm'; readonly step: string; readonly by: string; readonly alarm: AlarmBody; readonly cursor: string }
  | { readonly type: 'occupancy'; readonly sites: readonly OccupancyBody[] }
  | { readonly type: 'ended'; readonly sites: readonly string[] }
  | ({ readonly type: 'stats'; readonly cursor: string } & Stats)
