export type Laps = {
  /** Ends a part: what has passed since the one before is its time. */
  readonly end: (part: string) => void
  readonly seconds: () => Readonly<Record<string, number>>
}

/** What a start spends its time on: seconds between one `end` and the next, from `began` (performance.now()). */
export const lapsSince = (began: number): Laps => {
  const seconds: Record<string, number> = {}
  let last = began
  return {
    end: (part) => {
      const now = performance.now()
      seconds[part] = Math.round(now - last) / 1000
      last = now
    },
    seconds: () => seconds,
  }
}
