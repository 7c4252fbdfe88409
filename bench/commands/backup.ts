// sealstream backup and restore: a running engine into a folder, and a folder into an empty data folder (docs/backup.md).

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { readManifest, restoreLog, type BackupManifest } from '../../ingest/log/backup.ts'
import { attachTables } from '../../storage/backup.ts'
import { openStore } from '../../storage/store.ts'
import { apiOk } from '../http.ts'
import { CommandError } from '../target.ts'
import { finish, print, say, targetOf, withTarget, type CommandContext, type TargetOptions } from './options.ts'

/** Copying a large ClickHouse takes its time; the engine goes on meanwhile. */
const BACKUP_MS_MAX = 6 * 3_600_000

export const registerBackup = (program: Command, context: CommandContext): void => {
  withTarget(program.command('backup'))
    .description('backs up a running engine: log, state, registry, ClickHouse tables')
    .argument('<dir>', "a folder on the engine's machine that does not exist, or is empty")
    .option('--json', "the backup's manifest as one line of JSON")
    .action((dir: string, options: TargetOptions & { json?: boolean }) =>
      finish(context, async () => {
        const began = performance.now()
        const answer = await apiOk(targetOf(options, context), 'sre', { path: '/v1/backups', json: { dir: resolve(dir) }, timeoutMs: BACKUP_MS_MAX })
        const manifest = answer as BackupManifest
        if (options.json === true) print(JSON.stringify(manifest))
        else print(`${dir}: state of entry ${manifest.position}, log to entry ${manifest.until}, ${((performance.now() - began) / 1000).toFixed(1)} s`)
        if (manifest.clickhouse === 'server') say(`ClickHouse's tables are a server's: back up database seals there, with blocks up to ${manifest.block}`)
        return 0
      }),
    )
}

export const registerRestore = (program: Command, context: CommandContext): void => {
  program
    .command('restore')
    .description('makes a data folder from a backup; then start an engine on it: sealstream serve --data DIR')
    .argument('<backup>', 'the folder that `backup` wrote')
    .requiredOption('--data <dir>', 'a folder that does not exist, or is empty')
    .option('--json', 'what was restored as one line of JSON')
    .action((backup: string, options: { data: string; json?: boolean }) =>
      finish(context, async () => {
        const restored = await restore(backup, options.data)
        if (options.json === true) print(JSON.stringify(restored))
        else
          print(
            `${options.data}: entries to ${restored.until}; ${Object.entries(restored.rows)
              .map(([table, rows]) => `${table} ${rows}`)
              .join(', ')} rows`,
          )
        return 0
      }),
    )
}

type Restored = { readonly until: number; readonly rows: Readonly<Record<string, number>> }

export const restore = async (backup: string, dataDir: string): Promise<Restored> => {
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) throw new CommandError(`${dataDir} is not empty`)
  try {
    readManifest(backup)
  } catch (error) {
    throw new CommandError((error as Error).message)
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  try {
    const manifest = await restoreLog(backup, dataDir)
    const rows = manifest.clickhouse === 'server' ? {} : await restoreTables(backup, dataDir)
    for (const [table, wanted] of Object.entries(manifest.rows))
      if (rows[table] !== wanted) throw new Error(`seals.${table} has ${rows[table] ?? 0} rows, the backup was made of ${wanted}`)
    return { until: manifest.until, rows }
  } catch (error) {
    // Half a data folder would start as an engine that has forgotten something.
    rmSync(dataDir, { recursive: true, force: true })
    throw new CommandError(`${backup}: ${(error as Error).message}`)
  }
}

const restoreTables = async (backup: string, dataDir: string): Promise<Readonly<Record<string, number>>> => {
  const nobody = { authenticate: () => undefined, noteQuery: () => Promise.reject(new Error('a restore is under way')) }
  const store = await openStore(null, { dataDir, port: 0, ...nobody })
  try {
    return await attachTables(store.client, join(backup, 'clickhouse'))
  } finally {
    await store.stop()
  }
}
