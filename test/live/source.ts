import { createDirectory } from '../../core/directory.ts'
import { position, type Position } from '../../core/ids.ts'
import type { AlarmView, PermitView, Role } from '../../core/ops.ts'
import type { AlarmStep, AlarmStepName } from '../../core/rows.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { Machine, Round, SiteState } from '../../core/thread/machine.ts'
import { hashToken } from '../../ingest/credentials.ts'
import { secretOf } from './secret.ts'

// A machine made of plain data, for what the streams and the API must do whatever the machine says: rounds of any size, at any
// moment, thousands of alarms. That live works on the real machine is shown in test/live/engine.test.ts.

export type Source = {
  readonly machine: Machine
  readonly putSite: (site: Partial<SiteState> & { readonly site: string }) => SiteState
  readonly raise: (alarm: Partial<AlarmView> & { readonly id: string }) => void
  /** Several steps in one round. */
  readonly round: (
    steps: readonly { readonly step: AlarmStepName; readonly alarm: AlarmView }[],
    sitesChanged?: readonly number[],
    sitesEnded?: readonly number[],
  ) => void
  readonly setInside: (site: string, inside: number) => void
  readonly end: (site: string) => void
  readonly watched: () => boolean
  readonly addToken: (name: string) => void
  readonly tokens: { name: string; role: string; areas: readonly string[] }[]
  readonly permits: PermitView[]
  readonly ledger: {
    offered: number
    accepted: number
    rejected: number
    repeated: number
    tooOld: number
    applied: number
    rejectedByReason: Map<number, number>
  }
}
export const alarmOf = (alarm: Partial<AlarmView> & { readonly id: string }): AlarmView => ({
  kind: 'tamper',
  severity: 'critical',
  state: 'open',
  active: true,
  acknowledged: false,
  site: 's-1',
  siteNo: 1,
  area: 'fuzhou/gulou/antai/jinzhaili/7',
  seal: '0000000000a1b2c3',
  since: Date.now(),
  raisedAt: Date.now(),
  goneAt: null,
  acknowledgedAt: null,
  acknowledgedBy: '',
  assignedTo: '',
  shelvedUntil: null,
  shelvedBy: '',
  shelvedReason: '',
  waitingSince: alarm.acknowledged === true ? null : (alarm.raisedAt ?? Date.now()),
  escalation: 0,
  repeats: 0,
  value: 1,
  deliveries: [],
  ...alarm,
})

