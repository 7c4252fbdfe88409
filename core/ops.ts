import type { SiteKindName, AlarmKindName, Severity } from './kinds.ts'

// Bodies of log entries other than events: what people and the engine decide. Syntax is checked before an op enters the log;
// whether it fits the state is decided when it is applied, once, and answered from there.

export type Role = 'sender' | 'operator' | 'analyst' | 'sre' | 'admin'
export const ROLES: readonly Role[] = ['sender', 'operator', 'analyst', 'sre', 'admin']
/** Who acts: a token's name, role and areas (path prefixes; '' is all). */
export type Principal = { readonly tokenNo: number; readonly name: string; readonly role: Role; readonly areas: readonly string[] }

export type SealAssignment = { readonly id: string; readonly from: number | null; readonly until: number | null }
/** One site as a client describes it; `seals` is the whole wanted list. Times are Unix ms. */
export type SiteSpec = {
  readonly site: string
  readonly area: string
  readonly kind: SiteKindName
  readonly headcount: number
  readonly capacity: number | null
  readonly inside: number | null
  readonly observation: { readonly from: number; readonly until: number } | null
  readonly seals: readonly SealAssignment[]
}
export type PermitSpec = { readonly site: string; readonly from: number; readonly until: number; readonly openings: number | null; readonly reason: string }

export type RegistryOp =
  | { readonly op: 'put-sites'; readonly by: Principal; readonly sites: readonly SiteSpec[] }
  /** Ends a residence's observation, or a site, at a time; null = now. */
  | { readonly op: 'end-observation'; readonly by: Principal; readonly site: string; readonly until: number | null }
  | { readonly op: 'put-permit'; readonly by: Principal; readonly permit: PermitSpec }
  | { readonly op: 'revoke-permit'; readonly by: Principal; readonly permitNo: number }
  | {
      readonly op: 'add-token'
      readonly by: Principal | null
      readonly name: string
      readonly role: Role
      readonly areas: readonly string[]
      readonly hash: string
    }
  | { readonly op: 'revoke-token'; readonly by: Principal; readonly name: string }

/** One problem of one item of a request: `index` counts from 0 over the items of the op. */
export type ItemProblem = { readonly index: number; readonly field: string; readonly detail: string }
export type RegistryResult =
  | { readonly kind: 'sites'; readonly created: number; readonly changed: number; readonly unchanged: number; readonly problems: readonly ItemProblem[] }
  | { readonly kind: 'permit'; readonly permitNo: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly status: 403 | 404 | 409 | 422; readonly detail: string }

export type AlarmWork =
  | { readonly op: 'acknowledge'; readonly id: string; readonly by: Principal; readonly note: string }
  | { readonly op: 'assign'; readonly id: string; readonly by: Principal; readonly to: string; readonly note: string }
  | { readonly op: 'shelve'; readonly id: string; readonly by: Principal; readonly until: number; readonly note: string }
  | { readonly op: 'clear'; readonly id: string; readonly by: Principal; readonly note: string }
export type WorkResult =
  | { readonly kind: 'alarm'; readonly alarm: AlarmView }
  | { readonly kind: 'refused'; readonly status: 403 | 404 | 409 | 422; readonly detail: string }

export type AccessNote = { readonly who: string; readonly role: string; readonly action: string; readonly target: string; readonly detail: string }

/** An open alarm as people see it. Times are Unix ms. */
export type AlarmView = {
  readonly id: string
  readonly kind: AlarmKindName
  readonly severity: Severity
  readonly state: 'open' | 'closed'
  readonly active: boolean
  readonly acknowledged: boolean
  readonly site: string
  readonly siteNo: number
  readonly area: string
  readonly seal: string
  /** When the condition began (event time). */
  readonly since: number
  /** When the engine raised it (wall time): waiting counts from here. */
  readonly raisedAt: number
  readonly goneAt: number | null
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string
  readonly assignedTo: string
  readonly shelvedUntil: number | null
  readonly repeats: number
  readonly value: number
}

/** A permit as people see it: live ones and those to come. Times are Unix ms. */
export type PermitView = {
  readonly permitNo: number
  readonly site: string
  readonly siteNo: number
  readonly area: string
  readonly from: number
  readonly until: number
  readonly openings: number | null
  readonly used: number
  readonly reason: string
  readonly by: string
}
