import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, scratchDir, type OwnEngine } from '../../bench/engine.ts'
import { checkEvidence } from '../../bench/evidence/check.ts'
import { api, apiOk, call, clickhouseRows } from '../../bench/http.ts'
import { nextMidnight, playDay, settle } from '../../bench/simulate/day.ts'
import { planDay } from '../../bench/simulate/day-plan.ts'
import { tryPolicy } from '../../bench/policy-try/run.ts'
import { runCommandLine } from '../../bench/command-line.ts'
import type { Target } from '../../bench/target.ts'

// Evidence on a real engine: hours of a simulated day, and every alarm of them recomputed through the endpoint.

const HOURS = 4
const quiet = (): void => undefined
let engine: OwnEngine
let target: Target
let startMs = 0
beforeAll(async () => {
  engine = await startEngine({ dataDir: scratchDir('evidence'), keep: false, flags: ['--tick-source', 'simulator', '--log-level', 'warn'] })
  target = engine.target
  startMs = nextMidnight(Date.now())
  const plan = planDay({ seals: 60 }, 3)
  const { distinct, distinctRejected } = await playDay(target, { plan, seed: 3, startMs, speed: Infinity, say: quiet, lastMs: HOURS * 3_600_000 })
  expect(await settle(target, distinct - distinctRejected, startMs)).toBe(distinct - distinctRejected)
}, 240_000)
afterAll(() => engine?.stop(), 60_000)

type Raised = { readonly id: string; readonly kind: string; readonly site: string }
const raised = (): Promise<readonly Raised[]> =>
  clickhouseRows<Raised>(target, "SELECT id, kind, site FROM seals.alarms WHERE step = 'raised' ORDER BY received, id")
const first = async (): Promise<Raised> => (await raised())[0] as Raised

test('every alarm of a simulated day is recomputed from the stored rows as it was raised', { timeout: 240_000 }, async () => {
  const verdict = await checkEvidence(target, { from: startMs - 1000, until: startMs + 86_400_000, say: quiet })
  expect(verdict.complaints).toEqual([])
  expect(verdict.ok).toBe(true)
  expect(verdict.alarms).toBeGreaterThan(5)
  expect(verdict.kinds.reduce((sum, { identical }) => sum + identical, 0)).toBe(verdict.alarms)
})

test('a view is written down: who, which alarm, that it was its evidence', async () => {
  const { id } = await first()
  await apiOk(target, 'operator', { path: `/v1/alarms/${id}/evidence` })
  const read = (): Promise<readonly { who: string; n: string }[]> =>
    clickhouseRows(target, `SELECT who, count() AS n FROM seals.access WHERE action = 'view-evidence' AND target = '${id}' GROUP BY who`)
  for (let tries = 0; tries < 100 && (await read()).length === 0; tries += 1) await sleep(100)
  // The check looked at it, and the request above.
  expect((await read()).map(({ who, n }) => [who, Number(n) >= 1])).toEqual([['operator', true]])
})

test('for a browser it is one document: no script, nothing fetched, a policy that says so, and nothing of its text taken for markup', async () => {
  const { id, site, kind } = await first()
  await apiOk(target, 'operator', { path: `/v1/alarms/${id}/assign`, json: { to: 'duty', note: '<img src=x onerror=alert(1)>"&' } })
  const ask = async (): Promise<string> => {
    const reply = await call({
      url: `${target.url}/v1/alarms/${id}/evidence`,
      headers: { authorization: `Bearer ${target.token('operator')}`, accept: 'text/html,*/*' },
    })
    expect(reply.status).toBe(200)
    return reply.body.toString('utf8')
  }
  let page = await ask()
  for (let tries = 0; tries < 100 && !page.includes('onerror'); tries += 1) {
    await sleep(100)
    page = await ask()
  }
  expect(page).toContain(`${kind} at ${site}`)
  expect(page).toContain('the same alarm, to the last bit')
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;')
  expect(page).not.toMatch(/<img|<script|<iframe|<object|<link rel="(?!icon" href="data:,)|\bon\w+="|url\(|@import| style="/)
  expect(page).not.toMatch(/(?:src|href)="(?!data:,")/)
  const response = await fetch(`${target.url}/v1/alarms/${id}/evidence`, {
    headers: { authorization: `Bearer ${target.token('operator')}`, accept: 'text/html' },
  })
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('what is not there, or not for the caller, is not found, and says what may be the reason', async () => {
  const unknown = await api(target, 'operator', { path: '/v1/alarms/0000000000000000/evidence' })
  expect(unknown.status).toBe(404)
  expect(JSON.stringify(unknown.value)).toContain('expired')
  expect((await api(target, 'analyst', { path: '/v1/alarms/0000000000000000/evidence' })).status).toBe(403)
})

test('explain prints it, as text, as JSON and into a file', { timeout: 60_000 }, async () => {
  const { id, kind } = await first()
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-explain-'))
  const printed: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (text: string | Uint8Array): boolean => printed.push(String(text)) > 0
  const before = process.exitCode
  try {
    const run = (...args: readonly string[]): Promise<void> =>
      runCommandLine(['node', 'sealstream', 'explain', id, '--url', target.url, '--data', target.dataDir ?? '', ...args], {}, () =>
        Promise.reject(new Error('no engine')),
      )
    await run()
    await run('--json')
    await run('--html', join(dir, 'evidence.html'))
  } finally {
    process.stdout.write = write
    process.exitCode = before
  }
  const text = printed.join('')
  expect(text).toContain(`${kind} ${id}`)
  expect(text).toContain('Recomputed from what is stored: the same alarm, to the last bit')
  expect((JSON.parse(printed.find((one) => one.startsWith('{')) ?? '{}') as { alarm?: { id?: string } }).alarm?.id).toBe(id)
  expect(readFileSync(join(dir, 'evidence.html'), 'utf8')).toMatch(/^<!doctype html>/)
  rmSync(dir, { recursive: true })
})

test('policy try: with the policy as it was, what was; with another one, what would have been', { timeout: 120_000 }, async () => {
  const options = { lastMs: 2 * 86_400_000, warmMs: 0, threads: 2, say: quiet }
  const same = await tryPolicy(target, { rules: [] }, options)
  expect(same.notes).toEqual([])
  expect(same.differences).toEqual([])
  const then = await raised()
  expect(same.kinds.reduce((sum, { raised: n }) => sum + n, 0)).toBe(then.length)
  expect(same.kinds.map(({ kind, alike, present }) => [kind, alike, present])).toEqual(same.kinds.map(({ kind, raised: n }) => [kind, n, n]))
  // A policy that silences the commonest kind has no alarm of it, and all the others.
  const commonest = same.kinds.toSorted((a, b) => b.raised - a.raised)[0] as (typeof same.kinds)[number]
  const silent = await tryPolicy(target, { rules: [{ for: {}, set: { severity: { [commonest.kind]: 'off' } } }] }, options)
  const row = silent.kinds.find(({ kind }) => kind === commonest.kind)
  expect(row).toMatchObject({
    raised: commonest.raised,
    alike: commonest.raised,
    present: commonest.raised,
    tried: 0,
    onlyPresent: commonest.raised,
    onlyTried: 0,
  })
  expect(silent.differences.every(({ only, alarm }) => only === 'present' && alarm.kind === commonest.kind)).toBe(true)
  expect(silent.differences.length).toBe(commonest.raised)
})
