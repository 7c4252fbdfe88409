import type { AlarmRecord } from './desk-alarm.ts'
import { applySignal, keyOf, severityOf, type Signal } from './desk-signals.ts'
import type { DeskState } from './desk-state.ts'
import type { AreaCount } from './outage.ts'
import type { AlarmStep } from './rows.ts'
import { SIGNAL_STATE } from './signal.ts'

// area-outage (docs/detectors.md): many seals of an area that fall silent together are one alarm with a count. Decided at a tick, before
// its signals are applied, from the tables as they are then; nothing is kept but the open alarm itself. While an area is out,
// seals of it that go offline are counted on it; when it is over, those still offline are raised one by one.

/** A tick's signals, in order: outages that end and begin, then what is left of the signals, then what an ended outage kept back. */
export const applyTickSignals = (state: DeskState, signals: readonly Signal[], now: number, steps: AlarmStep[]): void => {
  const begins = signals.filter(isOfflineBegin)
  if (begins.length === 0 && state.outages.size === 0) {
    for (const signal of signals) applySignal(state, signal, now, steps)
    return
  }
  const count = state.deps.silence.count(now)
  const over = [...state.outages.values()].filter((alarm) => isOver(state, alarm, { count: count(alarm.area), now }))
  for (const alarm of inOrder(over)) tellOutage(state, alarm.area, { began: false, value: count(alarm.area).silent, now }, steps)
  const before = new Set(state.outages.keys())
  for (const area of areasOut(state, begins, count)) beginOutage(state, area, { value: count(area).silent, now }, steps)
  const counted = new Map<string, number>()
  for (const signal of signals) {
    const area = isOfflineBegin(signal) ? state.deps.silence.areasOf(signal.watch).find((path) => state.outages.has(path)) : undefined
    if (area === undefined) applySignal(state, signal, now, steps)
    else counted.set(area, (counted.get(area) ?? 0) + 1)
  }
  for (const [area, more] of [...counted].sort(byName)) {
    if (!before.has(area)) continue
    const outage = state.outages.get(area) as AlarmRecord
    outage.value = count(area).silent
    applySignal(state, { ...outageSignal(area, now), state: SIGNAL_STATE.again, value: more }, now, steps)
  }
  if (over.length > 0) raiseKeptBack(state, new Set(over.map(({ area }) => area)), now, steps)
}

const isOfflineBegin = (signal: Signal): boolean => signal.kind === 'offline' && signal.state === SIGNAL_STATE.began
const inOrder = (alarms: readonly AlarmRecord[]): AlarmRecord[] => alarms.toSorted((a, b) => (a.area < b.area ? -1 : 1))
const byName = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : 1)

/** Too few are silent for so long: seals come back heartbeat by heartbeat, and the last of them are not to be raised one by one. */
export const OUTAGE_END_MS = 120_000

type Counted = { readonly count: AreaCount; readonly now: number }
const isOver = (state: DeskState, alarm: AlarmRecord, { count: { seals, silent }, now }: Counted): boolean => {
  const { outageSealsMin, outageShare } = state.deps.fleet()
  const low = silent < (outageShare / 2) * seals || silent < outageSealsMin / 2
  if (!low) alarm.lowSince = 0
  else if (alarm.lowSince === 0) alarm.lowSince = now
  return low && now - alarm.lowSince >= OUTAGE_END_MS
}

/** The coarsest area that is out, of each seal that went offline now; by name. None where the policy silences the kind. */
const areasOut = (state: DeskState, begins: readonly Signal[], count: (area: string) => AreaCount): string[] => {
  if (severityOf(state, { kind: 'area-outage', site: 0 }) === 'off') return []
  const { outageSealsMin, outageShare } = state.deps.fleet()
  const isOut = (area: string): boolean => {
    const { seals, silent } = count(area)
    return silent >= outageSealsMin && silent >= outageShare * seals
  }
  const found = new Set<string>()
  const looked = new Set<readonly string[]>()
  for (const { watch } of begins) {
    const paths = state.deps.silence.areasOf(watch)
    if (looked.has(paths)) continue
    looked.add(paths)
    // One that is out already stands for all below it.
    const area = paths.find((path) => state.outages.has(path) || isOut(path))
    if (area !== undefined && !state.outages.has(area)) found.add(area)
  }
  return [...found].sort()
}

const beginOutage = (state: DeskState, area: string, { value, now }: { readonly value: number; readonly now: number }, steps: AlarmStep[]): void => {
  // Outages below it were its beginning: they are part of it now.
  const inner = [...state.outages.values()].filter((alarm) => alarm.area.startsWith(`${area}/`))
  tellOutage(state, area, { began: true, value, now }, steps)
  for (const alarm of inOrder(inner)) tellOutage(state, alarm.area, { began: false, value: alarm.value, now }, steps)
}

const outageSignal = (area: string, now: number): Signal => ({
  kind: 'area-outage',
  seal: 0,
  site: 0,
  watch: 0,
  state: SIGNAL_STATE.began,
  time: now,
  value: 0,
  boot: 0,
  seq: 0,
  level: 0,
  area,
})
type Outage = { readonly began: boolean; readonly value: number; readonly now: number }
const tellOutage = (state: DeskState, area: string, { began, value, now }: Outage, steps: AlarmStep[]): void =>
  applySignal(state, { ...outageSignal(area, now), state: began ? SIGNAL_STATE.began : SIGNAL_STATE.ended, value }, now, steps)

/** Seals that are still offline, of areas whose outage is over and that no other covers: each its own alarm now. */
const raiseKeptBack = (state: DeskState, areas: ReadonlySet<string>, now: number, steps: AlarmStep[]): void => {
  const kept = state.deps.silence
    .offlineIn(now, areas)
    .filter(({ watch }) => !state.deps.silence.areasOf(watch).some((path) => state.outages.has(path)))
    .sort((a, b) => a.since - b.since || a.site - b.site || a.seal - b.seal)
  for (const { watch, seal, site, since, silentMs } of kept) {
    const signal: Signal = { ...outageSignal('', now), kind: 'offline', seal, site, watch, time: since, value: silentMs }
    if (!state.open.has(keyOf(state, signal))) applySignal(state, signal, now, steps)
  }
}
