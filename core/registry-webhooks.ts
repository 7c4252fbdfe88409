import { areaCovers, isArea } from './ids.ts'
import type { Severity } from './kinds.ts'
import type { Principal, RegistryResult, WebhookRecord, WebhookSpec } from './ops.ts'

// Webhooks: where notices of alarms go. One for each area and severity: who is called about what is never a guess. Nobody sends
// the alarms of areas that are not theirs. The secret signs, so it is kept as it is (unlike a token's); no view of it leaves.

export type WebhookState = { webhooks: WebhookRecord[]; webhookCount: number }

const NAME = /^[A-Za-z0-9._-]{1,64}$/
/** Without user, password and fragment: what stands there ends in logs and proxies. The door that takes it (ingest) parses it whole. */
const URL_SHAPE = /^https?:\/\/[^\s/?#@]+(\/[^\s#@]*|\?[^\s#@]*)?$/
const URL_LENGTH_MAX = 2048
/** Standard Webhooks: 24 to 64 bytes, base64. */
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/
/** Each step of an alarm is compared with each; a city has a few offices a street. */
export const WEBHOOKS_MAX = 1000
const SEVERITIES: readonly Severity[] = ['critical', 'major', 'minor', 'info']

const refused = (status: 403 | 404 | 409 | 422, detail: string): RegistryResult => ({ kind: 'refused', status, detail })
const mayHold = (by: Principal, area: string): boolean => by.areas.some((own) => areaCovers(own, area))

export const putWebhook = (state: WebhookState, by: Principal, spec: WebhookSpec): RegistryResult => {
  const problem = webhookProblem(spec)
  if (problem !== undefined) return refused(422, problem)
  if (!mayHold(by, spec.area)) return refused(403, 'area: reaches beyond your own')
  const at = state.webhooks.findIndex(({ name }) => name === spec.name)
  const before = state.webhooks[at]
  if (before !== undefined && !mayHold(by, before.area)) return refused(409, `name: ${spec.name} is taken`)
  const clash = clashOf(state, spec)
  if (clash !== undefined) return refused(409, clash)
  const secret = spec.secret ?? before?.secret
  if (secret === undefined) return refused(422, 'secret: a new webhook wants one')
  if (before === undefined && state.webhooks.length >= WEBHOOKS_MAX) return refused(409, `there are ${WEBHOOKS_MAX} webhooks already`)
  const record = { name: spec.name, url: spec.url, area: spec.area, severities: SEVERITIES.filter((one) => spec.severities.includes(one)), secret }
  if (before === undefined) {
    state.webhookCount += 1
    state.webhooks = [...state.webhooks, { ...record, webhookNo: state.webhookCount }]
  } else state.webhooks = state.webhooks.with(at, { ...record, webhookNo: before.webhookNo })
  return { kind: 'done' }
}

const clashOf = (state: WebhookState, { name, area, severities }: WebhookSpec): string | undefined => {
  for (const other of state.webhooks) {
    if (other.name === name || other.area !== area) continue
    const severity = other.severities.find((one) => severities.includes(one))
    if (severity !== undefined) return `severities: ${severity} alarms of ${area === '' ? 'all areas' : area} go to ${other.name} already`
  }
  return undefined
}

const webhookProblem = ({ name, url, area, severities, secret }: WebhookSpec): string | undefined => {
  if (typeof name !== 'string' || !NAME.test(name)) return 'name: wants 1 to 64 letters, digits and . _ -'
  if (typeof url !== 'string' || url.length > URL_LENGTH_MAX || !URL_SHAPE.test(url))
    return `url: wants http:// or https://, no user, password or fragment, at most ${URL_LENGTH_MAX} characters`
  if (typeof area !== 'string' || (area !== '' && !isArea(area))) return 'area: wants segments of letters, digits and . _ : - between slashes; empty is all'
  if (!Array.isArray(severities) || severities.length === 0 || !severities.every((one: unknown) => SEVERITIES.includes(one as Severity)))
    return `severities: wants some of ${SEVERITIES.join(', ')}`
  if (secret !== null && (typeof secret !== 'string' || !SECRET.test(secret))) return 'secret: wants whsec_ and 24 to 64 bytes in base64'
  return undefined
}

export const removeWebhook = (state: WebhookState, by: Principal, name: string): RegistryResult => {
  const found = state.webhooks.find((webhook) => webhook.name === name)
  if (found === undefined || !mayHold(by, found.area)) return refused(404, 'no such webhook')
  state.webhooks = state.webhooks.filter((webhook) => webhook !== found)
  return { kind: 'done' }
}
