// Recorded data that is not part of the repository: a folder beside it, or SEALSTREAM_SHARED_DATA. A test that wants it skips, loudly, without.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { root } from './root.ts'

const folder = process.env['SEALSTREAM_SHARED_DATA'] ?? join(root, '..', 'shared', 'data')

/** A test on one recorded file, by its path below the folder, for example `calit2/CalIt2.data`. */
export const dataTest =
  (name: string) =>
  (title: string, body: (path: string) => Promise<void> | void, timeoutMs?: number): void =>
    test(
      title,
      async (context) => {
        const path = join(folder, name)
        // `.ci/run` excuses this note and no other.
        if (existsSync(path)) await body(path)
        else context.skip(`no ../shared/data/${name}`)
      },
      timeoutMs,
    )
