// Listens on /v1/live for the alarms of probes, and tells when each arrived.

import WebSocket from 'ws'
import { CommandError, type Target } from '../target.ts'

export type AlarmWatch = {
  /** When the alarm of a seal arrived (performance.now()), if it did. */
  readonly arrivedAt: (seal: string) => number | undefined
  readonly count: () => number
  readonly close: () => void
}
type Message = { readonly type?: string; readonly step?: string; readonly alarm?: { readonly seal?: string; readonly kind?: string } }

export const watchAlarms = async (target: Target): Promise<AlarmWatch> => {
  const arrived = new Map<string, number>()
  const socket = new WebSocket(`${target.url.replace(/^http/, 'ws')}/v1/live?topics=alarms&format=json`, {
    headers: { authorization: `Bearer ${target.token('operator')}` },
  })
  socket.on('message', (data: Buffer) => {
    const now = performance.now()
    const message = JSON.parse(data.toString('utf8')) as Message
    const seal = message.alarm?.seal
    if (message.type === 'alarm' && message.step === 'raised' && seal !== undefined && !arrived.has(seal)) arrived.set(seal, now)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (error) => reject(new CommandError(`/v1/live: ${error.message}`)))
  })
  socket.on('error', () => undefined)
  return { arrivedAt: (seal) => arrived.get(seal), count: () => arrived.size, close: () => socket.close() }
}
