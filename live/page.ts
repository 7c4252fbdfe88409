import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// The operations page: three built files from our own origin and nothing else. Other files of the folder are not served, so
// each route is in the access table by its name. A browser without a session gets 401 with a page that asks for a token: the same
// page, with its script and style inside, allowed by their hashes, as without a token nothing else may be fetched.

const FILES = { '/': 'index.html', '/page.js': 'page.js', '/page.css': 'page.css' } as const
const POLICY = ["default-src 'none'", 'img-src data:', "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
const PAGE_POLICY = [...POLICY, "script-src 'self'", "style-src 'self'"].join('; ')

export const registerPage = async (app: FastifyInstance, pageDir: string): Promise<void> => {
  await app.register(fastifyStatic, { root: pageDir, serve: false })
  const asking = askingPage(pageDir)
  for (const [url, file] of Object.entries(FILES)) {
    app.get(
      url,
      {
        schema: { hide: true },
        errorHandler: (error, request, reply) => {
          const { statusCode } = error as { readonly statusCode?: number }
          const isBrowser = url === '/' && (request.headers.accept ?? '').includes('text/html')
          if ((statusCode !== 401 && statusCode !== 403) || !isBrowser) {
            app.errorHandler(error, request, reply)
            return
          }
          void withHeaders(reply.code(statusCode), asking.policy).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(asking.html)
        },
      },
      (_, reply) => withHeaders(reply, PAGE_POLICY).sendFile(file, { cacheControl: false }),
    )
  }
}

const withHeaders = (reply: FastifyReply, policy: string): FastifyReply =>
  reply.headers({
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    // Asked again each time, answered by 304 while nothing has changed.
    'cache-control': 'no-cache',
  })

const askingPage = (pageDir: string): { readonly html: string; readonly policy: string } => {
  const read = (file: string): string => readFileSync(join(pageDir, file), 'utf8')
  const script = read(FILES['/page.js'])
  const style = read(FILES['/page.css'])
  if (script.includes('</script') || style.includes('</style')) throw new Error('the built page cannot be put inside a document: it holds an end tag')
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const html = [
    '<!doctype html><html lang="zh-CN" data-signed-out><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">',
    `<style>${style}</style>`,
    '</head><body>',
    `<script type="module">${script}</script>`,
    '</body></html>',
  ].join('')
  return { html, policy: [...POLICY, `script-src ${hash(script)}`, `style-src ${hash(style)}`].join('; ') }
}
