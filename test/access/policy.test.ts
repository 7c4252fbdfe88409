import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../bench/engine.ts'
import { api } from '../../bench/http.ts'
import { root } from '../parts/root.ts'
import { eventually, type Rig, startRig } from './rig.ts'

// The policy from outside: over HTTP, by the command, and from a file at a start; what it gives, who may, and what is kept of it.

let rig: Rig
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-policy-'))
  rig = await startRig()
  await rig.addSites([
    ['home-1', 'fuzhou/gulou/antai', 1],
    ['home-2', 'fuzhou/taijiang', 2],
  ])
}, 90_000)
afterAll(async () => {
  await rig.stop()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

const put = (body: unknown, ifMatch?: string) =>
  rig.ask('PUT', '/v1/policy', { token: rig.tokens.admin, body, ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }) })
const rule = (target: object, set: object): object => ({ for: target, set })
const file = (name: string, body: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof body === 'string' ? body : JSON.stringify(body))
  return path
}
const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [join(root, 'dist/main.js'), ...args], { env: { ...process.env, ...environment } }, (_, out, err) =>
      resolve({ status: child.exitCode ?? -1, out, err }),
    )
  })
const policy = (...args: string[]) => run(['policy', ...args], { SEALSTREAM_URL: rig.url, SEALSTREAM_TOKEN: rig.tokens.admin })

test('version 1 is the built-in defaults, and has no time', async () => {
  const { status, json, headers } = await rig.ask('GET', '/v1/policy', { token: rig.tokens.sre })
  expect([status, json]).toEqual([200, { version: 1, time: null, by: 'built in', document: { rules: [] } }])
  expect(headers.etag).toBe('"1"')
  expect((await policy('get')).out).toBe('{\n  "rules": []\n}\n')
})

test('a put is in force for the sites that it is for; the same again is no new version; who, when and what stay on record', async () => {
  const document = { rules: [rule({ kind: 'residence' }, { doorHeldOpenMs: 60_000 }), rule({ site: 'home-2' }, { severity: { fever: 'minor' } })] }
  expect((await put(document, '"1"')).json).toEqual({ version: 2, changed: true, sites: 2 })
  expect((await put(document)).json).toEqual({ version: 2, changed: false, sites: 0 })
  const effective = async (site: string) => (await rig.ask('GET', `/v1/policy/effective?site=${site}`, { token: rig.tokens.operator })).json
  expect(await effective('home-1')).toMatchObject({ site: 'home-1', kind: 'residence', version: 2, parameters: { doorHeldOpenMs: 60_000, severity: {} } })
  expect((await effective('home-2')).parameters.severity).toEqual({ fever: 'minor' })
  const { json } = await rig.ask('GET', '/v1/policy/versions', { token: rig.tokens.analyst })
  expect(json.items.map(({ version, by }: { version: number; by: string }) => `${version} ${by}`)).toEqual(['2 admin', '1 built in'])
  const rows = await eventually(async () => {
    const found = await rig.rows<{ version: number; by: string; document: string }>('SELECT version, by, document FROM seals.policies FINAL ORDER BY version')
    return found.length > 0 ? found : undefined
  })
  expect(rows.map((row) => ({ ...row, document: JSON.parse(row.document) as unknown }))).toEqual([{ version: 2, by: 'admin', document }])
  const notes = await eventually(async () => {
    const found = await rig.rows<{ action: string }>("SELECT action FROM seals.access WHERE action IN ('put-policy', 'view-policy')")
    return found.length >= 4 ? found : undefined
  })
  expect(notes.map(({ action }) => action).toSorted()).toEqual(['put-policy', 'put-policy', 'view-policy', 'view-policy'])
})

test('what is wrong is refused with its place; what was made from another version with 412; a wrong If-Match with 400', async () => {
  const wrong = await put({ rules: [rule({}, { doorHeldOpenMs: 'long' })] })
  expect([wrong.status, wrong.json.where]).toEqual([422, 'body/rules[0].set.doorHeldOpenMs'])
  expect(wrong.json.detail).toMatch(/^rules\[0\]\.set\.doorHeldOpenMs: wants a whole number/)
  expect((await put([])).status).toBe(422)
  expect((await put({ rules: [] }, '"1"')).json).toMatchObject({ status: 412, type: 'urn:sealstream:problem:outdated' })
  expect((await put({ rules: [] }, 'newest')).json).toMatchObject({ status: 400, where: 'header if-match' })
  expect((await rig.ask('GET', '/v1/policy', { token: rig.tokens.admin })).json.version).toBe(2)
})