export const createSource = (): Source => {
  const sites = new Map<number, SiteState>()
  const byName = new Map<string, number>()
  const alarms = new Map<string, AlarmView>()
  const listeners: ((round: Round) => void)[] = []
  const directory = createDirectory(16)
  let watched = false
  let applied = 1 as Position
  const tokens: Source['tokens'] = []
  const permits: PermitView[] = []
  const ledger: Source['ledger'] = { offered: 0, accepted: 0, rejected: 0, repeated: 0, tooOld: 0, applied: 0, rejectedByReason: new Map() }
  const never = (): never => {
    throw new Error('not part of what live reads')
  }

  const round: Source['round'] = (steps, sitesChanged = [], sitesEnded = []) => {
    const from = position(applied + 1)
    applied = position(applied + 3)
    for (const { alarm } of steps) {
      if (alarm.state === 'open') alarms.set(alarm.id, alarm)
      else alarms.delete(alarm.id)
    }
    const last = new Map(steps.map(({ alarm }) => [alarm.id, alarm]))
    const told: Round = {
      from,
      to: applied,
      received: Date.now(),
      block: 0 as Position,
      ends: false,
      chunks: [],
      plain: { alarms: [], access: [], sites: [], seals: [], permits: [], policies: [], registry_changes: [] },
      alarmSteps: steps.map(({ step, alarm }): AlarmStep => ({
        id: alarm.id,
        kind: alarm.kind,
        severity: alarm.severity,
        site: alarm.site,
        siteKey: alarm.siteNo,
        area: alarm.area,
        seal: alarm.seal,
        step,
        time: alarm.since,
        received: Date.now(),
        by: alarm.acknowledgedBy,
        note: '',
        repeats: alarm.repeats,
        value: alarm.value,
        expires: 0,
      })),
      alarms: [...last.values()],
      deliveries: [],
      sitesChanged: Uint32Array.from(watched ? sitesChanged : []),
      sitesEnded,
      expiredKeys: [],
      rejectedByReason: new Map(),
    }
    for (const listener of listeners) listener(told)
  }
  const putSite: Source['putSite'] = (site) => {
    const siteNo = byName.get(site.site) ?? sites.size + 1
    byName.set(site.site, siteNo)
    const state: SiteState = {
      siteNo,
      siteKey: siteNo,
      area: 'fuzhou/gulou/antai/jinzhaili/7',
      kind: 'residence',
      headcount: 3,
      capacity: null,
      observation: null,
      raw: 3,
      corrected: 3,
      confidence: 1,
      differsSince: null,
      door: 'closed',
      online: true,
      link: 'online',
      seals: [{ seal: siteNo.toString(16).padStart(16, '0'), door: 'closed', online: true, link: 'online', lastHeard: Date.now(), batteryMv: 3600 }],
      ...sites.get(siteNo),
      ...site,
    }
    sites.set(siteNo, state)
    return state
  }
  const machine: Machine = {
    offer: never,
    backlog: () => ({ entries: 0, bytes: 0 }),
    applied: () => applied,
    whenApplied: () => Promise.resolve(),
    resultOf: () => undefined,
    tickDue: () => -Infinity,
    onRound: (listener) => {
      listeners.push(listener)
      return () => void listeners.splice(listeners.indexOf(listener), 1)
    },
    watchOccupancy: (on) => {
      watched = on
    },
    directory: () => directory,
    ledger: () => ledger,
    siteState: (site) => sites.get(byName.get(site) ?? 0),
    siteStateByNo: (siteNo) => sites.get(siteNo),
    sites: (fromNo, limit, prefix) => {
      const found: SiteState[] = []
      for (let no = Math.max(1, fromNo); no <= byName.size && found.length < limit; no++) {
        const site = sites.get(no)
        if (site !== undefined && (prefix === '' || site.area === prefix || site.area.startsWith(`${prefix}/`))) found.push(site)
      }
      return found
    },
    openAlarms: () => alarms.values(),
    alarm: (id) => alarms.get(id),
    webhooks: () => [],
    outbox: () => new Map(),
    noticesDropped: () => 0,
    permits: () => permits,
    policy: () => ({ version: 1, time: 0, by: 'built in', document: { rules: [] } }),
    policyVersions: () => [{ version: 1, time: 0, by: 'built in' }],
    policyOf: () => POLICY_DEFAULT.kinds.residence,
    fleetPolicy: () => POLICY_DEFAULT,
    areas: () => [],
    tokenByHash: (hash) => {
      const tokenNo = tokens.findIndex((token) => hashToken(secretOf(token.name)) === hash)
      const token = tokens[tokenNo]
      return token === undefined ? undefined : { tokenNo, name: token.name, role: token.role as Role, areas: token.areas }
    },
    tokens: () => tokens,
    tokenName: () => '',
    fleet: () => ({ sites: sites.size, sealsKnown: sites.size, sealsOnline: sites.size, stateBytes: 0 }),
    snapshot: never,
    failed: new Promise<never>(() => undefined),
    stop: () => Promise.resolve(),
  }
  return {
    addToken: (name) => {
      const [role = '', areas = ''] = name.split('@')
      tokens.push({ name, role, areas: areas.split(',') })
    },
    machine,
    putSite,
    round,
    tokens,
    permits,
    ledger,
    watched: () => watched,
    raise: (alarm) => round([{ step: 'raised', alarm: alarmOf(alarm) }]),
    setInside: (site, inside) => {
      const { siteNo, headcount } = putSite({ site })
      putSite({ site, corrected: inside, raw: inside, differsSince: inside === headcount ? null : Date.now() })
      round([], [siteNo])
    },
    end: (site) => {
      const siteNo = byName.get(site) ?? 0
      sites.delete(siteNo)
      round([], [], [siteNo])
    },
  }
}
