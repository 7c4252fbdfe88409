import type { PolicyDocument } from './policy-document.ts'
import type { PermitChange, SiteChange } from './registry-changes.ts'

// What people decided, as rows of ClickHouse tell it, on its way back into a machine (core/thread/stored-ops.ts). In the order of `received`.

/** A row of `registry_changes`: see core/registry-changes.ts. */
export type StoredChange = {
  readonly kind: 'change'
  readonly received: number
  readonly position: number
  readonly siteKey: number
  readonly what: string
  readonly body: SiteChange | PermitChange
}
/** A person's step on an alarm, a row of `alarms`. */
export type StoredWork = {
  readonly kind: 'work'
  readonly received: number
  readonly step: 'acknowledged' | 'cleared'
  readonly id: string
  readonly alarm: string
  readonly site: string
  readonly seal: string
  readonly by: string
}
/** A version of the policy, a row of `policies`. */
export type StoredPolicy = {
  readonly kind: 'policy'
  readonly received: number
  readonly version: number
  readonly by: string
  readonly document: PolicyDocument
}
export type StoredOp = StoredChange | StoredWork | StoredPolicy
