// What links and devices do to ordinary events: late by up to ten minutes, twice, lost for ever. What a scene depends on is spared.

import { EVENT } from '../../core/kinds.ts'
import type { Random } from '../random.ts'
import { DELIVERY, MINUTE, SECOND } from './plan.ts'

export type LinkFaults = { readonly lost: number; readonly late: number; readonly lateMsMax: number; readonly twice: number; readonly twiceMsMax: number }
/** A day that is checked: repeats 5 %, loss 1 %, and so much late that events of ten minutes lie in another order than they happened. */
export const FAULTS_DAY: LinkFaults = { lost: 0.01, late: 0.02, lateMsMax: 10 * MINUTE, twice: 0.05, twiceMsMax: 10 * MINUTE }
/** For people who watch: nothing they see should look like a fault of the engine. */
export const FAULTS_LIVE: LinkFaults = { lost: 0, late: 0.01, lateMsMax: 45 * SECOND, twice: 0.01, twiceMsMax: 2 * MINUTE }

/** What becomes of one event: `lost`, or `delayMs` (0 = at once) and `againMs` (0 = once). One object, used again. */
export type Fate = { lost: boolean; delayMs: number; againMs: number }
export type Links = { readonly fateOf: (what: { seal: number; kind: number; at: number; delivery: number; steady: boolean }) => Fate }

/**
 * A seal from which nothing is heard for three heartbeats is offline, whatever the reason, and rightly told. So of two heartbeats
 * running at most one is lost or late: then at most two minutes pass.
 */
const HEARD_MS = 61 * SECOND
const LATE_SCENE_MS = 8 * MINUTE

export const createLinks = (
  seals: number,
  { faults, random, stepMs, fromMs }: { faults: LinkFaults; random: Random; stepMs: number; fromMs: number },
): Links => {
  const heard = new Float64Array(seals).fill(fromMs - MINUTE)
  const fate: Fate = { lost: false, delayMs: 0, againMs: 0 }
  // What is handed over at the end of a step is later by up to two of them: by when it happened, and by when it is due.
  const delay = (most: number): number => random.int(1, most - 2 * stepMs)
  const ordinary = (seal: number, kind: number, at: number): void => {
    const chance = random.unit()
    if (chance < faults.lost + faults.late && (kind !== EVENT.HEARTBEAT || at - (heard[seal] as number) < HEARD_MS)) {
      fate.lost = chance < faults.lost
      fate.delayMs = fate.lost ? 0 : delay(faults.lateMsMax)
      return
    }
    heard[seal] = at
    if (chance > 1 - faults.twice) fate.againMs = delay(faults.twiceMsMax)
  }
  return {
    fateOf: ({ seal, kind, at, delivery, steady }) => {
      fate.lost = delivery === DELIVERY.lost
      fate.delayMs = delivery >= DELIVERY.late ? delivery : 0
      fate.againMs = 0
      if (delivery === DELIVERY.twice) fate.againMs = delay(faults.twiceMsMax)
      if (delivery === DELIVERY.ordinary && !steady) ordinary(seal, kind, at)
      else if (!fate.lost && fate.delayMs === 0) heard[seal] = at
      return fate
    },
  }
}
/** Every other heartbeat of a scene that loses them: lost, or so late. */
export const lossyDelivery = (left: number): number => (left > 0 ? DELIVERY.lost : LATE_SCENE_MS)
