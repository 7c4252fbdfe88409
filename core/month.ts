// The month of a time, as ClickHouse's toYYYYMM counts it in UTC: the partition of every table by `received`. A block is one part,
// so it must not cross two; and it does not, because the machine ends the extent wherever two entries in a row are of different
// months. Nothing is written for that: the log alone says it, so a replay gives the same blocks.

/** Months since the year 0, UTC. */
export const monthOf = (ms: number): number => {
  const date = new Date(ms)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}
