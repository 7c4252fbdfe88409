import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, scratchDir } from '../engine.ts'
import type { Target } from '../target.ts'
import { seeded } from '../random.ts'
import { registerFleet } from './campaign.ts'
import { sealsFrom, startLoad } from './clients.ts'
import { createWorld, type World } from './world.ts'

// What whoever is on call would see: a real Prometheus with the alerts of deploy/prometheus scrapes the engine while the engine is
// down, ClickHouse is away, and a table is refused. Each must fire, name its page, and clear when its cause is gone; and no panel of
// the dashboard is empty at the end.

export type OnCallResult = {
  readonly fired: readonly string[]
  readonly cleared: readonly string[]
  readonly panels: number
  readonly complaints: readonly string[]
}

/** The alerts wait a minute (`for: 1m`) before they fire; their own conditions take up to another. */
const FIRE_MS_MAX = 200_000
const CLEAR_MS_MAX = 90_000
const PANEL_MS_MAX = 20_000
const LOOK_MS = 1_000

export const watchOnCall = async (prometheus: string, root: string, say: (line: string) => void): Promise<OnCallResult> => {
  const world = await createWorld('proxied')
  const scratch = scratchDir('chaos-prometheus')
  const complaints: string[] = []
  const [fired, cleared]: [string[], string[]] = [[], []]
  let stop = (): void => undefined
  try {
    await world.start()
    const first = world.target() as Target
    const port = Number(new URL(first.url).port)
    await registerFleet(first, sealsFrom(0xe0001, 20))
    const load = startLoad({ target: world.target, clients: 2, seals: sealsFrom(0xe0001, 20), batch: 20, random: seeded(1).unit })
    const prom = await startPrometheus(prometheus, { root, scratch, port, token: first.token('sre') })
    stop = prom.stop
    await sleep(5_000)
    const scene = async (alert: string, begin: () => Promise<void>, end: () => Promise<void>): Promise<void> => {
      const began = performance.now()
      await begin()
      if (await until(async () => (await prom.firing()).includes(alert), FIRE_MS_MAX)) fired.push(alert)
      else complaints.push(`${alert} did not fire within ${FIRE_MS_MAX / 1000} s`)
      const after = (performance.now() - began) / 1000
      await end()
      if (await until(async () => !(await prom.firing()).includes(alert), CLEAR_MS_MAX)) cleared.push(alert)
      else complaints.push(`${alert} did not clear within ${CLEAR_MS_MAX / 1000} s`)
      say(`${alert}: fired ${after.toFixed(0)} s after its cause, cleared`)
    }
    await scene(
      'SealstreamDown',
      () => world.kill(),
      () => world.start(port),
    )
    await scene(
      'SealstreamStorageBehind',
      async () => world.proxy?.set('refuse'),
      async () => world.proxy?.set('pass'),
    )
    await scene(
      'SealstreamTableRefused',
      () => world.command('RENAME TABLE seals.access TO seals.access_away').then(() => touch(world)),
      () => world.command('RENAME TABLE seals.access_away TO seals.access'),
    )
    const { panels } = JSON.parse(readFileSync(join(root, 'deploy/grafana/overview.json'), 'utf8')) as {
      panels: readonly { title: string; targets: readonly { expr: string }[] }[]
    }
    for (const { title, targets } of panels) {
      // A scrape that a busy machine missed leaves gauges empty for a moment.
      for (const { expr } of targets)
        if (!(await until(async () => (await prom.ask(expr)).length > 0, PANEL_MS_MAX))) complaints.push(`panel ${title}: ${expr} is empty`)
    }
    await load.finish()
    return { fired, cleared, panels: panels.length, complaints }
  } finally {
    stop()
    await world.dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A look at a site is a row of `access`, which then waits for its table. */
const touch = async (world: World): Promise<void> => {
  const at = world.target() as Target
  await fetch(`${at.url}/v1/sites/home-${sealsFrom(0xe0001, 1)[0]}`, { headers: { authorization: `Bearer ${at.token('operator')}` } })
}

const until = async (holds: () => Promise<boolean>, ms: number): Promise<boolean> => {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(LOOK_MS)) if (await holds().catch(() => false)) return true
  return false
}

type PrometheusOptions = { readonly root: string; readonly scratch: string; readonly port: number; readonly token: string }
const startPrometheus = async (path: string, { root, scratch, port, token }: PrometheusOptions) => {
  const own = await freePort()
  writeFileSync(join(scratch, 'token'), token, { mode: 0o600 })
  copyFileSync(join(root, 'deploy/prometheus/alerts.yml'), join(scratch, 'alerts.yml'))
  // The configuration that is shipped, with this engine's port and token, and looked at every second.
  const config = readFileSync(join(root, 'deploy/prometheus/prometheus.yml'), 'utf8')
    .replace('/etc/prometheus/sealstream.token', join(scratch, 'token'))
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replaceAll('5s', '1s')
  writeFileSync(join(scratch, 'prometheus.yml'), config)
  const child = spawn(
    path,
    [`--config.file=${join(scratch, 'prometheus.yml')}`, `--storage.tsdb.path=${join(scratch, 'tsdb')}`, `--web.listen-address=127.0.0.1:${own}`],
    {
      stdio: 'ignore',
    },
  )
  const ask = async (query: string): Promise<readonly { readonly metric: Readonly<Record<string, string>> }[]> => {
    const answer = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(query)}`)
    const { data } = (await answer.json()) as { data?: { result?: readonly { metric: Readonly<Record<string, string>> }[] } }
    return data?.result ?? []
  }
  return {
    ask,
    firing: async (): Promise<readonly string[]> => (await ask('ALERTS{alertstate="firing"}')).map(({ metric }) => metric['alertname'] ?? ''),
    stop: (): void => void child.kill('SIGKILL'),
  }
}
