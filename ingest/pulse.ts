import type { Log } from './log/log.ts'
import { extentEntry, tickEntry } from '../core/thread/body.ts'

// What the engine itself writes into the log: a tick a second, and the ends of extents. With the simulator's clock the ticks
// come from POST /v1/ticks instead, and only extents are written here (they follow the load, not the simulated time).

export type PulseOptions = {
  readonly log: Log
  /** Whether this process owns the clock (--tick-source clock). */
  readonly ticks: boolean
  readonly extentMs: number
  /** Rows of the fullest table of the open block. */
  readonly rowsOpen: () => number
  readonly extentRowsMax: number
  /** Blocks complete and not yet verified in ClickHouse. New ones wait for them: fewer, larger blocks while it is slow or down. */
  readonly blocksWaiting: () => number
  readonly onFailed: (what: 'tick' | 'extent', error: unknown) => void
}
export type Pulse = { readonly endExtent: () => Promise<number>; readonly stop: () => void }

const TICK_MS = 1000
/** How often the open block is looked at; bounds how far past extentRowsMax it grows: 10 ms at 2 M rows/s are 20,000 rows. */
const LOOK_MS = 10
/** While this many blocks wait, an extent ends only when its rows force it. */
const BLOCKS_WAITING_MAX = 2

export const startPulse = (options: PulseOptions): Pulse => {
  const { log, extentMs, rowsOpen, extentRowsMax, blocksWaiting } = options
  let ending: Promise<number> | undefined
  let endedAt = performance.now()
  const endExtent = (): Promise<number> => {
    ending ??= log.append(extentEntry()).finally(() => {
      endedAt = performance.now()
      ending = undefined
    })
    return ending
  }
  const look = (): void => {
    const rows = rowsOpen()
    const due = rows > 0 && performance.now() - endedAt >= extentMs && blocksWaiting() < BLOCKS_WAITING_MAX
    if (ending === undefined && (due || rows >= extentRowsMax)) endExtent().catch((error: unknown) => options.onFailed('extent', error))
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
