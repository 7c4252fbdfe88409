import { expect, test } from 'vitest'
import { ROUTES } from '../../core/access.ts'
import { registerIngest } from '../../ingest/register.ts'
import { buildServer } from '../../ingest/server.ts'
import { createSessions } from '../../ingest/sessions.ts'
import { registerApiDocs } from '../../live/api-docs.ts'
import { startHub } from '../../live/hub.ts'
import { registerLive } from '../../live/register.ts'
import { NO_EVIDENCE } from '../live/no-evidence.ts'
import { createSource } from '../live/source.ts'
import { join } from 'node:path'

// The server that main.ts builds has no route that the access table does not know. The routes are taken as fastify registers them;
// nothing is asked of the parts behind them here (matrix.test.ts asks a whole engine).

/** Open to anybody, and why. */
const OPEN: Readonly<Record<string, string>> = {
  'GET /healthz': 'a supervisor has no token',
  'GET /readyz': 'a supervisor has no token',
  'POST /session': 'its body is the token',
  'DELETE /session': 'ends the session that the cookie names',
}
/** Files of /docs follow the rule of /docs. */
const documentation = (path: string): boolean => path.startsWith('/docs/')

test('every route of the real server is in core/access.ts or in the open list, and the reverse', async () => {
  const { machine } = createSource()
  const served = new Set<string>()
  const emit = (): undefined => undefined
  const sessions = createSessions(() => 0)
  const app = await buildServer({ machine, sessions, origins: [], pressure: () => null, emit })
  app.addHook('onRoute', ({ method, url }) => {
    for (const verb of [method].flat()) served.add(`${verb} ${url}`)
  })
  await registerApiDocs(app)
  registerIngest(app, {
    backup: () => Promise.reject(new Error('no backups here')),
    log: {} as never,
    machine,
    decode: () => Promise.reject(new Error('not asked')),
    clock: () => 0,
    sessions,
    pressure: () => null,
    emit,
    advance: null,
  })
  const hub = startHub({ machine, clock: () => 0, emit, figures: () => ({ rowsStored: 0, lagSeconds: 0 }) })
  await registerLive(app, {
    machine,
    hub,
    clock: () => 0,
    emit,
    notices: { troubleOf: () => undefined, timeoutMs: 1000 },
    evidence: NO_EVIDENCE,
    noteAccess: () => Promise.resolve(),
    query: () => Promise.resolve([]),
    metrics: () => Promise.resolve(''),
    status: () => ({
      notReady: [],
      log: { bytes: 0, budgetBytes: 100, first: 1, next: 1 },
      sink: { rowsStored: 0, eventsStored: 0, oldestUnstoredSeconds: 0, waitingBytes: 0, spooledBytes: 0, refused: [] },
      details: {},
    }),
    pageDir: join(import.meta.dirname, '../../web'),
  })
  await app.ready()
  hub.close()
  await app.close()

  const known = new Set([...ROUTES.map(({ method, path }) => `${method} ${path}`), ...Object.keys(OPEN)])
  const routes = [...served].filter((route) => !route.startsWith('HEAD ') && !documentation(route.split(' ')[1] ?? ''))
  expect(routes.filter((route) => !known.has(route))).toEqual([])
  expect([...known].filter((route) => !served.has(route))).toEqual([])
  expect(routes.length).toBeGreaterThan(30)
})
