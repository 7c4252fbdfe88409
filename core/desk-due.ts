import { type AlarmRecord, alarmStep, isWaiting } from './desk-alarm.ts'
import { dropOld, makeNotices, tellCleared } from './desk-notices.ts'
import { type DeskState, forgetClosed, planEscalation } from './desk-state.ts'
import { PLAN, takeDue } from './desk-plans.ts'
import type { AlarmStep } from './rows.ts'

// What time alone does to alarms, at ticks: shelving ends, who waits too long is escalated, an end that stayed one is told to webhooks,
// and what closed long ago is forgotten. Costs what is due.

export const tickDesk = (state: DeskState, now: number): AlarmStep[] => {
  const steps: AlarmStep[] = []
  for (let item = takeDue(state.plans, now); item !== undefined; item = takeDue(state.plans, now)) {
    const { what, at, alarm } = item
    const before = steps.length
    if (what === PLAN.unshelve) {
      if (alarm.shelvedUntil === at) unshelve(state, alarm, now, steps)
    } else if (what === PLAN.escalate) {
      if (alarm.escalateAt === at) escalate(state, alarm, now, steps)
    } else if (alarm.closedAt !== null && alarm.holdUntil === at) tellCleared(state, alarm, now)
    if (steps.length > before) makeNotices(state, steps.slice(before), now)
  }
  dropOld(state, now)
  forgetClosed(state, now)
  return steps
}

/** It waits again, from now: a person had put it aside. */
const unshelve = (state: DeskState, alarm: AlarmRecord, now: number, steps: AlarmStep[]): void => {
  alarm.shelvedUntil = null
  alarm.shelvedBy = ''
  alarm.shelvedReason = ''
  alarm.waitingSince = now
  steps.push(alarmStep(alarm, 'unshelved', { time: now, received: now, by: 'system' }))
  planEscalation(state, alarm)
}

/** To the highest level whose time has passed: after a long pause of the engine that is one step, not several. */
const escalate = (state: DeskState, alarm: AlarmRecord, now: number, steps: AlarmStep[]): void => {
  alarm.escalateAt = 0
  if (!isWaiting(alarm)) return
  const waited = now - alarm.waitingSince
  const limits = state.deps.policyOf(alarm.siteNo).escalateMs[alarm.severity]
  let level = alarm.escalation
  while (level < limits.length && (limits[level] as number) <= waited) level += 1
  if (level > alarm.escalation) {
    alarm.escalation = level
    steps.push(alarmStep(alarm, 'escalated', { time: now, received: now, by: 'system', note: `level ${level}: waited ${words(waited)}` }))
  }
  planEscalation(state, alarm)
}

const words = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}
