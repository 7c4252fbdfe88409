import { areaCovers } from '../core/ids.ts'
import { ALARM, type AlarmKindName } from '../core/kinds.ts'
import type { Principal } from '../core/ops.ts'

// What part of the world one reader may see: its token's areas, narrowed by the area it asked for. Holds always: no prefix
// of a scope covers another, and each lies within an area of the principal. An alarm of an area (an outage) is also shown to whoever
// may see an area within it: their own alarms are silent because of it.

export type Scope = {
  readonly key: string
  readonly prefixes: readonly string[]
  readonly covers: (area: string) => boolean
  readonly shows: (alarm: Shown) => boolean
}
type Shown = { readonly kind: string; readonly area: string }

const isOfArea = (kind: string): boolean => ALARM[kind as AlarmKindName]?.scope === 'area'

export const scopeOf = (principal: Principal, filter: string): Scope => {
  const met = principal.areas.flatMap((area) => (areaCovers(area, filter) ? [filter] : areaCovers(filter, area) ? [area] : []))
  const unique = [...new Set(met)]
  const prefixes = unique.filter((one) => !unique.some((other) => other !== one && areaCovers(other, one))).sort()
  const covers = (area: string): boolean => prefixes.some((prefix) => areaCovers(prefix, area))
  return {
    key: JSON.stringify(prefixes),
    prefixes,
    covers,
    shows: ({ kind, area }) => covers(area) || (isOfArea(kind) && prefixes.some((prefix) => areaCovers(area, prefix))),
  }
}
