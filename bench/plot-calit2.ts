// The CalIt2 recording (UCI dataset 156, doi 10.24432/C5NG78, CC BY 4.0) through the real core: a picture of its counts and how far they
// drift. `npm run plot:calit2 -- FILE [OUT]`

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readCalIt2 } from './replay/calit2.ts'
import { nightsOf, type Spread, spreadOf } from './replay/nights.ts'
import { occupancySvg } from './replay/occupancy-svg.ts'
import { MINUTE, OFFSET_MS, type Point, replayOccupancy } from './replay/occupancy-replay.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const [file, out = 'docs/calit2-occupancy.svg'] = positionals
if (file === undefined) {
  console.error('usage: npm run plot:calit2 -- CalIt2.data [out.svg]')
  process.exit(2)
}

const rows = readCalIt2(readFileSync(file, 'utf8'))
const points = await replayOccupancy(rows)
const nights = nightsOf(points)
const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
const [first, last] = [points[0] as Point, points.at(-1) as Point]
writeFileSync(out, occupancySvg(points, nights, `CalIt2 main door, ${day(first.time)} to ${day(last.time)}: people inside, by the real core`))

const say = (what: string, { median, p95, worst }: Spread): void => console.log(`${what}: median ${median}, p95 ${p95}, worst ${worst}`)
const anchored = nights.filter(({ unlearnt }) => unlearnt !== null)
console.log(
  `${points.length} changes over ${nights.length} nights; times local, UTC ${OFFSET_MS < 0 ? '-' : '+'}${Math.abs(OFFSET_MS) / MINUTE} min (the default policy's)`,
)
console.log(`quiet anchors: ${points.filter(({ quiet }) => quiet).length}`)
console.log(`raw: ${last.raw} at the end, ${(last.raw / nights.length).toFixed(1)} a day`)
say('raw, lowest of a night', spreadOf(nights.map(({ raw }) => raw)))
say('corrected, lowest of a night', spreadOf(nights.map(({ corrected }) => corrected)))
say('corrected, lowest of a night before its quiet anchor', spreadOf(nights.map(({ before }) => before)))
say('corrected, just before its quiet anchor', spreadOf(anchored.map(({ left }) => left as number)))
say('the same without what is learnt', spreadOf(anchored.map(({ unlearnt }) => Math.max(0, unlearnt as number))))
say('raw since the last quiet anchor, either way', spreadOf(anchored.map(({ unlearnt }) => Math.abs(unlearnt as number))))
console.log(`written: ${out}`)
