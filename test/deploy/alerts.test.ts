import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partTest } from '../parts/part-test.ts'
import { root } from '../parts/root.ts'

// What deploy hands to whoever is on call: alerts with a page each, held both ways by Prometheus' own tool, and a dashboard of
// metrics that exist. (That alerts fire and clear for real, and no panel is empty, the fault campaign shows.)

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const alerts = read('deploy/prometheus/alerts.yml')
const documented = new Set([...read('docs/metrics.md').matchAll(/^\| `(sealstream_\w+)`/gm)].map(([, name]) => name as string))
const plain = (name: string): string => name.replace(/_(bucket|count|sum)$/, '')
const metricsIn = (text: string): readonly string[] => [...text.matchAll(/\bsealstream_\w+/g)].map(([name]) => plain(name))

test('eight alerts, each with a runbook of its own, on metrics that exist', () => {
  const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name as string)
  expect(names).toHaveLength(8)
  const pages = [...alerts.matchAll(/runbook: (\S+)/g)].map(([, page]) => page as string)
  for (const [index, page] of pages.entries()) {
    expect(existsSync(join(root, page)), page).toBe(true)
    expect(read(page)).toContain(`\`${names[index]}\``)
  }
  expect(pages.map((page) => page.replace('docs/runbooks/', '')).sort()).toEqual(readdirSync(join(root, 'docs/runbooks')).sort())
  expect([...new Set(metricsIn(alerts))].filter((name) => !documented.has(name))).toEqual([])
})

test('the dashboard asks for metrics that exist', () => {
  const { panels } = JSON.parse(read('deploy/grafana/overview.json')) as { panels: readonly { targets: readonly { expr: string }[] }[] }
  const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)))
  expect(asked.length).toBeGreaterThan(15)
  expect([...new Set(asked)].filter((name) => !documented.has(name))).toEqual([])
})

partTest('promtool')('the alerts fire on their symptoms and keep quiet on an engine that is well', (path) => {
  const folder = join(root, 'deploy/prometheus')
  for (const args of [
    ['check', 'rules', 'alerts.yml'],
    ['check', 'config', '--syntax-only', 'prometheus.yml'],
    ['test', 'rules', 'alerts-test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync(path, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
    expect(`${args.join(' ')}: ${status}\n${status === 0 ? '' : stdout + stderr}`).toBe(`${args.join(' ')}: 0\n`)
  }
})