test('of two that were made from the same version one is taken', async () => {
  const { version } = (await rig.ask('GET', '/v1/policy', { token: rig.tokens.admin })).json
  const answers = await Promise.all([1, 2, 3, 4].map((n) => put({ rules: [rule({}, { holdDownMs: n })] }, `"${version}"`)))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412, 412])
  expect(answers.find(({ status }) => status === 200)?.headers.etag).toBe(`"${version + 1}"`)
  await put({ rules: [] })
})

test('a token of some areas sees the rules of places in and above them, and of its own sites', async () => {
  const rules = [
    rule({}, { holdDownMs: 1 }),
    rule({ area: 'fuzhou' }, { holdDownMs: 2 }),
    rule({ area: 'fuzhou/gulou/antai' }, { holdDownMs: 3 }),
    rule({ area: 'fuzhou/taijiang' }, { holdDownMs: 4 }),
    rule({ site: 'home-1' }, { holdDownMs: 5 }),
    rule({ site: 'home-2' }, { holdDownMs: 6 }),
  ]
  await put({ rules })
  const token = await rig.addToken('gulou', 'operator', ['fuzhou/gulou'])
  const { json } = await rig.ask('GET', '/v1/policy', { token })
  expect(json.document.rules.map(({ set }: { set: { holdDownMs: number } }) => set.holdDownMs)).toEqual([1, 2, 3, 5])
  expect((await rig.ask('GET', '/v1/policy/effective?site=home-2', { token })).status).toBe(404)
  expect((await rig.ask('GET', '/v1/policy/effective', { token })).status).toBe(400)
  const local = await rig.addToken('gulou-admin', 'admin', ['fuzhou/gulou'])
  expect((await rig.ask('PUT', '/v1/policy', { token: local, body: { rules } })).status).toBe(403)
})

test('the command: check without an engine, put, effective, versions', async () => {
  const good = file('good.json', { rules: [rule({ area: 'fuzhou/gulou' }, { heartbeatsMissedMax: 7 })] })
  const bad = file('bad.json', { rules: [rule({}, { nothing: 1 })], rest: 1 })
  expect(await run(['policy', 'check', good])).toMatchObject({ status: 0, out: 'nothing is wrong with it: 1 rules\n' })
  expect(await run(['policy', 'check', bad])).toMatchObject({ status: 1, out: expect.stringContaining('rules[0].set.nothing: is not a parameter') as string })
  expect(await run(['policy', 'check', file('none.json', '{')])).toMatchObject({ status: 1, err: expect.stringMatching(/none\.json: .*JSON/) as string })
  expect(JSON.parse((await policy('put', good, '--if-version', '5', '--json')).out)).toEqual({ version: 6, changed: true, sites: 2 })
  expect(await policy('put', good, '--if-version', '5')).toMatchObject({ status: 1, err: expect.stringContaining('version 6 is in force, not 5') as string })
  expect((await policy('put', bad)).err).toContain('rest: is not known here')
  expect((await policy('effective', 'home-1')).out).toContain('heartbeatsMissedMax\t7\n')
  expect((await policy('effective', 'home-2')).out).toContain('heartbeatsMissedMax\t3\n')
  expect((await policy('effective', 'nobody')).status).toBe(1)
  expect((await policy('versions')).out.split('\n').map((line) => line.split('\t')[0])).toEqual(['6', '5', '4', '3', '2', '1', ''])
  expect(JSON.parse((await policy('get', '--json')).out)).toMatchObject({ version: 6, by: 'admin' })
}, 60_000)

test('a file at the start is in force from then on, once; a wrong one stops the start before anything is made', async () => {
  const path = file('start.json', { rules: [rule({}, { holdDownMs: 7 })] })
  const bad = file('start-bad.json', { rules: [rule({}, { holdDownMs: -7 })] })
  const dir = join(folder, 'never')
  const refused = await run(['serve', '--data', dir, '--port', '0', '--clickhouse-port', '0', '--policy', bad])
  expect(refused.status).not.toBe(0)
  expect(refused.err).toMatch(/start-bad\.json: rules\[0\]\.set\.holdDownMs: wants a whole number/)
  expect(existsSync(dir)).toBe(false)
  const dataDir = join(folder, 'engine')
  const inForce = async (): Promise<object> => {
    const engine = await startEngine({ dataDir, keep: true, flags: ['--policy', path] })
    const answer = (await api(engine.target, 'admin', { path: '/v1/policy' })).value as object
    await engine.stop()
    return answer
  }
  const first = await inForce()
  expect(first).toMatchObject({ version: 2, by: 'policy file', document: { rules: [{ set: { holdDownMs: 7 } }] } })
  expect(await inForce()).toEqual(first)
}, 90_000)
