import { type AlarmRecord, alarmStep, alarmView } from './desk-alarm.ts'
import { tickDesk } from './desk-due.ts'
import { delivered, dropWhere, makeNotices } from './desk-notices.ts'
import { applyTickSignals } from './desk-outage.ts'
import { applySignal, severityOf, sortedSignals } from './desk-signals.ts'
import { closeAlarm, createDeskState, type DeskDeps, type DeskDump, type DeskState, dumpDesk, planEscalation, restoreDeskState } from './desk-state.ts'
import { workOn } from './desk-work.ts'
import type { AlarmView, AlarmWork, Delivery, DeskOp, WorkResult } from './ops.ts'
import { createSilence, type SilenceDeps } from './outage.ts'
import type { Registry } from './registry.ts'
import type { AlarmStep } from './rows.ts'

// The alarm desk owns the life of alarms: what the detectors signal and what people do, in log order, makes steps. At most one alarm
// is open under a key of the contract's table, whatever the timing. Pure: the same signals, work and ticks give the same steps and ids.

export type Desk = {
  /** All signals of one entry (SIGNAL_STRIDE cells each, in any order: they are put in order here), at the entry's time received. */
  readonly applySignals: (signals: Float64Array, now: number) => readonly AlarmStep[]
  /** The same for a tick, every one: seals that fall silent together are one alarm (desk-outage.ts). */
  readonly applyTickSignals: (signals: Float64Array, now: number) => readonly AlarmStep[]
  /** What people do to alarms, and what webhooks took. */
  readonly work: (op: DeskOp, now: number) => { readonly result: WorkResult; readonly steps: readonly AlarmStep[] }
  /** Shelving that ends, alarms that waited too long, notices that are old; closed alarms that are forgotten. */
  readonly tick: (now: number) => readonly AlarmStep[]
  /** The site is watched no more: its alarms are cleared by 'system'. */
  readonly endSite: (siteNo: number, now: number) => readonly AlarmStep[]
  /** The seal watches the site no more: those of that seal there. */
  readonly endWatch: (sealNo: number, siteNo: number, now: number) => readonly AlarmStep[]
  /** The site's area, key or expiry changed: its open alarms follow. */
  readonly siteChanged: (siteNo: number) => void
  /** The site's data has expired: nothing of it waits for a webhook. */
  readonly eraseSite: (siteNo: number, now: number) => void
  /** Webhooks were put or removed: notices of those that are gone are dropped. */
  readonly webhooksChanged: (now: number) => void
  /** Another policy is in force: alarms of kinds that it silences are cleared, the others wait by its figures. */
  readonly policyChanged: (now: number) => readonly AlarmStep[]
  readonly openAlarms: () => Iterable<AlarmView>
  readonly openCount: () => number
  /** An open alarm, or one closed within the last minutes. */
  readonly alarm: (id: string) => AlarmView | undefined
  readonly alarmsOfSite: (siteNo: number) => readonly AlarmView[]
  /** Notices that wait for their webhooks, in the order they were made; those made since this was last asked; how many were given up. */
  readonly outbox: () => ReadonlyMap<string, Delivery>
  readonly takeFresh: () => readonly Delivery[]
  readonly dropped: () => number
  readonly dump: () => DeskDump
}

export const createDesk = (deps: DeskDeps): Desk => deskOver(createDeskState(deps))
export const restoreDesk = (deps: DeskDeps, dump: DeskDump): Desk => deskOver(restoreDeskState(deps, dump))

type Asked = Pick<Registry, 'directory' | 'tables' | 'counts' | 'key' | 'sealId' | 'areaName' | 'policyOf' | 'fleetPolicy' | 'webhooks'>
/** What the desk asks of a registry, and of the tables of the shards. */
export const deskDeps = (registry: Asked, state: SilenceDeps['state'], otherRetentionMs: number): DeskDeps => ({
  otherRetentionMs,
  sealId: registry.sealId,
  areaName: registry.areaName,
  policyOf: registry.policyOf,
  fleet: registry.fleetPolicy,
  webhooks: registry.webhooks,
  silence: createSilence({ state, registry }),
  subject: (siteNo) => {
    const { kind, ended, siteKey, expires } = registry.tables().sites.columns
    if ((kind[siteNo] ?? 0) === 0 || ended[siteNo] === 1) return undefined
    const names = registry.key(siteKey[siteNo] as number)
    return names === undefined ? undefined : { site: names.site, area: names.area, siteKey: siteKey[siteNo] as number, expires: expires[siteNo] as number }
  },
})

