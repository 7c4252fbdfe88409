import { test } from 'vitest'
import { part, type PartName } from './part.ts'

/** A test that needs a part: skips, with the reason in the run's last lines, when the part is not to be had. */
export const partTest =
  (name: PartName) =>
  (title: string, body: (path: string) => Promise<void> | void, timeoutMs?: number): void =>
    test(
      title,
      async (context) => {
        const have = part(name)
        if ('missing' in have) context.skip(`no ${name}: ${have.missing}`)
        else await body(have.path)
      },
      timeoutMs,
    )
