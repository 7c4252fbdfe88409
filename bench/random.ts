// Seeded random numbers for everything outside the engine: same seed, same fleet, same day. sfc32 (PractRand-tested, 128 bits
// of state) seeded through splitmix32. Streams made by `fork` are independent of how many numbers the others have drawn, so
// that adding a visitor to one site changes nothing at the next.

export type Random = {
  /** Uniform in [0, 1). */
  readonly unit: () => number
  /** Uniform whole number in [from, below). */
  readonly int: (from: number, below: number) => number
  readonly chance: (probability: number) => boolean
  /** Normal, by Box and Muller. */
  readonly normal: (mean: number, deviation: number) => number
  /** Exponential waiting time with this mean. */
  readonly wait: (mean: number) => number
  readonly pick: <T>(items: readonly T[]) => T
  readonly shuffle: <T>(items: T[]) => T[]
  /** An independent stream, named by numbers. */
  readonly fork: (...names: readonly number[]) => Random
}

const splitmix32 = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
}

const mixed = (seed: number, names: readonly number[]): number => {
  let h = seed >>> 0
  for (const name of names) h = splitmix32((Math.imul(h, 0x01000193) ^ (name >>> 0)) >>> 0)()
  return h
}

export const seeded = (seed: number): Random => {
  const start = splitmix32(seed)
  let [a, b, c, counter] = [start(), start(), start(), 1]
  const bits = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) bits()
  const unit = (): number => bits() / 4_294_967_296
  const int = (from: number, below: number): number => from + Math.floor(unit() * (below - from))
  return {
    unit,
    int,
    chance: (probability) => unit() < probability,
    normal: (mean, deviation) => mean + deviation * Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    wait: (mean) => -mean * Math.log(1 - unit()),
    pick: (items) => {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[int(0, items.length)] as (typeof items)[number]
    },
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = int(0, i + 1)
        const kept = items[i] as (typeof items)[number]
        items[i] = items[j] as (typeof items)[number]
        items[j] = kept
      }
      return items
    },
    fork: (...names) => seeded(mixed(seed, names)),
  }
}
