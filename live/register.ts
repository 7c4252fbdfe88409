import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { registerApiDocs } from './api-docs.ts'
import type { LiveDeps } from './deps.ts'
import { registerEngineRoutes } from './engine-routes.ts'
import { registerEvidence } from './evidence-route.ts'
import { registerPage } from './page.ts'
import { registerPolicyReads } from './policy-routes.ts'
import { registerReadRoutes } from './read-routes.ts'
import { registerSocket } from './socket.ts'
import { registerWebhookReadRoutes } from './webhook-routes.ts'

// Puts what goes out on the server that ingest built: the live stream, the read API, the engine's own state, the page.
// To describe ingest's routes too, main registers the API's description first (live/api-docs.ts).

/** A reader of the live stream sends nothing but control frames. */
const LIVE_MESSAGE_BYTES_MAX = 1024

export const registerLive = async (app: FastifyInstance, deps: LiveDeps): Promise<void> => {
  if (!app.hasDecorator('swagger')) await registerApiDocs(app)
  if (!app.hasDecorator('websocketServer')) await app.register(websocket, { options: { maxPayload: LIVE_MESSAGE_BYTES_MAX } })
  registerSocket(app, deps)
  registerReadRoutes(app, deps)
  registerPolicyReads(app, deps)
  registerEvidence(app, deps)
  registerEngineRoutes(app, deps)
  registerWebhookReadRoutes(app, deps)
  await registerPage(app, deps.pageDir)
}
