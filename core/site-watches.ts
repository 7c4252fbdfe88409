import { isInForce, type ShardRun } from './shard-run.ts'

/** All watches that a site ever had, newest first, likewise. */
export function* watchesEver(run: ShardRun, site: number): Generator<number> {
  const { next } = run.watchLinks
  for (let watch = run.siteLinks.watchHead[site] as number; watch !== 0; watch = next[watch] as number) yield watch
}

/** The watches of a site that are in force now, newest first. For rare paths: it walks the site's whole list. */
export function* watchesOfSite(run: ShardRun, site: number): Generator<number> {
  for (const watch of watchesEver(run, site)) if (isInForce(run, watch)) yield watch
}
