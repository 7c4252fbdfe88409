import type { FastifyInstance, FastifyRequest } from 'fastify'
import { maySee } from '../core/access.ts'
import { alarmBody } from '../core/alarm-body.ts'
import { findSeal, watchAt } from '../core/directory.ts'
import { isArea, isSealId, isSiteId, sealHigh, sealLow } from '../core/ids.ts'
import { ALARM } from '../core/kinds.ts'
import type { Principal } from '../core/ops.ts'
import type { SiteState } from '../core/thread/machine.ts'
import { ALARMS_LIMIT_DEFAULT, ALARMS_LIMIT_MAX, closedAlarm, listAlarms, type AlarmQuery } from './alarm-list.ts'
import { summariseAreas } from './areas.ts'
import type { LiveDeps } from './deps.ts'
import { principalOf, refusal } from './problem.ts'
import { alarmListSchema, alarmOneSchema, areaListSchema, permitListSchema, problems, sealStateSchema, siteListSchema, siteSchema } from './schemas.ts'
import { scopeOf } from './scope.ts'
import { occupancyBody, permitBody, sealBody, siteBody } from './view.ts'

// The read side of the API: sites, seals, permits, alarms, areas. Holds always: what lies outside the caller's areas is not
// shown, and one thing outside them is not found (404), so that nothing is learned of it; every look at one site, seal or alarm
// is noted in the log before it is answered.

const SITES_LIMIT_MAX = 1_000
const PERMITS_LIMIT_MAX = 1_000

const areaParam = { type: 'string', maxLength: 600, description: 'only what lies in this area' } as const
/** Query strings are text, and the server coerces nothing: a number in one is checked here. */
const limitParam = (max: number, preset: number): object => ({
  type: 'string',
  pattern: '^[0-9]{1,6}$',
  default: String(preset),
  description: `a number from 1 to ${max}`,
})
const limitOf = (text: string, max: number): number => {
  const limit = Number(text)
  if (limit >= 1 && limit <= max) return limit
  throw refusal(400, `limit: ${text} is not from 1 to ${max}`)
}
const cursorParam = { type: 'string', maxLength: 256, description: '`next` of the page before' } as const
const security = [{ token: [] }] as const
type Doc = { readonly tag: string; readonly summary: string; readonly answer: object; readonly query?: object; readonly params?: object }
const documented = ({ tag, summary, answer, query, params }: Doc): { readonly schema: object } => ({
  schema: {
    tags: [tag],
    summary,
    security,
    response: { 200: answer, ...problems },
    ...(query === undefined ? {} : { querystring: { type: 'object', properties: query } }),
    ...(params === undefined ? {} : { params: { type: 'object', properties: params } }),
  },
})

export const registerReadRoutes = (app: FastifyInstance, deps: LiveDeps): void => {
  registerSites(app, deps)
  registerSealsAndPermits(app, deps)
  registerAlarms(app, deps)
  registerAreas(app, deps)
}

const registerSites = (app: FastifyInstance, deps: LiveDeps): void => {
  const list = documented({
    tag: 'sites',
    summary: 'Sites with people inside against people registered',
    answer: siteListSchema,
    query: { area: areaParam, limit: limitParam(SITES_LIMIT_MAX, 100), cursor: cursorParam },
  })
  app.get('/v1/sites', list, (request) => {
    const { area, limit, cursor } = request.query as { readonly area?: string; readonly limit: string; readonly cursor?: string }
    const { prefixes } = scopeOf(principalOf(request), checkedArea(area))
    return sitePage(deps, prefixes, limitOf(limit, SITES_LIMIT_MAX), cursor)
  })
  const one = documented({
    tag: 'sites',
    summary: 'One site: occupancy, comparison, doors, seals, open alarms',
    answer: siteSchema,
    params: { site: { type: 'string', maxLength: 64 } },
  })
  app.get('/v1/sites/:site', one, async (request) => {
    const { site } = request.params as { readonly site: string }
    const state = visibleSite(principalOf(request), isSiteId(site) ? deps.machine.siteState(site) : undefined, `no site ${site} here`)
    await noted(deps, request, 'view-site', state.site)
    return siteBody(
      state,
      [...deps.machine.openAlarms()].filter((alarm) => alarm.siteNo === state.siteNo),
      deps.notices.troubleOf,
    )
  })
}

/** A page starts at a prefix of the scope and a site number: `index-number`. */
const sitePage = (
  deps: LiveDeps,
  prefixes: readonly string[],
  limit: number,
  cursor: string | undefined,
): { readonly items: readonly object[]; readonly next: string | null } => {
  const match = /^(\d{1,4})-(\d{1,12})$/.exec(cursor ?? '0-0')
  if (match === null) throw refusal(400, 'cursor: not one that this list gave')
  const items: SiteState[] = []
  let from = Number(match[2])
  for (let index = Number(match[1]); index < prefixes.length; index++) {
    const found = deps.machine.sites(from, limit - items.length, prefixes[index] as string)
    items.push(...found)
    if (items.length === limit) return { items: items.map(occupancyBody), next: `${index}-${(items.at(-1) as SiteState).siteNo + 1}` }
    from = 0
  }
  return { items: items.map(occupancyBody), next: null }
}

