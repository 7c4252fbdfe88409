// A whole day, from a fleet's size and a seed: outages and scenes first, then faults of devices, then ordinary life in what slots are left.

import { seeded } from '../random.ts'
import { addCrowds } from './crowds.ts'
import { addDoors } from './doors.ts'
import { addFaults } from './faults.ts'
import { createDraft, type FleetSize } from './fleet.ts'
import { addHomes } from './homes.ts'
import { addLife } from './life.ts'
import { addOutages, reserveOutages } from './outages.ts'
import { finishPlan, type Plan } from './plan.ts'
import { addTerminals } from './terminals.ts'

export const planDay = (size: FleetSize, seed: number): Plan => {
  const draft = createDraft(size, seeded(seed), seed)
  const outages = reserveOutages(draft)
  addHomes(draft, outages.reserved)
  addDoors(draft)
  addCrowds(draft)
  addTerminals(draft)
  addFaults(draft, outages.reserved)
  // After the scenes, which say whose observation ends; its buildings play nothing else.
  addOutages(draft, outages)
  addLife(draft)
  return finishPlan(draft)
}
