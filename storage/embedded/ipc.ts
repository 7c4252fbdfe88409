import type { AccessNote, Principal } from '../../core/ops.ts'

// What the engine and its ClickHouse child say to each other over the child's IPC channel. The child keeps no tokens: it asks.

export type ToChild =
  | { readonly kind: 'open'; readonly dataDir: string; readonly port: number; readonly secret: string; readonly peopleSecondsMax: number }
  | { readonly kind: 'principal'; readonly id: number; readonly principal: Principal | null }
  | { readonly kind: 'noted'; readonly id: number; readonly problem: string | null }
  | { readonly kind: 'stop' }
export type FromChild =
  | { readonly kind: 'listening'; readonly port: number; readonly version: string }
  | { readonly kind: 'authenticate'; readonly id: number; readonly hash: string }
  | { readonly kind: 'note'; readonly id: number; readonly note: AccessNote }
  | { readonly kind: 'refused'; readonly reason: DoorRefusal }
  | { readonly kind: 'failed'; readonly message: string }
/** Why the people's door said no; a counter each. */
export type DoorRefusal = 'unauthenticated' | 'forbidden' | 'areas' | 'statement' | 'busy' | 'unavailable'

/** The user that only the engine knows the secret of, and the one for people. */
export const ENGINE_USER = 'engine'
export const PEOPLE_USER = 'analyst'
/** A dashboard's query is seconds; what needs more belongs to an export. */
export const PEOPLE_SECONDS_MAX = 30
