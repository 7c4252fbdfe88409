import { SEALS, SEAL_SLOTS, WATCHES } from './directory.ts'
import { HOLIDAYS, POLICIES } from './policy-table.ts'
import { PERMITS, SITE_LINKS, SITES, WATCH_LINKS } from './site-table.ts'

/** What threads read of the registry's tables. */
export const SHARED_SCHEMAS = {
  slots: SEAL_SLOTS,
  seals: SEALS,
  watches: WATCHES,
  sites: SITES,
  permits: PERMITS,
  policies: POLICIES,
  holidays: HOLIDAYS,
  siteLinks: SITE_LINKS,
  watchLinks: WATCH_LINKS,
} as const
