import type { SiteKindName, AlarmKindName, Severity } from './kinds.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { PermitWeekly } from './weekly.ts'

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
/** Who says that it is allowed: staff, or the resident, who declares each opening beforehand (an integrator's app, or staff on the resident's behalf). */
export const PERMIT_SOURCES = ['staff', 'declaration'] as const
export type PermitSource = (typeof PERMIT_SOURCES)[number]
export type PermitSpec = {
  readonly site: string
  readonly from: number
  readonly until: number
  /** Null = any number. By the week: on each of its days. */
  readonly openings: number | null
  readonly reason: string
  /** Absent: all the time from `from` to `until`. */
  readonly weekly?: PermitWeekly
  /** Absent: staff. */
  readonly source?: PermitSource
}

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
  /** `expected`: the version it was made from; null: whichever is in force. */
  | { readonly op: 'put-policy'; readonly by: Principal; readonly document: PolicyDocument; readonly expected: number | null }
  | { readonly op: 'put-webhook'; readonly by: Principal; readonly webhook: WebhookSpec }
  | { readonly op: 'remove-webhook'; readonly by: Principal; readonly name: string }

/** Where notices of alarms go: one for each area and severity. `secret` null: the one it has. */
export type WebhookSpec = {
  readonly name: string
  readonly url: string
  /** Path prefix; '' is all. */
  readonly area: string
  readonly severities: readonly Severity[]
  readonly secret: string | null
}
/** As registered, with the secret that signs: never leaves the engine. A number is never given twice. */
export type WebhookRecord = Omit<WebhookSpec, 'secret'> & { readonly webhookNo: number; readonly secret: string }

/** One problem of one item of a request: `index` counts from 0 over the items of the op. */
export type ItemProblem = { readonly index: number; readonly field: string; readonly detail: string }
export type RegistryResult =
  | { readonly kind: 'sites'; readonly created: number; readonly changed: number; readonly unchanged: number; readonly problems: readonly ItemProblem[] }
  | { readonly kind: 'permit'; readonly permitNo: number; readonly permit: PermitView }
  /** The version in force then, whether it is a new one, and for how many sites it changed anything. */
  | { readonly kind: 'policy'; readonly version: number; readonly changed: boolean; readonly sites: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly status: 403 | 404 | 409 | 412 | 422; readonly detail: string }

export type AlarmWork =
  | { readonly op: 'acknowledge'; readonly id: string; readonly by: Principal; readonly note: string }
  | { readonly op: 'assign'; readonly id: string; readonly by: Principal; readonly to: string; readonly note: string }
  | { readonly op: 'shelve'; readonly id: string; readonly by: Principal; readonly until: number; readonly note: string }
  | { readonly op: 'clear'; readonly id: string; readonly by: Principal; readonly note: string }
/** A webhook's receiver took these notices: what the engine itself reports to the desk. */
export type DeliveredOp = { readonly op: 'delivered'; readonly deliveries: readonly { readonly id: string; readonly attempts: number }[] }
export type DeskOp = AlarmWork | DeliveredOp
export type WorkResult =
  | { readonly kind: 'alarm'; readonly alarm: AlarmView }
  | { readonly kind: 'done' }
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
  readonly shelvedBy: string
  readonly shelvedReason: string
  /** Since when it waits for a person; null when nobody is waited for. */
  readonly waitingSince: number | null
  /** How many times it was escalated because nobody came. */
  readonly escalation: number
  readonly repeats: number
  readonly value: number
  /** The newest notices that webhooks were sent of it, oldest first. */
  readonly deliveries: readonly DeliveryView[]
}

export type NoticeStep = 'raised' | 'escalated' | 'cleared'
/** One notice for one webhook, as its alarm shows it. Times are Unix ms, of the log. */
export type DeliveryView = {
  readonly id: string
  readonly webhook: string
  readonly step: NoticeStep
  /** dropped: given up unsent, because it waited too long, or too many did, or its webhook was removed. */
  readonly state: 'waiting' | 'delivered' | 'dropped'
  /** When it was made, and when that state began. */
  readonly at: number
  readonly changed: number
  /** How often it was sent, known once it is delivered. */
  readonly attempts: number
}
/** A notice that waits for its webhook: what is needed to send it, and to tell of it when its alarm is forgotten. */
export type Delivery = {
  readonly id: string
  readonly webhookNo: number
  readonly webhook: string
  readonly alarm: string
  readonly kind: AlarmKindName
  readonly severity: Severity
  readonly step: NoticeStep
  readonly note: string
  readonly site: string
  readonly siteNo: number
  readonly siteKey: number
  readonly area: string
  readonly since: number
  readonly raisedAt: number
  /** Wall time of the step. */
  readonly at: number
  readonly expires: number
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
  /** Openings taken in all. */
  readonly used: number
  readonly weekly: PermitWeekly | null
  /** Of one by the week: the newest of its local days that an opening was taken on (days since 1970), and how many on it. */
  readonly lastDay: { readonly day: number; readonly used: number } | null
  readonly source: PermitSource
  readonly reason: string
  readonly by: string
  /** When it was made. */
  readonly made: number
}
