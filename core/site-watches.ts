import { isInForce, type ShardRun } from './shard-run.ts'

/** The watches of a site that are in force now, newest first. For rare paths: it walks the site's whole list. */
export function* watchesOfSite(run: ShardRun, site: number): Generator<number> {
  const { next } = run.watchLinks
  for (let watch = run.siteLinks.watchHead[site] as number; watch !== 0; watch = next[watch] as number) if (isInForce(run, watch)) yield watch
}
