import type { FastifyInstance, FastifyRequest } from 'fastify'
import { maySee } from '../core/access.ts'
import { alarmBody } from '../core/alarm-body.ts'
import type { AlarmWork, Principal } from '../core/ops.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Change } from './change.ts'
import { Problem } from './problem.ts'
import { timeOf } from './registry-routes.ts'

// Work on alarms: acknowledge, assign, shelve, clear. Each is an entry of the log with who did it; the answer is the alarm as it
// stands after it.

const note = { type: 'string', maxLength: 1000 }
const bodies = {
  acknowledge: { type: ['object', 'null'], additionalProperties: false, properties: { note } },
  assign: { type: 'object', required: ['to'], additionalProperties: false, properties: { to: { type: 'string', minLength: 1, maxLength: 64 }, note } },
  shelve: { type: 'object', required: ['until'], additionalProperties: false, properties: { until: { type: 'string', maxLength: 40 }, note } },
  clear: { type: ['object', 'null'], additionalProperties: false, properties: { note } },
}
const summaries = {
  acknowledge: 'A person has taken note',
  assign: 'Give an alarm to somebody',
  shelve: 'Put an alarm aside until a time',
  clear: 'Close an alarm by hand',
}
type Step = keyof typeof bodies
type Body = { readonly note?: string; readonly to?: string; readonly until?: string } | null

export const registerWorkRoutes = (app: FastifyInstance, { machine, change }: { readonly machine: Machine; readonly change: Change }): void => {
  for (const step of Object.keys(bodies) as Step[]) {
    const schema = { tags: ['alarms'], summary: summaries[step], security: [{ token: [] }], body: bodies[step] }
    app.post<{ Params: { id: string }; Body: Body }>(`/v1/alarms/:id/${step}`, { schema }, async (request) => {
      const { id } = request.params
      const alarm = machine.alarm(id)
      if (alarm !== undefined && !maySee(request.principal as Principal, alarm.area)) throw new Problem('not-found', 'no such alarm')
      const work = workOf(step, id, request)
      return alarmBody(await change.alarm(work, { action: `${step}-alarm`, target: id, detail: work.note }))
    })
  }
}

const workOf = (step: Step, id: string, request: FastifyRequest<{ Params: { id: string }; Body: Body }>): AlarmWork => {
  const by = request.principal as Principal
  const { note: text = '', to = '', until = '' } = request.body ?? {}
  switch (step) {
    case 'acknowledge':
      return { op: 'acknowledge', id, by, note: text }
    case 'assign':
      return { op: 'assign', id, by, to, note: text }
    case 'shelve':
      return { op: 'shelve', id, by, until: timeOf(until, 'until'), note: text }
    case 'clear':
      return { op: 'clear', id, by, note: text }
  }
}
