import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCalIt2 } from '../../bench/replay/calit2.ts'
import { nightsOf, spreadOf } from '../../bench/replay/nights.ts'
import { occupancySvg } from '../../bench/replay/occupancy-svg.ts'
import { replayOccupancy } from '../../bench/replay/occupancy-replay.ts'
import { dataTest } from '../parts/data.ts'

// The replay of recorded counts through the real core, on a recording made here, and on the real one where it is.

/** Three days: ten come in at 9:00, all but one leave at 17:00. */
const recording = [24, 25, 26]
  .flatMap((day) => [`9,07/${day}/05,09:00:00,10`, `7,07/${day}/05,09:00:00,0`, `7,07/${day}/05,17:00:00,9`, `9,07/${day + 1}/05,05:30:00,0`])
  .concat('9,07/27/05,09:00:00,1')
  .join('\n')

describe('a replay of half-hour counts', () => {
  it('keeps the drift in the raw count and takes it out of the corrected one each night', async () => {
    const points = await replayOccupancy(readCalIt2(recording))
    expect(points.length).toBe(3 * 19 + 3 + 1)
    expect(points.filter(({ quiet }) => quiet).map(({ time, raw, corrected }) => [new Date(time).toISOString(), raw, corrected])).toEqual([
      ['2005-07-25T04:00:00.000Z', 1, 0],
      ['2005-07-26T04:00:00.000Z', 2, 0],
      ['2005-07-27T04:00:00.000Z', 3, 0],
    ])
    expect(points.at(-1)).toMatchObject({ raw: 4, corrected: 1 })
    const nights = nightsOf(points)
    expect(nights.map(({ raw, corrected, left, unlearnt }) => [raw, corrected, left, unlearnt])).toEqual([
      [1, 0, 1, null],
      [2, 0, 1, 1],
      [3, 0, 1, 1],
    ])
    expect(spreadOf(nights.map(({ raw }) => raw))).toEqual({ median: 2, p95: 3, worst: 3 })
  })
  it('is drawn as a picture that stands alone', async () => {
    const points = await replayOccupancy(readCalIt2(recording))
    const svg = occupancySvg(points, nightsOf(points), 'three days')
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(svg.match(/<circle /g)?.length).toBe(3)
    expect(svg).not.toMatch(/NaN|Infinity|undefined|href|url\(|<script/)
  })
  dataTest('calit2/CalIt2.data')(
    'of the real recording ends 760 above the beginning, and at nobody every quiet night',
    async (path) => {
      const points = await replayOccupancy(readCalIt2(readFileSync(path, 'utf8')))
      expect(points.at(-1)?.raw).toBe(19_597 - 18_837)
      const anchors = points.filter(({ quiet }) => quiet)
      expect(anchors.length).toBeGreaterThan(80)
      expect(anchors.every(({ corrected }) => corrected === 0)).toBe(true)
      expect(spreadOf(nightsOf(points).map(({ before }) => before)).p95).toBeLessThan(40)
    },
    180_000,
  )
})
