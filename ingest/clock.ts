// The engine's clock. It never goes back, whatever the host's does. With tick source `simulator` it stands still until a simulation
// moves it (POST /v1/ticks).

export type EngineClock = { readonly now: () => number; readonly advance: ((now: number) => void) | null }

/** A simulated clock begins at 0: the log keeps `received` from falling behind what it already holds. */
export const createClock = (simulated: boolean, wall: () => number): EngineClock => {
  let last = 0
  if (simulated) {
    return {
      now: () => last,
      advance: (now) => {
        last = Math.max(last, now)
      },
    }
  }
  return {
    now: () => {
      last = Math.max(last, wall())
      return last
    },
    advance: null,
  }
}
