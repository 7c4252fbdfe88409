// A whole day, from a fleet's size and a seed: scenes first, then faults of devices, then ordinary life in what slots are left.

import { seeded } from '../random.ts'
import { addFaults } from './faults.ts'
import { createDraft, type FleetSize } from './fleet.ts'
import { addLife } from './life.ts'
import { finishPlan, type Plan } from './plan.ts'
import { addScripts } from './scripts.ts'

export const planDay = (size: FleetSize, seed: number): Plan => {
  const draft = createDraft(size, seeded(seed), seed)
  addScripts(draft)
  addFaults(draft)
  addLife(draft)
  return finishPlan(draft)
}
