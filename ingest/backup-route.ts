import { isAbsolute } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { BackupManifest } from './log/backup.ts'
import { isLoopback } from './loopback.ts'
import { Problem } from './problem.ts'

// POST /v1/backups: a backup of the running engine into a folder of its own machine; so only from there. One at a time.

const body = {
  type: 'object',
  required: ['dir'],
  additionalProperties: false,
  properties: {
    dir: {
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      description: "an absolute path on the engine's machine that does not exist (its parent does), or is empty",
    },
  },
} as const

export const registerBackupRoute = (app: FastifyInstance, backup: (dir: string) => Promise<BackupManifest>): void => {
  let running = false
  const schema = { tags: ['engine'], summary: 'Back up the running engine into a folder (docs/backup.md)', security: [{ token: [] }], body }
  app.post<{ Body: { dir: string } }>('/v1/backups', { schema }, async (request) => {
    const { dir } = request.body
    if (!isLoopback(request.ip)) throw new Problem('forbidden', 'a backup is asked for on the same machine only')
    if (!isAbsolute(dir)) throw new Problem('unprocessable', 'wants an absolute path', { where: 'body/dir' })
    if (running) throw new Problem('conflict', 'a backup is under way')
    running = true
    try {
      return await backup(dir)
    } catch (error) {
      throw new Problem('unprocessable', error instanceof Error ? error.message : String(error), { where: 'body/dir' })
    } finally {
      running = false
    }
  })
}
