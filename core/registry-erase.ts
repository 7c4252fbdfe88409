import { endWatch, eraseSeal } from './directory-write.ts'
import { erasePermits } from './permits.ts'
import type { RegistryEffects } from './registry-effects.ts'
import { forgetSiteRules } from './registry-policy.ts'
import { siteKeysOf } from './registry-sites.ts'
import { siteWatches } from './registry-seals.ts'
import type { RegistryState } from './registry-state.ts'

// When a site's data expires: its name, its permits, and the ids of seals that watch nothing else leave every map and table. Numbers
// stay taken (rows of zeroes), because numbers in the log must never come to mean something else.

export const eraseSite = (state: RegistryState, siteNo: number, effects: RegistryEffects): void => {
  effects.sitesErased.push(siteNo)
  for (const key of siteKeysOf(state, siteNo)) {
    effects.expiredKeys.push(key)
    for (const column of Object.values(state.siteKeys.columns)) column[key] = 0
  }
  for (const watch of siteWatches(state, siteNo)) eraseWatch(state, watch, effects)
  erasePermits(state, siteNo)
  for (const column of Object.values(state.sites.columns)) column[siteNo] = 0
  for (const column of Object.values(state.siteLinks.columns)) column[siteNo] = 0
  forgetSiteRules(state, state.siteIds[siteNo] as string, effects)
  state.siteNos.delete(state.siteIds[siteNo] as string)
  state.siteIds[siteNo] = ''
}

const eraseWatch = (state: RegistryState, watch: number, effects: RegistryEffects): void => {
  const { from, until, seal, previous } = state.directory.watches.columns
  endWatch(state.directory, watch, from[watch] as number)
  state.watchLinks.columns.next[watch] = 0
  effects.watchesErased.push(watch)
  const sealNo = seal[watch] as number
  const { head } = state.directory.seals.columns
  let covers = 0
  for (let other = head[sealNo] as number; other !== 0; other = previous[other] as number) if ((from[other] as number) < (until[other] as number)) covers += 1
  if (covers > 0 || head[sealNo] === 0) return
  eraseSeal(state.directory, sealNo)
  state.sealsErased += 1
  effects.sealsErased.push(sealNo)
}
