import type { Plan } from './plan.ts'

// Histories on which engine and oracle once differed, each shrunk, with what was wrong. They run first, for ever.

export const SEEDS: readonly { readonly name: string; readonly plan: Plan }[] = [
  {
    name: 'a site observed again after its figures changed while it had ended: offline by the new limit',
    plan: {
      scenes: [
        { kind: 'observation', at: 123, who: 2, late: 1, a: 66, b: 144, c: 983 },
        { kind: 'policy', at: 176, who: 7, late: 0, a: 103, b: 968, c: 973 },
      ],
      figures: 989766463,
      phase: 0,
      ticks: 1,
      delivery: 0,
      minute: 365,
    },
  },
  {
    name: 'an observation that ends and is taken up again: a door that still stands open, an alarm that began anew',
    plan: {
      scenes: [
        { kind: 'door', at: 345, who: 1, late: 4, a: 780, b: 752, c: 1 },
        { kind: 'clock', at: 32, who: 1, late: 8, a: 138, b: 695, c: 55 },
        { kind: 'observation', at: 102, who: 0, late: 3, a: 570, b: 896, c: 331 },
      ],
      figures: 350479532,
      phase: 0,
      ticks: 0,
      delivery: 0,
      minute: 566,
    },
  },
  {
    name: 'an opening off schedule whose hold was over when the policy made it longer',
    plan: {
      scenes: [
        { kind: 'policy', at: 412, who: 6, late: 4, a: 964, b: 721, c: 781 },
        { kind: 'weekly', at: 390, who: 8, late: 5, a: 632, b: 347, c: 584 },
      ],
      figures: 1073741820,
      phase: 0,
      ticks: 0,
      delivery: 0,
      minute: 1429,
    },
  },
  {
    name: 'a site takes another area before the tick that follows a change of policy: its seals are judged by the new figures there, too',
    plan: {
      scenes: [
        { kind: 'policy', at: 389, who: 0, late: 0, a: 1, b: 0, c: 0 },
        { kind: 'area', at: 389, who: 0, late: 0, a: 121, b: 0, c: 0 },
        { kind: 'door', at: 0, who: 0, late: 0, a: 0, b: 0, c: 0 },
      ],
      figures: 13,
      phase: 0,
      ticks: 0,
      delivery: 0,
      minute: 0,
    },
  },
]
