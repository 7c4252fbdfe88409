import type { Machine, Round } from './machine.ts'

// The ledger's last term: how many events are proved to be in ClickHouse. Counted at the end of each block as the machine's own
// sum (accepted - repeated - too old), and believed once the sink has verified that block; so it never counts a row twice.

export type Stored = { readonly offer: (round: Round) => void; readonly events: (verified: number) => number }

export const createStored = (machine: Machine): Stored => {
  const sum = (): number => {
    const { applied } = machine.ledger()
    return applied
  }
  const ends: { readonly block: number; readonly events: number }[] = []
  // A start begins from a snapshot, and a snapshot is kept only where all before it is verified.
  let proved = sum()
  return {
    offer: (round) => {
      if (round.ends) ends.push({ block: round.block, events: sum() })
    },
    events: (verified) => {
      while (ends.length > 0 && (ends[0] as { block: number }).block <= verified) proved = (ends.shift() as { events: number }).events
      return proved
    },
  }
}
