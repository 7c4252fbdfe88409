import { expect, it } from 'vitest'
import { REASON } from '../../core/kinds.ts'
import { createLedger } from '../../core/ledger.ts'

const rejected = (...reasons: number[]): Uint8Array => Uint8Array.from(reasons)

it('balances, whatever comes', () => {
  const ledger = createLedger()
  ledger.entry({ count: 10, rejectedReason: rejected(REASON.UNKNOWN_SEAL, REASON.UNKNOWN_SEAL, REASON.BAD_KIND), rejectedUnlisted: 4 })
  ledger.entry({ count: 5, rejectedReason: rejected(), rejectedUnlisted: 0 })
  expect(ledger.unapplied()).toBe(15)
  ledger.shards({ applied: 11, repeated: 2, tooOld: 1 })
  const counts = ledger.counts()
  expect(counts).toMatchObject({ offered: 22, accepted: 15, rejected: 7, applied: 11, repeated: 2, tooOld: 1 })
  expect([...counts.rejectedByReason]).toEqual([
    [0, 4],
    [REASON.UNKNOWN_SEAL, 2],
    [REASON.BAD_KIND, 1],
  ])
  expect(counts.offered).toBe(counts.accepted + counts.rejected)
  expect(ledger.unapplied()).toBe(1)
})
it('goes on from a dump', () => {
  const ledger = createLedger()
  ledger.entry({ count: 3, rejectedReason: rejected(REASON.BAD_VALUE), rejectedUnlisted: 0 })
  const twin = createLedger(structuredClone(ledger.dump()))
  for (const one of [ledger, twin]) one.shards({ applied: 3, repeated: 0, tooOld: 0 })
  expect(twin.counts()).toEqual(ledger.counts())
})
it('does not know reasons that do not exist', () => {
  expect(() => createLedger().entry({ count: 0, rejectedReason: rejected(99), rejectedUnlisted: 0 })).toThrow('99')
})
