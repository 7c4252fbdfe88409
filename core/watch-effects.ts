import type { RegistryEffects } from './registry-effects.ts'
import { lookAtDoor, takeFigures } from './policy-effects.ts'
import { markSite, markWatch } from './checks.ts'
import { forgetCounters, renameCounters } from './counters.ts'
import { compareHeadcount } from './rules/headcount.ts'
import { lookForLeftOpen } from './rules/left-open.ts'
import { watchBegins, watchHeartbeat, watchOver } from './rules/offline.ts'
import { shardOf, type ShardRun, type Tables } from './shard-run.ts'
import { watchesEver } from './site-watches.ts'
import { WATCH_FLAG } from './state.ts'
import { withCapacity } from './table.ts'
import { setTimer, TIMER } from './timers.ts'

// What a registry op or a tick means for the shards' state: rows for new numbers, timers for new watches, an end for watches that
// are over, state that follows a watch to its new key, and zeroes for what is erased. Runs on the machine's thread, between rounds.

/** Room for every number that the registry has given; replaces tables in place, so look up columns (createRun) after it. */
export const makeRoom = ({ state }: Tables, counts: { readonly sites: number; readonly seals: number; readonly watches: number }): void => {
  state.windows = withCapacity(state.windows, counts.seals + 1)
  state.windowsBefore = withCapacity(state.windowsBefore, counts.seals + 1)
  state.watches = withCapacity(state.watches, counts.watches + 1)
  state.watchChecks = withCapacity(state.watchChecks, counts.watches + 1)
  state.sites = withCapacity(state.sites, counts.sites + 1)
  state.siteChecks = withCapacity(state.siteChecks, counts.sites + 1)
}

export const applyEffects = (run: ShardRun, effects: RegistryEffects): void => {
  for (const { from, to } of effects.watchesRenewed) renewWatch(run, from, to)
  for (const watch of effects.watchesEnded) {
    watchOver(run, watch)
    lookForLeftOpen(run, run.directory.watches.columns.site[watch] as number)
  }
  for (const watch of [...effects.watchesBegun, ...effects.watchesReopened]) watchBegins(run, watch)
  for (const watch of effects.watchesReopened) {
    markWatch(run, watch)
    lookAtDoor(run, watch)
  }
  for (const site of effects.sitesEnded) {
    // What was told of its watches is told no more; where the site is observed again, it begins anew.
    for (const watch of watchesEver(run, site)) watchOver(run, watch)
    compareHeadcount(run, site, run.received)
    markSite(run, site)
  }
  for (const site of [...effects.sitesCreated, ...effects.sitesChanged, ...effects.sitesReopened]) {
    compareHeadcount(run, site, run.received)
    lookForLeftOpen(run, site)
  }
  for (const site of effects.permitsChanged) markSite(run, site)
  takeFigures(run, effects.policyChanged)
  for (const site of effects.sitesErased) {
    zero(run.siteState, site)
    zero(run.siteChecks, site)
  }
  for (const watch of effects.watchesErased) {
    forgetCounters(run, watch)
    zero(run.watches, watch)
    zero(run.watchChecks, watch)
  }
  for (const seal of effects.sealsErased) zero(run.windows, seal)
}

type Row = { readonly length: number; readonly fill: (value: number, from: number, to: number) => unknown }
const zero = (columns: Readonly<Record<string, Row>>, row: number): void => {
  const rows = Math.min(...Object.values(columns).map(({ length }) => length))
  for (const column of Object.values(columns)) {
    const width = widthOf(column, rows)
    column.fill(0, row * width, (row + 1) * width)
  }
}

const widthOf = (column: { readonly length: number }, rows: number): number => column.length / rows

const move = (
  columns: Readonly<Record<string, Row & { readonly copyWithin: (to: number, from: number, end: number) => unknown }>>,
  from: number,
  to: number,
): void => {
  const rows = Math.min(...Object.values(columns).map(({ length }) => length))
  for (const column of Object.values(columns)) {
    const width = widthOf(column, rows)
    column.copyWithin(to * width, from * width, (from + 1) * width)
    column.fill(0, from * width, (from + 1) * width)
  }
}

/** The same seal at the same site under another key: the new watch goes on where the old one was. */
const renewWatch = (run: ShardRun, from: number, to: number): void => {
  const { watches, watchChecks } = run
  move(watches, from, to)
  renameCounters(run, to)
  move(watchChecks, from, to)
  watchChecks.marked[to] = 0
  watchChecks.lookAt[to] = 0
  watchChecks.gapTimer[to] = 0
  markWatch(run, to)
  // Timers and the list of what to tell name the old watch: they find an empty row and drop it, so the new one gets its own.
  const timed = (watches.flags[to] as number) & (WATCH_FLAG.timerHeld | WATCH_FLAG.timerOffline | WATCH_FLAG.dirty)
  watches.flags[to] = (watches.flags[to] as number) & ~timed
  watchHeartbeat(run, to, true)
  const shard = shardOf(run, run.directory.watches.columns.site[to] as number)
  if ((timed & WATCH_FLAG.timerHeld) !== 0) {
    watches.flags[to] = watches.flags[to] | WATCH_FLAG.timerHeld
    setTimer(shard, run.received, TIMER.heldOpen, to)
  }
  if ((timed & WATCH_FLAG.dirty) !== 0) {
    watches.flags[to] = watches.flags[to] | WATCH_FLAG.dirty
    const { watch } = shard.dirty.columns
    for (let at = 1; at <= (watch[0] as number); at += 1) if (watch[at] === from) watch[at] = to
  }
}
