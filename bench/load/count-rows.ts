// Counts `events` twice: rows, and distinct (seal, boot, seq). In slices by seal, for a query of a person may use 1 GB and tens of millions
// of keys do not fit in it.

import { clickhouseRows } from '../http.ts'
import type { Target } from '../target.ts'

/** A slice of 50 million events has about 1.6 million keys. */
const SLICES = 32

export const countEvents = async (target: Target): Promise<{ readonly rows: number; readonly distinct: number }> => {
  let rows = 0
  let distinct = 0
  for (let slice = 0; slice < SLICES; slice += 1) {
    const [row] = await clickhouseRows<{ n: string; d: string }>(
      target,
      `SELECT sum(c) AS n, count() AS d FROM (SELECT count() AS c FROM seals.events WHERE seal % ${SLICES} = ${slice} GROUP BY seal, boot, seq)`,
    )
    rows += Number(row?.n ?? 0)
    distinct += Number(row?.d ?? 0)
  }
  return { rows, distinct }
}
