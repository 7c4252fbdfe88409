import { join } from 'node:path'

/** The repository, seen from dist/test/parts, where tests run. */
export const root = join(import.meta.dirname, '..', '..', '..')
