// What a benchmark kernel is: one hot function of one part, run alone in one process with a fixed seed. A part's owner writes
// `bench/kernels/<part>.ts` that exports `kernels: readonly Kernel[]` and is timed by ./measure.ts; `sealstream bench-parts` prints the table.
// The hash says that two runs did the same work: it must depend on the results only, never on time or on the number of calls.

export type KernelSize = 'smoke' | 'real'
export type KernelResult = {
  /** Units of work a second, of the median call and of the best one. */
  readonly perSecond: number
  readonly bestPerSecond: number
  readonly calls: number
  /** What else is worth a column: bytes an event, flushes … */
  readonly detail: Readonly<Record<string, number | string>>
  /** Of the result; equal for equal size and seed, on any machine. */
  readonly hash: string
}
export type Kernel = {
  readonly name: string
  /** What `perSecond` counts, in the plural: events, batches, rows. */
  readonly unit: string
  readonly run: (size: KernelSize) => Promise<KernelResult>
}
