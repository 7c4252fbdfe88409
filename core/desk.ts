import { type AlarmRecord, alarmStep, alarmView } from './desk-alarm.ts'
import { applySignal, sortedSignals } from './desk-signals.ts'
import { closeAlarm, createDeskState, type DeskDeps, type DeskDump, type DeskState, dumpDesk, forgetClosed, restoreDeskState } from './desk-state.ts'
import { workOn } from './desk-work.ts'
import type { AlarmView, AlarmWork, WorkResult } from './ops.ts'
import type { Registry } from './registry.ts'
import type { AlarmStep } from './rows.ts'

// The alarm desk owns the life of alarms: what the detectors signal and what people do, in log order, makes steps. At most one alarm
// is open under a key of the contract's table, whatever the timing. Pure: the same signals, work and ticks give the same steps and ids.

export type Desk = {
  /** All signals of one entry (SIGNAL_STRIDE cells each, in any order: they are put in order here), at the entry's time received. */
  readonly applySignals: (signals: Float64Array, now: number) => readonly AlarmStep[]
  readonly work: (op: AlarmWork, now: number) => { readonly result: WorkResult; readonly steps: readonly AlarmStep[] }
  /** Shelving that ends; closed alarms that are forgotten. */
  readonly tick: (now: number) => readonly AlarmStep[]
  /** The site is watched no more: its alarms are cleared by 'system'. */
  readonly endSite: (siteNo: number, now: number) => readonly AlarmStep[]
  /** The seal watches the site no more: those of that seal there. */
  readonly endWatch: (sealNo: number, siteNo: number, now: number) => readonly AlarmStep[]
  /** The site's area, key or expiry changed: its open alarms follow. */
  readonly siteChanged: (siteNo: number) => void
  readonly openAlarms: () => Iterable<AlarmView>
  readonly openCount: () => number
  /** An open alarm, or one closed within the last minutes. */
  readonly alarm: (id: string) => AlarmView | undefined
  readonly alarmsOfSite: (siteNo: number) => readonly AlarmView[]
  readonly dump: () => DeskDump
}

export const createDesk = (deps: DeskDeps): Desk => deskOver(createDeskState(deps))
export const restoreDesk = (deps: DeskDeps, dump: DeskDump): Desk => deskOver(restoreDeskState(deps, dump))

/** What the desk asks of a registry. */
export const deskDeps = (registry: Pick<Registry, 'tables' | 'key' | 'sealId' | 'areaName'>, otherRetentionMs: number): DeskDeps => ({
  otherRetentionMs,
  sealId: registry.sealId,
  areaName: registry.areaName,
  subject: (siteNo) => {
    const { kind, ended, siteKey, expires } = registry.tables().sites.columns
    if ((kind[siteNo] ?? 0) === 0 || ended[siteNo] === 1) return undefined
    const names = registry.key(siteKey[siteNo] as number)
    return names === undefined ? undefined : { site: names.site, area: names.area, siteKey: siteKey[siteNo] as number, expires: expires[siteNo] as number }
  },
})

const deskOver = (state: DeskState): Desk => ({
  applySignals: (signals, now) => {
    const steps: AlarmStep[] = []
    for (const signal of sortedSignals(signals)) applySignal(state, signal, now, steps)
    return steps
  },
  work: (op, now) => workOn(state, op, now),
  tick: (now) => {
    forgetClosed(state, now)
    return unshelve(state, now)
  },
  endSite: (siteNo, now) => clearAll(state, [...(state.openBySite.get(siteNo) ?? [])], { now, note: 'the site is watched no more' }),
  endWatch: (sealNo, siteNo, now) =>
    clearAll(
      state,
      [...(state.openBySite.get(siteNo) ?? [])].filter((alarm) => alarm.sealNo === sealNo),
      { now, note: 'the seal watches the site no more' },
    ),
  siteChanged: (siteNo) => {
    const subject = state.deps.subject(siteNo)
    if (subject === undefined) return
    for (const alarm of state.openBySite.get(siteNo) ?? []) {
      alarm.area = subject.area
      alarm.siteKey = subject.siteKey
      alarm.expires = subject.expires
    }
  },
  openAlarms: () => views(state),
  openCount: () => state.open.size,
  alarm: (id) => {
    const alarm = state.openById.get(id) ?? state.closed.get(id)
    return alarm === undefined ? undefined : alarmView(alarm)
  },
  alarmsOfSite: (siteNo) => [...(state.openBySite.get(siteNo) ?? [])].map(alarmView),
  dump: () => dumpDesk(state),
})

function* views(state: DeskState): Generator<AlarmView> {
  for (const alarm of state.open.values()) yield alarmView(alarm)
}

const clearAll = (state: DeskState, alarms: readonly AlarmRecord[], { now, note }: { now: number; note: string }): AlarmStep[] =>
  alarms.flatMap((alarm) => {
    alarm.active = false
    alarm.goneAt ??= now
    const detail = { time: now, received: now, by: 'system', note }
    return [alarmStep(alarm, 'cleared', detail), closeAlarm(state, alarm, { ...detail, note: '', byCondition: false })]
  })

const unshelve = (state: DeskState, now: number): AlarmStep[] => {
  const due = [...state.shelved].filter((alarm) => (alarm.shelvedUntil as number) <= now)
  // By time, then id: a set's own order is not kept in a snapshot.
  due.sort((a, b) => (a.shelvedUntil as number) - (b.shelvedUntil as number) || (a.id < b.id ? -1 : 1))
  return due.map((alarm) => {
    state.shelved.delete(alarm)
    alarm.shelvedUntil = null
    return alarmStep(alarm, 'unshelved', { time: now, received: now, by: 'system' })
  })
}
