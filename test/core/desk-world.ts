import { createDesk, restoreDesk, type Desk } from '../../core/desk.ts'
import type { AlarmSubject } from '../../core/desk-alarm.ts'
import type { DeskDeps, DeskPolicy } from '../../core/desk-state.ts'
import { ALARM, type AlarmKindName } from '../../core/kinds.ts'
import type { AlarmWork, Principal, WebhookRecord } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { SIGNAL_STATE } from '../../core/signal.ts'

// What the desk's tests speak with: signals in words, people, and a few sites.

export const AT = Date.UTC(2026, 10, 24)
export const RETENTION = 90 * 86_400_000
export const operator: Principal = { tokenNo: 1, name: 'li', role: 'operator', areas: ['x'] }

export type World = {
  readonly ended?: ReadonlySet<number>
  readonly policy?: Partial<DeskPolicy>
  readonly webhooks?: readonly WebhookRecord[]
  readonly silence?: DeskDeps['silence']
}
export const deps = ({ ended = new Set(), policy = {}, webhooks = [], silence = NO_SILENCE }: World = {}): DeskDeps => ({
  otherRetentionMs: RETENTION,
  policyOf: () => ({ ...POLICY_DEFAULT.kinds.residence, ...policy }),
  fleet: () => POLICY_DEFAULT,
  webhooks: () => webhooks,
  silence,
  sealId: (no) => no.toString(16).padStart(16, '0'),
  areaName: (key) => `area-${key}`,
  subject: (no): AlarmSubject | undefined => (ended.has(no) ? undefined : { site: `site-${no}`, area: no === 9 ? 'z' : 'x/y', siteKey: no * 10, expires: 0 }),
})
const NO_SILENCE: DeskDeps['silence'] = { count: () => () => ({ seals: 0, silent: 0 }), areasOf: () => [], offlineIn: () => [] }
export const newDesk = (world?: World): Desk => createDesk(deps(world))
export const copiedDesk = (desk: Desk, world?: World): Desk => restoreDesk(deps(world), structuredClone(desk.dump()))
export const webhook = (over: Partial<WebhookRecord> = {}): WebhookRecord => ({
  webhookNo: 1,
  name: 'duty',
  url: 'http://127.0.0.1:1/',
  area: '',
  severities: ['critical', 'major'],
  secret: `whsec_${'A'.repeat(32)}`,
  ...over,
})

export type Said = {
  readonly kind: AlarmKindName
  readonly state: keyof typeof SIGNAL_STATE
  readonly seal?: number
  readonly site?: number
  readonly time?: number
  readonly value?: number
  readonly boot?: number
  readonly seq?: number
  readonly level?: number
}
export const signals = (...said: Said[]): Float64Array =>
  new Float64Array(
    said.flatMap(({ kind, state, seal = ALARM[kind].scope === 'site' ? 0 : 5, site = 1, time = AT, value = 1, boot = 0, seq = 0, level = 0 }) => [
      0,
      ALARM[kind].no,
      seal,
      site,
      0,
      SIGNAL_STATE[state],
      time,
      value,
      boot,
      seq,
      level,
    ]),
  )

/** Says one thing at a time and gives the names of the steps. */
export const say = (desk: Desk, kind: AlarmKindName, state: Said['state'], now = AT, more: Partial<Said> = {}): string[] =>
  desk.applySignals(signals({ kind, state, time: now, ...more }), now).map(({ step }) => step)
export const idOf = (desk: Desk): string => [...desk.openAlarms()][0]?.id ?? ''
export const work = (desk: Desk, op: AlarmWork['op'], more: Record<string, unknown> = {}, now = AT): { readonly status: number; readonly steps: string[] } => {
  const { result, steps } = desk.work({ op, id: idOf(desk), by: operator, note: '', ...more } as AlarmWork, now)
  return { status: result.kind === 'refused' ? result.status : 200, steps: steps.map(({ step }) => step) }
}
