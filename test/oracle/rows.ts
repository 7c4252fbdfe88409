import { confidenceOf, correctedOf, rawOf } from './counts.ts'
import type { Site, World } from './world.ts'

// Rows of `occupancy`, as text: what the count was after a change, when that was received, and how sure it is.

export const rowText = (
  site: string,
  received: number,
  row: { readonly time: number; readonly raw: number; readonly corrected: number; readonly confidence: number },
): string => `${received} ${site} at ${row.time}: raw ${row.raw} corrected ${row.corrected} confidence ${row.confidence.toFixed(4)}`

export const writeRow = (world: World, site: Site, time: number): void =>
  void world.rows.push(rowText(site.name, world.now, { time, raw: rawOf(site), corrected: correctedOf(site), confidence: confidenceOf(site) }))
