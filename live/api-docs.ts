import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

// The API's own description. Must be registered before any route that it should describe: main calls it first.

/** WebSockets: @fastify/websocket hides its routes from the description, so they are put there by hand. */
const SOCKETS = {
  '/v1/live': {
    tag: 'live',
    summary: 'Live stream out: snapshot, then changes (WebSocket; docs/live.md)',
    parameters: {
      topics: 'alarms, occupancy, stats; comma-separated. Default: all that the role may read',
      area: 'only what lies in this area',
      format: 'json (default) or msgpack',
      since: 'a cursor: only what changed after it, where the engine still has that',
    },
  },
  '/v1/events': { tag: 'events', summary: 'Events in (WebSocket): one binary message an EventBatch, one Receipt back for each, in order', parameters: {} },
} as const
const socketPath = ({ tag, summary, parameters }: (typeof SOCKETS)[keyof typeof SOCKETS]): { readonly get: object } => ({
  get: {
    tags: [tag],
    summary,
    security: [{ token: [] }],
    parameters: Object.entries(parameters).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } })),
    responses: { 101: { description: 'Switching to WebSocket' } },
  },
})

export const registerApiDocs = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new Error('described as OpenAPI 3 only')
      const { openapiObject } = document
      const sockets = Object.entries(SOCKETS).map(([path, socket]) => [path, { ...openapiObject.paths?.[path], ...socketPath(socket) }] as const)
      return { ...openapiObject, paths: { ...openapiObject.paths, ...Object.fromEntries(sockets) } } as typeof openapiObject
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sealstream',
        version: '1',
        description: 'Fleets of door sensors: events in, occupancy and alarms out. Times are ISO-8601 UTC; errors are RFC 9457 problem documents.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'a token of `sealstream token add`' } } },
      tags: ['live', 'events', 'sites', 'seals', 'permits', 'alarms', 'areas', 'tokens', 'engine'].map((name) => ({ name })),
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { docExpansion: 'list', deepLinking: true } })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
