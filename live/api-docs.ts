import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

// The API's own description. Must be registered before any route that it should describe: main calls it first.

export const registerApiDocs = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sealstream', version: '1', description: 'Fleets of door sensors: events in, occupancy and alarms out. Times are ISO-8601 UTC; errors are RFC 9457 problem documents.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'a token of `sealstream token add`' } } },
      tags: ['live', 'events', 'sites', 'seals', 'permits', 'alarms', 'areas', 'tokens', 'engine'].map((name) => ({ name })),
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { docExpansion: 'list', deepLinking: true } })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
