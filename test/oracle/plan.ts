import fc from 'fast-check'

// The shape of a history before it is played out: a few small numbers, so that fast-check shrinks it well. test/oracle/scenes.ts says
// what the numbers mean; uniform noise would find little, so most of them choose among what lies near a limit.

export const SCENES = [
  'door',
  'door',
  'door',
  'visit',
  'visit',
  'crowd',
  'crowd',
  'flaps',
  'tamper',
  'beam',
  'battery',
  'decline',
  'decline',
  'gap',
  'clock',
  'clock',
  'readings',
  'readings',
  'rollCall',
  'bias',
  'counter',
  'counter',
  'reboot',
  'silence',
  'again',
  'figures',
  'area',
  'move',
  'observation',
  'policy',
  'work',
  'work',
  'work',
  'weekly',
  'revoke',
  'backfill',
  'window',
  'shut',
  'blind',
  'silences',
  'night',
  'closing',
  'pairs',
  'fevers',
] as const
export type SceneKind = (typeof SCENES)[number]
export type Scene = {
  readonly kind: SceneKind
  /** When it begins, s after the start; which seal it is about; how much is late. */
  readonly at: number
  readonly who: number
  readonly late: number
  readonly a: number
  readonly b: number
  readonly c: number
}
export type Plan = {
  readonly scenes: readonly Scene[]
  /** Chooses figures of the policy, the ticks, the lateness of everything, losses. */
  readonly figures: number
  readonly phase: number
  readonly ticks: number
  readonly delivery: number
  /** The minute of the local day at which it begins. */
  readonly minute: number
}

const small = fc.integer({ min: 0, max: 999 })
const scene: fc.Arbitrary<Scene> = fc.record({
  kind: fc.constantFrom(...SCENES),
  at: fc.integer({ min: 0, max: 420 }),
  who: fc.integer({ min: 0, max: 8 }),
  late: fc.integer({ min: 0, max: 9 }),
  a: small,
  b: small,
  c: small,
})
export const plans: fc.Arbitrary<Plan> = fc.record({
  scenes: fc.array(scene, { minLength: 1, maxLength: 18, size: 'max' }),
  figures: fc.integer({ min: 0, max: 2 ** 30 }),
  phase: fc.integer({ min: 0, max: 999 }),
  ticks: fc.integer({ min: 0, max: 99 }),
  delivery: fc.integer({ min: 0, max: 999 }),
  minute: fc.integer({ min: 0, max: 1439 }),
})
