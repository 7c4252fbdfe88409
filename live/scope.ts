import { areaCovers } from '../core/ids.ts'
import type { Principal } from '../core/ops.ts'

// What part of the world one reader may see: its token's areas, narrowed by the area it asked for. Holds always: no prefix
// of a scope covers another, and each lies within an area of the principal.

export type Scope = { readonly key: string; readonly prefixes: readonly string[]; readonly covers: (area: string) => boolean }

export const scopeOf = (principal: Principal, filter: string): Scope => {
  const met = principal.areas.flatMap((area) => (areaCovers(area, filter) ? [filter] : areaCovers(filter, area) ? [area] : []))
  const unique = [...new Set(met)]
  const prefixes = unique.filter((one) => !unique.some((other) => other !== one && areaCovers(other, one))).sort()
  return { key: JSON.stringify(prefixes), prefixes, covers: (area) => prefixes.some((prefix) => areaCovers(prefix, area)) }
}
