// Which shard owns a site. Runs of 256 neighbouring sites share one, so that two threads seldom write to one cache line;
// the runs are spread by a hash. The number of shards changes no output, only who computes it.

export const SHARD_COUNT_DEFAULT = 16

export const shardOfSite = (siteNo: number, shardCount: number): number => {
  let h = Math.imul((siteNo >>> 8) + 1, 0x9e3779b1)
  h ^= h >>> 15
  return (Math.imul(h, 0x85ebca6b) >>> 8) % shardCount
}
