import type { FastifyInstance } from 'fastify'
import type { Machine } from '../core/thread/machine.ts'
import { createAccessNotes, type AccessNotes } from './access-notes.ts'
import { registerBackupRoute } from './backup-route.ts'
import { createBatcher, type Batcher } from './batcher.ts'
import { registerEventsRoute } from './events-routes.ts'
import { registerEventsSocket } from './events-socket.ts'
import type { Pressure } from './gate.ts'
import type { IngestEmit } from './happenings.ts'
import type { BackupManifest } from './log/backup.ts'
import type { Log } from './log/log.ts'
import { registerImportRoute } from './import-route.ts'
import { registerPermitRoutes } from './permit-routes.ts'
import { registerPolicyRoutes } from './policy-routes.ts'
import { registerRegistryRoutes } from './registry-routes.ts'
import { registerSessionRoutes } from './session-routes.ts'
import type { Sessions } from './sessions.ts'
import type { RunDecode } from './thread/decode-pool.ts'
import { registerTicksRoute } from './ticks-route.ts'
import { registerTokenRoutes } from './token-routes.ts'
import { registerWebhookRoutes } from './webhook-routes.ts'
import { registerWorkRoutes } from './work-routes.ts'
import { createChange } from './change.ts'

// Everything that becomes an entry of the log, as routes on the server that buildServer made.

export type IngestDeps = {
  readonly log: Log
  readonly machine: Machine
  readonly decode: RunDecode
  /** Wall time, Unix ms; with tick source `simulator` the simulator's. */
  readonly clock: () => number
  readonly sessions: Sessions
  readonly pressure: () => Pressure | null
  readonly emit: IngestEmit
  /** Moves the engine's clock forward (tick source `simulator`); null where the engine's own clock ticks. */
  readonly advance: ((now: number) => void) | null
  /** Backs the running engine up into a folder. */
  readonly backup: (dir: string) => Promise<BackupManifest>
}
export type Ingest = { readonly batcher: Batcher; readonly noteAccess: AccessNotes['note']; readonly stop: () => Promise<void> }

export const registerIngest = (app: FastifyInstance, deps: IngestDeps): Ingest => {
  const notes = createAccessNotes(deps.log)
  const batcher = createBatcher(deps)
  const change = createChange(deps.log, deps.machine, notes.note)
  registerEventsRoute(app, batcher)
  registerEventsSocket(app, { ...deps, batcher })
  registerSessionRoutes(app, deps)
  registerRegistryRoutes(app, { machine: deps.machine, change })
  registerPermitRoutes(app, { machine: deps.machine, change })
  registerImportRoute(app, { change })
  registerTokenRoutes(app, { change })
  registerPolicyRoutes(app, { change })
  registerWorkRoutes(app, { machine: deps.machine, change })
  registerWebhookRoutes(app, { machine: deps.machine, change })
  registerTicksRoute(app, deps)
  registerBackupRoute(app, deps.backup)
  return {
    batcher,
    noteAccess: notes.note,
    stop: async () => {
      await batcher.idle()
      await notes.flush()
    },
  }
}
