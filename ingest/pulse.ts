import { ENTRY, entryHeader } from '../core/entry.ts'
import type { Log } from './log/log.ts'
import { extentEntry, tickEntry } from '../core/thread/body.ts'

// What the engine itself writes into the log: a tick a second, and the ends of extents. With the simulator's clock the ticks
// come from POST /v1/ticks instead, and only extents are written here (they follow the load, not the simulated time).

export type PulseOptions = {
  readonly log: Log
  /** Whether this process owns the clock (--tick-source clock). */
  readonly ticks: boolean
  readonly extentMs: number
  /** Rows of the fullest table of the open block, of what is applied so far, and how far that is. */
  readonly rowsOpen: () => number
  readonly applied: () => number
  /**
   * An extent of this many events is ended. They are counted as they enter the log, for what the shards have not applied yet will be
   * in the block as well. What is on its way when the limit is reached (two decode tasks of 1 MiB, some 60,000 events each) still
   * comes before the extent's end, so the setting stops 200,000 short of the 1,000,000 rows that one part takes.
   */
  readonly extentRowsMax: number
  /** Blocks complete and not yet verified in ClickHouse. New ones wait for them: fewer, larger blocks while it is slow or down. */
  readonly blocksWaiting: () => number
  readonly onFailed: (what: 'tick' | 'extent', error: unknown) => void
}
export type Pulse = { readonly endExtent: () => Promise<number>; readonly stop: () => void }

const TICK_MS = 1000
/** How often the open block's age is looked at; its events are looked at with every entry. */
const LOOK_MS = 10
/** While this many blocks wait, an extent ends only when its rows force it. */
const BLOCKS_WAITING_MAX = 2

export const startPulse = (options: PulseOptions): Pulse => {
  const { log, extentMs, extentRowsMax } = options
  let ending: Promise<number> | undefined
  let endedAt = performance.now()
  const endExtent = (): Promise<number> => {
    ending ??= log.append(extentEntry()).finally(() => {
      endedAt = performance.now()
      ending = undefined
    })
    return ending
  }
  let eventsLogged = 0
  let extentAt = 0
  log.onDurable(({ position, bytes }) => {
    const { kind, count } = entryHeader(bytes)
    if (kind === ENTRY.extent) {
      eventsLogged = 0
      extentAt = position
    } else if (kind === ENTRY.events) {
      eventsLogged += count
      if (eventsLogged >= extentRowsMax) look()
    }
  })
  const look = (): void => {
    if (ending !== undefined) return
    // Rows of alarms, ticks and looks, too; but not those of the block before, whose end is not applied yet.
    const any = eventsLogged > 0 || (options.applied() >= extentAt && options.rowsOpen() > 0)
    const due = any && performance.now() - endedAt >= extentMs && options.blocksWaiting() < BLOCKS_WAITING_MAX
    if (due || eventsLogged >= extentRowsMax) endExtent().catch((error: unknown) => options.onFailed('extent', error))
  }
  const tick = (): void => {
    log.append(tickEntry()).catch((error: unknown) => options.onFailed('tick', error))
  }
  const timers = [setInterval(look, LOOK_MS), ...(options.ticks ? [setInterval(tick, TICK_MS)] : [])]
  return {
    endExtent,
    stop: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
