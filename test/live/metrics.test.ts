import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { REASON } from '../../core/kinds.ts'
import { root } from '../parts/root.ts'
import { secretOf } from './secret.ts'
import { startLiveServer, type LiveServer } from './server.ts'
import { alarmOf, createSource } from './source.ts'

let server: LiveServer | undefined
afterEach(() => server?.close())

/** The names that dashboards rely on (the contract). */
const FIXED = [
  'events_offered_total',
  'events_accepted_total',
  'events_rejected_total',
  'events_repeated_total',
  'events_stored_total',
  'events_waiting',
  'log_bytes',
  'log_flush_seconds',
  'sink_oldest_unstored_seconds',
  'event_to_alarm_seconds',
  'alarms_open',
  'seals_online',
  'seals_known',
  'live_clients',
].map((name) => `sealstream_${name}`)

test('every metric is in docs/metrics.md and the reverse; the fixed names are there', async () => {
  server = await startLiveServer(createSource())
  const documented = [...readFileSync(join(root, 'docs', 'metrics.md'), 'utf8').matchAll(/^\| `(sealstream_\w+)/gm)].map((match) => match[1])
  expect(new Set(documented)).toEqual(new Set(server.metrics.names()))
  expect(server.metrics.names()).toEqual(expect.arrayContaining(FIXED))
})

test('names follow the rules: counters end in _total, times in _seconds, sizes in _bytes', async () => {
  server = await startLiveServer(createSource())
  const text = await server.metrics.expose()
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
  expect(types.length).toBeGreaterThan(FIXED.length)
  for (const { name, type } of types) {
    expect(name).toMatch(/^sealstream_/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    if (type === 'histogram') expect(name).toMatch(/_seconds$/)
  }
})

test('the ledger’s terms are read from the log’s own count, and alarms are counted as they come and go', async () => {
  const source = createSource()
  source.addToken('sre@')
  source.raise({ id: 'before' })
  server = await startLiveServer(source)
  Object.assign(source.ledger, { offered: 110, accepted: 100, rejected: 10, repeated: 5, tooOld: 2, applied: 93 })
  source.ledger.rejectedByReason.set(REASON.UNKNOWN_SEAL, 7)
  source.ledger.rejectedByReason.set(REASON.BAD_VALUE, 3)
  source.raise({ id: 'a-1' })
  source.raise({ id: 'a-2', kind: 'offline', severity: 'major' })
  source.raise({ id: 'a-3', kind: 'offline', severity: 'major' })
  source.round([{ step: 'closed', alarm: alarmOf({ id: 'a-3', kind: 'offline', severity: 'major', state: 'closed' }) }])
  const scrape = async (): Promise<string> => (await fetch(`${server?.url}/metrics`, { headers: { authorization: `Bearer ${secretOf('sre@')}` } })).text()
  await scrape()
  const text = await scrape()
  for (const line of [
    'sealstream_events_offered_total 110',
    'sealstream_events_accepted_total 100',
    'sealstream_events_repeated_total 5',
    'sealstream_events_too_old_total 2',
    'sealstream_events_stored_total 3',
    'sealstream_events_waiting 90',
    'sealstream_events_rejected_total{reason="UNKNOWN_SEAL"} 7',
    'sealstream_events_rejected_total{reason="BAD_VALUE"} 3',
    'sealstream_alarms_open{kind="tamper",severity="critical"} 2',
    'sealstream_alarms_open{kind="offline",severity="major"} 1',
    'sealstream_event_to_alarm_seconds_count 3',
    'sealstream_live_clients 0',
  ])
    expect(text.split('\n')).toContain(line)
})

test('no label has a value per seal, site or sender', async () => {
  const source = createSource()
  for (let i = 0; i < 300; i++) source.putSite({ site: `s-${i}` })
  for (let i = 0; i < 300; i++) source.raise({ id: `a-${i}`, site: `s-${i}`, siteNo: i + 1 })
  server = await startLiveServer(source)
  const before = (await server.metrics.expose()).split('\n').length
  for (let i = 300; i < 600; i++) source.raise({ id: `a-${i}`, site: `s-${i}`, siteNo: i + 1 })
  expect((await server.metrics.expose()).split('\n').length).toBe(before)
})
