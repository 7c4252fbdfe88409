import type { RefusalCode } from './happenings.ts'

// How a request is refused: one table of codes, one error class, one problem document (RFC 9457). docs/errors.md lists the codes.

export type ProblemRow = { readonly status: number; readonly title: string; readonly act: 'sender' | 'operator' | 'engine'; readonly retry: boolean }
export const PROBLEMS: Readonly<Record<RefusalCode, ProblemRow>> = {
  malformed: { status: 400, title: 'Malformed request', act: 'sender', retry: false },
  unauthenticated: { status: 401, title: 'Token needed', act: 'sender', retry: false },
  forbidden: { status: 403, title: 'Not allowed', act: 'operator', retry: false },
  'not-found': { status: 404, title: 'Not found', act: 'sender', retry: false },
  'method-not-allowed': { status: 405, title: 'Method not allowed', act: 'sender', retry: false },
  'too-slow': { status: 408, title: 'Too slow', act: 'sender', retry: true },
  'headers-too-large': { status: 431, title: 'Headers too large', act: 'sender', retry: false },
  conflict: { status: 409, title: 'Conflict', act: 'sender', retry: false },
  outdated: { status: 412, title: 'Changed meanwhile', act: 'sender', retry: false },
  'too-large': { status: 413, title: 'Too large', act: 'sender', retry: false },
  unsupported: { status: 415, title: 'Unsupported media type', act: 'sender', retry: false },
  unprocessable: { status: 422, title: 'Cannot be done', act: 'sender', retry: false },
  'too-many-requests': { status: 429, title: 'Too many requests', act: 'sender', retry: true },
  internal: { status: 500, title: 'Internal error', act: 'engine', retry: true },
  unavailable: { status: 503, title: 'Not now', act: 'engine', retry: true },
  'disk-full': { status: 507, title: 'Disk full', act: 'operator', retry: true },
}
const codes = Object.keys(PROBLEMS) as RefusalCode[]
const codeByStatus = new Map(codes.map((code) => [PROBLEMS[code].status, code]))

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: RefusalCode
  /** What part of the request it is about: `body byte 17`, `line 3`, `header content-type`. */
  readonly where: string | undefined
  readonly retryAfterSeconds: number | undefined
  constructor(code: RefusalCode, detail: string, more: { readonly where?: string; readonly retryAfterSeconds?: number } = {}) {
    super(detail)
    this.code = code
    this.where = more.where
    this.retryAfterSeconds = more.retryAfterSeconds ?? (PROBLEMS[code].status === 503 || PROBLEMS[code].status === 429 ? RETRY_AFTER_SECONDS : undefined)
  }
  get statusCode(): number {
    return PROBLEMS[this.code].status
  }
}
/** Where nobody knows better: a flush and a task are milliseconds, ClickHouse catching up is seconds. */
export const RETRY_AFTER_SECONDS = 2

export const problemByStatus = (status: number, detail: string, more: { readonly where?: string; readonly retryAfterSeconds?: number } = {}): Problem =>
  new Problem(codeByStatus.get(status) ?? (status < 500 ? 'malformed' : 'internal'), detail, more)

export type ProblemDocument = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance?: string
  readonly where?: string
}
export const problemDocument = (problem: Problem, instance?: string): ProblemDocument => ({
  type: `urn:sealstream:problem:${problem.code}`,
  title: PROBLEMS[problem.code].title,
  status: problem.statusCode,
  detail: problem.message,
  ...(instance === undefined ? {} : { instance }),
  ...(problem.where === undefined ? {} : { where: problem.where }),
})

type Outside = Error & {
  readonly statusCode?: number
  readonly detail?: string
  readonly retryAfterSeconds?: number
  readonly code?: string
  readonly validation?: readonly { readonly instancePath?: string; readonly message?: string; readonly params?: Readonly<Record<string, unknown>> }[]
  readonly validationContext?: string
}
/** Any thrown thing as a problem; undefined where it is a bug. */
export const problemOf = (thrown: unknown): Problem | undefined => {
  if (thrown instanceof Problem) return thrown
  const error = thrown as Outside
  if (error.validation !== undefined) return validationProblem(error)
  if (typeof error.statusCode !== 'number' || error.statusCode < 400) return undefined
  if (error.statusCode >= 500 && error.detail === undefined) return undefined
  const where = error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? { where: 'header content-type' } : {}
  const retry = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }
  return problemByStatus(error.statusCode, error.detail ?? error.message, { ...where, ...retry })
}

const validationProblem = (error: Outside): Problem => {
  const first = error.validation?.[0]
  const context = error.validationContext ?? 'body'
  const missing = first?.params?.['missingProperty'] ?? first?.params?.['additionalProperty']
  const path = `${first?.instancePath ?? ''}${typeof missing === 'string' ? `/${missing}` : ''}`
  const detail = `${context}${path === '' ? '' : ` ${path.slice(1).replaceAll('/', '.')}`}: ${first?.message ?? error.message}`
  return new Problem(context === 'body' ? 'unprocessable' : 'malformed', detail, { where: `${context}${path}` })
}
