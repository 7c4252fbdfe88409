import type { ClickHouseClient } from '@clickhouse/client'

// Names of site and area keys are dictionaries over `seals.sites`, in memory. They reload themselves within a minute; the sink
// reloads them at once after it has added or erased names, so that no row is seen without the name of its site.

const DICTIONARIES = ['site_names', 'area_names'] as const

export const reloadNames = async (client: ClickHouseClient): Promise<void> => {
  for (const name of DICTIONARIES) await client.command({ query: `SYSTEM RELOAD DICTIONARY seals.${name}` })
}