const deskOver = (state: DeskState): Desk => {
  const told = (steps: AlarmStep[], now: number): AlarmStep[] => {
    makeNotices(state, steps, now)
    return steps
  }
  return {
    applySignals: (signals, now) => {
      const steps: AlarmStep[] = []
      for (const signal of sortedSignals(signals)) applySignal(state, signal, now, steps)
      return told(steps, now)
    },
    applyTickSignals: (signals, now) => {
      const steps: AlarmStep[] = []
      applyTickSignals(state, sortedSignals(signals), now, steps)
      return told(steps, now)
    },
    work: (op, now) => {
      if (op.op === 'delivered') return { result: { kind: 'done' }, steps: delivered(state, op, now) }
      return personsWork(state, op, now)
    },
    tick: (now) => tickDesk(state, now),
    endSite: (siteNo, now) => told(clearAll(state, ofSite(state, siteNo), { now, note: 'the site is watched no more' }), now),
    endWatch: (sealNo, siteNo, now) =>
      told(
        clearAll(
          state,
          ofSite(state, siteNo).filter((alarm) => alarm.sealNo === sealNo),
          { now, note: 'the seal watches the site no more' },
        ),
        now,
      ),
    siteChanged: (siteNo) => followSite(state, siteNo),
    eraseSite: (siteNo, now) => dropWhere(state, (delivery) => delivery.siteNo === siteNo, now),
    webhooksChanged: (now) => {
      const known = new Set(state.deps.webhooks().map(({ webhookNo }) => webhookNo))
      dropWhere(state, ({ webhookNo }) => !known.has(webhookNo), now)
      // A closed alarm is kept until its end is told: nobody is to be told by a webhook that is gone.
      for (const alarms of [state.open, state.closed]) for (const alarm of alarms.values()) alarm.told = alarm.told.filter((no) => known.has(no))
    },
    policyChanged: (now) => {
      const silenced = [...state.open.values()].filter((alarm) => severityOf(state, { kind: alarm.kind, site: alarm.siteNo }) === 'off')
      const steps = clearAll(state, silenced, { now, note: 'the policy silences it' })
      for (const alarm of state.open.values()) planEscalation(state, alarm)
      return told(steps, now)
    },
    ...reads(state),
  }
}

const personsWork = (state: DeskState, op: AlarmWork, now: number): ReturnType<Desk['work']> => {
  const done = workOn(state, op, now)
  makeNotices(state, done.steps, now)
  // The answer shows the notices too.
  const alarm = done.result.kind === 'alarm' ? (state.openById.get(op.id) ?? state.closed.get(op.id)) : undefined
  return alarm === undefined ? done : { ...done, result: { kind: 'alarm', alarm: alarmView(alarm) } }
}

const reads = (state: DeskState): Pick<Desk, 'openAlarms' | 'openCount' | 'alarm' | 'alarmsOfSite' | 'outbox' | 'takeFresh' | 'dropped' | 'dump'> => ({
  openAlarms: () => views(state),
  openCount: () => state.open.size,
  alarm: (id) => {
    const alarm = state.openById.get(id) ?? state.closed.get(id)
    return alarm === undefined ? undefined : alarmView(alarm)
  },
  alarmsOfSite: (siteNo) => ofSite(state, siteNo).map(alarmView),
  outbox: () => state.outbox.byId,
  takeFresh: () => {
    const { fresh } = state
    if (fresh.length > 0) state.fresh = []
    return fresh
  },
  dropped: () => state.dropped,
  dump: () => dumpDesk(state),
})

function* views(state: DeskState): Generator<AlarmView> {
  for (const alarm of state.open.values()) yield alarmView(alarm)
}
const ofSite = (state: DeskState, siteNo: number): AlarmRecord[] => [...(state.openBySite.get(siteNo) ?? [])]

const followSite = (state: DeskState, siteNo: number): void => {
  const subject = state.deps.subject(siteNo)
  if (subject === undefined) return
  for (const alarm of state.openBySite.get(siteNo) ?? []) {
    alarm.area = subject.area
    alarm.siteKey = subject.siteKey
    alarm.expires = subject.expires
    planEscalation(state, alarm)
  }
}

const clearAll = (state: DeskState, alarms: readonly AlarmRecord[], { now, note }: { now: number; note: string }): AlarmStep[] =>
  alarms.flatMap((alarm) => {
    alarm.active = false
    alarm.goneAt ??= now
    const detail = { time: now, received: now, by: 'system', note }
    return [alarmStep(alarm, 'cleared', detail), closeAlarm(state, alarm, { ...detail, note: '', byCondition: false })]
  })
