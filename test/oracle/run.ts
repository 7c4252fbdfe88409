import { differences, heardOf } from './compare.ts'
import { playHistory, type Played } from './engine.ts'
import { type History, historyOf } from './history.ts'
import { tellHistory, type Told } from './oracle.ts'
import type { Plan } from './plan.ts'

// One history through both.

export type Ran = { readonly history: History; readonly told: Told; readonly played: Played; readonly differs: readonly string[] }
export const runPlan = (plan: Plan): Promise<Ran> => runHistory(historyOf(plan))
export const runHistory = async (history: History): Promise<Ran> => {
  const told = tellHistory(history.paper, history.entries)
  const played = await playHistory(history.paper, history.entries, told)
  return { history, told, played, differs: differences(heardOf(told), played.heard) }
}
