// Seeds of the simulation that once failed, by what they found. They are run by dst.test.ts for ever. A seed means the run that it gives
// with the simulation as it is: where that changes, the fault that it stood for is held by the faults planted in bench/dst/plants.ts.

export const SEEDS_KEPT = [
  { seed: 1035, powerLoss: false, found: 'an erasure between an insert and its count stopped its table for good (storage/turns.ts)' },
  { seed: 2, powerLoss: true, found: 'a power loss took the name of the snapshots folder, and the log was trimmed (ingest/log/snapshots.ts)' },
  { seed: 5, powerLoss: true, found: 'ClickHouse lost a token in a power loss and kept its part: the block was sent twice (storage/lane.ts)' },
  { seed: 21, powerLoss: true, found: 'the same, in another table' },
  { seed: 30107, powerLoss: false, found: 'a disk that was full when keys expired ended a lane, and nothing was verified any more (storage/sink.ts)' },
  { seed: 45327, powerLoss: false, found: 'a damaged snapshot counted as one of the two kept, and the log was trimmed to it (ingest/log/snapshots.ts)' },
] as const
