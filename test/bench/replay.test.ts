import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { manualNumber } from '../../bench/commands/send.ts'
import { readCalIt2 } from '../../bench/replay/calit2.ts'
import { dataTest } from '../parts/data.ts'

describe('CalIt2 people counts', () => {
  it('reads rows of both flows', () => {
    expect(readCalIt2('7,07/24/05,00:30:00,1\n9,07/24/05,00:30:00,4\n')).toEqual([
      { line: 1, out: true, time: Date.UTC(2005, 6, 24, 0, 30), count: 1 },
      { line: 2, out: false, time: Date.UTC(2005, 6, 24, 0, 30), count: 4 },
    ])
  })
  it('names the line that it cannot read', () => {
    expect(() => readCalIt2('7,07/24/05,00:30:00,1\n8,07/24/05,00:30:00,4')).toThrow(/line 2.*neither/)
    expect(() => readCalIt2('7,2005-07-24,00:30:00,1')).toThrow(/line 1.*date/)
    expect(() => readCalIt2('7,07/24/05,00:30:00,x')).toThrow(/line 1.*count/)
  })
  dataTest('calit2/CalIt2.data')('has the sums that its source states', (path) => {
    const rows = readCalIt2(readFileSync(path, 'utf8'))
    const sum = (out: boolean): number => rows.filter((row) => row.out === out).reduce((total, { count }) => total + count, 0)
    expect([rows.length, sum(false), sum(true)]).toEqual([10_080, 19_597, 18_837])
  })
})

describe('numbers of events sent by hand', () => {
  it("share a boot above any device's and rise with time", () => {
    const [a, b] = [manualNumber(Date.UTC(2026, 5, 1)), manualNumber(Date.UTC(2026, 5, 1, 0, 0, 0, 1))]
    expect(a.boot).toBeGreaterThanOrEqual(0x4000_0000)
    expect(b).toEqual({ boot: a.boot, seq: a.seq + 1 })
  })
  it('go on in the next boot when the numbers of one are used up', () => {
    const last = manualNumber(Date.UTC(2025, 0, 1) + 4_294_967_295)
    expect(manualNumber(Date.UTC(2025, 0, 1) + 4_294_967_296)).toEqual({ boot: last.boot + 1, seq: 0 })
  })
})
