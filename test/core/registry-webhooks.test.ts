import { describe, expect, it } from 'vitest'
import type { Principal, RegistryOp, WebhookSpec } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { createRegistry, type Registry, restoreRegistry } from '../../core/registry.ts'
import { ADMIN } from './entries.ts'

// Webhooks in the registry: one for each area and severity, of nobody's but one's own areas, and as they were after a restore.

const SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`
const spec = (over: Partial<WebhookSpec> = {}): WebhookSpec => ({
  name: 'duty',
  url: 'https://duty.example/hook?k=1',
  area: 'x',
  severities: ['critical'],
  secret: SECRET,
  ...over,
})
const street: Principal = { tokenNo: 2, name: 'street', role: 'admin', areas: ['x/street'] }
const ask = (registry: Registry, op: RegistryOp): number => {
  const { result } = registry.apply(op, 1000)
  return result.kind === 'refused' ? result.status : 200
}
const put = (registry: Registry, over: Partial<WebhookSpec> = {}, by: Principal = ADMIN): number =>
  ask(registry, { op: 'put-webhook', by, webhook: spec(over) })
const names = (registry: Registry): string[] =>
  registry.webhooks().map(({ webhookNo, name, area, severities }) => `${webhookNo} ${name} ${area} ${severities.join()}`)

describe('one for each area and severity', () => {
  it('refuses a second for a pair, and takes others', () => {
    const registry = createRegistry(POLICY_DEFAULT, 4)
    expect(put(registry, { severities: ['major', 'critical'] })).toBe(200)
    expect(put(registry, { name: 'again' })).toBe(409)
    expect(put(registry, { name: 'mild', severities: ['minor', 'major'] })).toBe(409)
    expect(put(registry, { name: 'mild', severities: ['minor'] })).toBe(200)
    expect(put(registry, { name: 'inner', area: 'x/street' })).toBe(200)
    expect(put(registry, { name: 'all', area: '' })).toBe(200)
    expect(names(registry)).toEqual(['1 duty x critical,major', '2 mild x minor', '3 inner x/street critical', '4 all  critical'])
  })
  it('lets one be changed, with the secret it has, and a pair that is free again be taken', () => {
    const registry = createRegistry(POLICY_DEFAULT, 4)
    put(registry)
    expect(put(registry, { url: 'http://127.0.0.1:8/', secret: null, severities: ['info'] })).toBe(200)
    expect(registry.webhooks()).toMatchObject([{ webhookNo: 1, url: 'http://127.0.0.1:8/', secret: SECRET, severities: ['info'] }])
    expect(put(registry, { name: 'again' })).toBe(200)
    expect(ask(registry, { op: 'remove-webhook', by: ADMIN, name: 'duty' })).toBe(200)
    expect(ask(registry, { op: 'remove-webhook', by: ADMIN, name: 'duty' })).toBe(404)
    expect(put(registry, { name: 'third', severities: ['info'] })).toBe(200)
    // A number is never given twice: notices in the outbox name it.
    expect(names(registry)).toEqual(['2 again x critical', '3 third x info'])
  })
})

it.each([
  { name: 'with space' },
  { name: '' },
  { url: 'ftp://x/' },
  { url: 'https://user:pass@x/' },
  { url: 'https://x/#part' },
  { url: 'https://x y/' },
  { area: 'x//y' },
  { severities: [] },
  { severities: ['urgent' as 'info'] },
  { secret: 'whsec_short' },
  { secret: null },
])('%j is refused', (over) => {
  const registry = createRegistry(POLICY_DEFAULT, 4)
  expect(put(registry, over)).toBe(422)
  expect(registry.webhooks()).toEqual([])
})

it('is refused with a URL that no client would take whole', () => {
  expect(put(createRegistry(POLICY_DEFAULT, 4), { url: `https://x/${'y'.repeat(2048)}` })).toBe(422)
})

it('is nobody’s but one’s own areas', () => {
  const registry = createRegistry(POLICY_DEFAULT, 4)
  put(registry)
  expect(put(registry, { name: 'mine' }, street)).toBe(403)
  expect(put(registry, { name: 'duty', area: 'x/street' }, street)).toBe(409)
  expect(ask(registry, { op: 'remove-webhook', by: street, name: 'duty' })).toBe(404)
  expect(put(registry, { name: 'mine', area: 'x/street/7' }, street)).toBe(200)
  expect(ask(registry, { op: 'remove-webhook', by: street, name: 'mine' })).toBe(200)
})

it('is as it was after a restore, numbers too', () => {
  const registry = createRegistry(POLICY_DEFAULT, 4)
  put(registry)
  put(registry, { name: 'gone', area: 'y' })
  ask(registry, { op: 'remove-webhook', by: ADMIN, name: 'gone' })
  const restored = restoreRegistry(POLICY_DEFAULT, 4, structuredClone(registry.dump()), registry.tables())
  expect(restored.webhooks()).toEqual(registry.webhooks())
  put(restored, { name: 'next', area: 'z' })
  expect(names(restored)).toEqual(['1 duty x critical', '3 next z critical'])
})
