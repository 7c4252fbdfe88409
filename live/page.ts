import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

// The operations page: three built files from our own origin and nothing else. Other files of the folder are not served, so
// each route is in the access table by its name.

const CSP = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "form-action 'self'",
  "base-uri 'none'", "frame-ancestors 'none'",
].join('; ')
const FILES = { '/': 'index.html', '/page.js': 'page.js', '/page.css': 'page.css' } as const

export const registerPage = async (app: FastifyInstance, pageDir: string): Promise<void> => {
  await app.register(fastifyStatic, { root: pageDir, serve: false })
  for (const [url, file] of Object.entries(FILES)) {
    app.get(url, { schema: { hide: true } }, (_, reply) => withHeaders(reply).sendFile(file, { cacheControl: false }))
  }
}

const withHeaders = (reply: FastifyReply): FastifyReply =>
  reply.headers({
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    // Asked again each time, answered by 304 while nothing has changed.
    'cache-control': 'no-cache',
  })
