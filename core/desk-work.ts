import { maySee } from './access.ts'
import { type AlarmRecord, alarmStep, alarmView } from './desk-alarm.ts'
import { closeAlarm, type DeskState, planEscalation } from './desk-state.ts'
import { PLAN } from './desk-plans.ts'
import { ALARM } from './kinds.ts'
import type { AlarmWork, WorkResult } from './ops.ts'
import type { AlarmStep } from './rows.ts'

// The person's side of alarms: acknowledge, assign, shelve, clear. An alarm outside the caller's areas is "no such alarm", so that
// nothing is learned of it. Acknowledging twice changes nothing: two people may click at once, and the first is on record.

/** A shelved alarm is out of the way, not gone: nobody may hide one past the next shift but one (IEC 62682 asks for a limit). */
export const SHELVE_MS_MAX = 24 * 60 * 60_000
export const NOTE_LENGTH_MAX = 1000
const NAME_LENGTH_MAX = 64

type Refused = WorkResult & { kind: 'refused' }
type Done = { readonly result: WorkResult; readonly steps: readonly AlarmStep[] }
const refuse = (status: Refused['status'], detail: string): Refused => ({ kind: 'refused', status, detail })

export const workOn = (state: DeskState, op: AlarmWork, now: number): Done => {
  const alarm = state.openById.get(op.id)
  const seen = alarm ?? state.closed.get(op.id)
  if (seen === undefined || !maySee(op.by, seen.area)) return { result: refuse(404, 'no such alarm'), steps: [] }
  const refusal = refusalOf(op, alarm)
  if (refusal !== undefined || alarm === undefined) return { result: refusal ?? refuse(409, 'the alarm is closed'), steps: [] }
  const steps: AlarmStep[] = []
  const refused = step(state, alarm, { op, now }, steps)
  return { result: refused ?? { kind: 'alarm', alarm: alarmView(alarm) }, steps }
}

const refusalOf = (op: AlarmWork, alarm: AlarmRecord | undefined): Refused | undefined => {
  if (op.by.role !== 'operator' && op.by.role !== 'admin') return refuse(403, `a ${op.by.role} does not work on alarms`)
  if (typeof op.note !== 'string' || op.note.length > NOTE_LENGTH_MAX) return refuse(422, `note: wants text of at most ${NOTE_LENGTH_MAX} characters`)
  return alarm === undefined ? refuse(409, 'the alarm is closed') : undefined
}

type Act = { readonly op: AlarmWork; readonly now: number }

const step = (state: DeskState, alarm: AlarmRecord, { op, now }: Act, steps: AlarmStep[]): Refused | undefined => {
  const detail = { time: now, received: now, by: op.by.name, note: op.note }
  switch (op.op) {
    case 'acknowledge': {
      if (alarm.acknowledgedAt !== null) return undefined
      alarm.acknowledgedAt = now
      alarm.acknowledgedBy = op.by.name
      planEscalation(state, alarm)
      steps.push(alarmStep(alarm, 'acknowledged', detail))
      if (!alarm.active) steps.push(closeAlarm(state, alarm, { ...detail, note: '', byCondition: false }))
      return undefined
    }
    case 'assign': {
      if (typeof op.to !== 'string' || op.to === '' || op.to.length > NAME_LENGTH_MAX)
        return refuse(422, `to: wants a name of 1 to ${NAME_LENGTH_MAX} characters`)
      alarm.assignedTo = op.to
      steps.push(alarmStep(alarm, 'assigned', { ...detail, note: op.note === '' ? op.to : `${op.to}: ${op.note}` }))
      return undefined
    }
    case 'shelve': {
      if (!Number.isSafeInteger(op.until) || op.until <= now) return refuse(422, 'until: is not a time to come')
      if (op.until > now + SHELVE_MS_MAX) return refuse(422, 'until: at most 24 hours from now')
      alarm.shelvedUntil = op.until
      alarm.shelvedBy = op.by.name
      alarm.shelvedReason = op.note
      state.plans.push({ at: op.until, what: PLAN.unshelve, alarm })
      planEscalation(state, alarm)
      steps.push(alarmStep(alarm, 'shelved', detail))
      return undefined
    }
    case 'clear': {
      if (ALARM[alarm.kind].scope !== 'site')
        return refuse(
          409,
          `${alarm.kind} is not cleared by hand: it closes ${ALARM[alarm.kind].closing === 'person' ? 'when it is over and acknowledged' : 'when it is over'}`,
        )
      if (op.note.trim() === '') return refuse(422, 'note: say why it is cleared')
      alarm.active = false
      alarm.goneAt = now
      steps.push(alarmStep(alarm, 'cleared', detail), closeAlarm(state, alarm, { ...detail, note: '', byCondition: false }))
      return undefined
    }
  }
}