const registerSealsAndPermits = (app: FastifyInstance, deps: LiveDeps): void => {
  const seal = documented({
    tag: 'seals',
    summary: 'One seal as it stands, and the site it watches',
    answer: sealStateSchema,
    params: { seal: { type: 'string', maxLength: 16 } },
  })
  app.get('/v1/seals/:seal', seal, async (request) => {
    const { seal: id } = request.params as { readonly seal: string }
    const state = visibleSite(principalOf(request), siteOfSeal(deps, id), `no seal ${id} here`)
    const found = state.seals.find((one) => one.seal === id)
    if (found === undefined) throw refusal(404, `no seal ${id} here`)
    await noted(deps, request, 'view-seal', id)
    const alarms = [...deps.machine.openAlarms()].filter((alarm) => alarm.seal === id)
    return { ...sealBody(found), site: state.site, area: state.area, alarms: alarms.map((alarm) => alarmBody(alarm, deps.notices.troubleOf)) }
  })
  const permits = documented({
    tag: 'permits',
    summary: 'Permits in force or to come',
    answer: permitListSchema,
    query: { area: areaParam, site: { type: 'string', maxLength: 64 }, limit: limitParam(PERMITS_LIMIT_MAX, 100), cursor: cursorParam },
  })
  app.get('/v1/permits', permits, (request) => {
    const {
      area,
      site,
      cursor = '0',
      ...query
    } = request.query as { readonly area?: string; readonly site?: string; readonly limit: string; readonly cursor?: string }
    const after = Number(cursor)
    const limit = limitOf(query.limit, PERMITS_LIMIT_MAX)
    if (!Number.isSafeInteger(after)) throw refusal(400, 'cursor: not one that this list gave')
    const scope = scopeOf(principalOf(request), checkedArea(area))
    const found = [...deps.machine.permits()]
      .filter((permit) => permit.permitNo > after && scope.covers(permit.area) && (site === undefined || permit.site === site))
      .sort((a, b) => a.permitNo - b.permitNo)
    const items = found.slice(0, limit)
    return { items: items.map(permitBody), next: found.length > limit ? String(items.at(-1)?.permitNo) : null }
  })
}
const siteOfSeal = (deps: LiveDeps, id: string): SiteState | undefined => {
  if (!isSealId(id)) return undefined
  const directory = deps.machine.directory()
  const sealNo = findSeal(directory, sealLow(id), sealHigh(id))
  const watch = sealNo === 0 ? 0 : watchAt(directory, sealNo, deps.clock())
  return watch === 0 ? undefined : deps.machine.siteStateByNo(directory.watches.columns.site[watch] as number)
}

const registerAlarms = (app: FastifyInstance, deps: LiveDeps): void => {
  const list = documented({
    tag: 'alarms',
    summary: 'Alarms: open ones most severe and longest waiting first, closed ones newest first',
    answer: alarmListSchema,
    query: {
      state: { type: 'string', enum: ['open', 'closed', 'all'], default: 'open' },
      site: { type: 'string', maxLength: 64 },
      area: areaParam,
      kind: { type: 'string', enum: Object.keys(ALARM) },
      severity: { type: 'string', enum: ['critical', 'major', 'minor', 'info'] },
      limit: limitParam(ALARMS_LIMIT_MAX, ALARMS_LIMIT_DEFAULT),
      cursor: cursorParam,
    },
  })
  app.get('/v1/alarms', list, async (request) => {
    const query = request.query as Omit<AlarmQuery, 'limit'> & { readonly limit: string }
    checkedArea(query.area)
    if (query.site !== undefined) await noted(deps, request, 'list-alarms', query.site)
    return listAlarms(deps, principalOf(request), { ...query, limit: limitOf(query.limit, ALARMS_LIMIT_MAX) })
  })
  const one = documented({ tag: 'alarms', summary: 'One alarm as it stands', answer: alarmOneSchema, params: { id: { type: 'string', maxLength: 64 } } })
  app.get('/v1/alarms/:id', one, async (request) => {
    const { id } = request.params as { readonly id: string }
    const open = deps.machine.alarm(id)
    const alarm = open === undefined ? await closedAlarm(deps, id) : alarmBody(open, deps.notices.troubleOf)
    if (alarm === undefined || !scopeOf(principalOf(request), '').shows(alarm)) throw refusal(404, `no alarm ${id} here`)
    await noted(deps, request, 'view-alarm', id)
    return alarm
  })
}

const registerAreas = (app: FastifyInstance, deps: LiveDeps): void => {
  const list = documented({
    tag: 'areas',
    summary: 'Areas one level below: sites, seals, people, open alarms',
    answer: areaListSchema,
    query: { area: areaParam },
  })
  app.get('/v1/areas', list, async (request) => {
    const area = checkedArea((request.query as { readonly area?: string }).area)
    return { area, items: await summariseAreas(deps.machine, scopeOf(principalOf(request), area), area) }
  })
}

const checkedArea = (area: string | undefined): string => {
  if (area === undefined || area === '' || isArea(area)) return area ?? ''
  throw refusal(400, 'area: not a path of names separated by /')
}
const visibleSite = (principal: Principal, state: SiteState | undefined, detail: string): SiteState => {
  if (state === undefined || !maySee(principal, state.area)) throw refusal(404, detail)
  return state
}
const noted = async (deps: LiveDeps, request: FastifyRequest, action: string, target: string): Promise<void> => {
  const { name, role } = principalOf(request)
  await deps.noteAccess({ who: name, role, action, target, detail: '' })
}
