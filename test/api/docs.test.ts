import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROUTES } from '../../core/access.ts'
import { PROBLEMS } from '../../ingest/problem.ts'
import { root } from '../parts/root.ts'
import { startRig, type Rig } from '../access/rig.ts'

// What is said of the API is what it is: docs/api.md and docs/errors.md against the tables in code, both ways; the engine's own
// description against the routes, and its shape against OpenAPI 3.1; /docs without any host but the engine.

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 90_000)
afterAll(() => rig.stop(), 60_000)

const tableRows = (file: string): readonly (readonly string[])[] =>
  readFileSync(join(root, 'docs', file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
const sorted = (texts: readonly string[]): string[] => texts.toSorted((a, b) => (a < b ? -1 : 1))

test('docs/api.md has each route with its roles and its rule of areas, and no other', () => {
  const said = tableRows('api.md')
    .filter(([route = '']) => /^[A-Z]+ \//.test(route))
    .map(([route, roles, area]) => `${route} | ${roles} | ${area}`)
  expect(sorted(said)).toEqual(
    sorted(ROUTES.map(({ method, path, roles, area }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')} | ${roles.join(', ')} | ${area}`)),
  )
})

test('docs/errors.md has each code with its status, and no other', () => {
  expect(sorted(tableRows('errors.md').map(([code, status]) => `${code} ${status}`))).toEqual(
    sorted(Object.entries(PROBLEMS).map(([code, { status }]) => `${code} ${status}`)),
  )
})

type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: object }[]
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>
  readonly summary?: string
  readonly security?: readonly object[]
  readonly requestBody?: { readonly content?: object }
}
const METHODS = new Set(['get', 'put', 'post', 'delete', 'head', 'patch', 'options', 'trace'])
/** Flaws against the rules of OpenAPI 3.1 that tools trip over: paths and their parameters, responses, references. */
const flawsOf = (document: any): string[] => {
  const flaws: string[] = []
  if (!/^3\.1\.\d+$/.test(document.openapi)) flaws.push('openapi')
  if (typeof document.info?.title !== 'string' || typeof document.info?.version !== 'string') flaws.push('info')
  for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
    if (!path.startsWith('/') || path.includes(':')) flaws.push(`path ${path}`)
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const [method, operation] of Object.entries(item)) {
      const what = `${method} ${path}`
      if (!METHODS.has(method)) flaws.push(what)
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      if (sorted(inPath).join() !== sorted(named as string[]).join()) flaws.push(`${what}: path parameters ${inPath.join()}`)
      if ((operation.parameters ?? []).some(({ schema }) => schema === undefined)) flaws.push(`${what}: a parameter without schema`)
      const responses = Object.entries(operation.responses ?? {})
      if (responses.length === 0) flaws.push(`${what}: no responses`)
      for (const [status, { description }] of responses)
        if (!/^([1-5]\d\d|[1-5]XX|default)$/.test(status) || typeof description !== 'string') flaws.push(`${what}: response ${status}`)
      if ((operation.summary ?? '') === '') flaws.push(`${what}: no summary`)
      if ((operation.security ?? []).some((scheme) => Object.keys(scheme).some((name) => document.components.securitySchemes[name] === undefined)))
        flaws.push(`${what}: security`)
    }
  }
  for (const [, reference = ''] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
    const found = reference
      .slice(2)
      .split('/')
      .reduce((node: any, part: string) => node?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document)
    if (!reference.startsWith('#/') || found === undefined) flaws.push(`reference ${reference}`)
  }
  return flaws
}

/** Documents and pages, not calls of the API. */
const UNDESCRIBED = new Set(['GET /openapi.json', 'GET /docs', 'GET /', 'GET /page.js', 'GET /page.css'])

test('the OpenAPI document lists every route and is well formed', async () => {
  const { json } = await rig.ask('GET', '/openapi.json', { token: rig.tokens.analyst })
  const described = Object.entries<object>(json.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
  const wanted = [
    ...ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).filter((route) => !UNDESCRIBED.has(route)),
    'GET /healthz',
    'GET /readyz',
    'POST /session',
    'DELETE /session',
  ]
  expect(sorted(described.filter((route) => !route.startsWith('HEAD ')))).toEqual(sorted(wanted))
  expect(flawsOf(json)).toEqual([])
})

test('/docs comes from the engine alone', async () => {
  const seen = new Set<string>()
  const queue = ['/docs/']
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const { status, text, headers } = await rig.ask('GET', path, { token: rig.tokens.analyst })
    expect(status, path).toBe(200)
    if (!(headers['content-type'] ?? '').includes('html')) continue
    expect(headers['content-security-policy'], path).toMatch(/default-src 'self'/)
    for (const [, target = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(target, 'another host').not.toMatch(/^(https?:)?\/\//)
      if (!target.startsWith('data:')) queue.push(new URL(target, `http://x${path}`).pathname)
    }
  }
  expect(seen.size).toBeGreaterThan(4)
  expect((await rig.ask('GET', '/docs/json', { token: rig.tokens.analyst })).json.openapi).toMatch(/^3\.1/)
})
