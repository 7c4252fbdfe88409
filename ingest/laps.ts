// What a start spends its time on, by part: seconds from one `end` to the next. They are in the log line `started`.

export type Laps = { readonly end: (part: string) => void; readonly seconds: () => Readonly<Record<string, number>> }

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
