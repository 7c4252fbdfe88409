import { areaCovers } from '../../core/ids.ts'
import type { Severity } from '../../core/kinds.ts'
import type { AlarmBody } from '../../core/alarm-body.ts'
import type { State } from './state.ts'

// What a part of the page is, and which alarms the person's filter lets through: for all of its lists the same.

export type View = { readonly element: HTMLElement; readonly draw: () => void; readonly tick: () => void }

export const passes = (alarm: AlarmBody, { area, kind, severities }: State['filter']): boolean =>
  areaCovers(area, alarm.area) && (kind === '' || alarm.kind === kind) && (severities.size === 0 || severities.has(alarm.severity as Severity))
