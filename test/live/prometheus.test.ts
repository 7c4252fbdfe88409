import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { freePort, scratchDir, startEngine, type OwnEngine } from '../../bench/engine.ts'
import { partTest } from '../parts/part-test.ts'

// A real Prometheus scrapes a real engine with the SRE's token, as deploy/prometheus tells people to, and finds the fixed names.

let engine: OwnEngine
let prometheus: ChildProcess | undefined
beforeAll(async () => {
  engine = await startEngine({ dataDir: scratchDir('prometheus'), keep: false })
}, 60_000)
afterAll(async () => {
  prometheus?.kill('SIGKILL')
  await engine.stop()
}, 60_000)

/** The contract's fixed names; a histogram is asked for by its count. */
const NAMES = [
  'events_offered_total',
  'events_accepted_total',
  'events_rejected_total',
  'events_repeated_total',
  'events_stored_total',
  'events_waiting',
  'log_bytes',
  'log_flush_seconds_count',
  'sink_oldest_unstored_seconds',
  'event_to_alarm_seconds_count',
  'seals_online',
  'seals_known',
  'live_clients',
]

partTest('prometheus')(
  'a Prometheus finds the fixed names',
  async (path) => {
    const port = await freePort()
    const secret = join(engine.dataDir, 'sre-token')
    writeFileSync(secret, engine.target.token('sre'), { mode: 0o600 })
    const config = join(engine.dataDir, 'prometheus.yml')
    writeFileSync(
      config,
      `
scrape_configs:
  - job_name: sealstream
    scrape_interval: 1s
    authorization: { credentials_file: '${secret}' }
    static_configs: [{ targets: ['${engine.target.url.replace('http://', '')}'] }]
`,
    )
    prometheus = spawn(path, [`--config.file=${config}`, `--storage.tsdb.path=${join(engine.dataDir, 'tsdb')}`, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: 'ignore',
    })
    const ask = async (query: string): Promise<readonly unknown[]> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).catch(() => undefined)
      if (answer?.ok !== true) return []
      return ((await answer.json()) as { data: { result: unknown[] } }).data.result
    }
    const until = performance.now() + 40_000
    while ((await ask('up{job="sealstream"} == 1')).length === 0 && performance.now() < until) await sleep(200)
    for (const name of NAMES) expect(await ask(`sealstream_${name}`), name).not.toEqual([])
    // Every reason is there from the start, so that a rate over it is never empty.
    expect((await ask('sealstream_events_rejected_total')).length).toBeGreaterThanOrEqual(6)
  },
  60_000,
)
