import { say, type Site, type Watch, type World } from './world.ts'
import type { AlarmKind } from './words.ts'

// Checks are compared with what was told: what changed is said at this tick. Began carries the time given with the rule, all else the tick's.

export type Found = { readonly time: number; readonly value: number; readonly level?: number }

/** `'as told'`: it is not judged now, and stays as it was told. */
export const tellCheck = (world: World, about: Watch | Site, kind: AlarmKind, found: Found | null | 'as told'): void => {
  if (found === 'as told') return
  const { told } = 'memory' in about ? about.memory : about
  const who = 'memory' in about ? { site: about.site, seal: about.seal } : { site: about }
  const before = told.get(kind)
  const level = found?.level ?? 0
  if (found === null) {
    told.delete(kind)
    if (before !== undefined) say(world, { kind, state: 'ended', ...who, time: world.now })
  } else if (before === undefined) {
    told.set(kind, level)
    say(world, { kind, state: 'began', ...who, ...found })
  } else if (before !== level) {
    told.set(kind, level)
    say(world, { kind, state: 'level', ...who, value: found.value, level, time: world.now })
  }
}
