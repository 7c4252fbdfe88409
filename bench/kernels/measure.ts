// How every kernel is timed: by tinybench, one task in a bench of its own, warmed up first, then so many calls or so much time,
// whichever is more. Reported is the median call, which a noisy neighbour moves little, and beside it the best one.
// tinybench is a development package: it is loaded here when a kernel runs, so that `sealstream` starts without it.

import type * as Tinybench from 'tinybench'
import { CommandError } from '../target.ts'
import type { KernelSize } from './kernel.ts'

export type Measured = { readonly medianSeconds: number; readonly bestSeconds: number; readonly calls: number }
export type Amount = { readonly calls: number; readonly warmUpCalls: number; readonly timeMs: number }
export type Work = { readonly amount: Amount; readonly run: () => unknown; readonly before?: () => void }

/** Cheap calls: the compiler is done with them after some hundred, and a second of them has a steady median. */
export const CALLS: Readonly<Record<KernelSize, Amount>> = {
  smoke: { calls: 5, warmUpCalls: 2, timeMs: 0 },
  real: { calls: 200, warmUpCalls: 200, timeMs: 2_000 },
}

/** `before` runs ahead of each call, outside the time. `run` may return a promise; then its end counts. */
export const measure = async (name: string, { amount, run, before }: Work): Promise<Measured> => {
  const { Bench } = await tinybench()
  const bench = new Bench({ iterations: amount.calls, time: amount.timeMs, warmupIterations: amount.warmUpCalls, warmupTime: 0, throws: true })
  bench.add(name, run, before === undefined ? {} : { beforeEach: before })
  const [task] = await bench.run()
  const result = task?.result
  if (result === undefined || !('latency' in result)) throw new Error(`${name} was not measured`)
  const { p50, min, samplesCount } = result.latency
  return { medianSeconds: p50 / 1000, bestSeconds: min / 1000, calls: samplesCount }
}

const tinybench = async (): Promise<typeof Tinybench> => {
  try {
    return await import('tinybench')
  } catch (error) {
    throw new CommandError(
      `the kernels are timed by tinybench, a development package that is not installed (npm ci without --omit=dev): ${(error as Error).message}`,
    )
  }
}

/** A kernel's figures, of calls that each do `units` of work. */
export const rates = (
  { medianSeconds, bestSeconds, calls }: Measured,
  units: number,
): { readonly perSecond: number; readonly bestPerSecond: number; readonly calls: number } => ({
  perSecond: units / medianSeconds,
  bestPerSecond: units / bestSeconds,
  calls,
})
