import { areaCovers } from './ids.ts'
import type { Principal, Role } from './ops.ts'

// Who may call what: the one table that the server's gate and the access-matrix test both read.
// `area`: how areas narrow the answer. 'one': the thing named must lie in the caller's areas (404 otherwise, so that nothing is
// learned of it). 'filter': only what lies in them is shown. 'none': the answer holds nothing of any area.

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly roles: readonly Role[]
  readonly area: 'one' | 'filter' | 'none'
  readonly socket?: true
}
const route = (method: Route['method'], path: string, roles: readonly Role[], area: Route['area']): Route => ({ method, path, roles, area })
const ALL: readonly Role[] = ['sender', 'operator', 'analyst', 'sre', 'admin']

/** Every route that needs a token. `/healthz` and `/readyz` are the only ones that do not. */
export const ROUTES: readonly Route[] = [
  route('POST', '/v1/events', ['sender', 'admin'], 'one'),
  { ...route('GET', '/v1/events', ['sender', 'admin'], 'one'), socket: true },
  { ...route('GET', '/v1/live', ['operator', 'admin', 'sre'], 'filter'), socket: true },
  route('GET', '/v1/sites', ['operator', 'admin'], 'filter'),
  route('GET', '/v1/sites/:site', ['operator', 'admin'], 'one'),
  route('PUT', '/v1/sites/:site', ['admin'], 'one'),
  route('POST', '/v1/sites/:site/end', ['admin'], 'one'),
  route('POST', '/v1/sites/import', ['admin'], 'one'),
  route('GET', '/v1/seals/:seal', ['operator', 'admin'], 'one'),
  route('GET', '/v1/permits', ['operator', 'admin'], 'filter'),
  route('POST', '/v1/permits', ['sender', 'operator', 'admin'], 'one'),
  route('DELETE', '/v1/permits/:permit', ['operator', 'admin'], 'one'),
  route('GET', '/v1/alarms', ['operator', 'admin'], 'filter'),
  route('GET', '/v1/alarms/:id', ['operator', 'admin'], 'one'),
  route('GET', '/v1/alarms/:id/evidence', ['operator', 'admin'], 'one'),
  route('POST', '/v1/alarms/:id/acknowledge', ['operator', 'admin'], 'one'),
  route('POST', '/v1/alarms/:id/assign', ['operator', 'admin'], 'one'),
  route('POST', '/v1/alarms/:id/shelve', ['operator', 'admin'], 'one'),
  route('POST', '/v1/alarms/:id/clear', ['operator', 'admin'], 'one'),
  route('GET', '/v1/areas', ['operator', 'analyst', 'admin'], 'filter'),
  route('GET', '/v1/policy', ['operator', 'analyst', 'sre', 'admin'], 'filter'),
  route('GET', '/v1/policy/versions', ['operator', 'analyst', 'sre', 'admin'], 'none'),
  route('GET', '/v1/policy/effective', ['operator', 'admin'], 'one'),
  route('PUT', '/v1/policy', ['admin'], 'one'),
  route('GET', '/v1/tokens', ['admin'], 'filter'),
  route('POST', '/v1/tokens', ['admin'], 'one'),
  route('DELETE', '/v1/tokens/:name', ['admin'], 'one'),
  route('GET', '/v1/webhooks', ['admin'], 'filter'),
  route('PUT', '/v1/webhooks/:name', ['admin'], 'one'),
  route('DELETE', '/v1/webhooks/:name', ['admin'], 'one'),
  route('POST', '/v1/webhooks/:name/test', ['admin'], 'one'),
  route('POST', '/v1/signin-links', ['admin'], 'none'),
  route('GET', '/v1/status', ['sre', 'admin'], 'none'),
  route('POST', '/v1/ticks', ['admin'], 'none'),
  route('POST', '/v1/backups', ['sre', 'admin'], 'none'),
  route('GET', '/metrics', ['sre', 'admin'], 'none'),
  route('GET', '/openapi.json', ALL, 'none'),
  route('GET', '/docs', ALL, 'none'),
  route('GET', '/', ['operator', 'admin', 'sre'], 'none'),
  route('GET', '/page.js', ['operator', 'admin', 'sre'], 'none'),
  route('GET', '/page.css', ['operator', 'admin', 'sre'], 'none'),
]

/** The rule for a route as fastify names it (`routeOptions.url`). The files under /docs follow /docs, HEAD follows GET. */
export const ruleOf = (method: string, url: string): Route | undefined => {
  const path = url.startsWith('/docs/') ? '/docs' : url
  const verb = method === 'HEAD' ? 'GET' : method
  return ROUTES.find((rule) => rule.method === verb && rule.path === path)
}
export const mayCall = (rule: Route, principal: Principal): boolean => rule.roles.includes(principal.role)
/** Whether something in `area` may be shown to, or changed by, this principal. */
export const maySee = (principal: Principal, area: string): boolean => principal.areas.some((prefix) => areaCovers(prefix, area))
