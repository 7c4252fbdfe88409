import type { Machine, SiteState } from '../core/thread/machine.ts'
import { occupancyBody, type OccupancyBody } from './view.ts'

// Which sites' counts have changed since readers were last told. Newest wins: a site that changes a hundred times between two
// tellings is told once. The machine lists changed sites only while somebody wants them (`watchOccupancy`).

/** Sites told in one round of telling, five a second: 10,000 site values a second bounds the work of encoding; the rest waits. */
export const SITES_PER_TELLING_MAX = 2_000
/** Sites in one message. */
export const SITES_PER_MESSAGE_MAX = 500
/** Changes keep being listed this long after the last reader left, so that one who comes back by cursor gets only what it missed. */
const LINGER_MS = 60_000

export type OccupancyFeed = {
  readonly readerCame: () => void
  readonly readerLeft: () => void
  readonly changed: (siteNos: ArrayLike<number>, position: number) => void
  /** The name and area of a site that has ended, if it was ever told. */
  readonly ended: (siteNo: number) => { readonly site: string; readonly area: string } | undefined
  /** Takes up to SITES_PER_TELLING_MAX changed sites and gives them as they stand now. */
  readonly take: () => readonly SiteNow[]
  readonly now: (siteNo: number) => SiteNow | undefined
  /** Sites that changed after `position`, or undefined where the feed was not watching all the time since. */
  readonly changedSince: (position: number) => readonly number[] | undefined
  readonly tick: () => void
}
export type SiteNow = { readonly siteNo: number; readonly area: string; readonly body: OccupancyBody }

export const createOccupancyFeed = (machine: Machine, clock: () => number): OccupancyFeed => {
  let readers = 0
  let idleSince: number | undefined
  let watchedFrom: number | undefined
  const dirty = new Set<number>()
  const changedAt = new Map<number, number>()
  const names = new Map<number, { readonly site: string; readonly area: string }>()

  const now = (siteNo: number): SiteNow | undefined => {
    const state = machine.siteStateByNo(siteNo)
    return state === undefined ? undefined : siteNow(state)
  }
  const siteNow = (state: SiteState): SiteNow => {
    names.set(state.siteNo, { site: state.site, area: state.area })
    return { siteNo: state.siteNo, area: state.area, body: occupancyBody(state) }
  }
  const stop = (): void => {
    machine.watchOccupancy(false)
    watchedFrom = undefined
    idleSince = undefined
    dirty.clear()
    changedAt.clear()
    names.clear()
  }
  return {
    now,
    readerCame: () => {
      readers += 1
      idleSince = undefined
      if (watchedFrom !== undefined) return
      machine.watchOccupancy(true)
      watchedFrom = machine.applied()
    },
    readerLeft: () => {
      readers -= 1
      if (readers === 0) idleSince = clock()
    },
    changed: (siteNos, position) => {
      if (watchedFrom === undefined) return
      for (let i = 0; i < siteNos.length; i++) {
        const siteNo = siteNos[i] as number
        changedAt.set(siteNo, position)
        if (readers > 0) dirty.add(siteNo)
      }
    },
    ended: (siteNo) => {
      const name = names.get(siteNo)
      names.delete(siteNo)
      changedAt.delete(siteNo)
      dirty.delete(siteNo)
      return name
    },
    take: () => {
      const taken: SiteNow[] = []
      for (const siteNo of dirty) {
        if (taken.length === SITES_PER_TELLING_MAX) break
        dirty.delete(siteNo)
        const site = now(siteNo)
        if (site !== undefined) taken.push(site)
      }
      return taken
    },
    changedSince: (position) => {
      if (watchedFrom === undefined || position < watchedFrom) return undefined
      return [...changedAt].filter(([, at]) => at > position).map(([siteNo]) => siteNo)
    },
    tick: () => {
      if (idleSince !== undefined && clock() - idleSince > LINGER_MS) stop()
    },
  }
}
